"""One application: its conventional Dockerfile built by buildah in the lab, and what takes its place; one table."""

from __future__ import annotations

from pathlib import Path

from lab import Lab
from lab.table import make_rows, to_markdown


def test_three_distroless_images_take_the_place_of_the_conventional_one(lab: Lab, tmp_path: Path) -> None:
    conventional, *distroless = make_rows(lab, tmp_path, print)
    print(to_markdown([conventional, *distroless]))
    assert [row.image for row in distroless] == [
        "composed, Debian 12",
        "composed, Debian 13",
        "on `gcr.io/distroless/python3-debian13:nonroot`",
    ]
    assert conventional.answers
    assert conventional.uid == 0
    assert conventional.holding < conventional.proofs
    assert conventional.release == "failed"  # by its proofs
    for row in distroless:
        assert row.answers
        assert row.uid == 65532
        assert (row.holding, row.proofs) == (5, 5)
        assert row.fixable == 0
        assert row.release == "passed"
        assert row.size < conventional.size / 5
        assert row.packages < conventional.packages / 3
