from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pysequoia
import pytest

from barehull.core.errors import IntegrityError
from barehull.debian.release import Release, verify

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SHA = "0123456789abcdef" * 4
TEXT = f"""\
Origin: Debian
Suite: stable-security
Codename: trixie-security
Date: Sun, 22 Nov 2026 19:58:57 UTC
Valid-Until: Sun, 29 Nov 2026 19:58:57 UTC
Acquire-By-Hash: yes
MD5Sum:
 d41d8cd98f00b204e9800998ecf8427e 7 main/binary-amd64/Packages
SHA256:
 {SHA} 7 main/binary-amd64/Packages
 {SHA} 5 main/binary-amd64/Packages.xz
"""


def read(signed: bytes, *certs: pysequoia.Cert, suite: str = "trixie-security", now: datetime = NOW) -> Release:
    return verify(signed, certs, now, archive="debian-security", suite=suite)


def test_what_a_signed_release_says(key: Any) -> None:
    release = read(key.sign(TEXT.encode()), key.cert)
    assert release.suite == release.codename == "trixie-security"
    assert release.date == datetime(2026, 11, 22, 19, 58, 57, tzinfo=UTC)
    assert release.valid_until == datetime(2026, 11, 29, 19, 58, 57, tzinfo=UTC)
    assert release.by_hash
    assert release.files["main/binary-amd64/Packages.xz"] == (5, SHA)
    assert len(release.files) == 2
    assert release.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


def test_any_changed_byte_is_refused_or_changes_nothing(key: Any) -> None:
    signed = key.sign(TEXT.encode())
    good = read(signed, key.cert)
    refused = 0
    for position in range(len(signed)):
        for mask in (0x01, 0x20, 0x80):
            changed = bytearray(signed)
            changed[position] ^= mask
            try:
                assert read(bytes(changed), key.cert) == good
            except IntegrityError:
                refused += 1
    assert refused > 2 * len(TEXT)


def test_a_truncated_file_is_refused(key: Any) -> None:
    signed = key.sign(TEXT.encode())
    footer = len(signed.rstrip()) - len("-----END PGP SIGNATURE-----")
    for length in range(0, footer, 7):
        with pytest.raises(IntegrityError):
            read(signed[:length], key.cert)


EVIL = b"Codename: trixie-security\nDate: Sun, 22 Nov 2026 19:58:57 UTC\n"


@pytest.mark.parametrize(
    "around",
    [
        lambda signed, _: signed + b"\n" + EVIL,
        lambda signed, _: signed.replace(b"MESSAGE-----\n", b"MESSAGE-----\n" + EVIL, 1),
        lambda signed, other: signed + other.sign(EVIL),
        lambda signed, _: signed.replace(b"\n", b"\r\n"),
        lambda signed, _: signed.replace(b"yes\n", b"yes \t\n"),
    ],
    ids=["after", "in the armor's header", "a second message", "line ends", "blanks at the end"],
)
def test_text_around_the_signed_text_is_never_read(key: Any, other: Any, around: Any) -> None:
    signed = key.sign(TEXT.encode())
    changed = around(signed, other)
    assert changed != signed
    assert read(changed, key.cert) == read(signed, key.cert)


def test_text_before_the_armor_is_refused(key: Any) -> None:
    with pytest.raises(IntegrityError, match="not a signed text"):
        read(EVIL + b"\n" + key.sign(TEXT.encode()), key.cert)


def test_a_message_of_somebody_else_in_front_is_refused(key: Any, other: Any) -> None:
    with pytest.raises(IntegrityError, match="signature"):
        read(other.sign(EVIL) + key.sign(TEXT.encode()), key.cert)


def test_other_forms_of_signed_messages_are_refused(key: Any) -> None:
    with pytest.raises(IntegrityError, match="not a signed text"):
        read(key.sign(TEXT.encode(), pysequoia.SignatureMode.INLINE), key.cert)


