"""Who is known to sign images, by their names."""

from __future__ import annotations

from dataclasses import dataclass

from barehull.catalog.tables import Table, rows, shipped, text


@dataclass(frozen=True, slots=True)
class Keyless:
    """Who signs by a certificate of Sigstore: the `identity` in it (an address or a URI), that `issuer` vouched for."""

    issuer: str
    identity: str


@dataclass(frozen=True, slots=True)
class Key:
    """Who signs by a key: the public one, as PEM."""

    pem: str


Signer = Keyless | Key


def signer_of(name: str) -> Signer | None:
    """Who signs the image REGISTRY/REPOSITORY; None where that is not known."""
    return next((_signer(row) for row in rows(shipped("signers"), "signers") if name.startswith(row["prefix"])), None)


def _signer(row: Table) -> Signer:
    return Key(text(row, "key")) if "key" in row else Keyless(text(row, "issuer"), text(row, "identity"))
