"""Where else images are: registries.conf as Podman, Buildah and Skopeo read it (containers-registries.conf(5)).

Of version 2 of the format count `[[registry]]` with `prefix`, `location`, `insecure`, `blocked` and its mirrors. Short
names and their aliases do not: barehull takes a name without a registry as Docker does. `insecure` allows plain HTTP.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from barehull.core.errors import IncompleteError, InputError, UsageError
from barehull.files import reading
from barehull.oci.manifest import brief
from barehull.oci.registry_name import Name, parse_name

SYSTEM = Path("/etc/containers")
_MAX_FILE = 1 << 20
_MAX_PLACES = 50  # for one image
_ADVICE = "See containers-registries.conf(5), and correct the file."
_PLACE = re.compile(r"(?:\*\.)?[A-Za-z0-9\[](?:[A-Za-z0-9\[\]:._@-]|/(?!/)){0,999}")
_PULLS = ("all", "digest-only", "tag-only")


class BlockedError(IncompleteError):
    """A registry that the configuration forbids."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """Another place to pull from. `pulls` says by what: "all", "digest-only" or "tag-only"."""

    location: str
    insecure: bool = False
    pulls: str = "all"


@dataclass(frozen=True, slots=True)
class Registry:
    """What holds for the images whose names begin with `prefix`, which `location` takes the place of.

    A prefix "*.example.com" is of every host below; the location "" leaves such names as they are.
    """

    prefix: str
    location: str
    insecure: bool = False
    blocked: bool = False
    mirrors: tuple[Mirror, ...] = ()
    source: str = ""  # the file that says so


def read_registries(environment: Mapping[str, str] = os.environ, system: Path = SYSTEM) -> tuple[Registry, ...]:
    """What is configured: $CONTAINERS_REGISTRIES_CONF, else the user's file, else the system's; then the *.conf beside.

    Errors: InputError, with the file, for one that is not right; for the named one also when it is not there.
    """
    registries: dict[str, Registry] = {}
    for path in _files(environment, system):
        for registry in parse_registries(_read(path), str(path)):
            registries[registry.prefix] = registry  # a later file takes the place of an earlier
    return tuple(registries.values())


def parse_registries(text: str, what: str) -> tuple[Registry, ...]:
    """The registries in a file's `text`, which was read from `what`. InputError for what the format does not allow."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{what} is not TOML: {brief(str(error))}", advice=_ADVICE) from error
    old = table.get("registries", {})
    if not isinstance(old, dict) or any(
        not isinstance(old.get(key, {}), dict) or old.get(key, {}).get("registries") for key in ("insecure", "block")
    ):
        raise InputError(
            f"{what} has [registries], of version 1 of the format",
            advice="Write [[registry]] with `location`, and `insecure` or `blocked`: containers-registries.conf(5).",
        )
    found: dict[str, Registry] = {}
    for entry in _tables(table, "registry", what):
        registry = _registry(entry, what)
        if registry.prefix in found:
            raise InputError(f"{what} has the prefix {brief(repr(registry.prefix))} twice", advice=_ADVICE)
        found[registry.prefix] = registry
    return tuple(found.values())


def places(name: Name, registries: tuple[Registry, ...]) -> tuple[Name, ...]:
    """Where to pull `name` from, in order: the mirrors, then the location. BlockedError where that is forbidden."""
    rule = _rule(name, registries)
    if rule is None:
        return (name,)
    kind = "digest-only" if name.digest else "tag-only"
    mirrors = [mirror for mirror in rule.mirrors if mirror.pulls in ("all", kind)]
    found = [_moved(name, rule, mirror.location, mirror.insecure) for mirror in mirrors]
    return (*found, _moved(name, rule, rule.location, rule.insecure))


def place(name: Name, registries: tuple[Registry, ...]) -> Name:
    """Where to push `name` to: mirrors are only pulled from. BlockedError where that is forbidden."""
    rule = _rule(name, registries)
    return _moved(name, rule, rule.location, rule.insecure) if rule else name


def _rule(name: Name, registries: tuple[Registry, ...]) -> Registry | None:
    """The registry with the longest prefix of the name."""
    fitting = [registry for registry in registries if _match(name, registry.prefix)]
    rule = max(fitting, key=lambda registry: len(registry.prefix), default=None)
    if rule is not None and rule.blocked:
        raise BlockedError(
            f"{name} is blocked: {rule.source} forbids {rule.prefix}", advice="Use an image from another registry."
        )
    return rule


