"""References: what skopeo writes is understood, anything else is refused with the forms that are."""

from __future__ import annotations

import http.server
import threading
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import BarehullError, InputError, UsageError
from barehull.files import Store
from barehull.oci.reference import Reference, check_output, open_image, parse, save_image
from barehull.oci.rootfs import Rootfs

from .conftest import file, helpful, image

WORD = st.text("abcXYZ019", min_size=1, max_size=8)
TAGS = st.lists(WORD, min_size=1, max_size=4).flatmap(
    lambda words: st.sampled_from(["-", "--", ".", "_", ":", "@", "+", "/"]).map(lambda by: by.join(words))
)
DIGEST = "sha256:" + "0" * 64
FOLDERS = st.text(st.characters(blacklist_characters=":\0", blacklist_categories=("Cs",)), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("text", "folder", "tag"),
    [
        ("oci:build", "build", ""),
        ("oci:build/image:v1", "build/image", "v1"),
        ("oci:/srv/a b:registry/app:1.0@x", "/srv/a b", "registry/app:1.0@x"),
        ("oci:.", ".", ""),
    ],
)
def test_a_reference_is_a_folder_and_a_tag(text: str, folder: str, tag: str) -> None:
    assert parse(text) == Reference("oci", Path(folder), tag)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("oci-archive:a.tar", Reference("oci-archive", Path("a.tar"))),
        ("oci-archive:/srv/a b.tar:app/v1", Reference("oci-archive", Path("/srv/a b.tar"), "app/v1")),
        ("docker-archive:a.tar", Reference("docker-archive", Path("a.tar"))),
        ("docker-archive:a.tar:app", Reference("docker-archive", Path("a.tar"), "app")),
        (
            "docker-archive:a.tar:localhost:5000/app:v1",
            Reference("docker-archive", Path("a.tar"), "localhost:5000/app:v1"),
        ),
        ("docker-archive:a.tar:@0", Reference("docker-archive", Path("a.tar"), "@0")),
        ("docker://debian:13", Reference("docker", Path(), "debian:13")),
        (f"docker://[::1]:5000/a/b@{DIGEST}", Reference("docker", Path(), f"[::1]:5000/a/b@{DIGEST}")),
    ],
)
def test_a_reference_is_a_file_and_a_tag_or_a_name(text: str, reference: Reference) -> None:
    assert parse(text) == reference
    assert str(reference) == text


@given(st.sampled_from(["oci", "oci-archive"]), FOLDERS, st.just("") | TAGS)
def test_what_is_written_is_read_back(transport: str, folder: str, tag: str) -> None:
    reference = Reference(transport, Path(folder), tag)
    assert parse(str(reference)) == reference


@pytest.mark.parametrize(
    "text",
    [
        *("", "oci", "oci:", "oci::v1", "build/image", "OCI:build", "oci:a\0b", "app:v1", "debian.org/app:v1"),
        *(
            "docker:app",
            "docker:/app",
            "oci-archive:",
            "oci-archive::v1",
            "docker-archive:",
            "docker-archive::app",
            "docker-archive:a\0b:app",
        ),
    ],
)
def test_what_is_no_reference_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(UsageError, match="is not an image reference") as caught:
        parse(text)
    assert "oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG] or docker://" in caught.value.advice


@pytest.mark.parametrize("tag", ["", " ", "-v1", "v1-", "a//b", "a b", "v1\n", "..", "a..b", "é", "a" * 4000 + "!"])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(UsageError, match="which is not one"):
        parse(f"oci:build:{tag}")
    with pytest.raises(UsageError, match="which is not one"):
        parse(f"oci-archive:a.tar:{tag}")


