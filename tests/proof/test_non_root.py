"""Only a number other than 0 is a user that an orchestrator can check."""

from __future__ import annotations

import pytest

from barehull.core.outcome import Failed, Passed
from barehull.proof.checks import non_root


@pytest.mark.parametrize("user", ["65532", "65532:65532", "1", "1000:0"])
def test_numeric_users_pass(good, user):
    assert isinstance(non_root.check(good.running(user=user).subject()), Passed)


@pytest.mark.parametrize(
    "user", ["", "0", "00", "0:0", "root", "nonroot", "65532:staff", "-1", "4294967295", "9" * 5000, "٣"]
)
def test_everything_else_fails_with_advice(good, user):
    outcome = non_root.check(good.running(user=user).subject())
    assert isinstance(outcome, Failed)
    assert "65532" in outcome.findings[0].advice
