"""How this machine reaches package registries, as files for a stand-in: what is configured here holds there too.

Nothing of this is in the repository. Passwords in addresses go along; tokens in other files do not.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from barehull.debian.mirror import Mirror, mirror_from

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
_BUNDLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_DEBIANS_OWN = "/usr/share/ca-certificates"
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_PIP = ("index-url", "extra-index-url", "trusted-host", "proxy")
_GO = ("GOPROXY", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOINSECURE")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Machine:
    """The architecture as Debian has it, the Debian mirror, and configuration that is "" where there is none.

    `certificates` are the authorities that this machine trusts and Debian does not (PEM).
    """

    architecture: str
    mirror: Mirror
    certificates: tuple[str, ...] = ()
    apt_proxy: str = ""
    pip: tuple[tuple[str, str], ...] = ()
    npm_registry: str = ""
    go: tuple[tuple[str, str], ...] = ()

    @property
    def platform(self) -> str:
        """The platform of its images."""
        return f"linux/{self.architecture}"

    def files(self, codename: str) -> dict[str, str]:
        """The configuration for a Debian of that codename, by path."""
        trusted = {
            f"usr/local/share/ca-certificates/machine-{number}.crt": f"{text}\n"
            for number, text in enumerate(self.certificates, 1)
        }
        pip = "".join(f"{name} = {value}\n" for name, value in self.pip)
        npm = f"registry={self.npm_registry}\n" if self.npm_registry else ""
        return {
            "etc/apt/sources.list.d/debian.sources": self._apt_sources(codename),
            "etc/pip.conf": f"[global]\ncert = {BUNDLE}\n{pip}",
            "usr/local/etc/npmrc": f"cafile={BUNDLE}\n{npm}",
            **trusted,
        }

    def _apt_sources(self, codename: str) -> str:
        signed = "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
        return (
            f"Types: deb\nURIs: {self.mirror.debian}\nSuites: {codename} {codename}-updates\n{signed}\n"
            f"Types: deb\nURIs: {self.mirror.security}\nSuites: {codename}-security\n{signed}"
        )


def this_machine(environment: Mapping[str, str] = os.environ) -> Machine:
    """What is configured here, by environment variables and by the tools' own files."""
    go = {name: environment.get(name) or _said("go", "env", name) for name in _GO}
    return Machine(
        architecture=_MACHINES.get(os.uname().machine, "amd64"),
        mirror=mirror_from(None, environment),
        certificates=tuple(sorted(_own_certificates(environment))),
        apt_proxy=environment.get("http_proxy", ""),
        pip=tuple(sorted(_pip().items())),
        npm_registry=environment.get("NPM_CONFIG_REGISTRY") or _said("npm", "config", "get", "registry"),
        go=tuple((name, value) for name, value in go.items() if value),
    )


def _own_certificates(environment: Mapping[str, str]) -> Iterator[str]:
    named = [environment[name] for name in _BUNDLES if environment.get(name)]
    known = {_bare(text) for path in Path(_DEBIANS_OWN).rglob("*.crt") for text in _certificates(path)}
    for path in dict.fromkeys([*named, BUNDLE]):
        for text in _certificates(Path(path)):
            if _bare(text) not in known:
                known.add(_bare(text))
                yield text


def _certificates(path: Path) -> list[str]:
    return _PEM.findall(path.read_text("ascii", "replace")) if path.is_file() else []


def _bare(certificate: str) -> str:
    return "".join(certificate.split())


def _pip() -> dict[str, str]:
    """The settings of pip, whichever file or variable they are from."""
    found = {}
    for line in _said(sys.executable, "-m", "pip", "config", "list").splitlines():
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2]
        if key in _PIP:
            found[key] = " ".join(value.strip("'\"").replace("\\n", " ").split())
    return found


def _said(*command: str) -> str:
    """What a program prints; "" where it is not there, or fails."""
    if not shutil.which(command[0]):
        return ""
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return result.stdout.strip() if result.returncode == 0 else ""
