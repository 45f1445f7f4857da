"""barehull.toml: what a folder cannot say by itself. Strict: a key that is not known is an error."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from barehull.application.policy import PolicySettings, checked
from barehull.core.errors import InputError

FILE_NAME = "barehull.toml"
PLATFORMS = ("linux/amd64", "linux/arm64")


@dataclass(frozen=True, slots=True)
class ApplicationSettings:
    """[application]. None means: find it out. `ports` are TCP ports; `include` and `exclude` are globs over paths."""

    name: str = ""
    language: str = ""
    entrypoint: tuple[str, ...] | None = None
    ports: tuple[int, ...] | None = None
    env: dict[str, str] = field(default_factory=dict)
    include: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    requirements: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """[runtime]. `suites` restricts the Debian suites that packages come from; empty means all of the release.

    `base` is an image in place of a recipe; `base_key` the file of the public key that signs it, beside the
    configuration; `base_signature` is "unchecked" where none is asked for.
    """

    recipe: str = ""
    base: str = ""
    base_key: str = ""
    base_signature: str = ""
    debian: int = 13
    packages: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    platform: str = "linux/amd64"


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole barehull.toml. `check` is only let pass here: `barehull check` reads it, in checking/config.py."""

    application: ApplicationSettings = ApplicationSettings()
    runtime: RuntimeSettings = RuntimeSettings()
    policy: PolicySettings = PolicySettings()  # noqa: RUF009 -- frozen
    check: dict[str, Any] = field(default_factory=dict)


def read_settings(path: Path) -> Settings:
    """The settings in a file. InputError names the file, the key and what would be right."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"there is no configuration {path}", advice="Check the name given with --config.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", advice="Name a file, and check its permissions."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}", advice="Correct the line.") from error
    _refuse_unknown(table, Settings, "", path)
    try:
        settings = msgspec.convert(_named(table), type=Settings)
    except msgspec.ValidationError as error:
        what = str(error).replace("`$.", "`")
        raise InputError(f"{path}: {what}", advice="See the README's section on barehull.toml.") from error
    _refuse_values(settings, path)
    return replace(settings, policy=checked(settings.policy, path))


def _named(table: dict[str, Any]) -> dict[str, Any]:
    """The table with its keys as the settings name them: `base-key` is `base_key`."""
    named = {
        section: {key.replace("-", "_"): value for key, value in table[section].items()}
        for section in ("runtime", "policy")
        if isinstance(table.get(section), dict)
    }
    return {**table, **named}


def _refuse_unknown(table: dict[str, Any], kind: type, where: str, path: Path) -> None:
    known = {each.name.replace("_", "-"): each.name for each in fields(kind)}
    hints = get_type_hints(kind)
    for key, value in table.items():
        name = f"{where}.{key}" if where else key
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            advice = f"Did you mean {near[0]!r}? " if near else ""
            raise InputError(f"{path}: the key {name!r} is not known", advice=f"{advice}There are: {', '.join(known)}.")
        inner = _inner(hints[known[key]])
        if inner is not None:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    _refuse_unknown(item, inner, name, path)


def _inner(hint: Any) -> type | None:
    """The settings class inside a type hint: itself, or that of a tuple's items."""
    for candidate in (hint, *getattr(hint, "__args__", ())):
        if isinstance(candidate, type) and hasattr(candidate, "__dataclass_fields__"):
            return candidate
    return None


def _refuse_values(settings: Settings, path: Path) -> None:
    """What has the right type and makes no sense is told before any work is done."""
    platform = settings.runtime.platform
    if platform not in PLATFORMS:
        raise InputError(
            f"{path}: the runtime.platform {platform!r} is not known", advice=f"There are: {', '.join(PLATFORMS)}."
        )
    _refuse_base(settings.runtime, path)
    for port in settings.application.ports or ():
        if not 0 < port < 65536:
            raise InputError(f"{path}: {port} in `application.ports` is no port", advice="Ports are from 1 to 65535.")


def _refuse_base(runtime: RuntimeSettings, path: Path) -> None:
    """A base takes the place of a recipe, and what is said of its signature is said once."""
    if runtime.base and runtime.recipe:
        raise InputError(f"{path}: runtime.base takes the place of runtime.recipe", advice="Leave one of them out.")
    if not runtime.base and (runtime.base_key or runtime.base_signature):
        raise InputError(f"{path}: there is no runtime.base whose signature could be meant", advice="Name the base.")
    if runtime.base_signature not in ("", "unchecked"):
        raise InputError(
            f"{path}: the runtime.base-signature {runtime.base_signature!r} is not known",
            advice='There is "unchecked"; without it, a signature is asked for where a signer is known.',
        )
    if runtime.base_key and runtime.base_signature:
        raise InputError(f"{path}: a base with a key cannot be unchecked", advice="Leave one of them out.")
