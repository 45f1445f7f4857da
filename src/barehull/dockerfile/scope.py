"""The variables of a Dockerfile: who sees which ARG and ENV, with which value (Dockerfile reference)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from barehull.core.span import Span
from barehull.dockerfile.expand import expand, references
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


@dataclass(slots=True)
class Scope:
    """The values in effect at a point of the file. Lives while a file is read; `values` is never changed in place."""

    escape: str
    values: Mapping[str, Value] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()  # set by ENV, which wins over ARG

    def value(self, typed: Typed, word: Word) -> Value:
        """A word, expanded here."""
        found = expand(word.text, self.texts, self.escape)
        unset = list(found.unset)
        for name in references(word.text):
            if name in self.values:
                unset += self.values[name].unset
        return Value(found.text, typed.span(word), tuple(dict.fromkeys(unset)))

    def set(self, values: Mapping[str, Value]) -> None:
        """Give variables a value."""
        if values:
            self.values = {**self.values, **values}
            self.texts = {name: value.text for name, value in self.values.items()}

    def environment(self, pairs: Pairs) -> None:
        """ENV: every value is expanded by what was before the instruction."""
        found = {pair.key.text: self.value(pairs, pair.value) for pair in pairs.pairs if pair.value is not None}
        self.set(found)
        self.fixed |= found.keys()

    def argument(self, pairs: Pairs, outer: Mapping[str, Value], given: Mapping[str, str]) -> None:
        """ARG: a given value, else its default, else what `outer` has of that name. An ENV of that name wins."""
        for pair in pairs.pairs:
            name = pair.key.text
            if name in self.fixed:
                continue
            if name in given:
                self.set({name: Value(given[name], pairs.span(pair.key))})
            elif pair.value is not None:
                self.set({name: self.value(pairs, pair.value)})
            elif name in outer:
                self.set({name: outer[name]})
