"""ELF files made to measure, and a small good image that every proof passes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from barehull.core.outcome import Failed, Outcome, Unknown
from barehull.oci.model import Config, Entry
from barehull.oci.rootfs import Rootfs
from barehull.proof.run import prove_subject
from barehull.proof.subject import Subject

X86_64, AARCH64 = 62, 183
LOADER = "/lib64/ld-linux-x86-64.so.2"
LIBRARIES = "usr/lib/x86_64-linux-gnu"
SITE = "usr/local/lib/python3.13/dist-packages"
TAG = "cpython-313-x86_64-linux-gnu"


@dataclass(frozen=True)
class MadeElf:
    """What an ELF file is to say; `bytes()` of it has one loaded segment with everything in it."""

    machine: int = X86_64
    program: bool = False
    interpreter: str = ""
    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: str = ""
    runpath: str = ""
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    defines: tuple[str, ...] = ()
    text: bytes = b""

    def __bytes__(self) -> bytes:
        names = _Names()
        count = 2 + bool(self.interpreter)
        at = 64 + 56 * count
        interpreter = self.interpreter.encode() + b"\0" if self.interpreter else b""
        body = interpreter + self.text
        needs, at_needs = self._needs(names), at + len(body)
        defines, at_defines = self._defines(names), at_needs + len(needs)
        dynamic = [(1, names.at(name)) for name in self.needed]
        dynamic += [
            (tag, names.at(text)) for tag, text in ((14, self.soname), (15, self.rpath), (29, self.runpath)) if text
        ]
        dynamic += [(0x6FFFFFFE, at_needs)] if needs else []
        dynamic += [(0x6FFFFFFC, at_defines)] if defines else []
        dynamic += [(0x6FFFFFFB, 0x08000000)] if self.program else []
        at_dynamic = at_defines + len(defines)
        at_names = at_dynamic + 16 * (len(dynamic) + 3)
        dynamic += [(5, at_names), (10, len(names.table)), (0, 0)]
        table = b"".join(struct.pack("<qQ", *each) for each in dynamic)
        size = at_names + len(names.table)
        segments = [(1, 0, size), (2, at_dynamic, len(table))] + ([(3, at, len(interpreter))] if interpreter else [])
        header = b"\x7fELF\x02\x01\x01" + bytes(9)
        header += struct.pack("<HHIQQQIHHHHHH", 3, self.machine, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0)
        header += b"".join(struct.pack("<IIQQQQQQ", kind, 4, off, off, off, n, n, 1) for kind, off, n in segments)
        return header + body + needs + defines + table + names.table

    def _needs(self, names: _Names) -> bytes:
        out = b""
        for number, (library, versions) in enumerate(self.versions.items(), 1):
            size = 16 * (1 + len(versions))
            step = size if number < len(self.versions) else 0
            out += struct.pack("<HHIII", 1, len(versions), names.at(library), 16, step)
            for index, version in enumerate(versions, 1):
                out += struct.pack("<IHHII", 0, 0, index, names.at(version), 16 if index < len(versions) else 0)
        return out

    def _defines(self, names: _Names) -> bytes:
        out = b""
        for index, version in enumerate(self.defines, 1):
            step = 28 if index < len(self.defines) else 0
            out += struct.pack("<HHHHIIIII", 1, 0, index, 1, 0, 20, step, names.at(version), 0)
        return out


class _Names:
    def __init__(self) -> None:
        self.table = b"\0"

    def at(self, text: str) -> int:
        start = len(self.table)
        self.table += text.encode() + b"\0"
        return start


@dataclass(frozen=True)
class ImageMaker:
    """An image to be proved: files by path (bytes, or a link's target), executables by path, and its configuration."""

    files: Mapping[str, bytes | str | MadeElf]
    config: Config
    modes: Mapping[str, int] = field(default_factory=dict)

    def having(self, files: Mapping[str, bytes | str | MadeElf], modes: Mapping[str, int] | None = None) -> ImageMaker:
        return replace(self, files={**self.files, **files}, modes={**self.modes, **(modes or {})})

    def lacking(self, *paths: str) -> ImageMaker:
        assert all(path in self.files for path in paths)
        return replace(self, files={path: data for path, data in self.files.items() if path not in paths})

    def running(self, **config: object) -> ImageMaker:
        return replace(self, config=replace(self.config, **config))

    def subject(self) -> Subject:
        return Subject(Rootfs.of_entries(self._entries()), self.config)

    def outcomes(self) -> dict[str, Outcome]:
        return {proof.name: proof.outcome for proof in prove_subject(self.subject())}

    def failed(self) -> dict[str, list[str]]:
        """The proofs that fail, each with its findings in words."""
        found = {}
        for name, outcome in self.outcomes().items():
            if isinstance(outcome, Failed):
                found[name] = [f"{finding.subject} {finding.message}" for finding in outcome.findings]
        return found

    def unknown(self) -> dict[str, str]:
        """The proofs that could not be decided, each with its reason."""
        return {name: outcome.reason for name, outcome in self.outcomes().items() if isinstance(outcome, Unknown)}

    def _entries(self) -> Iterable[Entry]:
        folders = [Entry(path, "directory", mode) for path, mode in self.modes.items() if path not in self.files]
        yield from folders
        for path, data in self.files.items():
            if isinstance(data, str):
                yield Entry(path, "symlink", 0o777, target=data)
                continue
            mode = 0o755 if isinstance(data, MadeElf) and data.program else 0o644
            yield Entry(path, "file", self.modes.get(path, mode), content=bytes(data))


def distribution(name: str, *, requires: tuple[str, ...] = (), version: str = "1.0") -> dict[str, bytes]:
    """The files of an installed distribution with one module of its own name."""
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}", *(f"Requires-Dist: {r}" for r in requires)]
    folder = f"{name}-{version}.dist-info"
    return {
        f"{SITE}/{name}/__init__.py": b"",
        f"{SITE}/{folder}/METADATA": "\n".join(metadata).encode() + b"\n\n",
        f"{SITE}/{folder}/RECORD": f"{name}/__init__.py,,\n{folder}/METADATA,,\n{folder}/RECORD,,\n".encode(),
    }


