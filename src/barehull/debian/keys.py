"""Debian's release keys, which come with barehull: the root of trust for everything from the archive."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from pysequoia import Cert

from barehull.core.errors import IntegrityError


def debian_keys() -> tuple[Cert, ...]:
    """The keys listed in keys/keys.toml. IntegrityError when a file is not the key whose fingerprint stands there."""
    folder = files(__package__) / "keys"
    keys = []
    for listed in tomllib.loads((folder / "keys.toml").read_text("utf-8"))["key"]:
        key = Cert.from_bytes((folder / listed["file"]).read_bytes())
        if key.fingerprint != listed["fingerprint"]:
            raise IntegrityError(
                f"{listed['file']} is the key {key.fingerprint}, not {listed['fingerprint']}",
                advice="The installed barehull was changed: install it again.",
            )
        keys.append(key)
    return tuple(keys)
