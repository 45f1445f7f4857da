"""The words of a logical line, as BuildKit splits it (frontend/dockerfile/parser: split_command.go, line_parsers.go).

All functions take the range [start, end) of the line that they look at, and give ranges of the line, in linear time.
White space is what Go's unicode.IsSpace or its regular expressions hold for it, each where BuildKit uses it.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)  # unicode.IsSpace
# The bytes 0x85 and 0xA0 by themselves, as text has them; BuildKit takes them for white space where it goes by bytes.
BYTE_SPACE = "\t\n\v\f\r \udc85\udca0"
_SPLIT = "\t\v\f\r "
_FIELD = re.compile(rf"[^{_SPLIT}]+")
_LETTERS = {0x130: "i", 0x212A: "k"}  # the only ones beyond ASCII that Go's ToLower makes ASCII letters of


def _flag_pattern(escape: str) -> re.Pattern[str]:
    some, any_one = rf"[^\t\n\v\f\r \x85\xa0'\"{escape}]++", rf"{escape}(?:.|\Z)"
    quoted = (rf"{quote}(?:[^{quote}{escape}]++|{any_one})*+(?:{quote}|\Z)" for quote in "'\"")
    return re.compile(rf"(?:{some}|{any_one}|{'|'.join(quoted)})++", re.DOTALL)


def _word_pattern(escape: str) -> re.Pattern[str]:
    some, any_one = rf"[^{SPACE}'\"{escape}]++", rf"{escape}."
    # An escape character at the end of the line belongs to no word.
    double = rf"\"(?:[^\"{escape}]++|{any_one})*+(?:\"|\Z|(?={escape}\Z))"
    return re.compile(rf"(?:{some}|{any_one}|'[^']*+(?:'|\Z)|{double})++", re.DOTALL)


_FLAG = {"\\": _flag_pattern(r"\\"), "`": _flag_pattern("`")}
_WORD = {"\\": _word_pattern(r"\\"), "`": _word_pattern("`")}
_STRING = r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_ARRAY = re.compile(rf"\[[ \t\r\n]*+(?:{_STRING}[ \t\r\n]*+(?:,[ \t\r\n]*+{_STRING}[ \t\r\n]*+)*+)?+\]")
_STRINGS = re.compile(_STRING)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written, and the characters [start, end) of its instruction's logical line that it stands in.

    Of the strings in a JSON array, `text` is the value, the range is with the quotes.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Flag:
    """`--name=value`, without quotes and escapes. `value` is "" for a flag without one; see `assigned`."""

    name: str
    value: str
    word: Word
    assigned: bool = True


class NotStringsError(ValueError):
    """A JSON array of other things than strings, which BuildKit refuses."""


def shown(text: str) -> str:
    """A text of the file as it may stand in a message: short, on one line, printable."""
    start = "".join(character if character.isprintable() else "\ufffd" for character in text[:60])
    return start if len(text) <= 60 else f"{start}..."


def lower(text: str) -> str:
    """The text in small letters, as far as it matters for keywords and names, which are ASCII."""
    return text.lower() if text.isascii() else text.translate(_LETTERS).lower()


def trim(line: str, start: int, end: int) -> tuple[int, int]:
    """The range without the white space at both ends."""
    while start < end and line[start] in SPACE:
        start += 1
    while start < end and line[end - 1] in SPACE:
        end -= 1
    return start, end


def keyword_of(line: str, start: int, end: int) -> tuple[str, int]:
    """The keyword in capitals, and where it ends. What is no ASCII is no keyword, and stays as it is written."""
    match = _FIELD.match(line, start, end)
    if match is None:
        return "", start
    keyword = match[0] if match[0].isascii() else match[0].translate(_LETTERS)
    return keyword.upper() if keyword.isascii() else match[0], match.end()


def split_command(line: str, start: int, end: int, escape: str) -> tuple[str, tuple[Flag, ...], int, int]:
    """The keyword in capitals, the flags, and the range of the arguments."""
    start, end = trim(line, start, end)
    keyword, at = keyword_of(line, start, end)
    while at < end and line[at] in BYTE_SPACE:
        at += 1
    found: tuple[Flag, ...] = ()
    if line.startswith("--", at, end):
        found, at = _flags(line, at, end, escape)
    return keyword, found, *trim(line, at, end)


def _flags(line: str, start: int, end: int, escape: str) -> tuple[tuple[Flag, ...], int]:
    """The flags at the start of the range, and where the rest begins."""
    text = line[start:end]
    if text.isascii():
        tokens, rest = _flag_tokens(text, escape)
        return tuple(_flag(text[a:b], Word(text[a:b], start + a, start + b), escape) for a, b in tokens), start + rest
    # BuildKit goes by bytes here, and takes each for a character.
    parts = [to_bytes(character) for character in text]
    ends = [*accumulate(map(len, parts))]
    view = b"".join(parts).decode("latin-1")
    tokens, rest = _flag_tokens(view, escape)
    found = []
    for a, b in tokens:
        begin, stop = start + bisect_right(ends, a), start + bisect_left(ends, b) + 1
        found.append(_flag(view[a:b], Word(line[begin:stop], begin, stop), escape))
    return tuple(found), start + bisect_right(ends, rest)


def _flag_tokens(text: str, escape: str) -> tuple[list[tuple[int, int]], int]:
    tokens: list[tuple[int, int]] = []
    at = 0
    while text.startswith("--", at) and (match := _FLAG[escape].match(text, at)):
        end = match.end()
        if _unquoted(match[0], escape) == "--":
            return tokens, end
        tokens.append((at, end))
        at = end
        while at < len(text) and text[at] in "\t\n\v\f\r \x85\xa0":
            at += 1
    return tokens, at


def to_bytes(text: str) -> bytes:
    """The bytes that the text was decoded from; of text that came from none, something close."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _flag(text: str, word: Word, escape: str) -> Flag:
    name, assigned, value = _unquoted(text, escape)[2:].partition("=")
    return Flag(name, value, word, bool(assigned))


