"""References: what skopeo writes is understood, anything else is refused with the forms that are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.errors import InputError, UsageError
from barehull.files import Store
from barehull.oci.reference import Reference, check_output, open_image, parse, save_image

from .conftest import file, helpful, image

WORD = st.text("abcXYZ019", min_size=1, max_size=8)
TAGS = st.lists(WORD, min_size=1, max_size=4).flatmap(
    lambda words: st.sampled_from(["-", "--", ".", "_", ":", "@", "+", "/"]).map(lambda by: by.join(words))
)
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
    assert parse(text) == Reference(Path(folder), tag)


@given(FOLDERS, st.just("") | TAGS)
def test_what_is_written_is_read_back(folder: str, tag: str) -> None:
    reference = Reference(Path(folder), tag)
    assert parse(str(reference)) == reference


@pytest.mark.parametrize(
    "text", ["", "oci", "oci:", "oci::v1", "build/image", "OCI:build", "oci:a\0b", "app:v1", "debian.org/app:v1"]
)
def test_what_is_no_reference_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(UsageError, match="is not an image reference") as caught:
        parse(text)
    assert "oci:DIR:TAG" in caught.value.advice


@pytest.mark.parametrize("tag", ["", " ", "-v1", "v1-", "a//b", "a b", "v1\n", "..", "a..b", "é", "a" * 4000 + "!"])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(UsageError, match="which is not one"):
        parse(f"oci:build:{tag}")


@pytest.mark.parametrize("text", ["docker://debian:13", "docker-daemon:app:1", "oci-archive:a.tar", "dir:a"])
def test_images_elsewhere_are_copied_by_skopeo_first(text: str) -> None:
    with pytest.raises(UsageError, match="does not read or write") as caught:
        parse(text)
    assert f"skopeo copy {text} oci:DIR:TAG" in caught.value.advice


@given(st.text(max_size=30) | st.text("oci:/-.a\0", max_size=12).map("oci:".__add__))
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
