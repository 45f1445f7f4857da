"""Coverage-guided fuzzing of what reads Dockerfiles: python scripts/fuzz_dockerfile.py CORPUS [-max_total_time=3600 ...]

Needs atheris (pip install atheris); its options are libFuzzer's. A finding is: an exception, a text that is not printed
back byte for byte, a range outside of the text, or an input that takes more than two seconds (twenty here, where each
branch is traced).
"""

from __future__ import annotations

import sys
import time
from datetime import date

import atheris

with atheris.instrument_imports(include=["barehull"]):
    from barehull.catalog.catalog import load_catalog
    from barehull.core.errors import InputError
    from barehull.dockerfile.tree import decode, parse
    from barehull.guidelines.judge import judge

CATALOG = load_catalog()
TODAY = date(2026, 11, 24)
SLOW = 20.0  # seconds


def one(data: bytes) -> None:
    """Read, print and judge one file."""
    try:
        text = decode(data, "the input")
    except InputError:
        return
    start = time.monotonic()
    printed = "".join(parse(text).pieces())
    assert printed.encode("utf-8", "surrogateescape") == data, "printing is lossy"
    judgement = judge(text, CATALOG, TODAY)
    spans = [span for _, span in judgement.facts.problems]
    spans += [remark.span for image in judgement.images for _, answer in image.answers for remark in answer.remarks]
    assert all(0 <= span.start <= span.end <= len(text) for span in spans), "a range outside of the text"
    took = time.monotonic() - start
    assert took < SLOW, f"{len(data)} bytes took {took:.1f} s"


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
