from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from barehull.checking.discovery import Discovery, discover, is_dockerfile
from barehull.checking.patterns import git_patterns, is_bounded


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    return root


def add(root: Path, *paths: str, text: str = "FROM scratch\n") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def files(root: Path) -> list[str]:
    found = discover(str(root))
    assert found.errors == []
    return sorted(found.files + found.links)


@pytest.mark.parametrize(
    "name",
    ["Dockerfile", "Dockerfile.cpu", "Dockerfile-dev", "web.Dockerfile", "web.dockerfile", "Containerfile",
     "Containerfile.gpu", "web.Containerfile", "dockerfile", "Dockerfile.j2"],
)  # fmt: skip
def test_names_of_dockerfiles(name: str) -> None:
    assert is_dockerfile(name)


@pytest.mark.parametrize(
    "name",
    ["Dockerfile.dockerignore", ".dockerignore", "web.Dockerfile.dockerignore", "dockerfile.go", "Dockerfiles",
     "dockerfile_test.go", "MyDockerfile", "docker-compose.yml", "Makefile", ".dockerfile"],
)  # fmt: skip
def test_names_of_other_files(name: str) -> None:
    assert not is_dockerfile(name)


def test_a_folder_is_looked_through(tree: Path) -> None:
    add(tree, "Dockerfile", "a/b/Containerfile", "a/x.py", "c/web.Dockerfile")
    assert files(tree) == ["Dockerfile", "a/b/Containerfile", "c/web.Dockerfile"]


def test_templates_and_texts_are_passed_over_with_the_reason(tree: Path) -> None:
    add(tree, "Dockerfile.j2", "a/Dockerfile.tmpl", "Dockerfile.tpl", "Dockerfile.md")
    found = discover(str(tree))
    assert found.files == []
    assert dict(found.skipped)["a/Dockerfile.tmpl"].startswith("a template")
    assert sorted(dict(found.skipped)) == ["Dockerfile.j2", "Dockerfile.md", "Dockerfile.tpl", "a/Dockerfile.tmpl"]


def test_what_gitignore_excludes_is_not_found(tree: Path) -> None:
    add(tree, "build/Dockerfile", "a/Dockerfile", "a/gen.Dockerfile", "a/keep.Dockerfile", "a/b/build/x/Dockerfile")
    add(tree, ".gitignore", text="build/\n*.Dockerfile\n")
    add(tree, "a/.gitignore", text="!keep.Dockerfile\n")
    assert files(tree) == ["a/Dockerfile", "a/keep.Dockerfile"]


def test_gitignore_files_above_the_folder_count_up_to_the_root_of_the_repository(tree: Path) -> None:
    (tree / ".git").mkdir()
    add(tree.parent, ".gitignore", text="b.Dockerfile\n")
    add(tree, ".gitignore", text="/sub/deep/out\n*.gen.Dockerfile\n")
    add(tree, "sub/deep/out/Dockerfile", "sub/deep/x.gen.Dockerfile", "sub/deep/b.Dockerfile")
    assert files(tree / "sub" / "deep") == ["b.Dockerfile"]


def test_an_excluded_folder_that_is_named_is_looked_through(tree: Path) -> None:
    (tree / ".git").mkdir()
    add(tree, ".gitignore", text="build/\n")
    add(tree, "build/x/Dockerfile")
    assert files(tree) == []
    assert files(tree / "build") == ["x/Dockerfile"]
    assert files(tree / "build" / "x") == ["Dockerfile"]


def test_a_repository_within_has_its_own_rules(tree: Path) -> None:
    add(tree, ".gitignore", text="a.Dockerfile\n")
    add(tree, "a.Dockerfile", "vendor/a.Dockerfile", "vendor/b.Dockerfile", "sub/a.Dockerfile")
    (tree / "vendor" / ".git").mkdir()
    add(tree, "sub/.git", text="gitdir: ../.git/modules/sub\n")
    add(tree, "vendor/.gitignore", text="b.Dockerfile\n")
    assert files(tree) == ["sub/a.Dockerfile", "vendor/a.Dockerfile"]


