"""A range of a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The characters [start, end) of a text, counted from 0."""

    start: int
    end: int
