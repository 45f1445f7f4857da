"""All proofs of an image, in the order of their names."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import Protocol, cast

from barehull.core.errors import InputError
from barehull.core.outcome import Outcome, Unknown
from barehull.files import Store
from barehull.oci.model import Image
from barehull.oci.rootfs import Rootfs
from barehull.proof import checks
from barehull.proof.subject import Subject


class Check(Protocol):
    """What a file in checks/ offers. `check` reads the image and never runs anything of it."""

    NAME: str
    TITLE: str
    WHY: str

    def check(self, subject: Subject) -> Outcome:
        """Whether the proof holds for this image.

        Errors: InputError when a file of the image cannot be read; `prove` makes it an Unknown.
        """


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof's answer: `name` for machines, `title` says in words what holds when it passed."""

    name: str
    title: str
    outcome: Outcome


def all_checks() -> tuple[Check, ...]:
    """Every check, sorted by name."""
    found = [
        cast(Check, importlib.import_module(f"{checks.__name__}.{module.name}"))
        for module in pkgutil.iter_modules(checks.__path__)
    ]
    return tuple(sorted(found, key=lambda check: check.NAME))


def prove(image: Image, memory: Store | None = None) -> tuple[Proof, ...]:
    """Every proof of a finished image; what `memory` has of its layers' files is not found out again.

    Errors: InputError and IntegrityError when the layers cannot be read; a proof itself answers with an outcome.
    """
    with Rootfs.of(image, memory) as rootfs:
        proofs = prove_subject(Subject(rootfs, image.config))
        rootfs.remember()
        return proofs


def prove_subject(subject: Subject) -> tuple[Proof, ...]:
    """Every proof of files and configuration that are at hand already."""
    return tuple(Proof(check.NAME, check.TITLE, _outcome(check, subject)) for check in all_checks())


def _outcome(check: Check, subject: Subject) -> Outcome:
    try:
        return check.check(subject)
    except InputError as error:  # too large to be read, or not what its name says
        return Unknown(error.what)
