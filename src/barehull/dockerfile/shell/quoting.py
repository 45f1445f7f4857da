"""Quote removal (POSIX.1-2017 XCU 2.2 and 2.6.7; `$'...'` as bash and POSIX.1-2024 have it)."""

from __future__ import annotations

import re
from collections.abc import Sequence

PLAIN = re.compile(r"[\w./:=@%+,#^-]*", re.ASCII)  # no character of it means anything to a shell

_UNQUOTED = re.compile(r"'([^']*)'|\$'((?:[^'\\]|\\.)*)'|\\(.)|[^'\"\\$`*?\[{~]+|.", re.DOTALL)
_IN_DOUBLE_QUOTES = re.compile(r"\\([$`\"\\\n])|[^\"\\$`]+|.", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:([abeEfnrtv\\'\"?])|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.))",
    re.DOTALL,
)
_LETTERS = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))
_EXPANDS = re.compile(r"\$[\w{(@*#?$!-]")
_BRACES = re.compile(r"\{[^{}]*(?:,|\.\.)")


def unquote(text: str, expansions: Sequence[tuple[int, int]] = ()) -> tuple[str, bool]:
    """A word without its quotes, and whether it is literal. `expansions`: ranges to keep as written, in order."""
    out: list[str] = []
    literal, quoted, at, holes = not expansions, False, 0, iter((*expansions, (len(text), 0)))
    hole, hole_end = next(holes)
    while at < len(text):
        if at >= hole:
            out.append(text[hole:hole_end])
            at = max(at, hole_end)
            hole, hole_end = next(holes)
            continue
        match = (_IN_DOUBLE_QUOTES if quoted else _UNQUOTED).match(text, at)
        if match is None:  # cannot be: "." takes any character
            break
        piece, at = match[0], match.end()
        if piece == '"':
            quoted = not quoted
        elif piece == "$" and not quoted and text.startswith('"', at):
            pass  # $"...": a string to translate
        elif match.lastindex is not None:
            out.append(_escaped(match))
        else:
            literal = literal and (quoted or not _is_pattern(text, match)) and not _EXPANDS.match(text, match.start())
            out.append(piece)
    return "".join(out), literal


def _escaped(match: re.Match[str]) -> str:
    if match.re is _UNQUOTED and match.lastindex == 2:
        return _ESCAPE.sub(_ansi_c, match[2])
    character = match[match.lastindex or 0]
    # A backslash before a newline takes both away; in single quotes a newline is one.
    return "" if character == "\n" and match[0][0] == "\\" else character


def _ansi_c(match: re.Match[str]) -> str:
    letter, byte, short, long, octal, control = match.groups()
    if letter:
        return _LETTERS[letter]
    if control:
        return chr(ord(control.upper()) & 0x1F)
    if short or long:
        code = int(short or long, 16)
        return chr(code) if code < 0x110000 else "\ufffd"
    value = int(byte, 16) if byte else int(octal, 8) & 0xFF
    return chr(value) if value < 0x80 else bytes([value]).decode("utf-8", "surrogateescape")


def _is_pattern(text: str, match: re.Match[str]) -> bool:
    """Whether an unquoted piece asks for pathname, brace or tilde expansion."""
    match match[0]:
        case "*" | "?":
            return True
        case "[":
            return text != "["
        case "{":
            return bool(_BRACES.match(text, match.start()))
        case "~":
            return match.start() == 0 or text[match.start() - 1] in ":="
    return False
