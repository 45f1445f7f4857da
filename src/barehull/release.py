"""The process itself: the order of the steps.

(1) read the application, (2) lock what goes in, (3) compose the image, (4) prove it, (5) take its inventory, (6) scan
it and the image that it replaces with one database, (7) compare, (8) judge; the last four are `examine.py`'s, since
they are asked for images of others too. Reports and exit codes are the caller's.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from barehull.application.model import Application
from barehull.build import python as language
from barehull.core.errors import InputError
from barehull.files import reading, write_atomically
from barehull.lock import Lock, from_json, to_json
from barehull.net import Fetcher
from barehull.oci.manifest import make_image
from barehull.oci.model import Config, Image
from barehull.oci.recompress import Compression, recompressed
from barehull.proof.run import Proof, prove
from barehull.runtime.compose import Runtime, compose
from barehull.runtime.fetch import fetch_debs
from barehull.runtime.recipe import Recipe, load_recipe
from barehull.workshop import Workshop

if TYPE_CHECKING:  # steps that are not taken each time are imported when they are: a build that changes one line
    from barehull.build.engine import EngineRun, Wish  # would wait as long again for them
    from barehull.compare.model import Policy
    from barehull.document import Document
    from barehull.scan.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Built:
    """An image, the lock that it was made from, and what was proved of it; no proofs of a conventional image.

    What an engine made of a Dockerfile has no lock, and `engine` says what was asked of which one. `started`: when.
    """

    image: Image
    lock: Lock | None
    proofs: tuple[Proof, ...]
    engine: EngineRun | None = None
    started: datetime | None = None


def build(
    application: Application, workshop: Workshop, *, update: bool = False, compression: Compression = "gzip"
) -> Built:
    """Steps 2 to 4. The lock beside the configuration is used while it fits, unless `update`; else it is made anew.

    Errors: those of the archive (InputError, IntegrityError, IncompleteError), of uv, and of the disk.
    """
    recipe = _recipe(application)
    with Fetcher() as fetcher:
        lock = None if update else kept_lock(application)
        if lock is None:
            lock = make_lock(application, workshop, fetcher)
            keep_lock(application, lock)
        fetch_debs(lock, workshop.mirror, fetcher, workshop.store, workshop.progress)
    runtime = _runtime(application, recipe, lock, workshop)
    image = _image(application, lock, runtime, workshop)
    image = recompressed(image, compression, workshop.store, foreign=runtime.foreign)
    if recipe and not recipe.minimal:
        return Built(image, lock, (), started=workshop.now)
    workshop.progress("proving the finished image")
    return Built(image, lock, prove(image, workshop.store), started=workshop.now)


def build_by_engine(
    application: Application,
    wish: Wish,
    workshop: Workshop,
    *,
    conventional: bool = False,
    compression: Compression = "gzip",
) -> Built:
    """Steps 2 to 4 for a Dockerfile, by an engine that is there; nothing is proved of a `conventional` image.

    Errors: InputError without a Dockerfile; IncompleteError without an engine, and when it fails.
    """
    from barehull.build.engine import build_dockerfile, describe_run

    platform = application.runtime.platform
    run = describe_run(application.folder, wish, platform)
    image = build_dockerfile(application.folder, wish, platform, workshop.store, workshop.progress)
    image = recompressed(image, compression, workshop.store)
    if conventional:
        return Built(image, None, (), run, workshop.now)
    workshop.progress("proving the finished image")
    return Built(image, None, prove(image, workshop.store), run, workshop.now)


def make_lock(application: Application, workshop: Workshop, fetcher: Fetcher) -> Lock:
    """Step 2: the newest packages that the archive signs for, and the wheels that the application asks for."""
    from barehull.locking import Sources, lock_base, lock_recipe

    sources = Sources(workshop.mirror, fetcher, workshop.store, workshop.now, workshop.progress)
    recipe, inputs = _recipe(application), _inputs(application)
    return lock_recipe(application, recipe, inputs, sources) if recipe else lock_base(application, inputs, sources)


def release(
    application: Application,
    built: Built,
    output: str,
    replaced: tuple[str, Image] | None,
    scanner: Scanner,
    policy: Policy,
    workshop: Workshop,
) -> Document:
    """Steps 5 to 8 for an image that was built. `replaced` is what it replaces, if anything: reference and image."""
    from barehull.examine import report_on

    document = report_on("release", built.image, output, replaced, scanner, policy, workshop)
    exposed = (text.removesuffix("/tcp") for text in built.image.config.exposed_ports)
    ports = "".join(f" -p {port}:{port}" for port in exposed if port.isascii() and port.isdecimal())
    return replace(
        document,
        name=application.name,
        proofs=built.proofs,
        lock_digest=f"sha256:{hashlib.sha256(to_json(built.lock).encode()).hexdigest()}" if built.lock else "",
        run=f"podman run --rm{ports} {output}",
        base=built.lock.base if built.lock else None,
    )


def kept_lock(application: Application) -> Lock | None:
    """The lock beside the configuration, if it was made from the same wishes."""
    lock = lock_there(application)
    return lock if lock and lock.inputs == _inputs(application) else None


def lock_there(application: Application) -> Lock | None:
    """The lock beside the configuration for its platform, whatever it was made from. InputError when it is no lock."""
    return next((lock for lock in _locks(application) if lock.platform == application.runtime.platform), None)


def keep_lock(application: Application, lock: Lock) -> None:
    """Write the lock beside the configuration; what is locked there for other platforms stays."""
    others: list[Lock] = []
    with contextlib.suppress(InputError):  # what cannot be read was to be replaced
        others = [other for other in _locks(application) if other.platform != lock.platform]
    write_atomically(application.lock, to_json(lock, *others).encode())


def _locks(application: Application) -> tuple[Lock, ...]:
    if not application.lock.is_file():
        return ()
    with reading(application.lock):
        return from_json(application.lock.read_text("utf-8", "replace"), str(application.lock))


def _inputs(application: Application) -> str:
    requirements = tuple(requirement.text for requirement in application.requirements)
    wishes = (_recipe(application), application.runtime, requirements)
    return hashlib.sha256(repr(wishes).encode()).hexdigest()


def _recipe(application: Application) -> Recipe | None:
    """What the runtime is made by; None where it is a base. InputError when there is no such recipe."""
    settings = application.runtime
    return None if settings.base else load_recipe(settings.recipe, settings.debian)


def _runtime(application: Application, recipe: Recipe | None, lock: Lock, workshop: Workshop) -> Runtime:
    store, progress = workshop.store, workshop.progress
    if recipe is not None:
        return compose(lock, recipe, store, progress)
    from barehull.base.compose import compose_on
    from barehull.base.pull import open_base

    base = open_base(lock, application.runtime, application.lock.parent, store, progress)
    return compose_on(base, lock, store, progress)


def _image(application: Application, lock: Lock, runtime: Runtime, workshop: Workshop) -> Image:
    added = language.contribute(application, lock, runtime, workshop.store, workshop.progress)
    config: Config = replace(
        runtime.config,
        entrypoint=added.entrypoint,
        env=added.env,
        working_dir=added.working_dir,
        exposed_ports=tuple(f"{port}/tcp" for port in added.ports),
    )
    annotations = {"org.opencontainers.image.title": application.name}
    if lock.base:
        annotations["org.opencontainers.image.base.name"] = lock.base.name
        annotations["org.opencontainers.image.base.digest"] = lock.base.manifest
    return make_image(config, (*runtime.layers, *added.layers), workshop.store, annotations=annotations)
