"""OpenVEX 0.2.0 (https://github.com/openvex/spec)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec

from barehull.core.errors import InputError
from barehull.vex.model import Justification, Product, Statement, Status, utc

CONTEXT = "https://openvex.dev/ns"


class _Component(msgspec.Struct):
    id: str = msgspec.field(name="@id", default="")
    identifiers: dict[str, str] = {}
    hashes: dict[str, str] = {}
    subcomponents: list[_Component] | None = None

    @property
    def purls(self) -> tuple[str, ...]:
        return tuple(text for text in (self.id, self.identifiers.get("purl", "")) if text.startswith("pkg:"))

    @property
    def digests(self) -> tuple[str, ...]:
        return tuple(f"sha256:{value.lower()}" for name, value in self.hashes.items() if name in ("sha-256", "sha256"))


class _Vulnerability(msgspec.Struct):
    name: str
    aliases: list[str] = []


class _Statement(msgspec.Struct):
    vulnerability: _Vulnerability
    status: Status
    products: list[_Component] = []
    timestamp: datetime | None = None
    last_updated: datetime | None = None
    justification: Justification | Literal[""] = ""
    impact_statement: str = ""


class _Document(msgspec.Struct):
    context: str = msgspec.field(name="@context")
    author: str
    timestamp: datetime
    statements: list[_Statement]


def statements(data: bytes, file: str) -> tuple[Statement, ...]:
    """The document's statements. Errors: msgspec.DecodeError with the place; InputError for another version."""
    version = msgspec.json.decode(data, type=_Version)
    if version.context != f"{CONTEXT}/v0.2.0":
        raise InputError(
            f"{file} is OpenVEX of another version ({version.context[:100]})",
            advice=f"Write it in version 0.2.0, with the @context {CONTEXT}/v0.2.0.",
        )
    document = msgspec.json.decode(data, type=_Document)
    return tuple(_all(document, file))


class _Version(msgspec.Struct):
    context: str = msgspec.field(name="@context")


def _all(document: _Document, file: str) -> Iterator[Statement]:
    for number, each in enumerate(document.statements):
        moments = [moment for moment in (each.timestamp, each.last_updated) if moment] or [document.timestamp]
        unjustified = each.status == "not_affected" and not (each.justification or each.impact_statement.strip())
        yield Statement(
            names=tuple(dict.fromkeys(name for name in (each.vulnerability.name, *each.vulnerability.aliases) if name)),
            status=each.status,
            products=tuple(_product(product) for product in each.products),
            why=each.justification or each.impact_statement.strip(),
            timestamp=max(map(utc, moments)),
            author=document.author,
            file=file,
            place=f"statements[{number}]",
            problem="it gives no justification and no impact statement" if unjustified else "",
        )


def _product(said: _Component) -> Product:
    parts = said.subcomponents or []
    return Product(said.purls, said.digests, tuple(purl for part in parts for purl in part.purls), bool(parts))
