"""What proofs want to know of single files; what follows for the image is theirs to say."""

from __future__ import annotations

import re
from dataclasses import dataclass

from barehull.core.errors import InputError
from barehull.elf import MAGIC, Elf, read_elf
from barehull.oci.facts import Content, Fact

_LARGEST = 256 << 20  # bytes of one file of machine code
_FIRST_LINE = 256  # bytes of a #! line that the kernel reads
_MARKS = ("BusyBox is copyrighted", "GNU bash, version")  # what a program says of itself, under whatever name
_INIT = re.compile(rb"PyInit_(\w{1,64})\0")
_RELEASE = re.compile(rb"\0(3\.\d+\.\d{1,3}[\w+]{0,8})(?=\0)")


@dataclass(frozen=True, slots=True)
class Code:
    """A file that begins as ELF: what it says, or what is wrong with it and what to do."""

    elf: Elf | None
    what: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class PythonCode:
    """What the machine code of a Python shows: its built-in modules, and the full versions that it may be."""

    built_in: tuple[str, ...]
    releases: tuple[str, ...]


def _code(content: Content) -> Code | None:
    if content.size < len(MAGIC) or content.peek(len(MAGIC)) != MAGIC:
        return None
    data = content.read(_LARGEST)
    try:
        return Code(read_elf(data))
    except InputError as error:
        return Code(None, error.what, error.advice)


def _marks(content: Content) -> tuple[str, ...]:
    data = content.read(_LARGEST)
    return tuple(mark for mark in _MARKS if mark.encode() in data)


def _script(content: Content) -> str:
    head = content.peek(_FIRST_LINE)
    return head[2:].partition(b"\n")[0].decode("utf-8", "surrogateescape") if head.startswith(b"#!") else ""


def _python(content: Content) -> PythonCode:
    data = content.read(_LARGEST)
    built_in = dict.fromkeys(name.decode("ascii", "replace") for name in _INIT.findall(data))
    releases = dict.fromkeys(name.decode("ascii", "replace") for name in _RELEASE.findall(data))
    return PythonCode(tuple(built_in), tuple(releases))


# Errors of each: InputError for a file that is too large to be read.
CODE = Fact("code", Code | None, _code, (__name__, "barehull.elf"))  # None: it does not begin as ELF
MARKS = Fact("marks", tuple[str, ...], _marks, (__name__,))
SCRIPT = Fact("script", str, _script, (__name__,))  # the line after #!, "" without one
PYTHON = Fact("python", PythonCode, _python, (__name__,))