@pytest.mark.parametrize(
    "name", ["", " ", "App", "app:", "app@sha256:" + "0" * 64, "@", "@-1", "@1x", "app:v1\n", "../a"]
)
def test_what_is_no_name_in_an_archive_is_refused(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(f"docker-archive:a.tar:{name}")
    assert helpful(caught.value)


@pytest.mark.parametrize("text", ["docker-daemon:app:1", "containers-storage:app:1", "dir:a"])
def test_images_elsewhere_are_copied_by_skopeo_first(text: str) -> None:
    with pytest.raises(UsageError, match="does not read or write") as caught:
        parse(text)
    assert f"skopeo copy {text} oci:DIR:TAG" in caught.value.advice


@given(
    st.text(max_size=30)
    | st.text("oci:/-.@a\0", max_size=12).flatmap(
        lambda text: st.sampled_from(
            [f"{transport}:{text}" for transport in ("oci", "oci-archive", "docker-archive", "docker")]
        )
    )
)
def test_any_text_is_a_reference_or_a_usage_error(text: str) -> None:
    try:
        assert parse(parse(text).__str__()) == parse(text)
    except UsageError:
        pass


def test_an_image_saved_without_a_tag_is_the_latest(tmp_path: Path, store: Store) -> None:
    one = image(store, [file("a", b"one")])
    save_image(one, f"oci:{tmp_path}/out")
    assert open_image(f"oci:{tmp_path}/out:latest") == open_image(f"oci:{tmp_path}/out") == one


def test_an_image_is_saved_under_its_tag(tmp_path: Path, store: Store) -> None:
    one, two = image(store, [file("a", b"one")]), image(store, [file("a", b"two")])
    save_image(one, f"oci:{tmp_path}/out:app/v1")
    save_image(two, f"oci:{tmp_path}/out:app/v2")
    assert [open_image(f"oci:{tmp_path}/out:app/{tag}") for tag in ("v1", "v2")] == [one, two]


def test_a_platform_that_is_not_there_is_said(tmp_path: Path, store: Store) -> None:
    save_image(image(store, []), f"oci:{tmp_path}/out")
    with pytest.raises(InputError, match="no image for linux/arm64") as caught:
        open_image(f"oci:{tmp_path}/out", "linux/arm64")
    assert caught.value.advice == "It is for linux/amd64."


def test_an_output_that_is_taken_is_refused_before_the_work(tmp_path: Path) -> None:
    check_output(f"oci:{tmp_path}/new")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="exists and is not an OCI layout") as caught:
        check_output(f"oci:{tmp_path}")
    assert helpful(caught.value)
    with pytest.raises(UsageError, match="exists and is not an OCI layout"):
        check_output(f"oci:{tmp_path}/notes.txt")


@pytest.mark.parametrize("name", ["n" * 300, "file/below"])
def test_a_folder_that_cannot_be_is_bad_input(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be read|is not an OCI image layout"):
        open_image(f"oci:{tmp_path}/{name}")


@pytest.mark.parametrize(
    "text", ["oci:it:v1", "oci-archive:it.tar", "oci-archive:it.tar:v1", "docker-archive:it.tar:app:v1"]
)
def test_what_is_saved_is_opened(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    one = image(store, [file("a", b"one")])
    check_output(text)
    save_image(one, text)
    check_output(text)  # it may be replaced
    found = open_image(text, "linux/amd64")
    assert (found.config, found.layers[0].diff_id) == (one.config, one.layers[0].diff_id)
    with Rootfs.of(found) as rootfs:
        assert rootfs.read("a") == b"one"


@pytest.mark.parametrize("transport", ["oci-archive", "docker-archive"])
def test_a_file_that_is_taken_is_refused_before_the_work(tmp_path: Path, store: Store, transport: str) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for act in (check_output, lambda text: save_image(image(store, []), text)):
        with pytest.raises(UsageError, match="exists and is not an archive") as caught:
            act(f"{transport}:{tmp_path}/notes.txt")
        assert helpful(caught.value)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_number_is_no_name_to_write(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a number, not a name"):
        check_output(f"docker-archive:{tmp_path}/it.tar:@0")


@pytest.mark.parametrize(
    "name", ["", "/app", "App", "app:", "app@sha256:1", "registry:99999/app", "a\x1b[2J", "a" * 5000]
)
def test_what_is_no_name_at_a_registry_is_refused_before_the_work(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_output(f"docker://{name}")
    assert helpful(caught.value)


class Nothing(http.server.BaseHTTPRequestHandler):
    """A registry without images that lets nobody push."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        self.send_response(404 if self.command in ("GET", "HEAD") else 405)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_GET

    def log_message(self, *_: object) -> None:
        pass


def test_an_image_at_a_registry_is_asked_for_there(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAREHULL_CACHE", str(tmp_path / "cache"))
    said: list[str] = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        name = f"docker://127.0.0.1:{server.server_address[1]}/app:v1"
        check_output(name)
        assert not Nothing.asked, "it was only looked at"
        with pytest.raises(BarehullError) as caught:
            open_image(name, progress=said.append)
        assert said
        assert helpful(caught.value)
        assert "GET /v2/app/manifests/v1" in Nothing.asked
        with pytest.raises(BarehullError):
            save_image(image(store, [file("a", b"one")]), name)
        assert any(request.startswith("POST /v2/app/blobs/uploads/") for request in Nothing.asked)
        server.shutdown()
