from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.dockerfile.flags import RefusedError, check, csv_fields
from barehull.dockerfile.words import split_command

GOOD = [
    "RUN --mount=type=cache,target=/x --mount=type=bind,from=a,source=$X x",
    'RUN --mount=\\"type=cache\\",target=/x x',
    "RUN --mount=from=a$ x",
    "RUN --network=none --security=insecure x",
    "RUN --device=a,required --device=name=b,required=false x",
    "COPY --from=a --chown=b --chmod=1 --link --parents=TRUE --exclude=a --exclude=b a b",
    "ADD --link=false --keep-git-dir --checksum=x --unpack=true a b",
    "FROM --platform=$BUILDPLATFORM a",
    "HEALTHCHECK --interval=1h2.5m3s --timeout=+1ms --start-period=0 --start-interval=0ns --retries=3 CMD x",
    "HEALTHCHECK --interval= --retries=-0 CMD x",
    "HEALTHCHECK --interval=.5s --timeout=1.s --start-period=1000us --start-interval=1h CMD x",
]
BAD = [
    "RUN --mount x",
    "RUN --mount= x",
    "RUN --mount=type=cache,from=$X x",
    'RUN --mount=a\\" x',
    'RUN --mount=\\"a x',
    'RUN --mount=\\"a\\"b x',
    "RUN --network=x x",
    "RUN --network=none --network=none x",
    "RUN --security= x",
    "RUN --device=a,b x",
    "RUN --device=a,name=b x",
    "RUN --device=required=yes x",
    "RUN --from=a x",
    "COPY --link= a b",
    "COPY --link=yes a b",
    "COPY --From=a a b",
    "COPY --unpack a b",
    "ADD --from=a a b",
    "FROM --platform a",
    "ENV --a b=c",
    "CMD --a b",
    "HEALTHCHECK --interval=1 CMD x",
    "HEALTHCHECK --interval=s CMD x",
    "HEALTHCHECK --interval=.s CMD x",
    "HEALTHCHECK --interval=1x CMD x",
    "HEALTHCHECK --interval=0.5ms CMD x",
    "HEALTHCHECK --interval=-1s CMD x",
    "HEALTHCHECK --interval=1s2 CMD x",
    "HEALTHCHECK --interval=9999999h CMD x",
    "HEALTHCHECK --retries=-1 CMD x",
    "HEALTHCHECK --retries=1.5 CMD x",
    "HEALTHCHECK --retries=2147483648 CMD x",
]


def checked(line: str) -> None:
    keyword, flags, _, _ = split_command(line, 0, len(line), "\\")
    assert flags
    check(keyword, flags)


@pytest.mark.parametrize("line", GOOD)
def test_flags_that_buildkit_takes(line: str) -> None:
    checked(line)


@pytest.mark.parametrize("line", BAD)
def test_flags_that_buildkit_refuses(line: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        checked(line)
    assert refusal.value.where.text.startswith("--")
    assert not refusal.value.early


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        ("a,b", ["a", "b"]),
        ("a,", ["a", ""]),
        (",", ["", ""]),
        ("", None),
        ('"a,b",c', ["a,b", "c"]),
        ('"a""b"', ['a"b']),
        ('"a",', ["a", ""]),
        ('a"b', None),
        ('"a', None),
        ('"a"b', None),
        ('"', None),
    ],
)
def test_fields_are_csv(value: str, fields: list[str] | None) -> None:
    assert csv_fields(value) == fields


@given(st.text(alphabet='",ab\n'))
def test_fields_without_quotes_are_split_at_commas(value: str) -> None:
    fields = csv_fields(value)
    if '"' not in value and value.strip("\n"):
        assert fields == value.removesuffix("\n").split(",")
