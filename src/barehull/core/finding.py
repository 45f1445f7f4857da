"""One thing that is wrong, with the place it was found in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong (`message`), with what (`subject`: a path, a component), and what to do (`advice`)."""

    subject: str
    message: str
    advice: str = ""