def _unquoted(text: str, escape: str) -> str:
    if escape not in text and "'" not in text and '"' not in text:
        return text
    found, quote, characters = [], "", iter(text)
    for character in characters:
        if character == escape:
            found.append(next(characters, ""))
        elif character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
        else:
            found.append(character)
    return "".join(found)


def words(line: str, start: int, end: int, escape: str) -> list[Word]:
    """The words of ARG, ENV and LABEL: quotes and escapes hold them together, and stay."""
    return [Word(match[0], match.start(), match.end()) for match in _WORD[escape].finditer(line, start, end)]


def fields(line: str, start: int, end: int) -> list[Word]:
    """The words between white space, whatever they hold."""
    return [Word(match[0], match.start(), match.end()) for match in _FIELD.finditer(line, start, end)]


def json_words(line: str, start: int, end: int) -> list[Word] | None:
    """The strings of a JSON array, as Go reads JSON; None for what is none. NotStringsError where it holds others."""
    if not line.startswith("[", start, end):
        return None
    match = _ARRAY.fullmatch(line, start, end)
    if match is None:
        if _is_array(line[start:end]):
            raise NotStringsError("a JSON array here may hold strings only")
        return None
    found = []
    for match in _STRINGS.finditer(line, start, end):
        text = json.loads(match[0]) if "\\" in match[0] else match[0][1:-1]
        found.append(Word(text if text.isascii() else _SURROGATE.sub("\ufffd", text), match.start(), match.end()))
    return found


def _is_array(text: str) -> bool:
    try:
        json.loads(text, parse_float=_finite, parse_int=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return False
    return True


def _finite(text: str) -> float:
    """A number that Go can hold. ValueError for others, and for NaN and Infinity, which are no JSON."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
