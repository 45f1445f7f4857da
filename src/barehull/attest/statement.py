"""In-toto statements: what is said of an image, and of which one (in-toto attestation framework, Statement v1)."""

from __future__ import annotations

import json
from typing import Any

STATEMENT = "https://in-toto.io/Statement/v1"
MEDIA_TYPE = "application/vnd.in-toto+json"


def statement(digest: str, name: str, predicate_type: str, predicate: dict[str, Any]) -> str:
    """The statement as JSON with sorted keys. `digest` is the image's ("sha256:HEX"). It is not signed."""
    algorithm, _, value = digest.partition(":")
    said = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {algorithm: value}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    }
    return json.dumps(said, indent=2, sort_keys=True) + "\n"
