"""Python: locked wheels, the application's files, and bytecode of both by the image's own interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from barehull.application.model import Application
from barehull.build.model import Contribution
from barehull.core.errors import InputError
from barehull.core.progress import Progress, silent
from barehull.files import Store
from barehull.lock import Lock, LockedWheel
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.model import Entry, Layer
from barehull.runtime.compose import Runtime

LANGUAGE = "python"
WORKING_DIR = "app"
_VERSION = "2"  # of the code in this file: change it when the same wheels give another layer
_MAX_FILE = 1 << 30


def lock_dependencies(
    application: Application, python: str, architecture: str, store: Store
) -> tuple[LockedWheel, ...]:
    """The wheels that the application needs on a Python ("3.13") of its runtime. Errors: those of `uv.resolve`."""
    if not python:
        raise InputError(
            f"the runtime {application.runtime.recipe!r} has no Python",
            advice='Set `recipe = "python3"` in [runtime] of barehull.toml.',
        )
    from barehull.build import uv
    from barehull.build.wheels import choose

    platform = uv.platform_of(architecture, application.runtime.debian)
    return choose(uv.resolve(application.requirements, python, platform, store.root / "uv"), python, platform)


def contribute(
    application: Application, lock: Lock, runtime: Runtime, store: Store, progress: Progress = silent
) -> Contribution:
    """The layers of an application: its dependencies, which are remembered, and its own files under /app."""
    layers = [_dependencies(lock, runtime, store, progress)] if lock.wheels else []
    layers.append(_own_files(application, runtime, store))
    env = {**dict(runtime.config.env), **dict(application.env)}
    if any(path.startswith("src/") for path in application.sources) and "PYTHONPATH" not in env:
        env["PYTHONPATH"] = f"/{WORKING_DIR}/src"
    return Contribution(
        layers=tuple(layers),
        entrypoint=application.entrypoint,
        env=tuple(env.items()),
        working_dir=f"/{WORKING_DIR}",
        ports=application.ports,
    )


def _dependencies(lock: Lock, runtime: Runtime, store: Store, progress: Progress) -> Layer:
    """What the wheels install, where Debian's Python looks for what Debian did not package."""
    interpreter = runtime.interpreter() if runtime.interpreter else None
    identity = interpreter.identity if interpreter else ""
    key = f"{_VERSION} {runtime.python} {lock.platform} {lock.debian} {identity} {lock.wheels}"
    remembered = store.recall("dependencies", key)
    if remembered is not None:
        layer = msgspec.json.decode(remembered, type=Layer)
        if store.get(layer.digest.removeprefix("sha256:")) is not None:
            return layer
    from barehull.build import uv  # 15 ms, not spent while the layer is kept
    from barehull.build.wheels import fetch_wheels

    progress(f"installing {len(lock.wheels)} Python distributions")
    platform = uv.platform_of(lock.platform.partition("/")[2], lock.debian)
    fetch_wheels(lock.wheels, runtime.python, platform, store, progress)
    entries = _installed(lock.wheels, runtime.python, store, progress)
    if interpreter:
        entries += interpreter.compile([entry for entry in entries if _is_source(entry)])
    names = ", ".join(f"{wheel.name} {wheel.version}" for wheel in lock.wheels)
    layer = write_layer(with_parents(entries), store, created_by=f"barehull: {names}")
    store.remember("dependencies", key, msgspec.json.encode(layer))
    return layer


def _own_files(application: Application, runtime: Runtime, store: Store) -> Layer:
    entries = [Entry(WORKING_DIR, "directory", 0o755)]
    entries += [_entry(application.folder / path, f"{WORKING_DIR}/{path}") for path in application.sources]
    sources = [entry for entry in entries if _is_source(entry)]
    if runtime.interpreter and sources:
        entries += runtime.interpreter().compile(sources)
    return write_layer(with_parents(entries), store, created_by=f"barehull: {application.name}")


def _installed(wheels: Sequence[LockedWheel], python: str, store: Store, progress: Progress) -> list[Entry]:
    """What all wheels install; of two that bring one file, as some do with their tests, the later one's is taken."""
    from barehull.build.wheel import read_wheel

    found: dict[str, Entry] = {}
    for wheel in wheels:
        for entry in read_wheel(store.path(f"sha256:{wheel.sha256}"), wheel, python):
            if found.setdefault(entry.path, entry) != entry:
                progress(f"/{entry.path} is in several wheels: the one of {wheel.name} is taken")
                found[entry.path] = entry
    return list(found.values())


def _entry(path: Path, target: str) -> Entry:
    try:
        status = path.stat()
        if status.st_size > _MAX_FILE:
            raise InputError(f"{path} has {status.st_size} bytes", advice="Leave it out; images are not for such data.")
        mode = 0o755 if status.st_mode & 0o100 else 0o644
        return Entry(target, "file", mode, content=path.read_bytes())
    except OSError as error:
        advice = "Check its permissions, or exclude it."
        raise InputError(f"{path} cannot be read: {error.strerror}", advice=advice) from error


def _is_source(entry: Entry) -> bool:
    return entry.kind == "file" and entry.path.endswith(".py")
