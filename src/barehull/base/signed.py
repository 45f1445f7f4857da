"""Who signed a base: asked for whenever one is built on, of the store or of the registry."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from barehull.application.config import RuntimeSettings
from barehull.catalog.signers import Key, Signer, signer_of
from barehull.core.errors import InputError, IntegrityError
from barehull.core.progress import Progress
from barehull.files import Store, reading
from barehull.oci.registry_name import Name

_MAX_KEY = 64 << 10  # bytes
_KIND = "signatures"


def signer_of_base(
    name: Name, digests: Sequence[str], settings: RuntimeSettings, folder: Path, store: Store, progress: Progress
) -> str:
    """Who signed the base, in words; "" where nobody is known to, or it is not to be checked.

    `digests` are the index's and the image's: a signature of one of them is enough, for the index names the image.
    Errors: IntegrityError when there is a signer, and no good signature; InputError for a key that is none; those of
    `pull_signatures`.
    """
    if settings.base_signature == "unchecked":
        progress(f"UNCHECKED: no signature is asked for of {name}, as the configuration says")
        return ""
    key = _key(folder / settings.base_key) if settings.base_key else None
    signer = key or signer_of(f"{name.registry}/{name.repository}")
    if signer is None:
        progress(f"nobody is known to sign {name}: it is taken as it is")
        return ""
    refused: IntegrityError | None = None
    for digest in dict.fromkeys(digests):
        try:
            return _verified(name, digest, signer, store, progress)
        except IntegrityError as error:
            refused = refused or error
    raise refused or IntegrityError(f"{name} has no digest", advice="Name another base.")


def _verified(name: Name, digest: str, signer: Signer, store: Store, progress: Progress) -> str:
    from barehull.oci.registry_signatures import Signatures, pull_bundles, pull_signatures
    from barehull.signature.cosign import verified

    key = f"{name.registry}/{name.repository} {digest}"
    if (kept := store.recall(_KIND, key)) is not None:
        with contextlib.suppress(msgspec.DecodeError, IntegrityError):  # of another signer: the registry is asked
            return verified(digest, msgspec.json.decode(kept, type=Signatures), signer)
    found = Signatures(pull_signatures(name, digest, progress))
    try:
        said = verified(digest, found, signer)
    except IntegrityError:
        if not (bundles := pull_bundles(name, digest, store)):
            raise
        found = Signatures(found.signed, bundles)
        said = verified(digest, found, signer)
    with contextlib.suppress(UnicodeError):  # a note that is no text: asked for again
        store.remember(_KIND, key, msgspec.json.encode(found))
    progress(f"{digest[:19]} is signed by {said}")
    return said


def _key(path: Path) -> Key:
    from barehull.signature.keys import from_pem

    with reading(path), path.open("rb") as file:
        data = file.read(_MAX_KEY + 1)
    try:
        if len(data) > _MAX_KEY:
            raise ValueError("it is too long")
        pem = data.decode("ascii")
        from_pem(pem)
    except ValueError as error:
        raise InputError(
            f"{path} is not a public key: {error}", advice="Name the file that `cosign generate-key-pair` calls .pub."
        ) from error
    return Key(pem)