def test_a_line_that_begins_with_a_dash_comes_back_unescaped(key: Any) -> None:
    signed = key.sign(b"-Field: 1\n" + TEXT.encode())
    assert b"\n- -Field" in signed
    assert read(signed, key.cert).sha256 == hashlib.sha256(b"-Field: 1\n" + TEXT.encode()).hexdigest()


def test_the_signature_of_an_unknown_key_is_refused(key: Any, other: Any) -> None:
    with pytest.raises(IntegrityError, match="signature") as caught:
        read(other.sign(TEXT.encode()), key.cert)
    assert "\n" not in caught.value.what
    assert "--mirror" in caught.value.advice


def test_one_good_signature_among_unknown_keys_will_do(key: Any, other: Any) -> None:
    assert read(key.sign(TEXT.encode()), other.cert, key.cert).codename == "trixie-security"


@pytest.mark.parametrize("page", [b"", b"<html>Please log in</html>", b"\x00" * 100, TEXT.encode()])
def test_something_unsigned_is_refused(key: Any, page: bytes) -> None:
    with pytest.raises(IntegrityError, match="not a signed text") as caught:
        read(page, key.cert)
    assert "login page" in caught.value.advice


def test_the_release_of_another_suite_is_refused(key: Any) -> None:
    with pytest.raises(IntegrityError, match="served trixie-security where bookworm-security was asked for"):
        read(key.sign(TEXT.encode()), key.cert, suite="bookworm-security")


def test_it_holds_until_valid_until(key: Any) -> None:
    signed = key.sign(TEXT.encode())
    end = datetime(2026, 11, 29, 19, 58, 57, tzinfo=UTC)
    assert read(signed, key.cert, now=end)
    with pytest.raises(IntegrityError, match="expired on 2026-11-29 19:58") as caught:
        read(signed, key.cert, now=end + timedelta(seconds=1))
    assert "clock" in caught.value.advice


def test_a_release_from_the_future_is_refused(key: Any) -> None:
    signed = key.sign(TEXT.encode())
    date = datetime(2026, 11, 22, 19, 58, 57, tzinfo=UTC)
    assert read(signed, key.cert, now=date - timedelta(hours=23))
    with pytest.raises(IntegrityError, match="from the future"):
        read(signed, key.cert, now=date - timedelta(hours=25))


def without(field: str, text: str = TEXT) -> bytes:
    return "".join(line for line in text.splitlines(True) if not line.startswith(field)).encode()


def test_a_security_suite_must_say_how_long_it_holds(key: Any) -> None:
    with pytest.raises(IntegrityError, match="Valid-Until"):
        read(key.sign(without("Valid-Until")), key.cert)


@pytest.mark.parametrize("suite", ["trixie", "bookworm-updates"])
def test_other_suites_need_not_as_at_debian(key: Any, suite: str) -> None:
    text = without("Valid-Until", TEXT.replace("Codename: trixie-security", f"Codename: {suite}"))
    release = read(key.sign(text), key.cert, suite=suite, now=NOW + timedelta(days=400))
    assert release.valid_until is None


@pytest.mark.parametrize(
    "text",
    [
        without("Codename"),
        without("Date"),
        TEXT.replace("Sun, 29 Nov 2026 19:58:57 UTC", "soon").encode(),
        TEXT.replace("SHA256:\n", "SHA256:\n nonsense\n").encode(),
        TEXT.replace("SHA256:\n", f"SHA256:\n {SHA} -1 main/x\n").encode(),
        TEXT.replace("SHA256:\n", f"SHA256:\n {SHA} 1 main/binary-amd64/Packages\n").encode(),
        (TEXT + "Codename: trixie-security\n").encode(),
        (TEXT + "no field\n").encode(),
        TEXT.encode() + b"Description: \xff\n",
    ],
)
def test_a_signed_text_that_is_no_release_is_refused(key: Any, text: bytes) -> None:
    with pytest.raises(IntegrityError):
        read(key.sign(text), key.cert)
