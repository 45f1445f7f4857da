"""A base with locked packages on it -> the runtime: what the base lacks goes into layers above its own.

Bytecode is not compiled by the base's own Python: it would be a stranger's program, run on this machine. Debian's
Python of the same version does it, which is locked as a tool.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import msgspec

from barehull.base.contents import Contents, is_stale, libraries, read_contents
from barehull.base.pull import Base
from barehull.core.progress import Progress, silent
from barehull.files import Store
from barehull.lock import Lock
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.model import Entry, Image, Layer
from barehull.oci.rootfs import Rootfs
from barehull.runtime import ldcache
from barehull.runtime.compose import Runtime
from barehull.runtime.interpreter import Interpreter, unpack_interpreter
from barehull.runtime.made import NONROOT
from barehull.runtime.package import Style, make_piece

_VERSION = "1"  # of the code in this file: change it when the same base gives other layers
_ROOT = ("", "0", "root")


class _Made(msgspec.Struct):
    """What is remembered of a base with the same packages: the layers on it, its Python."""

    layers: tuple[Layer, ...]
    python: str


def compose_on(base: Base, lock: Lock, store: Store, progress: Progress = silent) -> Runtime:
    """The runtime that the lock's base gives with the lock's packages. The same lock gives the same layers.

    It runs as the base does, unless that is root. Errors: those of `read_contents` and `make_piece`.
    """

    @cache  # it is looked over whole each time
    def interpreter() -> Interpreter:
        return unpack_interpreter(lock.tools, made.python, store)

    made = _remembered(base, lock, store) or _make(base, lock, store, progress)
    config = replace(base.image.config, entrypoint=(), cmd=(), user=_user(base.image.config.user, progress))
    if not lock.tools:
        progress(f"no bytecode: Debian {lock.debian} has no Python {made.python} that could compile it")
    own = len(base.image.layers)
    layers = (*base.image.layers, *made.layers)
    return Runtime(layers, config, made.python, interpreter if lock.tools else None, own)


def _key(base: Base, lock: Lock) -> str:
    debs = " ".join(deb.sha256 for deb in (*lock.debs, *lock.tools))
    return f"{_VERSION} {base.locked.manifest} {lock.platform} {debs}"


def _remembered(base: Base, lock: Lock, store: Store) -> _Made | None:
    kept = store.recall("bases", _key(base, lock))
    if kept is None:
        return None
    made = msgspec.json.decode(kept, type=_Made)
    there = all(store.get(layer.digest.removeprefix("sha256:")) is not None for layer in made.layers)
    return made if there else None


def _make(base: Base, lock: Lock, store: Store, progress: Progress) -> _Made:
    progress(f"looking into {base.locked.name}: {len(base.image.layers)} layers")
    architecture = lock.platform.partition("/")[2]
    with Rootfs.of(base.image, store) as rootfs:
        contents = read_contents(rootfs, base.locked.name)
    style = Style(True, contents.merged_usr, architecture)
    layers = [make_piece((deb,), style, store).layer for deb in lock.debs]
    whole = Image("", base.image.config, (*base.image.layers, *layers), store)
    with Rootfs.of(whole, store) as rootfs:
        layers += _ld_cache(rootfs, architecture, store, progress)
        layers += _bytecode(rootfs, contents, lock, store, progress)
        rootfs.remember()
    made = _Made(tuple(layers), contents.python)
    store.remember("bases", _key(base, lock), msgspec.json.encode(made))
    return made


def _ld_cache(rootfs: Rootfs, architecture: str, store: Store, progress: Progress) -> list[Layer]:
    """The cache of what the linker finds, made anew where the image's own does not fit its libraries."""
    listed = libraries(rootfs, architecture)
    if not is_stale(rootfs, listed):
        return []
    progress(f"writing ld.so.cache anew, of {len(listed)} libraries")
    entry = Entry(ldcache.PATH, "file", content=ldcache.write_cache(listed, architecture))
    return [write_layer(with_parents([entry]), store, created_by="barehull: ld.so.cache")]


def _bytecode(rootfs: Rootfs, contents: Contents, lock: Lock, store: Store, progress: Progress) -> list[Layer]:
    """The standard library's bytecode, where the base has none."""
    if not lock.tools:
        return []
    ending = f".cpython-{contents.python.replace('.', '')}.pyc"
    sources = []
    for node in rootfs.walk(f"usr/lib/python{contents.python}"):
        folder, _, name = node.path.rpartition("/")
        there = rootfs.get(f"{folder}/__pycache__/{name.removesuffix('.py')}{ending}")
        if node.kind == "file" and name.endswith(".py") and there is None:
            sources.append(Entry(node.path, "file", content=rootfs.read(node.path)))
    if not sources:
        return []
    progress(f"compiling {len(sources)} files of the base's standard library with Debian's Python {contents.python}")
    compiled = unpack_interpreter(lock.tools, contents.python, store).compile(sources)
    return [write_layer(with_parents(compiled), store, created_by="barehull: bytecode of the standard library")]


def _user(user: str, progress: Progress) -> str:
    if user.partition(":")[0] not in _ROOT:
        return user
    progress(f"the base runs as root: the image will run as {NONROOT}")
    return str(NONROOT)
