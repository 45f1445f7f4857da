"""debian: by mmdebstrap, which installs the packages as Debian's own images have them."""

from __future__ import annotations

from barehull.oci.model import Image
from lab.machine import Machine
from lab.making import build, run
from lab.standin import Site, StandIn

RELEASES = {12: "bookworm", 13: "trixie"}
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_LATEST = 13
_LEFT_OUT = ("doc", "info", "locale", "man")  # of /usr/share, in the slim ones
_DIFFERS = (
    "The packages are those of the day on which it is made, not of the last rebuild of the original.",
    "apt's sources, `/etc/pip.conf`, `/usr/local/etc/npmrc` and `/usr/local/share/ca-certificates` have what is "
    "configured on this machine. It is the base of the conventional stand-ins below, which have this too.",
    "One architecture: this machine's.",
)


_TIDY = 'rm -rf "$1"/etc/apt/sources.list "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*'
_DURING_BUILDS = {
    "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",  # no service starts
    "etc/apt/apt.conf.d/docker-clean": """\
APT::Keep-Downloaded-Packages "false";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
""",
}


def _make(site: Site, codename: str, slim: bool) -> Image:
    files = site.scratch / "files"
    for path, text in {**site.machine.files(codename), **_DURING_BUILDS}.items():
        (files / path).parent.mkdir(parents=True, exist_ok=True)
        (files / path).write_text(text)
    (files / "usr/sbin/policy-rc.d").chmod(0o755)
    (site.scratch / "context").mkdir()
    run(_bootstrap(site.machine, codename, slim, str(files), str(site.scratch / "context/rootfs.tar")), site)
    return build('FROM scratch\nADD rootfs.tar /\nCMD ["bash"]\n', site)


def _bootstrap(machine: Machine, codename: str, slim: bool, files: str, target: str) -> list[str]:
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--architectures={machine.architecture}"]
    command += [f"--keyring={KEYRING}", "--skip=output/dev", "--skip=cleanup/apt"]
    command += ["--dpkgopt=force-unsafe-io", '--aptopt=Acquire::Languages "none"']  # as the original, for speed
    if slim:
        command += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _LEFT_OUT]
        command += ["--dpkgopt=path-include=/usr/share/doc/*/copyright"]
    if machine.apt_proxy:
        command += [f'--aptopt=Acquire::http::Proxy "{machine.apt_proxy}"']
    command += [f"--customize-hook=sync-in {files} /", f"--customize-hook={_TIDY}"]
    roots = [
        f"copy://{root}" if root.startswith("/") else root for root in (machine.mirror.debian, machine.mirror.security)
    ]
    sources = [f"deb {roots[0]} {suite} main" for suite in (codename, f"{codename}-updates")]
    return [*command, codename, target, *sources, f"deb {roots[1]} {codename}-security main"]


def _standin(release: int, slim: bool) -> StandIn:
    words = [RELEASES[release], str(release), *(["latest"] if release == _LATEST and not slim else [])]
    names = tuple(f"docker.io/library/debian:{word}{'-slim' if slim else ''}" for word in words)
    return StandIn("debian", names, _DIFFERS, lambda site: _make(site, RELEASES[release], slim))


STANDINS = tuple(_standin(release, slim) for release in RELEASES for slim in (False, True))
