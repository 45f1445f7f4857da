"""Certificates of ten minutes, by which whoever has shown who they are signs.

(1) The log of signatures gives the time; (2) at that time the certificate was valid and led to an authority; (3) it
stands in a public log of certificates; (4) it is for whom we expect.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import (
    Certificate,
    ExtendedKeyUsage,
    ExtensionNotFound,
    KeyUsage,
    ObjectIdentifier,
    PrecertificateSignedCertificateTimestamps,
    RFC822Name,
    SubjectAlternativeName,
    UniformResourceIdentifier,
    UnrecognizedExtension,
)
from cryptography.x509.certificate_transparency import SignedCertificateTimestamp
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from barehull.catalog.signers import Keyless
from barehull.signature.keys import RefusedError, check, fingerprint
from barehull.signature.log import LogEntry, promised
from barehull.signature.trust import Authority, Trust

_ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.8")  # Fulcio's OIDC issuer, as DER
_OLD_ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")  # its plain text, where there is no other
_UTF8_STRING = 0x0C


def check_certificate(certificate: Certificate, entry: LogEntry, signer: Keyless, trust: Trust) -> None:
    """Whether the certificate was `signer`'s when the log took in the entry. RefusedError; and what damage raises."""
    time = promised(entry, trust)
    issuer = _issued(certificate, time, trust)
    _public(certificate, issuer, trust)
    _meant(certificate, signer)


def _issued(certificate: Certificate, time: datetime, trust: Trust) -> Certificate:
    """The certificate of whoever issued it, when at that time it led to an authority that is trusted."""
    if not certificate.not_valid_before_utc <= time <= certificate.not_valid_after_utc:
        raise RefusedError(f"its certificate was not valid at {time}, when the log took it in")
    reason = "no authority was in use at that time"
    for authority in trust.authorities:
        if time in authority.period:
            try:
                return _chain(certificate, authority, time)[1]
            except VerificationError as error:
                reason = str(error)
    raise RefusedError(f"its certificate leads to no authority that is trusted: {reason}")


def _chain(certificate: Certificate, authority: Authority, time: datetime) -> list[Certificate]:
    # As for clients in TLS, but for the purpose: that is code signing, here and in authorities.
    above = ExtensionPolicy.webpki_defaults_ca().may_be_present(ExtendedKeyUsage, Criticality.AGNOSTIC, None)
    below = ExtensionPolicy.webpki_defaults_ee().may_be_present(ExtendedKeyUsage, Criticality.AGNOSTIC, None)
    policy = PolicyBuilder().store(Store([authority.root])).time(time)
    policy = policy.extension_policies(ca_policy=above, ee_policy=below)
    return policy.build_client_verifier().verify(certificate, list(authority.chain)).chain


def _public(certificate: Certificate, issuer: Certificate, trust: Trust) -> None:
    """A log of certificates has it (RFC 6962, 3.2): one that was issued in secret does not count."""
    found = certificate.extensions.get_extension_for_class(PrecertificateSignedCertificateTimestamps).value
    for stamp in list(found)[:8]:
        log = trust.certificates.get(stamp.log_id.hex())
        time = stamp.timestamp.replace(tzinfo=UTC)
        if log is not None and time in log.period and isinstance(stamp.signature_hash_algorithm, SHA256):
            check(log.key, stamp.signature, _stamped(stamp, certificate, issuer), "the certificate's timestamp")
            return
    raise RefusedError("no log of certificates that is known has its certificate")


def _stamped(stamp: SignedCertificateTimestamp, certificate: Certificate, issuer: Certificate) -> bytes:
    """What a log of certificates signs: version 1, a timestamp, of a precertificate, with its issuer's key."""
    time = stamp.timestamp.replace(tzinfo=UTC)
    milliseconds = int(time.replace(microsecond=0).timestamp()) * 1000 + time.microsecond // 1000
    body = certificate.tbs_precertificate_bytes
    key = bytes.fromhex(fingerprint(issuer.public_key()).removeprefix("sha256:"))
    head = struct.pack("!BBQH", stamp.version.value, 0, milliseconds, 1)
    extensions = stamp.extension_bytes
    return head + key + len(body).to_bytes(3, "big") + body + struct.pack("!H", len(extensions)) + extensions


def _meant(certificate: Certificate, signer: Keyless) -> None:
    """It is for signing, and for the one that we expect."""
    if not certificate.extensions.get_extension_for_class(KeyUsage).value.digital_signature:
        raise RefusedError("its certificate is not for signatures")
    if ExtendedKeyUsageOID.CODE_SIGNING not in certificate.extensions.get_extension_for_class(ExtendedKeyUsage).value:
        raise RefusedError("its certificate is not for signing code")
    names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    shown = [*names.get_values_for_type(RFC822Name), *names.get_values_for_type(UniformResourceIdentifier)]
    if shown != [signer.identity]:
        raise RefusedError(f"it is signed by {', '.join(shown)!r:.200}, not by {signer.identity}")
    if (issuer := _issuer_in(certificate)) != signer.issuer:
        raise RefusedError(f"{signer.identity} was vouched for by {issuer!r:.200}, not by {signer.issuer}")


def _issuer_in(certificate: Certificate) -> str:
    try:
        value = certificate.extensions.get_extension_for_oid(_ISSUER).value
    except ExtensionNotFound:
        value = certificate.extensions.get_extension_for_oid(_OLD_ISSUER).value
        return value.value.decode() if isinstance(value, UnrecognizedExtension) else ""
    data = value.value if isinstance(value, UnrecognizedExtension) else b""
    if len(data) < 2 or data[0] != _UTF8_STRING or data[1] != len(data) - 2 or len(data) > 0x7F:
        raise RefusedError("its certificate says in a strange way who vouched for it")
    return data[2:].decode()
