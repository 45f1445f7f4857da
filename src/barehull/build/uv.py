"""The program uv, which resolves Python distributions for another Python and another platform."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from barehull.application.model import Requirement
from barehull.build.indexes import settings_of_pip
from barehull.core.errors import BarehullError, IncompleteError, InputError
from barehull.lock import LockedWheel

# The newest manylinux that uv knows and the release's glibc runs (12: 2.36, 13: 2.41).
_MANYLINUX = {12: "manylinux_2_36", 13: "manylinux_2_40"}
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_FORMAT = ("--format", "pylock.toml", "--no-header", "--no-annotate")
_TIMEOUT = 1800  # seconds
_BOXES = re.compile(r"[\u2500-\u25ff\u00d7]")  # what uv draws around its messages
_NETWORK = ("error sending request", "Failed to fetch", "dns error", "Connection refused", "timed out", "offline")
_FULL = ("No space left on device", "Disk quota exceeded", "File too large")
_NO_WHEEL = ("no wheels", "no usable wheels", "no source distribution", "has no wheels", "only-binary")


@dataclass(frozen=True, slots=True)
class _Hashes:
    sha256: str


@dataclass(frozen=True, slots=True)
class _Wheel:
    url: str
    hashes: _Hashes
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Package:
    name: str
    version: str = ""
    wheels: tuple[_Wheel, ...] = ()


@dataclass(frozen=True, slots=True)
class _Pylock:
    packages: tuple[_Package, ...] = ()


def platform_of(architecture: str, debian: int) -> str:
    """The name of a platform as uv has it: "x86_64-manylinux_2_40". InputError where no wheels are known for it."""
    if architecture not in _MACHINES or debian not in _MANYLINUX:
        raise InputError(
            f"which wheels run on Debian {debian} on {architecture[:40]!r} is not known",
            advice=f"It is of Debian {', '.join(map(str, _MANYLINUX))} on {', '.join(_MACHINES)}. If the lock says so, "
            "make it anew with `barehull lock --update`.",
        )
    return f"{_MACHINES[architecture]}-{_MANYLINUX[debian]}"


@dataclass(frozen=True, slots=True)
class Offer:
    """A wheel that an index has: normalised name, version, address without credentials, SHA-256 in hex, and its size.

    The size is 0 where the index does not tell it.
    """

    name: str
    version: str
    url: str
    sha256: str
    size: int = 0

    @property
    def file(self) -> str:
        """The name of its file."""
        return unquote(urlsplit(self.url).path.rpartition("/")[2])


def resolve(requirements: Sequence[Requirement], python: str, platform: str, cache: Path) -> tuple[Offer, ...]:
    """The wheels of every distribution that the requirements need, in the one version that is chosen.

    All that fit the platform, so more than one for some. Errors: InputError when the requirements cannot be met by
    wheels; IncompleteError when the index cannot be reached.
    """
    if not requirements:
        return ()
    text = "".join(f"{requirement.text}\n" for requirement in requirements)
    arguments = ["pip", "compile", *_FORMAT, *_python(python), "--python-platform", platform, "-"]
    offers = _offers(_run(arguments, cache, text, requirements))
    if not offers:
        raise IncompleteError("uv resolved nothing", advice="Run `uv pip compile` on the requirements to see why.")
    return offers


def _offers(said: str) -> tuple[Offer, ...]:
    """The wheels in a pylock.toml (PEP 751). Nothing is passed over: what is not understood is an error."""
    try:
        packages = msgspec.convert(tomllib.loads(said), _Pylock).packages
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise IncompleteError(f"uv's answer is not understood: {error}", advice="Report this as a defect.") from error
    return tuple(offer for package in packages for offer in _wheels(package))


def _wheels(package: _Package) -> list[Offer]:
    if not package.wheels:
        raise InputError(
            f"{package.name} does not come from an index as a wheel",
            advice="Name it by its version alone, and publish a wheel to your own index; nothing is compiled here.",
        )
    name = re.sub(r"[-_.]+", "-", package.name).lower()
    return [Offer(name, package.version, wheel.url, wheel.hashes.sha256, wheel.size) for wheel in package.wheels]


def find(wheels: Sequence[LockedWheel], python: str, cache: Path) -> tuple[Offer, ...]:
    """Every wheel, for whatever platform, that the index has of the locked versions. Errors: those of `resolve`."""
    arguments = ["pip", "compile", "--universal", "--no-deps", *_FORMAT, *_python(python), "-"]
    return _offers(_run(arguments, cache, "".join(f"{wheel.name}=={wheel.version}\n" for wheel in wheels), ()))


def _python(version: str) -> list[str]:
    # Its own interpreter is named: to look for one of that version, on PATH and for download, took uv 13 s.
    return ["--python", sys.executable, "--python-version", version, "--only-binary", ":all:"]


def _run(arguments: Sequence[str], cache: Path, text: str, requirements: Sequence[Requirement]) -> str:
    from uv import find_uv_bin

    # Nothing of the environment that would change what is chosen; what says where to find it stays.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "CONDA"))}
    environment |= {"UV_NO_PROGRESS": "1", "NO_COLOR": "1", "UV_CACHE_DIR": str(cache), **settings_of_pip(environment)}
    try:
        result = subprocess.run(
            [find_uv_bin(), "--quiet", *arguments],
            input=text,
            capture_output=True,
            text=True,
            env=environment,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise IncompleteError(
            f"uv cannot be run: {error}", advice="Install barehull again, with its dependencies."
        ) from error
    if result.returncode != 0:
        raise _failure(result.stderr, requirements)
    return result.stdout


def _failure(said: str, requirements: Sequence[Requirement]) -> BarehullError:
    said = " ".join(_BOXES.sub(" ", said).split())[:1500]
    where = _blamed(said, requirements)
    if any(sign in said for sign in _FULL):
        return IncompleteError(
            f"no space is left for Python distributions: {said}",
            advice="Free space there, or set BAREHULL_CACHE and TMPDIR to another disk.",
        )
    if any(sign.lower() in said.lower() for sign in _NO_WHEEL):
        return InputError(
            f"{where}a dependency has no wheel for this Python and platform: {said}",
            advice="Choose a version that has one, or publish a wheel to your own index; nothing is compiled here.",
        )
    if any(sign.lower() in said.lower() for sign in _NETWORK):
        return IncompleteError(
            f"the Python index cannot be reached: {said}",
            advice="Check the network, or configure an index with UV_INDEX_URL or pip's configuration.",
        )
    return InputError(f"{where}the dependencies cannot be resolved: {said}", advice="Correct the requirements.")


def _blamed(said: str, requirements: Sequence[Requirement]) -> str:
    for requirement in requirements:
        name = re.match(r"[A-Za-z0-9._-]+", requirement.text)
        if name and re.search(rf"\b{re.escape(name[0])}\b", said, re.IGNORECASE):
            return f"{requirement.where} ({requirement.text}): "
    return ""
