"""The image runs as a user without privileges, given as a number."""

from __future__ import annotations

import re

from barehull.core.finding import Finding
from barehull.core.outcome import Failed, Outcome, Passed
from barehull.proof.subject import Subject

NAME = "non-root"
TITLE = "runs as a numeric user that is not root"
WHY = (
    "Kubernetes can enforce runAsNonRoot only for a numeric user; a process that is root in its container "
    "is root on the node as soon as it gets out."
)
_ADVICE = 'Set the user to 65532, which distroless images have as "nonroot".'
_NUMERIC = re.compile(r"(\d{1,10})(:\d{1,10})?", re.ASCII)
_MAX_ID = 2**32 - 2  # 2**32 - 1 means "no change" to the kernel


def check(subject: Subject) -> Outcome:
    """Passed for a numeric user other than 0, with or without a numeric group."""
    user = subject.config.user
    if not user:
        return _failed("no user is set, so the image runs as root")
    numeric = _NUMERIC.fullmatch(user)
    if numeric is None:
        return _failed(f"the user {user!r} is not a number, and an orchestrator cannot tell whether it is root")
    if not 0 < int(numeric[1]) <= _MAX_ID:
        return _failed(f"the user {user!r} is {'root' if int(numeric[1]) == 0 else 'no valid user'}")
    return Passed(f"user {user}")


def _failed(message: str) -> Failed:
    return Failed((Finding("user", message, _ADVICE),))
