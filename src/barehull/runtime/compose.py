"""Locked packages -> the layers of a runtime and how it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import msgspec

from barehull.core.progress import Progress, silent
from barehull.files import Store
from barehull.lock import Lock, LockedDeb
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.model import MAX_LAYERS, Config, Entry, Layer
from barehull.runtime import ldcache, made
from barehull.runtime.interpreter import Interpreter, of_interpreter, unpack_interpreter
from barehull.runtime.package import Piece, Read, Style, deb_entries, make_piece, reader
from barehull.runtime.recipe import Recipe

RESERVED = 8  # layers for the files that no package brings, the bytecode and the application
_WORKERS = 3  # two of which mostly wait, for the interpreter


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime ready for an application: its layers, lowest first, and its configuration.

    `interpreter` gives the unpacked Python for compiling the application's bytecode; None where the recipe has none.
    The lowest `foreign` layers are those of a base, which stay as they are.
    """

    layers: tuple[Layer, ...]
    config: Config
    python: str
    interpreter: Callable[[], Interpreter] | None
    foreign: int = 0


def compose(lock: Lock, recipe: Recipe, store: Store, progress: Progress = silent) -> Runtime:
    """The runtime of `recipe` from the lock's packages, which the store has. The same lock gives the same layers."""
    architecture = lock.platform.partition("/")[2]
    style = Style(recipe.minimal, recipe.debian >= 13 or not recipe.minimal, architecture)
    progress(f"composing {recipe.name} on Debian {recipe.debian}: {len(lock.debs)} packages")

    shared = [deb for deb in (*lock.debs, *lock.tools) if of_interpreter(deb.name, recipe.python)]
    read = reader(store, shared if recipe.bytecode else ())
    with ThreadPoolExecutor(_WORKERS) as pool:
        # First, and at the same time: the layers are made while other processes compile.
        interpreter = pool.submit(unpack_interpreter, shared, recipe.python, store, read) if recipe.bytecode else None
        bytecode = pool.submit(_bytecode_layers, lock.debs, style, interpreter, recipe, read, store, progress)
        pieces = list(pool.map(lambda debs: make_piece(debs, style, store, read), _grouped(lock.debs)))
    layers = [piece.layer for piece in pieces]
    if not recipe.minimal and recipe.debian < 13:
        layers.insert(0, write_layer(made.merged_usr_links(), store, created_by="barehull: merged /usr"))
    layers += [_made_layer(recipe, architecture, pieces, store), *bytecode.result()]
    config = Config(
        architecture=architecture,
        env=recipe.env,
        entrypoint=recipe.entrypoint,
        user=recipe.user,
        working_dir=recipe.working_dir,
    )
    return Runtime(tuple(layers), config, recipe.python, interpreter.result if interpreter else None)


def _grouped(debs: Sequence[LockedDeb]) -> list[list[LockedDeb]]:
    """One group for each layer: the packages one by one, and the smallest together where there are too many."""
    room = MAX_LAYERS - RESERVED
    if len(debs) <= room:
        return [[deb] for deb in debs]
    large = {deb.name for deb in sorted(debs, key=lambda deb: (-deb.size, deb.name))[: room - 1]}
    alone = [[deb] for deb in debs if deb.name in large]
    return [*alone, [deb for deb in debs if deb.name not in large]]


def _made_layer(recipe: Recipe, architecture: str, pieces: Iterable[Piece], store: Store) -> Layer:
    listed = list(pieces)
    if recipe.minimal:
        entries = made.distroless_files(recipe.debian, recipe.python)
    else:
        masters = {path: content for piece in listed for path, content in piece.masters.items()}
        stanzas = sorted(stanza for piece in listed for stanza in piece.stanzas)
        entries = made.conventional_files(masters, stanzas)
    libraries = [library for piece in listed for library in piece.libraries]
    if libraries:
        entries.append(Entry(ldcache.PATH, "file", content=ldcache.write_cache(libraries, architecture)))
    return write_layer(with_parents(entries), store, created_by="barehull: users, os-release, ld.so.cache")


def _bytecode_layers(
    debs: Sequence[LockedDeb],
    style: Style,
    interpreter: Future[Interpreter] | None,
    recipe: Recipe,
    read: Read,
    store: Store,
    progress: Progress,
) -> list[Layer]:
    """The compiled standard library, remembered by the packages that it is made from; none where none is wanted."""
    if interpreter is None:
        return []
    python = [deb for deb in debs if deb.name.startswith(("libpython3", "python3-distutils"))]
    key = "3 " + " ".join(deb.sha256 for deb in python)
    remembered = store.recall("bytecode", key)
    if remembered is not None:
        layer = msgspec.json.decode(remembered, type=Layer)
        if store.get(layer.digest.removeprefix("sha256:")) is not None:
            return [layer]
    progress("compiling the standard library with the image's own Python")
    sources = [
        entry
        for deb in python
        for entry in deb_entries(read(deb), style)
        if entry.kind == "file"
        and entry.path.endswith(".py")
        and entry.path.startswith(f"usr/lib/python{recipe.python}/")
    ]
    compiled = interpreter.result().compile(sources)
    layer = write_layer(with_parents(compiled), store, created_by="barehull: bytecode of the standard library")
    store.remember("bytecode", key, msgspec.json.encode(layer))
    return [layer]
