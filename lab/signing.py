"""Signatures as cosign keeps them at a registry: an image under the tag `sha256-HEX.sig`, with the payload as layer.

The key is made in the lab, and vouches for nothing but that the lab made an image.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from barehull.core.errors import IncompleteError
from barehull.files import write_atomically
from barehull.oci.manifest import canonical
from barehull.oci.model import CONFIG, MANIFEST

PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
SIGNATURE = "dev.cosignproject.cosign/signature"


class Signer:
    """An ECDSA key on P-256 in a folder, made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._private = folder / "lab.key"
        self.public = folder / "lab.pub"

    def sign(self, address: str, name: str, digest: str) -> None:
        """Sign the image `digest` of the repository `name` ("gcr.io/distroless/static"), and push the signature."""
        payload = canonical(
            {
                "critical": {
                    "identity": {"docker-reference": name},
                    "image": {"docker-manifest-digest": digest},
                    "type": "cosign container image signature",
                },
                "optional": None,
            }
        )
        signature = base64.b64encode(self._key().sign(payload, ec.ECDSA(hashes.SHA256()))).decode()
        config = canonical(
            {"architecture": "", "os": "", "config": {}, "rootfs": {"type": "layers", "diff_ids": [_sha256(payload)]}}
        )
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _described(CONFIG, config),
            "layers": [{**_described(PAYLOAD, payload), "annotations": {SIGNATURE: signature}}],
        }
        with httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=30) as client:
            for blob in (payload, config):
                _upload(client, name, blob)
            tag = f"{digest.replace(':', '-')}.sig"
            put = client.put(
                f"/v2/{name}/manifests/{tag}", content=canonical(manifest), headers={"Content-Type": MANIFEST}
            )
            _expect(put, 201)

    def _key(self) -> ec.EllipticCurvePrivateKey:
        if not self._private.is_file():
            made = ec.generate_private_key(ec.SECP256R1())
            public = made.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            private = made.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            write_atomically(self.public, public)
            write_atomically(self._private, private)
            self._private.chmod(0o600)
        key = serialization.load_pem_private_key(self._private.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise IncompleteError(f"{self._private} is not a key of the lab", advice="Remove it.")
        return key


def _upload(client: httpx.Client, name: str, blob: bytes) -> None:
    begun = client.post(f"/v2/{name}/blobs/uploads/")
    _expect(begun, 202)
    where = httpx.URL(begun.headers["location"]).copy_add_param("digest", _sha256(blob))
    _expect(client.put(where, content=blob), 201)


def _expect(answer: httpx.Response, status: int) -> None:
    if answer.status_code != status:
        raise IncompleteError(
            f"the lab's registry answered {answer.status_code}: {answer.text[:200]}", advice="Run it again."
        )


def _described(media_type: str, data: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _sha256(data), "size": len(data)}


def _sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
