"""Instructions with their meaning: flags, words, forms (reference: BuildKit, frontend/dockerfile/instructions)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from barehull.dockerfile.flags import RefusedError, check
from barehull.dockerfile.heredocs import is_heredoc
from barehull.dockerfile.tree import Instruction
from barehull.dockerfile.typed import (
    CommandLine,
    Copy,
    From,
    Healthcheck,
    Invalid,
    Onbuild,
    Pair,
    Pairs,
    Run,
    Start,
    Typed,
    Words,
)
from barehull.dockerfile.words import (
    SPACE,
    Flag,
    NotStringsError,
    Word,
    fields,
    json_words,
    lower,
    shown,
    split_command,
    words,
)

__all__ = [
    "CommandLine",
    "Copy",
    "Flag",
    "From",
    "Healthcheck",
    "Invalid",
    "Onbuild",
    "Pair",
    "Pairs",
    "Run",
    "Start",
    "Typed",
    "Word",
    "Words",
    "read",
]
_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")
_KIND = re.compile(r"([^\t\v\f\r \udc85\udca0]+)[\t\v\f\r \udc85\udca0]*")


@dataclass(frozen=True, slots=True)
class _Call:
    """An instruction whose keyword and flags are read; its arguments are the range [start, end) of its line."""

    instruction: Instruction
    flags: tuple[Flag, ...]
    start: int
    end: int
    escape: str

    @property
    def keyword(self) -> str:
        return self.instruction.keyword

    @property
    def whole(self) -> Word:
        """All of the arguments as one word."""
        return Word(self.instruction.line[self.start : self.end], self.start, self.end)

    def refused(self, why: str, where: Word | None = None, *, early: bool = False) -> RefusedError:
        return RefusedError(f"{self.keyword} {why}", where or self.keyword_word, early=early)

    @property
    def keyword_word(self) -> Word:
        at = self.instruction.at
        return Word(self.instruction.line[at : at + len(self.keyword)], at, at + len(self.keyword))

    def json(self, start: int | None = None) -> list[Word] | None:
        """The strings of the JSON form; None for the shell form."""
        try:
            return json_words(self.instruction.line, self.start if start is None else start, self.end)
        except NotStringsError:
            raise self.refused("takes a JSON array of strings only", self.whole, early=True) from None

    def fields(self) -> list[Word]:
        """The words of the arguments, in either form."""
        found = self.json() if self.keyword != "FROM" and self.keyword != "EXPOSE" else None
        return fields(self.instruction.line, self.start, self.end) if found is None else found

    def command_line(self, start: int) -> CommandLine:
        whole = Word(self.instruction.line[start : self.end], start, self.end)
        found = self.json(start)
        if found is None:
            return CommandLine(whole, script=whole.text)
        return CommandLine(whole, tuple(word.text for word in found), exec_form=True)


def read(instruction: Instruction, escape: str) -> Typed:
    """The meaning of an instruction. Never raises: what has none is `Invalid`."""
    line = instruction.line
    _, flags, start, end = split_command(line, instruction.at, len(line), escape)
    try:
        return _read(_Call(instruction, flags, start, end, escape))
    except RefusedError as error:
        return Invalid(instruction, flags, error.why, error.where)


def _read(call: _Call) -> Typed:
    reader = _READERS.get(call.keyword)
    if reader is None:
        raise RefusedError(
            f"there is no instruction {shown(call.keyword_word.text) or 'without a name'}", call.keyword_word
        )
    typed = reader(call)
    if (
        call.flags
        and call.keyword not in _IGNORING_FLAGS
        and not (isinstance(typed, Healthcheck) and not typed.command)
    ):
        check(call.keyword, call.flags)
    return typed


def _from(call: _Call) -> From:
    words = call.fields()
    if len(words) != 1 and not (len(words) == 3 and words[1].text.casefold() == "as"):
        raise call.refused("takes an image, or an image AS a name", call.whole)
    name = words[2] if len(words) == 3 else None
    if name and not _STAGE_NAME.fullmatch(lower(name.text)):
        raise call.refused("names its stage by letters, digits and - _ . with a letter first", name)
    return From(call.instruction, call.flags, words[0], name)


def _run(call: _Call) -> Run:
    return Run(call.instruction, call.flags, call.command_line(call.start))


def _start(call: _Call) -> Start:
    return Start(call.instruction, call.flags, call.command_line(call.start))


def _copy(call: _Call) -> Copy:
    words = call.fields()
    if len(words) < 2:
        raise call.refused("takes a source and a destination", call.whole)
    if "<<" in words[-1].text and is_heredoc(words[-1].text):
        raise call.refused("cannot write to a here-document", words[-1])
    return Copy(call.instruction, call.flags, tuple(words[:-1]), words[-1], call.keyword == "ADD")


def _pairs(call: _Call) -> Pairs:
    line = call.instruction.line
    found = [_pair(word) for word in words(line, call.start, call.end, call.escape)]
    if not found:
        raise call.refused("takes at least one argument")
    if call.keyword != "ARG":
        if found[0].value is None:
            return Pairs(call.instruction, call.flags, (_old_pair(call),))
        for pair in found:
            if pair.value is None:
                raise call.refused("takes name=value: there is no = in this", pair.key, early=True)
    for pair in found:
        if not pair.key.text:
            raise call.refused(
                "takes name=value: there is no name in this", pair.key if pair.value is None else pair.value
            )
    return Pairs(call.instruction, call.flags, tuple(found))


def _pair(word: Word) -> Pair:
    key, equals, value = word.text.partition("=")
    middle = word.start + len(key)
    return Pair(Word(key, word.start, middle), Word(value, middle + 1, word.end) if equals else None)


def _old_pair(call: _Call) -> Pair:
    """`ENV name value`, in which the value runs to the end of the line."""
    found = fields(call.instruction.line, call.start, call.end)
    if len(found) < 2:
        raise call.refused("has a name and no value", call.whole, early=True)
    value = Word(call.instruction.line[found[1].start : call.end], found[1].start, call.end)
    return Pair(found[0], value)


def _healthcheck(call: _Call) -> Healthcheck:
    line = call.instruction.line
    kind = _KIND.match(line, call.start, call.end)
    if kind is None:
        raise call.refused("takes NONE, or CMD and a command")
    command = call.command_line(kind.end())
    empty = not command.words if command.exec_form else not command.script
    match kind[1].upper():
        case "NONE" if empty:
            return Healthcheck(call.instruction, call.flags)
        case "CMD" if not empty:
            return Healthcheck(call.instruction, call.flags, command)
    raise call.refused("takes NONE, or CMD and a command", call.whole)


def _words(call: _Call) -> Words:
    found = call.fields()
    if not found:
        raise call.refused("takes at least one argument")
    if call.keyword == "VOLUME" and not all(word.text.strip(SPACE) for word in found):
        raise call.refused("cannot be the empty path", call.whole)
    return Words(call.instruction, call.flags, tuple(found))


def _shell(call: _Call) -> Words:
    found = call.json()
    if not found:
        raise call.refused("takes a JSON array with a program", call.whole)
    return Words(call.instruction, call.flags, tuple(found))


def _one_word(call: _Call) -> Words:
    if call.start == call.end:
        raise call.refused("takes an argument")
    return Words(call.instruction, call.flags, (call.whole,))


def _onbuild(call: _Call) -> Onbuild:
    line = call.instruction.line
    keyword, flags, start, end = split_command(line, call.start, call.end, call.escape)
    if keyword in ("", "ONBUILD", "FROM", "MAINTAINER"):
        raise call.refused(f"takes an instruction, and {keyword or 'nothing'} is none that it takes", call.whole)
    within = replace(call.instruction, keyword=keyword, at=call.start)
    try:
        return Onbuild(call.instruction, call.flags, _read(_Call(within, flags, start, end, call.escape)))
    except RefusedError as error:
        if error.early:
            raise
        # BuildKit stores it unread: it fails where the image is built upon.
        return Onbuild(call.instruction, call.flags, Invalid(within, flags, error.why, error.where))


_IGNORING_FLAGS = ("ARG", "STOPSIGNAL")
_READERS: Mapping[str, Callable[[_Call], Typed]] = {
    "FROM": _from,
    "RUN": _run,
    **dict.fromkeys(("COPY", "ADD"), _copy),
    **dict.fromkeys(("ARG", "ENV", "LABEL"), _pairs),
    **dict.fromkeys(("ENTRYPOINT", "CMD"), _start),
    **dict.fromkeys(("EXPOSE", "VOLUME"), _words),
    **dict.fromkeys(("USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER"), _one_word),
    "HEALTHCHECK": _healthcheck,
    "SHELL": _shell,
    "ONBUILD": _onbuild,
}