def test_what_is_in_dot_git_is_never_looked_at(tree: Path) -> None:
    add(tree, ".git/Dockerfile", "Dockerfile")
    assert files(tree) == ["Dockerfile"]


def test_a_link_to_a_folder_that_it_is_in_is_an_error_and_has_an_end(tree: Path) -> None:
    add(tree, "a/Dockerfile")
    (tree / "a" / "loop").symlink_to(tree)
    (tree / "a" / "here").symlink_to(".")
    (tree / "self").symlink_to("self")
    found = discover(str(tree))
    assert found.files == ["a/Dockerfile"]
    assert sorted(path for path, _ in found.errors) == ["a/here", "a/loop", "self"]
    assert all("loop" in error.message for _, error in found.errors)


def test_an_excluded_loop_is_none(tree: Path) -> None:
    add(tree, "Dockerfile")
    add(tree, ".gitignore", text="loop\n")
    (tree / "loop").symlink_to(".")
    assert files(tree) == ["Dockerfile"]


def test_links_to_folders_are_not_followed(tree: Path) -> None:
    add(tree, "a/Dockerfile")
    add(tree.parent, "outside/Dockerfile")
    (tree / "b").symlink_to("a")
    (tree / "c").symlink_to("../outside")
    assert files(tree) == ["a/Dockerfile"]


def test_links_to_files_count_only_within_the_tree(tree: Path) -> None:
    add(tree, "docker/production", "x/Dockerfile")
    add(tree.parent, "secret")
    (tree / "Dockerfile").symlink_to("docker/production")
    (tree / "web.Dockerfile").symlink_to("../secret")
    found = discover(str(tree))
    assert found.links == ["Dockerfile"]
    assert found.skipped == [("web.Dockerfile", "a link out of the tree")]


def test_the_tree_of_a_folder_in_a_repository_is_the_repository(tree: Path) -> None:
    (tree / ".git").mkdir()
    add(tree, "common/base", "a/x")
    (tree / "a" / "Dockerfile").symlink_to("../common/base")
    assert files(tree / "a") == ["Dockerfile"]


def test_a_dockerfile_that_links_to_nothing_is_an_error(tree: Path) -> None:
    (tree / "Dockerfile").symlink_to("nowhere")
    (tree / "other").symlink_to("nowhere")
    assert [path for path, _ in discover(str(tree)).errors] == ["Dockerfile"]


def test_names_that_are_no_unicode(tree: Path) -> None:
    os.mkdir(os.fsencode(tree) + b"/\xff")
    add(tree, "\udcff/Dockerfile")
    assert files(tree) == ["\udcff/Dockerfile"]


def test_a_gitignore_of_any_bytes_excludes_what_it_can(tree: Path) -> None:
    (tree / ".gitignore").write_bytes(b"\xff\x00\n!\r\n[\r\na.Dockerfile\r\n")
    add(tree, "a.Dockerfile", "b.Dockerfile")
    assert files(tree) == ["b.Dockerfile"]


def test_a_gitignore_that_is_a_folder(tree: Path) -> None:
    add(tree, ".gitignore/Dockerfile")
    assert files(tree) == [".gitignore/Dockerfile"]


def test_patterns_stay_quick_whatever_they_are() -> None:
    hostile = "*a*a*a*a*a*a*a*a*b\n" + "**/a/" * 20 + "b\n*a*a*a\n"
    assert [is_bounded(line) for line in hostile.splitlines()] == [False, False, True]
    started = time.monotonic()
    assert git_patterns(hostile).decide("a" * 255)[0]
    assert time.monotonic() - started < 5


def test_folders_in_folders_have_an_end(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    for _ in range(210):
        os.mkdir("d")
        os.chdir("d")
    found: Discovery = discover(str(tree))
    assert [error.message for _, error in found.errors] == ["it is too deep in other folders"]
