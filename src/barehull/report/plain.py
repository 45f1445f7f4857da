"""How numbers and strangers' text are said in every report. Imports nothing, so that quick commands stay quick."""

from __future__ import annotations

import re

# Everything that could steer a terminal or reorder text, and what neither UTF-8 nor XML can hold.
_UNSAFE = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def safe(text: str) -> str:
    """Text from strangers, with control characters written out."""
    return _UNSAFE.sub(_written, text)


def unicode(text: str) -> str:
    """Text with only its lone surrogates (bytes that are no UTF-8) written out: what is left is Unicode."""
    return text if text.isascii() else _SURROGATE.sub(_written, text)


def _written(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte, as "surrogateescape" has it
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def many(count: int, word: str) -> str:
    """A number with its word: "1 package", "2 packages", "3 vulnerabilities"."""
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{count:,} {word if count == 1 else plural}"
