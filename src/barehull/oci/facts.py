"""What is known of the files in a layer, remembered by the layer's digest.

A layer never changes, so neither does what a pure function finds in one of its files. Only that is remembered, never an
answer about an image: every question is asked anew of the merged files of all layers, and gets here what it would
otherwise work out from the same bytes again. A layer of which all is known is not even decompressed.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from barehull.core.version import VERSION
from barehull.files import Store
from barehull.oci.model import Layer
from barehull.tar import TarEntry

_MAX_ENTRIES = 100_000  # of one layer, and
_MAX_SIZE = 16 << 20  # bytes of what is known of it, to be worth remembering
_FORM = "1"  # of `_Kept`

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Content:
    """One file's bytes, read when asked for.

    `peek(count)` gives the first, `read(limit)` all, `chunks()` all in pieces, `piece(offset, count)` those in between.
    """

    size: int
    peek: Callable[[int], bytes]
    read: Callable[[int], bytes]
    chunks: Callable[[], Iterator[bytes]]
    piece: Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """Something that a file's bytes alone say, found by `find`.

    `name` says what, with all parameters; `form` is the type of the answer, as msgspec takes it; `modules` are those
    whose code decides the answer: when one of them changes, what was remembered counts no more.
    """

    name: str
    form: Any
    find: Callable[[Content], T]
    modules: tuple[str, ...]

    @property
    def key(self) -> str:
        """Its name and its code."""
        return f"{self.name} {_code_of(self.modules)}"


@cache
def _code_of(modules: tuple[str, ...]) -> str:
    """The SHA-256 of modules' source files."""
    hasher = hashlib.sha256()
    for name in modules:
        hasher.update(hashlib.sha256(Path(str(sys.modules[name].__file__)).read_bytes()).digest())
    return hasher.hexdigest()


class _Kept(msgspec.Struct):
    """What is kept of one layer: its entries, and by a fact's key and the place of a file in the tar the answers."""

    entries: list[TarEntry] | None = None
    facts: dict[str, dict[int, msgspec.Raw]] = {}  # msgspec copies it for each


@dataclass(slots=True)
class _Known:
    """What is known of one layer. `found` has answers as values by a fact's name; `changed`: there are new ones."""

    key: str
    kept: _Kept
    found: dict[str, dict[int, Any]] = field(default_factory=dict)
    changed: bool = False


class Knowledge:
    """What is known of an image's layers, which are named by their number; from the store, where there is one."""

    def __init__(self, layers: Sequence[Layer], store: Store | None = None) -> None:
        self._store = store
        self._layers = [_recalled(layer, store) for layer in layers]

    def entries(self, layer: int) -> list[TarEntry] | None:
        """The entries of a layer whose content was checked when they were remembered, or None."""
        return self._layers[layer].kept.entries

    def noted(self, layer: int, entries: Iterable[TarEntry]) -> Iterator[TarEntry]:
        """The entries of a layer whose content was checked; remembered when all have been asked for."""
        listed: list[TarEntry] = []
        for entry in entries:
            if len(listed) <= _MAX_ENTRIES:
                listed.append(entry)
            yield entry
        if self._store is not None and len(listed) <= _MAX_ENTRIES:
            known = self._layers[layer]
            known.kept.entries, known.changed = listed, True

    def of(self, layer: int, place: int, fact: Fact[T], content: Content) -> T:
        """What a fact says of the file whose content begins at `place` in the tar of a layer. Errors: its own."""
        if not self._layers or not content.size:  # an empty one begins where another may begin, too
            return fact.find(content)
        known = self._layers[layer]
        found = known.found.setdefault(fact.name, {})
        if place not in found:
            found[place] = self._answer(known, place, fact, content)
        answer: T = found[place]
        return answer

    def remember(self) -> None:
        """Keep in the store what is new. Errors: IncompleteError (full disk)."""
        for known in self._layers:
            if self._store is not None and known.changed and known.kept.entries is not None:
                known.changed = False
                with contextlib.suppress(UnicodeError):  # a path that is not UTF-8: such a layer is read each time
                    value = msgspec.json.encode(known.kept)
                    if len(value) <= _MAX_SIZE:
                        self._store.remember("facts", known.key, value)

    def _answer(self, known: _Known, place: int, fact: Fact[T], content: Content) -> T:
        if self._store is None:
            return fact.find(content)
        answers = known.kept.facts.setdefault(fact.key, {})
        try:
            remembered: T = msgspec.json.decode(answers[place], type=fact.form)
        except (KeyError, msgspec.DecodeError):
            answer = fact.find(content)
            with contextlib.suppress(UnicodeError):  # names that are not UTF-8
                answers[place] = msgspec.Raw(msgspec.json.encode(answer))
                known.changed = True
            return answer
        return remembered


def _recalled(layer: Layer, store: Store | None) -> _Known:
    # All that decides whether a layer is accepted, and how; the tool and its Python, whose parsers are used.
    parts = (_FORM, VERSION, sys.version, layer.digest, layer.diff_id, str(layer.size), layer.media_type)
    key = "\0".join(parts)
    kept = store.recall("facts", key) if store is not None else None
    try:
        return _Known(key, msgspec.json.decode(kept, type=_Kept) if kept else _Kept())
    except msgspec.DecodeError:
        return _Known(key, _Kept())
