"""An application on another's image: pulled from a registry, its signature checked, run as a container."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from barehull.files import Store
from barehull.lock import from_json
from barehull.oci.attached import attach
from barehull.oci.layer import with_parents, write_layer
from barehull.oci.manifest import make_image
from barehull.oci.model import MANIFEST, Entry, Image
from barehull.oci.reference import open_image
from barehull.oci.referrers import Artifact
from barehull.oci.registry import push_image
from barehull.oci.rootfs import Rootfs
from barehull.proof.ldcache import read_cache

from .conftest import Bench
from .registries import docker_registry

PODMAN = ("podman", "--storage-driver", "overlay", "--runtime", "runc", "--cgroup-manager", "cgroupfs")
RUN = ("run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--network", "host")
APP = """
import ctypes.util, json, ssl, sys
import psycopg
print(json.dumps({"psycopg": psycopg.pq.version(), "pq": psycopg.pq.__impl__,
    "compiled": json.__cached__, "z": ctypes.util.find_library("z"), "uid": __import__("os").getuid()}))
"""


@dataclass
class Lab:
    """A registry with a base in it, and who signs there."""

    address: str
    store: Store
    key: ec.EllipticCurvePrivateKey
    image: Image

    @property
    def name(self) -> str:
        return f"{self.address}/distroless/python3-debian13"

    def sign(self, digest: str, *, by: ec.EllipticCurvePrivateKey | None = None) -> None:
        """As cosign does with a key."""
        said = {"critical": {"identity": {"docker-reference": self.name}, "image": {"docker-manifest-digest": digest},
                             "type": "cosign container image signature"}, "optional": None}  # fmt: skip
        payload = json.dumps(said).encode()
        signature = base64.b64encode((by or self.key).sign(payload, ec.ECDSA(SHA256()))).decode()
        layer = {
            "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", **self._put(payload),
            "annotations": {"dev.cosignproject.cosign/signature": signature},
        }  # fmt: skip
        config = {"mediaType": "application/vnd.oci.image.config.v1+json", **self._put(b"{}")}
        manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}).encode()
        url = f"http://{self.address}/v2/distroless/python3-debian13/manifests/{digest.replace(':', '-')}.sig"
        self._send("PUT", url, manifest, MANIFEST)

    def _put(self, data: bytes) -> dict[str, object]:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        start = self._send("POST", f"http://{self.address}/v2/distroless/python3-debian13/blobs/uploads/", b"", "")
        self._send("PUT", f"{start}{'&' if '?' in start else '?'}digest={digest}", data, "application/octet-stream")
        return {"digest": digest, "size": len(data)}

    @staticmethod
    def _send(method: str, url: str, data: bytes, kind: str) -> str:
        request = urllib.request.Request(url, data, {"Content-Type": kind} if kind else {}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.headers.get("Location", "")


@pytest.fixture(scope="module")
def lab(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The base is our own recipe as others would ship it: no bytecode, a stale ld.so.cache, root as its user."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "base").mkdir()
    (folder / "base/barehull.toml").write_text('[application]\nname = "b"\nentrypoint = ["/usr/bin/python3"]\n')
    (folder / "base/requirements.txt").write_text("")
    bench.run("build", str(folder / "base"), "--output", f"oci:{folder}/own", "-q")
    composed = open_image(f"oci:{folder}/own")
    store = Store(folder / "store")
    layers = [
        it
        for it in composed.layers
        if it.created_by not in ("barehull: b", "barehull: bytecode of the standard library")
    ]
    for layer in layers:
        store.put(composed.blobs.path(layer.digest).read_bytes(), expected=layer.digest.removeprefix("sha256:"))
    stale = write_layer(with_parents([Entry("etc/ld.so.cache", "file", content=b"")]), store, created_by="theirs")
    config = replace(
        composed.config, user="0", entrypoint=("/usr/bin/python3.13",), working_dir="/", labels=(("theirs", "1"),)
    )
    image = make_image(config, [*layers, stale], store)
    with docker_registry(folder / "registry") as address:
        lab = Lab(address, store, ec.generate_private_key(ec.SECP256R1()), image)
        push_image(image, f"{lab.name}:latest")
        yield lab


@pytest.fixture
def app(fresh: Callable[[], Bench], lab: Lab) -> Callable[..., Bench]:
    """Makes benches with an application on the lab's base."""

    def make(base: str = "", **more: str) -> Bench:
        bench = fresh()
        shutil.rmtree(bench.app)
        bench.app.mkdir()
        (bench.app / "main.py").write_text(APP)
        (bench.app / "requirements.txt").write_text("psycopg[binary]==3.2.10\n")
        keys = {"base": base or lab.name, **more}
        said = "".join(f'{key.replace("_", "-")} = "{value}"\n' for key, value in keys.items())
        (bench.app / "barehull.toml").write_text(
            f'[application]\nname = "on-base"\nentrypoint = ["/usr/bin/python3", "main.py"]\n[runtime]\n{said}'
        )
        public = lab.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (bench.app / "cosign.pub").write_bytes(public)
        return bench

    return make


