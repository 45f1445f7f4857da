"""Recipes: what a runtime is made of, as data in `recipes/`. A new runtime is one more file there."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from barehull.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Recipe:
    """One runtime on one Debian release.

    `packages` are Debian's, in the order of their layers; with `closure` they come with the essential packages and all
    dependencies, else as they are listed. A `minimal` one has the files that distroless adds and the packages'
    metadata in status.d; another looks like an installed Debian. `python` is "" where there is none; `bytecode` says
    whether its standard library is compiled.
    """

    name: str
    debian: int
    packages: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    entrypoint: tuple[str, ...]
    user: str
    working_dir: str
    minimal: bool
    closure: bool
    bytecode: bool
    python: str


def recipe_names() -> tuple[str, ...]:
    """The names of all recipes, sorted."""
    found = (entry.name for entry in (files("barehull.runtime") / "recipes").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def load_recipe(name: str, debian: int) -> Recipe:
    """The recipe of that name for a Debian release (12, 13). InputError, with what there is, when there is none."""
    if name not in recipe_names():
        raise InputError(f"there is no runtime {name!r}", advice=f"There are: {', '.join(recipe_names())}.")
    table = _merged(name)
    if str(debian) not in table["packages"]:
        there = ", ".join(sorted(table["packages"]))
        raise InputError(f"the runtime {name!r} is not there on Debian {debian}", advice=f"It is on Debian {there}.")
    return Recipe(
        name=name,
        debian=debian,
        packages=tuple(table["packages"][str(debian)]),
        env=tuple(table.get("env", {}).items()),
        entrypoint=tuple(table.get("entrypoint", ())),
        user=table["user"],
        working_dir=table["working-dir"],
        minimal=table["minimal"],
        closure=table.get("closure", False),
        bytecode=table.get("bytecode", False),
        python=table.get("python", {}).get(str(debian), ""),
    )


def _merged(name: str) -> dict[str, Any]:
    """A recipe's table laid over the one that it extends; lists of packages are appended, for the releases of both."""
    table = tomllib.loads((files("barehull.runtime") / "recipes" / f"{name}.toml").read_text("utf-8"))
    if "extends" not in table:
        return table
    below = _merged(table.pop("extends"))
    releases = below["packages"].keys() & table["packages"].keys()
    packages = {release: below["packages"][release] + table["packages"][release] for release in releases}
    env = {**below.get("env", {}), **table.get("env", {})}
    return {**below, **table, "packages": packages, "env": env}