def _match(name: Name, prefix: str) -> str:
    """The part of the name that a prefix is for, or ""."""
    if prefix.startswith("*."):
        host = name.registry.partition(":")[0]
        return name.registry if host.endswith(prefix[1:]) and host != prefix[1:] else ""
    text = str(name)
    return prefix if text.startswith(prefix) and text[len(prefix) :][:1] in ("", "/", ":", "@") else ""


def _moved(name: Name, rule: Registry, location: str, insecure: bool) -> Name:
    if not location:
        return replace(name, plain=insecure)
    text = location + str(name)[len(_match(name, rule.prefix)) :]
    host = text.partition("/")[0]
    try:
        if not ("." in host or ":" in host or host == "localhost"):  # it would be one of docker.io's
            raise UsageError(f"{host} is no registry", advice=_ADVICE)
        return replace(parse_name(text), plain=insecure)
    except UsageError as error:
        raise InputError(
            f"{rule.source} makes {brief(repr(text))} of {name}, which is not the name of an image", advice=_ADVICE
        ) from error


def _registry(entry: dict[str, Any], what: str) -> Registry:
    location = _text(entry, "location", what)
    prefix = _text(entry, "prefix", what) or location
    if not prefix:
        raise InputError(f"{what} has a [[registry]] with neither prefix nor location", advice=_ADVICE)
    if location.startswith("*.") or (not location and not prefix.startswith("*.")):
        raise InputError(f"{what} has no location for the prefix {brief(repr(prefix))}", advice=_ADVICE)
    only_digests = _flag(entry, "mirror-by-digest-only", what)
    mirrors = tuple(_mirror(each, only_digests, what) for each in _tables(entry, "mirror", what))
    if len(mirrors) >= _MAX_PLACES:
        raise InputError(f"{what} has {len(mirrors)} mirrors for {brief(repr(prefix))}", advice="Name fewer.")
    insecure, blocked = _flag(entry, "insecure", what), _flag(entry, "blocked", what)
    return Registry(prefix, location, insecure, blocked, mirrors, what)


def _mirror(entry: dict[str, Any], only_digests: bool, what: str) -> Mirror:
    location = _text(entry, "location", what)
    pulls = _text(entry, "pull-from-mirror", what) or ("digest-only" if only_digests else "all")
    if not location or location.startswith("*.") or pulls not in _PULLS:
        raise InputError(f"{what} has a [[registry.mirror]] that is not one: {brief(repr(entry))}", advice=_ADVICE)
    return Mirror(location, _flag(entry, "insecure", what), pulls)


def _tables(table: dict[str, Any], key: str, what: str) -> list[dict[str, Any]]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise InputError(f"{what}: `{key}` is not a list of tables", advice=_ADVICE)
    return value


def _text(entry: dict[str, Any], key: str, what: str) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str) or (value and key in ("prefix", "location") and not _PLACE.fullmatch(value)):
        raise InputError(f"{what}: {brief(repr(value))} cannot be `{key}`", advice=_ADVICE)
    return value.rstrip("/")


def _flag(entry: dict[str, Any], key: str, what: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise InputError(f"{what}: {brief(repr(value))} cannot be `{key}`: it is true or false", advice=_ADVICE)
    return value


def _files(environment: Mapping[str, str], system: Path) -> Iterator[Path]:
    base = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if (home := environment.get("HOME")) else "")
    user = Path(base) / "containers" if base else None
    named = environment.get("CONTAINERS_REGISTRIES_CONF")
    own = user is not None and (user / "registries.conf").is_file()
    if named:
        yield Path(named)
    elif own and user is not None:
        yield user / "registries.conf"
    elif (system / "registries.conf").is_file():
        yield system / "registries.conf"
    if named or not own:  # a user's own file takes the place of all of the system's
        yield from sorted((system / "registries.conf.d").glob("*.conf"))
    if user is not None:
        yield from sorted((user / "registries.conf.d").glob("*.conf"))


def _read(path: Path) -> str:
    with reading(path), path.open("rb") as file:
        data = file.read(_MAX_FILE + 1)
    if len(data) > _MAX_FILE:
        raise InputError(f"{path} is larger than {_MAX_FILE} bytes", advice=_ADVICE)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8", advice=_ADVICE) from error
