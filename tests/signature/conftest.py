"""A certificate authority, a log of certificates and a log of signatures of our own, as Sigstore has them."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from barehull.catalog.signers import Keyless
from barehull.oci.registry_signatures import Signed
from barehull.signature.trust import Trust, read_trust

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DIGEST = "sha256:" + "1f" * 32
SIGNER = Keyless("https://accounts.example.com", "keyless@lab.example.com")
_STAMPS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


def spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(SHA256()))


def payload_of(digest: str, kind: str = "cosign container image signature") -> bytes:
    image = {"docker-manifest-digest": digest}
    return json.dumps({"critical": {"identity": {}, "image": image, "type": kind}, "optional": None}).encode()


@dataclass
class Foundry:
    """Makes trust and signatures; the fields are what a test changes to have one thing wrong."""

    root: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    issuing: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    ct_log: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    rekor: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    own: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    identity: str = SIGNER.identity
    issuer: str = SIGNER.issuer
    logged: datetime = NOW
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING
    signs: bool = True
    stamped_by: ec.EllipticCurvePrivateKey | None = None
    issued_by: ec.EllipticCurvePrivateKey | None = None

    def __post_init__(self) -> None:
        self._root = self._authority("root", self.root, "root", self.root)
        self._issuing = self._authority("issuing", self.issuing, "root", self.root)

    def trust(self, **changed: Any) -> Trust:
        period = {"start": "2021-01-01T00:00:00Z", **changed}

        def log(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
            return {"publicKey": {"rawBytes": base64.b64encode(spki(key)).decode(), "validFor": period}}

        chain = [{"rawBytes": base64.b64encode(it.public_bytes(Encoding.DER)).decode()} for it in self._chain]
        return read_trust(json.dumps({
            "tlogs": [log(self.rekor)], "ctlogs": [log(self.ct_log)],
            "certificateAuthorities": [{"certChain": {"certificates": chain}, "validFor": period}],
        }))  # fmt: skip

    @property
    def _chain(self) -> list[x509.Certificate]:
        return [self._issuing, self._root]

    def signed(self, digest: str = DIGEST, payload: bytes | None = None) -> Signed:
        payload = payload_of(digest) if payload is None else payload
        signature = sign(self.own, payload)
        certificate = self.certificate().public_bytes(Encoding.PEM)
        body = {
            "apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}},
                "signature": {
                    "content": base64.b64encode(signature).decode(),
                    "publicKey": {"content": base64.b64encode(certificate).decode()},
                },
            },
        }  # fmt: skip
        return Signed(payload, {
            "dev.cosignproject.cosign/signature": base64.b64encode(signature).decode(),
            "dev.sigstore.cosign/certificate": certificate.decode(),
            "dev.sigstore.cosign/bundle": json.dumps(self.entry(body)),
        })  # fmt: skip

    def bundle(self, digest: str = DIGEST, **changed: Any) -> dict[str, Any]:
        """As Sigstore's bundles have it; `changed` are fields of the statement."""
        subject = [{"digest": {"sha256": digest.removeprefix("sha256:")}}]
        statement = {
            "_type": "https://in-toto.io/Statement/v1", "subject": subject,
            "predicateType": "https://sigstore.dev/cosign/sign/v1", "predicate": {}, **changed,
        }  # fmt: skip
        kind, payload = "application/vnd.in-toto+json", json.dumps(statement).encode()
        signature = sign(self.own, b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload))
        certificate = self.certificate()
        pem = base64.b64encode(certificate.public_bytes(Encoding.PEM)).decode()
        sig = base64.b64encode(signature).decode()
        body = {
            "apiVersion": "0.0.1", "kind": "dsse", "spec": {
                "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
                "signatures": [{"signature": sig, "verifier": pem}],
            },
        }  # fmt: skip
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()},
                "tlogEntries": [self.logged_entry(body)],
            },
            "dsseEnvelope": {
                "payload": base64.b64encode(payload).decode(), "payloadType": kind, "signatures": [{"sig": sig}],
            },
        }  # fmt: skip

    def logged_entry(self, body: dict[str, Any]) -> dict[str, Any]:
        """An entry of the log as bundles have it."""
        entry = self.entry(body)
        said = entry["Payload"]
        return {
            "logIndex": str(said["logIndex"]),
            "logId": {"keyId": base64.b64encode(bytes.fromhex(said["logID"])).decode()},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(said["integratedTime"]),
            "inclusionPromise": {"signedEntryTimestamp": entry["SignedEntryTimestamp"]},
            "canonicalizedBody": said["body"],
        }

    def entry(self, body: dict[str, Any]) -> dict[str, Any]:
        said = {
            "body": base64.b64encode(json.dumps(body).encode()).decode(),
            "integratedTime": int(self.logged.timestamp()),
            "logID": hashlib.sha256(spki(self.rekor)).hexdigest(),
            "logIndex": 1234,
        }
        promise = sign(self.rekor, json.dumps(said, sort_keys=True, separators=(",", ":")).encode())
        return {"SignedEntryTimestamp": base64.b64encode(promise).decode(), "Payload": said}

    def certificate(self) -> x509.Certificate:
        """For `own`, with the timestamp of the log of certificates in it."""
        signer = self.issued_by or self.issuing
        text = self.issuer.encode()
        builder = (
            self._builder("", self.own, "issuing", NOW - timedelta(minutes=5), timedelta(minutes=10))
            .add_extension(x509.KeyUsage(self.signs, *[False] * 8), critical=True)
            .add_extension(x509.ExtendedKeyUsage([self.usage]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.own.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.issuing.public_key()), critical=False
            )
            .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(self.identity)]), critical=True)
            .add_extension(
                x509.UnrecognizedExtension(
                    x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8"), bytes((0x0C, len(text))) + text
                ),
                critical=False,
            )
        )
        body = builder.sign(signer, SHA256()).tbs_certificate_bytes
        return builder.add_extension(self._stamps(body), critical=False).sign(signer, SHA256())

    def _stamps(self, body: bytes) -> x509.UnrecognizedExtension:
        time = struct.pack("!Q", int(NOW.timestamp()) * 1000 + 7)
        issuer = hashlib.sha256(spki(self.issuing)).digest()
        said = b"\0\0" + time + b"\0\1" + issuer + len(body).to_bytes(3, "big") + body + b"\0\0"
        signature = sign(self.stamped_by or self.ct_log, said)
        stamp = b"\0" + hashlib.sha256(spki(self.ct_log)).digest() + time + b"\0\0" + b"\4\3"
        stamp += struct.pack("!H", len(signature)) + signature
        listed = struct.pack("!HH", len(stamp) + 2, len(stamp)) + stamp
        return x509.UnrecognizedExtension(_STAMPS, b"\4" + bytes((0x81, len(listed))) + listed if (
            len(listed) > 0x7F) else b"\4" + bytes((len(listed),)) + listed)  # fmt: skip

    def _authority(
        self, name: str, key: ec.EllipticCurvePrivateKey, above: str, signer: ec.EllipticCurvePrivateKey
    ) -> x509.Certificate:
        builder = self._builder(name, key, above, datetime(2021, 1, 1, tzinfo=UTC), timedelta(days=3650))
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        return (
            builder.add_extension(x509.BasicConstraints(True, None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .sign(signer, SHA256())
        )

    def _builder(
        self, name: str, key: ec.EllipticCurvePrivateKey, above: str, start: datetime, length: timedelta
    ) -> x509.CertificateBuilder:
        def called(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])

        return (
            x509.CertificateBuilder()
            .subject_name(called(name))
            .issuer_name(called(above))
            .public_key(key.public_key())
            .serial_number(7)
            .not_valid_before(start)
            .not_valid_after(start + length)
        )


@pytest.fixture(scope="session")
def foundry() -> Foundry:
    return Foundry()
