"""The types that instructions are read into: flags, words, forms."""

from __future__ import annotations

from dataclasses import dataclass

from barehull.core.span import Span
from barehull.dockerfile.tree import Instruction
from barehull.dockerfile.words import Flag, Word

NOWHERE = Word("", 0, 0)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What is to be run: in the exec form `words` are the strings of the JSON array, in the shell form `script`."""

    whole: Word
    words: tuple[str, ...] = ()
    script: str = ""
    exec_form: bool = False


_NO_COMMAND = CommandLine(NOWHERE)


@dataclass(frozen=True, slots=True)
class Typed:
    """What all instructions have: where they stand, and their flags."""

    instruction: Instruction
    flags: tuple[Flag, ...] = ()

    def flag(self, name: str) -> str | None:
        """The value of the last flag of that name, or None."""
        return next((flag.value for flag in reversed(self.flags) if flag.name == name), None)

    def span(self, word: Word) -> Span:
        """The range of a word in the file's text; it may run over several lines."""
        last = max(word.end - 1, word.start)
        return Span(self.instruction.offset(word.start), self.instruction.offset(last) + (word.end > word.start))


@dataclass(frozen=True, slots=True)
class From(Typed):
    """FROM: the base as written, and the stage's name."""

    image: Word = NOWHERE
    name: Word | None = None


@dataclass(frozen=True, slots=True)
class Run(Typed):
    """RUN. The content of here-documents is in `instruction.heredocs`."""

    command: CommandLine = _NO_COMMAND


@dataclass(frozen=True, slots=True)
class Copy(Typed):
    """COPY and ADD (`adds`). Here-documents among the sources stand as they are written (`<<EOF`)."""

    sources: tuple[Word, ...] = ()
    destination: Word = NOWHERE
    adds: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """`key=value` or `key`, as written, quotes included; `value` is None where there is no `=`."""

    key: Word
    value: Word | None


@dataclass(frozen=True, slots=True)
class Pairs(Typed):
    """ARG, ENV and LABEL, by the instruction's keyword."""

    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Start(Typed):
    """ENTRYPOINT and CMD, by the instruction's keyword."""

    command: CommandLine = _NO_COMMAND


@dataclass(frozen=True, slots=True)
class Healthcheck(Typed):
    """HEALTHCHECK; `command` is None for NONE."""

    command: CommandLine | None = None


@dataclass(frozen=True, slots=True)
class Words(Typed):
    """EXPOSE, VOLUME, SHELL: their words. USER, WORKDIR, STOPSIGNAL, MAINTAINER: all that follows, as one word."""

    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Onbuild(Typed):
    """ONBUILD, with the instruction within; its words are ranges of the same logical line."""

    inner: Typed | None = None


@dataclass(frozen=True, slots=True)
class Invalid(Typed):
    """An instruction that BuildKit refuses: an unknown keyword, or arguments that do not fit; `why` is a sentence."""

    why: str = ""
    where: Word = NOWHERE