def test_it_is_built_on_and_runs(app: Callable[..., Bench], lab: Lab) -> None:
    bench = app()
    said = bench.run("build", "app", "--output", "oci-archive:new.tar")
    assert "the base runs as root: the image will run as 65532" in said.stderr
    assert "writing ld.so.cache anew" in said.stderr
    assert "nobody is known to sign" in said.stderr
    image = open_image(f"oci-archive:{bench.folder}/new.tar")
    assert image.layers[: len(lab.image.layers)] == lab.image.layers  # untouched
    assert (image.config.user, dict(image.config.labels)) == ("65532", {"theirs": "1"})
    assert set(lab.image.config.env) <= set(image.config.env)
    notes = dict(image.annotations)
    assert notes["org.opencontainers.image.base.name"] == lab.name
    assert notes["org.opencontainers.image.base.digest"] == lab.image.digest
    (lock,) = from_json((bench.app / "barehull.lock").read_text(), "lock")
    assert lock.base is not None
    assert (lock.base.digest, lock.base.manifest, lock.base.signer) == (lab.image.digest, lab.image.digest, "")
    with Rootfs.of(image) as rootfs:
        assert "libz.so.1" in read_cache(rootfs.read("etc/ld.so.cache"))
    loaded = subprocess.run(
        [*PODMAN, "load", "-q", "-i", "new.tar"], cwd=bench.folder, capture_output=True, text=True, timeout=200
    )
    assert loaded.returncode == 0, loaded.stderr
    name = loaded.stdout.strip().rpartition(": ")[2]
    try:
        ran = subprocess.run([*PODMAN, *RUN, name], capture_output=True, text=True, timeout=120)
    finally:
        subprocess.run([*PODMAN, "rmi", "--force", name], capture_output=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert (answer["pq"], answer["uid"], answer["z"]) == ("binary", 65532, "libz.so.1")
    assert answer["psycopg"] > 160000
    assert answer["compiled"].endswith(".cpython-313.pyc")


def test_a_release_tells_of_the_base(app: Callable[..., Bench], lab: Lab) -> None:
    lab.sign(lab.image.digest)
    bench = app(base_key="cosign.pub")
    bench.run("release", "app", "--output", "oci:new", "--report", "out", "-q", code=3)
    signer = from_json((bench.app / "barehull.lock").read_text(), "lock")[0].base.signer  # type: ignore[union-attr]
    assert signer.startswith("key sha256:")
    provenance = json.loads((bench.folder / "out/provenance.json").read_text())
    named = [it for it in provenance["predicate"]["buildDefinition"]["resolvedDependencies"] if it["name"] == lab.name]
    assert named[0]["annotations"]["barehull:signer"] == signer
    assert named[0]["digest"] == {"sha256": lab.image.digest.removeprefix("sha256:")}


def test_a_signature_of_another_is_refused(app: Callable[..., Bench], lab: Lab) -> None:
    lab.sign(lab.image.digest, by=ec.generate_private_key(ec.SECP256R1()))
    bench = app(base_key="cosign.pub")
    # Not the kept signature of another test: that one is good.
    said = bench.run("build", "app", "--output", "oci:new", code=2, BAREHULL_CACHE=str(bench.folder / "cold"))
    assert "has no valid signature of key sha256:" in said.stderr
    assert not (bench.folder / "new").exists()
    assert not (bench.app / "barehull.lock").exists()


def test_no_signature_at_all_is_refused(app: Callable[..., Bench], lab: Lab) -> None:
    other = f"{lab.address}/unsigned/python3"
    push_image(lab.image, f"{other}:1")
    said = app(f"{other}:1", base_key="cosign.pub").run("build", "app", "--output", "oci:new", code=2)
    assert "there is none beside it" in said.stderr


def test_equal_digests_twice_and_offline(app: Callable[..., Bench], lab: Lab, tmp_path: Path) -> None:
    lab.sign(lab.image.digest)
    first, second = app(base_key="cosign.pub"), app(base_key="cosign.pub")
    for bench, cache in ((first, "one"), (second, "two")):
        bench.environment["BAREHULL_CACHE"] = str(bench.folder / cache)
        bench.run("build", "app", "--output", "oci:new", "-q")
    digest = open_image(f"oci:{first.folder}/new").digest
    assert open_image(f"oci:{second.folder}/new").digest == digest
    conf = tmp_path / "registries.conf"
    conf.write_text(f'[[registry]]\nprefix = "{lab.address}"\nlocation = "127.0.0.1:9"\n')  # where nobody listens
    offline = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    offline["CONTAINERS_REGISTRIES_CONF"] = str(conf)
    lock = first.app / "barehull.lock"
    cold = {**offline, "BAREHULL_CACHE": str(first.folder / "cold")}
    first.run("build", "app", "--output", "oci:again", "-q", code=3, **cold)
    first.run("build", "app", "--output", "oci:again", "-q", **offline)
    assert open_image(f"oci:{first.folder}/again").digest == digest
    lock.write_text(lock.read_text().replace('"signer": "key ', '"signer": "our key '))
    assert "the lock says by our key" in first.run("build", "app", "--output", "oci:again", code=2).stderr


def test_update_follows_the_tag(app: Callable[..., Bench], lab: Lab) -> None:
    name = f"{lab.address}/moving/python3:1"
    push_image(lab.image, name)
    bench = app(name)
    bench.run("lock", "app", "-q")
    newer = make_image(replace(lab.image.config, labels=(("theirs", "2"),)), lab.image.layers, lab.store)
    push_image(newer, name)
    assert "There is nothing to do" in bench.run("lock", "app", "-q").stdout
    said = bench.run("lock", "app", "--update", "-q").stdout
    assert f"base {name} (amd64) {lab.image.digest} -> {newer.digest}" in said
    bench.run("build", "app", "--output", "oci:new", "-q")
    assert dict(open_image(f"oci:{bench.folder}/new").config.labels) == {"theirs": "2"}


def test_packages_on_a_base(app: Callable[..., Bench], lab: Lab) -> None:
    bench = app()
    config = bench.app / "barehull.toml"
    config.write_text(config.read_text() + 'packages = ["libpq5", "zlib1g"]\n')
    bench.run("build", "app", "--output", "oci:new", "-q")
    (lock,) = from_json((bench.app / "barehull.lock").read_text(), "lock")
    names = [deb.name for deb in lock.debs]
    assert names[0] == "libpq5"
    assert "zlib1g" not in names  # the base has it
    with Rootfs.of(open_image(f"oci:{bench.folder}/new")) as rootfs:
        assert rootfs.get("var/lib/dpkg/status.d/libpq5") is not None
        assert "libpq.so.5" in read_cache(rootfs.read("etc/ld.so.cache"))


def test_a_base_in_a_folder(app: Callable[..., Bench], lab: Lab) -> None:
    from barehull.oci.reference import save_image

    bench = app("oci:../base:1")
    save_image(lab.image, f"oci:{bench.folder}/base:1")
    bench.run("build", "app", "--output", "oci:new", "-q")
    assert open_image(f"oci:{bench.folder}/new").layers[0] == lab.image.layers[0]


def test_zstd_leaves_the_layers_of_the_base(app: Callable[..., Bench], lab: Lab) -> None:
    bench = app()
    bench.run("build", "app", "--output", "oci:new", "--compression", "zstd", "-q")
    image = open_image(f"oci:{bench.folder}/new")
    assert image.layers[: len(lab.image.layers)] == lab.image.layers
    assert {it.media_type.rpartition("+")[2] for it in image.layers[len(lab.image.layers) :]} == {"zstd"}


def test_a_base_without_python(app: Callable[..., Bench], lab: Lab) -> None:
    few = [it for it in lab.image.layers if not any(part in it.created_by for part in ("python3.13", "users"))]
    bare = make_image(lab.image.config, few, lab.store)
    push_image(bare, f"{lab.address}/bare/base:1")
    said = app(f"{lab.address}/bare/base:1").run("build", "app", "--output", "oci:new", code=2)
    assert "has no Python: /usr/bin/python3 leads to no" in said.stderr


def test_a_name_whose_signer_is_known(app: Callable[..., Bench], lab: Lab, tmp_path: Path) -> None:
    """gcr.io/distroless leads to the lab, whose signature is not that of distroless: a mirror that swaps images."""
    conf = tmp_path / "registries.conf"
    conf.write_text(f'[[registry]]\nprefix = "gcr.io"\nlocation = "{lab.address}"\ninsecure = true\n')
    redirected = {"CONTAINERS_REGISTRIES_CONF": str(conf)}
    lab.sign(lab.image.digest)
    name = "gcr.io/distroless/python3-debian13"
    said = app(name).run("build", "app", "--output", "oci:new", code=2, **redirected)
    assert "no valid signature of keyless@distroless.iam.gserviceaccount.com" in said.stderr
    assert 'base-signature = "unchecked"' in said.stderr
    ours = app(name, base_key="cosign.pub")
    ours.run("build", "app", "--output", "oci:new", "-q", **redirected)
    bench = app(name, base_signature="unchecked")
    told = bench.run("release", "app", "--output", "oci:new", "--report", "out", code=3, **redirected)
    assert "UNCHECKED" in told.stderr
    assert f"base {name}  {lab.image.digest}, UNVERIFIED" in told.stdout
    provenance = (bench.folder / "out/provenance.json").read_text()
    assert '"barehull:signer": "unverified"' in provenance


def test_a_signature_in_a_bundle_that_refers_to_the_image(app: Callable[..., Bench], lab: Lab) -> None:
    """As newer cosigns sign: no tag beside the image, but an artifact with it as subject."""
    name = f"{lab.address}/bundled/python3:1"
    push_image(lab.image, name)
    bench = app(name, base_key="cosign.pub")
    assert "there is none beside it" in bench.run("build", "app", "--output", "oci:new", code=2).stderr
    subject = [{"digest": {"sha256": lab.image.digest.removeprefix("sha256:")}}]
    said = {"predicateType": "https://sigstore.dev/cosign/sign/v1", "subject": subject}
    kind, payload = "application/vnd.in-toto+json", json.dumps(said).encode()
    signature = lab.key.sign(
        b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload), ec.ECDSA(SHA256())
    )
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": kind,
        "signatures": [{"sig": base64.b64encode(signature).decode()}],
    }
    bundle = json.dumps({"dsseEnvelope": envelope, "verificationMaterial": {"publicKey": {}}}).encode()
    kinds = ("application/vnd.dev.sigstore.bundle.v0.3+json", "application/spdx+json")
    attach(lab.image, [Artifact(it, bundle) for it in kinds], f"docker://{name}", store=lab.store)
    bench.run("build", "app", "--output", "oci:new", "-q")
    (lock,) = from_json((bench.app / "barehull.lock").read_text(), "lock")
    assert lock.base is not None
    assert lock.base.signer.startswith("key sha256:")
