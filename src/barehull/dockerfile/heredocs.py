"""Here-documents that a logical line announces (frontend/dockerfile/parser/parser.go, shell/lex.go in BuildKit)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from barehull.dockerfile.words import SPACE

_MARK = re.compile(r"[0-9]*<<(-?)[\t\n\f\r ]*([^<]*)", re.DOTALL)
_SIMPLE = re.compile(r"(?:[A-Za-z0-9_.-]|\$(?!\{))+")
_PLAIN = re.compile(r"[^\s'\"$<\\}/]+")
_GAPS = re.compile(rf"([{SPACE}]+)")
_OPENING = re.compile(r"<(?:<[\t\r ]*)?")
_NAME = re.compile(r"\d+|[@*#?\-$!]|\w+")
_QUOTED = re.compile(r'[^"$\\]+')
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Mark:
    """`<<NAME`: the name without quotes; `expand` unless part of it was quoted; `chomp` for `<<-`."""

    name: str
    expand: bool
    chomp: bool


def marks(line: str) -> list[Mark]:
    """The here-documents of a line in order. ValueError where BuildKit refuses the line."""
    try:
        words = _Lexer(line, raw=True).words()
    except ValueError:
        return []  # as BuildKit: what it cannot split announces nothing
    return [mark for word in words if (mark := mark_of(word))]


def mark_of(word: str) -> Mark | None:
    """The here-document that a word announces. ValueError where BuildKit refuses the word."""
    match = _MARK.fullmatch(word)
    if match is None or not match[2]:
        return None
    if _SIMPLE.fullmatch(match[2]):
        return Mark(match[2], True, match[1] == "-")
    names = _Lexer(match[2], raw=False).words()
    if len(names) != 1:
        return None
    raw = _Lexer(match[2], raw=False, raw_quotes=True).words()
    if len(raw) != 1:
        raise ValueError("the name of a here-document has quotes in an unclear place")
    return Mark(names[0], _quotes(names[0]) == _quotes(raw[0]), match[1] == "-")


def is_heredoc(word: str) -> bool:
    """Whether a word announces a here-document."""
    try:
        return mark_of(word) is not None
    except ValueError:
        return False


def _quotes(word: str) -> int:
    return word.count("'") + word.count('"')


class _Lexer:
    """BuildKit's shell lexer as it runs here: no variable is set, and unset ones stay as they are written.

    `raw` keeps quotes and escapes. As in BuildKit, a `${..}` with a modifier takes away what its word had before it.
    """

    def __init__(self, text: str, *, raw: bool, raw_quotes: bool = False) -> None:
        self._text = _SURROGATE.sub("\ufffd", text).removeprefix("\ufeff")
        self._at = 0
        self._raw_quotes, self._raw_escapes = raw or raw_quotes, raw
        self._word: list[str] = []
        self._depth = 0

    def words(self) -> list[str]:
        """The words of the text. ValueError where quotes or braces do not end, or a substitution is none."""
        return self._until("", self._raw_escapes)[1]

    def _until(self, stop: str, raw_escapes: bool) -> tuple[str, list[str]]:
        """What stands before the character `stop`, as one text and as words."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError("substitutions are nested too deeply")
        before, self._raw_escapes = self._raw_escapes, raw_escapes
        whole: list[str] = []
        words: list[str] = []
        self._word = []
        while self._at < len(self._text):
            if stop and self._text[self._at] == stop:
                self._at += 1
                break
            whole.append(self._piece(words))
        else:
            if stop:
                raise ValueError(f"{stop} is missing")
        self._flush(words)
        self._raw_escapes = before
        self._depth -= 1
        return "".join(whole), words

    def _piece(self, words: list[str]) -> str:
        """The next piece of the text; it is added to the words."""
        if match := _PLAIN.match(self._text, self._at) or _OPENING.match(self._text, self._at):
            self._at = match.end()
            self._word.append(match[0])
            return match[0]
        character = self._text[self._at]
        if character == "$":
            piece = self._dollar()
            for part in _GAPS.split(piece):
                self._add(part, words)
            return piece
        if character in "'\"":
            piece = self._single() if character == "'" else self._double()
            self._word += [piece] if piece else []
            return piece
        self._at += 1
        if character != "\\":
            self._add(character, words)
            return character
        escaped = self._text[self._at : self._at + 1]
        self._at += 1
        piece = (character if self._raw_escapes else "") + escaped
        self._word += [piece] if piece else []
        return piece

    def _add(self, part: str, words: list[str]) -> None:
        if part and part[0] in SPACE:
            self._flush(words)
        elif part:
            self._word.append(part)

    def _flush(self, words: list[str]) -> None:
        if self._word:
            words.append("".join(self._word))
            self._word = []

    def _single(self) -> str:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            raise ValueError("a single quote does not end")
        start, self._at = self._at, end + 1
        return self._text[start : end + 1] if self._raw_quotes else self._text[start + 1 : end]

    def _double(self) -> str:
        self._at += 1
        quote = '"' if self._raw_quotes else ""
        found = [quote]
        while self._at < len(self._text):
            if match := _QUOTED.match(self._text, self._at):
                found.append(match[0])
                self._at = match.end()
            elif self._text[self._at] == "$":
                found.append(self._dollar())
            elif self._text[self._at] == '"':
                self._at += 1
                return "".join(found) + quote
            else:
                found.append(self._escaped())
        raise ValueError("a double quote does not end")

    def _escaped(self) -> str:
        """An escape within double quotes: quotes, dollars and itself lose it. (Raw, others get a second one.)"""
        raw = "\\" if self._raw_escapes else ""
        following = self._text[self._at + 1 : self._at + 2]
        if not following or following not in '"$\\':
            self._at += 1
            return raw + ("\\" if following else "")
        self._at += 2
        return raw + following

    def _dollar(self) -> str:
        self._at += 1
        if not self._text.startswith("{", self._at):
            return "$" + self._name()
        self._at += 1
        if self._text[self._at : self._at + 1] in ("", "{", "}", ":"):
            raise ValueError("a substitution has no name")
        name = self._name()
        operator = self._take()
        if operator == "}":
            return f"${{{name}}}"
        if operator == "/":
            self._at += self._text.startswith("/", self._at)
            pattern = self._until("/", True)[0]
            return f"${{{name}/{pattern}/{self._until('}', True)[0]}}}"
        if not operator or operator not in ":+-?#%":
            raise ValueError("a substitution has an unknown operator")
        modifier = self._take() if operator == ":" else operator
        if operator == ":" and modifier in ("#", "%"):
            raise ValueError("a substitution has an unknown operator")
        word = self._until("}", modifier in ("#", "%"))[0]
        return f"${{{name}{operator if operator == ':' else ''}{modifier}{word}}}"

    def _take(self) -> str:
        self._at += 1
        return self._text[self._at - 1 : self._at]

    def _name(self) -> str:
        match = _NAME.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match[0] if match else ""
