"""Conventional Dockerfiles of Go, Node.js and Python, really built by buildah in the lab, and run by podman."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from barehull.oci.model import Image
from barehull.oci.reference import open_image
from lab import Lab
from lab.containers import run_once

from .conftest import Bench

GO = {
    "Dockerfile": """\
FROM golang:1.25 AS build
WORKDIR /src
COPY go.mod go.sum main.go ./
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /app .
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /app /app
ENTRYPOINT ["/app"]
""",
    "go.mod": "module example.com/app\n\ngo 1.25\n\nrequire github.com/google/uuid v1.6.0\n",
    "go.sum": """\
github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=
github.com/google/uuid v1.6.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=
""",
    "main.go": """\
package main

import (
	"fmt"
	"os"

	"github.com/google/uuid"
)

func main() { fmt.Println(uuid.NewSHA1(uuid.NameSpaceDNS, []byte("example.com")), os.Getuid()) }
""",
}
PACKAGE = {"name": "app", "version": "1.0.0", "dependencies": {"is-odd": "3.0.1"}}
LOCKED = {
    "node_modules/is-number": {
        "version": "6.0.0",
        "integrity": "sha512-Wu1VHeILBK8KAWJUAiSZQX94GmOE45Rg6/538fKwiloUu21KncEkYGPqob2oSZ5mUT73vLGrHQjKw3KMPwfDzg==",
    },
    "node_modules/is-odd": {
        "version": "3.0.1",
        "integrity": "sha512-CQpnWPrDwmP1+SMHXZhtLtJv90yiyVfluGsX5iNCVkrhQtU3TQHsUWPG9wkdk9Lgd5yNpAg9jQEo90CBaXgWMA==",
        "dependencies": {"is-number": "^6.0.0"},
    },
}
NODE = {
    "Dockerfile": """\
FROM node:24 AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY main.js .
FROM gcr.io/distroless/nodejs24-debian13:nonroot
COPY --from=build /app /app
WORKDIR /app
CMD ["main.js"]
""",
    "package.json": json.dumps(PACKAGE),
    # Without `resolved`, so that any registry serves it.
    "package-lock.json": json.dumps({**PACKAGE, "lockfileVersion": 3, "packages": {"": PACKAGE, **LOCKED}}),
    "main.js": "console.log(require('is-odd')(3), process.getuid(), process.version.split('.')[0])\n",
}
PYTHON = {
    "Dockerfile": """\
FROM python:3.11
RUN apt-get update && apt-get install -y --no-install-recommends dos2unix && dos2unix --version >/dev/null
RUN pip install --no-cache-dir flask==3.1.2
CMD ["python", "-c", "import flask, sys; print(sys.version_info[:2], flask.Flask('x').name)"]
""",
}


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in {**files, "barehull.toml": ""}.items():
        (folder / name).write_text(text)


def built(lab: Lab, files: dict[str, str], folder: Path, *options: str, code: int = 0) -> str:
    """Have barehull build a Dockerfile by buildah in the lab, and run its image: what that prints."""
    write(folder / "app", files)
    bench = Bench(folder, {**lab.environment, "BAREHULL_CACHE": str(lab.folder.parent)})
    bench.run("build", "app", "--engine", "buildah", "--output", "oci:it", *options, code=code)
    return run_once(f"oci:{folder}/it", lab.environment)


def test_a_go_program_is_built_and_runs_on_distroless(lab: Lab, tmp_path: Path) -> None:
    lab.fill(["golang:1.25", "gcr.io/distroless/static-debian12:nonroot"])
    assert built(lab, GO, tmp_path).split() == ["cfbff0d1-9375-5685-968c-48ce8b15ae17", "65532"]


def test_a_node_program_is_built_and_runs_on_distroless(lab: Lab, tmp_path: Path) -> None:
    lab.fill(["node:24", "gcr.io/distroless/nodejs24-debian13:nonroot"])
    assert built(lab, NODE, tmp_path).split() == ["true", "65532", "v24"]


def test_a_python_program_is_built_as_ever(lab: Lab, tmp_path: Path) -> None:
    lab.fill(["python:3.11"])
    assert built(lab, PYTHON, tmp_path, "--conventional") == "(3, 11) x"


@pytest.mark.parametrize(
    ("name", "user", "folder", "entrypoint"),
    [
        ("python3-debian13:nonroot", "65532", "/home/nonroot", ("/usr/bin/python3.13",)),
        ("nodejs24-debian13:nonroot", "65532", "/home/nonroot", ("/nodejs/bin/node",)),
        ("static-debian12:latest", "0", "/", ()),
    ],
)
def test_distroless_stand_ins_are_configured_and_signed(
    lab: Lab, name: str, user: str, folder: str, entrypoint: tuple[str, ...]
) -> None:
    lab.fill([f"gcr.io/distroless/{name}"])
    image = at(lab, f"gcr.io/distroless/{name}")
    assert (image.config.user, image.config.working_dir, image.config.entrypoint) == (user, folder, entrypoint)
    repository = f"gcr.io/distroless/{name.partition(':')[0]}"
    layer, note = signature(lab, repository, image.digest)
    assert json.loads(layer)["critical"]["image"]["docker-manifest-digest"] == image.digest
    key = serialization.load_pem_public_key(lab.public_key.read_bytes())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(base64.b64decode(note), layer, ec.ECDSA(hashes.SHA256()))


def test_two_labs_share_what_was_made_and_one_stop_ends_one(lab: Lab) -> None:
    lab.fill(["gcr.io/distroless/static-debian12:nonroot"])
    said: list[str] = []
    with Lab(lab.folder, said.append) as other:
        assert other.address != lab.address
        other.fill(["gcr.io/distroless/static-debian12:nonroot"])
        digest = at(other, "gcr.io/distroless/static-debian12:nonroot").digest
    assert said == []
    assert other.address == ""
    assert at(lab, "gcr.io/distroless/static-debian12:nonroot").digest == digest


def at(lab: Lab, name: str) -> Image:
    """An image by where it is in the lab."""
    return open_image(f"docker://{lab.address}/{name}")


def signature(lab: Lab, repository: str, digest: str) -> tuple[bytes, str]:
    """The payload that signs an image, and the signature."""
    import httpx

    with httpx.Client(base_url=f"http://{lab.address}/v2/{repository}/", trust_env=False) as client:
        tag = f"manifests/{digest.replace(':', '-')}.sig"
        manifest = client.get(tag, headers={"Accept": "application/vnd.oci.image.manifest.v1+json"}).json()
        (layer,) = manifest["layers"]
        payload = client.get(f"blobs/{layer['digest']}").content
        return payload, layer["annotations"]["dev.cosignproject.cosign/signature"]
