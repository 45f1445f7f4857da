from __future__ import annotations

import os
from pathlib import Path

import pytest

from barehull.catalog.catalog import Catalog
from barehull.checking.model import CheckReport
from barehull.checking.run import Wishes, check_paths
from barehull.core.errors import InputError
from barehull.guidelines.model import Guideline

from .conftest import TODAY, TOYS
from .test_discovery import add


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def run(catalog: Catalog) -> object:
    def running(*paths: str, **wishes: object) -> CheckReport:
        return check_paths(paths or (".",), Wishes(**wishes), TOYS, catalog, TODAY)  # type: ignore[arg-type]

    return running


def states(report: CheckReport) -> dict[str, str]:
    return {file.path: file.state for file in report.files}


def test_files_are_sorted_and_named_as_the_user_named_them(here: Path, run) -> None:
    add(here, "b/Dockerfile", "a/Dockerfile", "a-b/Dockerfile", "Dockerfile", text="FROM a:1\n")
    assert [*states(run())] == ["Dockerfile", "a/Dockerfile", "a-b/Dockerfile", "b/Dockerfile"]
    assert [*states(run("a", "./b/"))] == ["a/Dockerfile", "b/Dockerfile"]
    assert [*states(run("../here/a"))] == ["../here/a/Dockerfile"]
    assert [*states(run(str(here / "a")))] == [str(here / "a" / "Dockerfile")]


def test_each_file_is_checked_once(here: Path, run) -> None:
    add(here, "a/Dockerfile", text="FROM a:1\n")
    (here / "Dockerfile").symlink_to("a/Dockerfile")
    assert [*states(run(".", "a", "a/Dockerfile", str(here), "Dockerfile"))] == ["a/Dockerfile"]


def test_a_named_file_may_have_any_name(here: Path, run) -> None:
    add(here, "production", "Dockerfile.j2", text="FROM a:latest\n")
    assert states(run("production", "Dockerfile.j2")) == {"production": "failed", "Dockerfile.j2": "failed"}


