"""A file -> the statements in it: OpenVEX 0.2.0, or CycloneDX with `analysis` of vulnerabilities."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from barehull.core.errors import InputError
from barehull.files import reading
from barehull.vex import cyclonedx, openvex
from barehull.vex.model import Statement

MAX_FILE = 32 << 20  # bytes; a distribution's whole VEX feed is a few MB
MAX_STATEMENTS = 200_000  # of all files together
_ADVICE = "Name an OpenVEX 0.2.0 document, or a CycloneDX one whose vulnerabilities have an analysis."


class _Head(msgspec.Struct):
    """What tells the formats apart."""

    context: str = msgspec.field(name="@context", default="")
    format: str = msgspec.field(name="bomFormat", default="")


def read_vex(paths: Iterable[Path]) -> tuple[Statement, ...]:
    """The statements of all files, in order; a file that is named twice is read once.

    Errors: InputError names the file and the place in it.
    """
    statements: list[Statement] = []
    for path in dict.fromkeys(paths):
        statements += parse_vex(_read(path), str(path))
        if len(statements) > MAX_STATEMENTS:
            raise InputError(f"{path}: these are more than {MAX_STATEMENTS:,} VEX statements", advice="Name fewer.")
    return tuple(statements)


def parse_vex(data: bytes, file: str) -> tuple[Statement, ...]:
    """The statements of one document. InputError for anything else, and for a document that states nothing."""
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.context.startswith(openvex.CONTEXT):
            statements = openvex.statements(data, file)
        elif head.format == "CycloneDX":
            statements = cyclonedx.statements(data, file)
        else:
            raise InputError(f"{file} is no VEX document that barehull reads", advice=_ADVICE)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # ValidationError, with its place, is a DecodeError
        raise InputError(f"{file}: {str(error).replace('`$.', '`')}", advice=_ADVICE) from error
    except RecursionError as error:
        raise InputError(f"{file} is nested too deeply", advice=_ADVICE) from error
    if not statements:
        raise InputError(f"{file} states nothing of any vulnerability", advice=_ADVICE)
    return statements


def _read(path: Path) -> bytes:
    with reading(path), path.open("rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise InputError(f"{path} is larger than {MAX_FILE >> 20} MB", advice="Split the VEX document.")
    return data
