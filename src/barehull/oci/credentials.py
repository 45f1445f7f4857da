"""What a user logged in with: the credential files of Docker and Podman, and the helper programs that these name."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from barehull.core.errors import IncompleteError, InputError
from barehull.oci.manifest import parse_json, read_bounded
from barehull.oci.registry_name import DOCKER

_TIMEOUT = 60.0  # seconds for a helper; some ask for a touch or a password
_MAX_ANSWER = 1 << 20
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_HUB_KEY = "https://index.docker.io/v1/"  # how Docker names its own registry, in files and to helpers
_ADVICE = "Log in again with `podman login` or `docker login`, or remove the entry."


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and password; or an `identity` token to be exchanged; or a `bearer` token to be sent as it is."""

    user: str = ""
    password: str = field(default="", repr=False)
    identity: str = field(default="", repr=False)
    bearer: str = field(default="", repr=False)


def find_credentials(
    registry: str, repository: str = "", environment: Mapping[str, str] = os.environ
) -> Credentials | None:
    """What the user has for a registry, from the first file that knows it, or None.

    The files are $REGISTRY_AUTH_FILE alone where it is set, else Podman's auth.json and Docker's config.json. Errors:
    InputError for a file that is not one; IncompleteError for a helper that is missing, fails or takes too long.
    """
    for path, required in _files(environment):
        if not required and not path.is_file():
            continue
        found = _in_file(path, registry, repository, environment)
        if found is not None:
            return found
    return None


def _files(environment: Mapping[str, str]) -> Iterator[tuple[Path, bool]]:
    """The files to look into, in order, and whether each must be there."""
    if named := environment.get("REGISTRY_AUTH_FILE"):
        yield Path(named), True
        return
    home = environment.get("HOME", "")
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield Path(runtime, "containers", "auth.json"), False
    if config := environment.get("XDG_CONFIG_HOME") or (home and f"{home}/.config"):
        yield Path(config, "containers", "auth.json"), False
    if docker := environment.get("DOCKER_CONFIG") or (home and f"{home}/.docker"):
        yield Path(docker, "config.json"), False


def _in_file(path: Path, registry: str, repository: str, environment: Mapping[str, str]) -> Credentials | None:
    value = parse_json(read_bounded(path), str(path))
    helpers, auths = value.get("credHelpers") or {}, value.get("auths") or {}
    store = value.get("credsStore") or ""
    if not isinstance(helpers, dict) or not isinstance(auths, dict) or not isinstance(store, str):
        raise InputError(f"{path} is not a file of credentials", advice=_ADVICE)
    for key in _keys(registry, repository):
        if helper := helpers.get(key):
            return _ask(path, helper, registry, environment)
    if store and (answered := _ask(path, store, registry, environment)) is not None:
        return answered
    by_host: dict[str, Any] = {}
    for key, entry in auths.items():  # keys that were written exactly win over the old ones with a scheme
        by_host.setdefault(_normal(key), entry)
    by_host |= auths
    for key in _keys(registry, repository):
        if (entry := by_host.get(key)) and (found := _entry(path, key, entry)) is not None:
            return found
    return None


def _keys(registry: str, repository: str) -> list[str]:
    """The keys that may stand for a repository, the most special first (containers-auth.json(5))."""
    parts = repository.split("/") if repository else []
    narrow = ["/".join([registry, *parts[:count]]) for count in range(len(parts), 0, -1)]
    hub = [_HUB_KEY, f"index.{DOCKER}", f"registry-1.{DOCKER}"] if registry == DOCKER else []
    return [*narrow, registry, *hub]


def _normal(key: str) -> str:
    """The registry of a key as old versions of Docker wrote it: "https://registry.example.com/v1/"."""
    bare = re.sub(r"^https?://", "", key)
    return re.sub(r"/(?:v[12]/?)?$", "", bare)


def _entry(path: Path, key: str, entry: object) -> Credentials | None:
    what = f"{path} has no readable credentials for {key[:200]!r}"
    if not isinstance(entry, dict):
        raise InputError(what, advice=_ADVICE)
    fields = [entry.get(name) or "" for name in ("auth", "identitytoken", "registrytoken", "username", "password")]
    if not all(isinstance(value, str) for value in fields):
        raise InputError(what, advice=_ADVICE)
    auth, identity, bearer, user, password = fields
    if auth:
        try:
            user, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
        except (binascii.Error, ValueError) as error:  # not chained further: an error's text could show the secret
            raise InputError(what, advice=_ADVICE) from error
        if not colon:
            raise InputError(what, advice=_ADVICE)
    found = Credentials(user, password.strip("\0"), identity, bearer)
    return _fit(found, what) if any((user, identity, bearer)) else None


def _ask(path: Path, helper: object, registry: str, environment: Mapping[str, str]) -> Credentials | None:
    """What `docker-credential-HELPER get` has for the registry; None where it says that it has nothing."""
    if not isinstance(helper, str) or not _HELPER.fullmatch(helper):
        raise InputError(f"{path} names {str(helper)[:200]!r} as a credential helper, which is no name", advice=_ADVICE)
    program = f"docker-credential-{helper}"
    key = _HUB_KEY if registry == DOCKER else registry
    advice = f"Install {program}, or take it out of {path} and log in with `podman login {registry}`."
    with tempfile.TemporaryFile() as out:
        try:
            done = subprocess.run(
                [program, "get"], input=key.encode(), stdout=out, stderr=subprocess.DEVNULL, timeout=_TIMEOUT,
                env=dict(environment), check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise IncompleteError(f"{program} did not answer within {_TIMEOUT:.0f} s", advice=advice) from error
        except OSError as error:
            raise IncompleteError(f"{program} cannot be run: {error.strerror}", advice=advice) from error
        out.seek(0)
        answer = out.read(_MAX_ANSWER)
    if done.returncode != 0:
        if b"not found" in answer:  # the protocol's "credentials not found in native keychain"
            return None
        raise IncompleteError(f"{program} failed with exit code {done.returncode}", advice=advice)
    return _answered(program, answer, advice)


def _answered(program: str, answer: bytes, advice: str) -> Credentials | None:
    what = f"{program} gave an answer that is not one"
    try:
        value = json.loads(answer)
        user, secret = value["Username"], value["Secret"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(what, advice=advice) from None
    if not isinstance(user, str) or not isinstance(secret, str):
        raise InputError(what, advice=advice)
    if not secret:
        return None
    return _fit(Credentials(identity=secret) if user == "<token>" else Credentials(user, secret), what)


def _fit(found: Credentials, what: str) -> Credentials:
    """The credentials, unless they cannot be sent in a header."""
    for text in (found.user, found.password, found.identity, found.bearer):
        if len(text) > 1 << 16 or any(ord(letter) < 0x20 or 0xD800 <= ord(letter) < 0xE000 for letter in text):
            raise InputError(what, advice=_ADVICE)
    return found