def test_one_bad_file_hides_no_others_findings(here: Path, run) -> None:
    add(here, "a/Dockerfile", text="FROM a:latest\n")
    add(here, "empty/Dockerfile", text="")
    add(here, "no/Dockerfile", text="hello\n")
    (here / "Dockerfile").write_bytes(b"FROM a\0")
    (here / "loop").symlink_to(".")
    os.mkfifo(here / "fifo")
    report = run(".", "nowhere", "a/Dockerfile/x", "fifo", "\0")
    assert report.state == "bad-input"
    assert states(report) == {
        "Dockerfile": "bad-input",
        "a/Dockerfile": "failed",
        "a/Dockerfile/x": "bad-input",
        "empty/Dockerfile": "bad-input",
        "fifo": "bad-input",
        "loop": "bad-input",
        "no/Dockerfile": "bad-input",
        "nowhere": "bad-input",
        "\0": "bad-input",
    }
    errors = {file.path: file.error.message for file in report.files if file.error}
    assert "NUL" in errors["Dockerfile"]
    assert errors["empty/Dockerfile"] == "it is empty"
    assert errors["nowhere"] == "there is no such file or folder"
    assert errors["fifo"] == "it is no regular file"
    assert "loop" in errors["loop"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(here: Path, run) -> None:
    add(here, "Dockerfile")
    (here / "Dockerfile").chmod(0)
    assert states(run()) == {"Dockerfile": "bad-input"}


def test_a_link_in_a_loop_that_is_named(here: Path, run) -> None:
    (here / "x").symlink_to("y")
    (here / "y").symlink_to("x")
    report = run("x")
    assert report.files[0].error is not None
    assert report.files[0].error.message == "it is a link in a loop"


def test_a_file_that_is_far_too_large(here: Path, run) -> None:
    with open(here / "Dockerfile", "wb") as file:
        file.truncate(1 << 30)
    error = run().files[0].error
    assert error is not None
    assert "16 MiB" in error.message


def test_bad_input_goes_before_failed_and_failed_before_unknown(here: Path, run) -> None:
    add(here, "Dockerfile", text="ARG A\nFROM $A\n")
    assert run().state == "unknown"
    add(here, "a/Dockerfile", text="FROM a:latest\n")
    assert run().state == "failed"
    add(here, "b/Dockerfile", text="")
    assert run().state == "bad-input"


def test_a_folder_without_a_dockerfile_is_bad_input(here: Path, run) -> None:
    add(here, "Dockerfile.j2")
    report = run()
    assert report.state == "bad-input"
    assert report.skipped == (("Dockerfile.j2", "a template: check what is made of it"),)


def test_files_out_of_scope_are_listed_with_the_reason_and_not_read(here: Path, run) -> None:
    add(here, "Dockerfile", text="FROM a:1\n")
    add(here, "ci/a/Dockerfile", "ci/keep/Dockerfile", text="")
    (here / "ci" / "loop").symlink_to(".")
    scopes = (("/x/", "no"), ("ci/**", "runs in CI"), ("!ci/keep/**", "ships"))
    entries = ", ".join(f'{{ path = "{path}", reason = "{reason}" }}' for path, reason in scopes)
    add(here, "barehull.toml", text=f"[check]\nout-of-scope = [{entries}]\n")
    for paths in ((".",), ("ci", "."), ("ci/a/Dockerfile", ".")):
        report = run(*paths)
        assert {file.path: file.out_of_scope for file in report.files} == {
            "Dockerfile": "",
            "ci/a/Dockerfile": "runs in CI",
            "ci/keep/Dockerfile": "",
            "ci/loop": "runs in CI",
        }
    assert states(report)["ci/a/Dockerfile"] == "passed"
    assert states(report)["ci/keep/Dockerfile"] == "bad-input"


def test_each_path_has_the_configuration_that_is_nearest_to_it(here: Path, run) -> None:
    add(here, "a/Dockerfile", "b/Dockerfile", text="FROM a\n")
    add(here, "barehull.toml", text="[check]\nfail-on = 'warning'\n")
    add(here, "a/pyproject.toml", text="[tool.barehull.check]\nselect = ['quiet']\n")
    report = run("a", "b")
    assert states(report) == {"a/Dockerfile": "passed", "b/Dockerfile": "failed"}
    assert [len(file.images[0].answers) for file in report.files] == [1, 2]
    assert states(run(".")) == {"a/Dockerfile": "failed", "b/Dockerfile": "failed"}


def test_what_the_user_says_goes_before_the_configuration(here: Path, run) -> None:
    add(here, "Dockerfile", text="FROM a\n")
    add(here, "barehull.toml", text="[check]\nselect = ['quiet']\nfail-on = 'warning'\n")
    add(here, "other.toml", text="[check]\nignore = ['quiet']\n")

    def asked(**wishes: object) -> list[str]:
        return [guideline.name for guideline in run(**wishes).guidelines]

    assert asked() == ["quiet"]
    assert asked(select=("tagged",)) == ["tagged"]
    assert asked(select=("tagged", "quiet"), ignore=("tagged",)) == ["quiet"]
    assert asked(config=Path("other.toml")) == ["tagged"]
    assert run(select=("tagged",)).state == "failed"
    assert run(select=("tagged",), fail_on="error").state == "passed"


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"select": ("quite",)}, ("'quite'", "Did you mean 'quiet'", "tagged")),
        ({"ignore": ("xyz",)}, ("'xyz'", "There are: quiet, tagged")),
        ({"ignore": ("quiet", "tagged")}, ("no guideline is left",)),
        ({"config": Path("nowhere.toml")}, ("nowhere.toml",)),
    ],
)
def test_wishes_that_are_not_right(here: Path, run, wishes: dict[str, object], words: tuple[str, ...]) -> None:
    add(here, "Dockerfile")
    with pytest.raises(InputError) as caught:
        run(**wishes)
    for word in words:
        assert word in f"{caught.value.what} {caught.value.advice}"


def test_an_unknown_guideline_in_the_configuration_is_named_with_the_file(here: Path, run) -> None:
    add(here, "Dockerfile")
    add(here, "barehull.toml", text="[check]\nignore = ['pinned']\n")
    with pytest.raises(InputError, match="barehull.toml: there is no guideline 'pinned'"):
        run()


def test_the_guidelines_of_a_report_are_those_that_were_asked(here: Path, run) -> None:
    add(here, "Dockerfile")
    guidelines: tuple[Guideline, ...] = run(select=("quiet",)).guidelines
    assert [guideline.name for guideline in guidelines] == ["quiet"]