PYTHON = MadeElf(
    program=True,
    interpreter=LOADER,
    needed=("libc.so.6",),
    versions={"libc.so.6": ("GLIBC_2.34", "GLIBC_2.38")},
    text=b"\0PyInit__socket\0PyInit_time\0\x003.13.5\0",
)
LIBC = MadeElf(soname="libc.so.6", defines=("GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.38"))
GOOD = ImageMaker(
    {
        "lib64": "usr/lib64",
        "lib": "usr/lib",
        "usr/lib64/ld-linux-x86-64.so.2": MadeElf(soname="ld-linux-x86-64.so.2"),
        f"{LIBRARIES}/libc.so.6": LIBC,
        "usr/bin/python3.13": PYTHON,
        "usr/bin/python3": "python3.13",
        "usr/lib/python3.13/os.py": b"import sys\nimport time\n",
        "usr/lib/python3.13/json/__init__.py": b"from .decoder import JSONDecoder\n",
        "usr/lib/python3.13/json/decoder.py": b"type Number = int | float\nimport _socket\n",
        f"usr/lib/python3.13/lib-dynload/_ssl.{TAG}.so": MadeElf(needed=("libc.so.6",)),
        "etc/passwd": b"root:x:0:0::/root:/sbin/nologin\nnonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n",
        "app/shop.py": b"import json, os, _ssl\nfrom counter import total\n",
        **distribution("counter", requires=('numbers>=1; python_version < "3.10"', "scale>=1,<3; extra == 'x'")),
    },
    Config(
        env=(("PATH", "/usr/bin:/bin"),),
        entrypoint=("python3", "-m", "shop"),
        user="65532",
        working_dir="/app",
    ),
)


@pytest.fixture
def good() -> ImageMaker:
    """An image that passes every proof."""
    return GOOD


@pytest.fixture
def made_elf() -> type[MadeElf]:
    """Makes ELF files to measure."""
    return MadeElf


@pytest.fixture
def installed() -> Callable[..., dict[str, bytes]]:
    """Makes the files of an installed distribution."""
    return distribution
