"""What a registry answers, and what of it may be otherwise at the next attempt."""

from __future__ import annotations

import datetime
import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from barehull.core.errors import IncompleteError
from barehull.oci.manifest import brief

ADVICE = "Check the network and the registry, then run it again: what was transferred is not transferred again."


class TransientError(IncompleteError):
    """A failure that may pass; `after` is how many seconds the registry asked us to wait."""

    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a transient failure is tried in all, and seconds: the pause before the second try, doubled for each
    further one, and the time without a byte.
    """

    attempts: int = 5
    pause: float = 0.5
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; the names of `headers` are in lower case."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


def is_transient(status: int) -> bool:
    """Whether a request with this answer is worth another attempt."""
    return status in (408, 429) or status >= 500


def transient(what: str, answer: Answer) -> TransientError:
    """The error of an answer that may be another next time."""
    error = TransientError(what, advice=ADVICE)
    error.after = retry_after(answer.headers.get("retry-after", ""))
    return error


def retry_after(header: str) -> float:
    """The seconds that a Retry-After header asks to wait: it has them, or a date. 0.0 for what is neither."""
    if header.isascii() and header.isdecimal() and len(header) < 10:
        return float(header)
    try:
        date = email.utils.parsedate_to_datetime(header)
        if date.tzinfo is None:
            date = date.replace(tzinfo=datetime.UTC)
        return max(0.0, (date - datetime.datetime.now(datetime.UTC)).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0


def codes(body: bytes) -> set[str]:
    """The codes of the errors that a registry names in its JSON; none where it is none."""
    try:
        return {str(it["code"]) for it in json.loads(body)["errors"][:3]}
    except (ValueError, KeyError, TypeError, RecursionError):
        return set()


def reason(body: bytes) -> str:
    """What a registry says is wrong, from its JSON, or "" where it is none."""
    try:
        errors = json.loads(body)["errors"][:3]
        return ": " + brief("; ".join(f"{it.get('code', '')} {it.get('message', '')}".strip() for it in errors))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
