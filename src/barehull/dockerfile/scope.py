"""The variables of a Dockerfile: who sees which ARG and ENV, with which value (Dockerfile reference)."""

from __future__ import annotations

from collections.abc import Mapping

from barehull.core.span import Span
from barehull.dockerfile.environment import Environment, Log, Texts
from barehull.dockerfile.expand import Expanded, expand, references
from barehull.dockerfile.facts import Value
from barehull.dockerfile.instructions import Pairs, Typed, Word

_NOWHERE = Span(0, 0)
# What BuildKit sets for a plain build on linux/amd64: seen in FROM, and in a stage that declares them.
_PLATFORM = {
    "BUILDPLATFORM": "linux/amd64",
    "BUILDOS": "linux",
    "BUILDOSVERSION": "",
    "BUILDARCH": "amd64",
    "BUILDVARIANT": "",
    "TARGETPLATFORM": "linux/amd64",
    "TARGETOS": "linux",
    "TARGETOSVERSION": "",
    "TARGETARCH": "amd64",
    "TARGETVARIANT": "",
    "TARGETSTAGE": "default",
}
PLATFORM = {name: Value(text, _NOWHERE) for name, text in _PLATFORM.items()}


class Scope:
    """The variables of a stage while it is read, or of what stands before the first FROM."""

    def __init__(self, escape: str, outer: Environment | None = None) -> None:
        self._escape = escape
        self._log = Log(outer)
        self.environment = self._log.now()
        self._texts = Texts(self.environment)

    def expand(self, word: str) -> Expanded:
        """A word's text, expanded here."""
        return expand(word, self._texts, self._escape)

    def value(self, typed: Typed, word: Word) -> Value:
        """A word, expanded here; what depends on a variable without a value is without one, too."""
        found = self.expand(word.text)
        unset = list(found.unset)
        for name in references(word.text):
            value = self.environment.get(name)
            if value is not None:
                unset += value.unset
        return Value(found.text, typed.span(word), tuple(dict.fromkeys(unset)))

    def set(self, values: Mapping[str, Value], *, exported: bool = False) -> None:
        """Give variables a value."""
        self._log.set(values, exported=exported)
        self.environment = self._log.now()
        self._texts = Texts(self.environment)

    def env(self, pairs: Pairs) -> None:
        """ENV: every value is expanded by what was before the instruction."""
        found = {pair.key.text: self.value(pairs, pair.value) for pair in pairs.pairs if pair.value is not None}
        self.set(found, exported=True)

    def arg(self, pairs: Pairs, outer: Mapping[str, Value], given: Mapping[str, str]) -> None:
        """ARG: a given value, else its default, else what `outer` has of that name. An ENV of that name wins."""
        for pair in pairs.pairs:
            name = pair.key.text
            if self.environment.is_exported(name):
                continue
            if name in given:
                self.set({name: Value(given[name], pairs.span(pair.key))})
            elif pair.value is not None:
                self.set({name: self.value(pairs, pair.value)})
            elif name in outer:
                self.set({name: outer[name]})
