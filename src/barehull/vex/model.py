"""What a VEX document states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

Status = Literal["not_affected", "affected", "fixed", "under_investigation"]  # OpenVEX's words, and so are these:
Justification = Literal[
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
]
JUSTIFICATIONS = frozenset(get_args(Justification))


@dataclass(frozen=True, slots=True)
class Product:
    """What a statement is about: by purl or digest ("sha256:...") an image, or by purl a package in images.

    `parts` are purls of the packages in it that are meant. Without `in_parts` the product is meant as a whole;
    with it and no `parts` that could be read, nothing is.
    """

    purls: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    in_parts: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: `names` are the vulnerability's identifiers, `why` the justification or what stands for it.

    `file` and `place` say where it was read. `problem` is why it cannot be accepted, whatever it states, else "".
    """

    names: tuple[str, ...]
    status: Status
    products: tuple[Product, ...]
    why: str
    timestamp: datetime
    author: str
    file: str
    place: str
    problem: str = ""

    @property
    def waives(self) -> bool:
        """Whether what it is about need not be counted."""
        return self.status in ("not_affected", "fixed") and not self.problem


def utc(moment: datetime) -> datetime:
    """The moment in UTC; one without a zone is taken for UTC."""
    try:
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except OverflowError:  # year 1, and a zone east of Greenwich
        return moment.replace(tzinfo=UTC)
