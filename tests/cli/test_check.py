"""`barehull check` as a user meets it, in a process of its own."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

GOOD = """\
FROM golang:1.27@sha256:{0} AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOOS=linux go build -a -o /manager .

FROM gcr.io/distroless/static-debian13:nonroot@sha256:{0}
COPY --from=build /manager /manager
USER 65532:65532
ENTRYPOINT ["/manager"]
""".format("a" * 64)
BAD = GOOD.replace("gcr.io/distroless/static-debian13:nonroot@sha256:" + "a" * 64, "debian:13")
UNKNOWN = GOOD.replace("FROM gcr.io/distroless/static-debian13:nonroot@sha256:" + "a" * 64, "ARG BASE\nFROM $BASE")


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [sys.executable, "-m", "barehull", "check", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        env=os.environ | {"BAREHULL_CACHE": str(cwd / ".cache")} | environment,
        timeout=120,
    )
    assert "Traceback" not in result.stderr
    assert "defect" not in result.stderr
    return result


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def write(here: Path, **files: str) -> None:
    for name, text in files.items():
        path = here / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_the_folder_is_checked_by_default(here: Path) -> None:
    write(here, Dockerfile=GOOD)
    result = run(cwd=here)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1].startswith("passed: 1 file, 1 image: 0 failed")


@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), (BAD, 1), ("", 2), (UNKNOWN, 3)])
def test_exit_codes(here: Path, text: str, code: int) -> None:
    write(here, Dockerfile=text)
    assert run("Dockerfile", cwd=here).returncode == code


@pytest.mark.parametrize(("texts", "code"), [((BAD, UNKNOWN), 1), ((UNKNOWN, "", BAD), 2), ((GOOD, UNKNOWN), 3)])
def test_the_worst_of_several_counts(here: Path, texts: tuple[str, ...], code: int) -> None:
    write(here, **{f"{number}__Dockerfile": text for number, text in enumerate(texts)})
    assert run(cwd=here).returncode == code


def test_warnings_fail_where_they_are_asked_to(here: Path) -> None:
    write(here, Dockerfile=GOOD.replace("USER", "# barehull: ignore[exec-form] an old one\nUSER"))
    assert run(cwd=here).returncode == 0
    assert run("--fail-on", "warning", cwd=here).returncode == 1


def test_text_shows_the_source_underlined_why_and_what_to_do(here: Path) -> None:
    write(here, Dockerfile=BAD)
    said = run("--select", "distroless-runtime", cwd=here).stdout
    assert "error[distroless-runtime]: " in said
    assert "--> Dockerfile:6:6" in said
    assert "  6 | FROM debian:13\n    |      ^^^^^^^^^\n" in said
    assert "= why: " in said
    assert "= help: " in said


def test_json_has_the_shape_that_is_promised(here: Path) -> None:
    write(here, app__Dockerfile=BAD, ci__Dockerfile=BAD)
    write(here, **{"barehull.toml": '[check]\nout-of-scope = [{ path = "ci/**", reason = "runs in CI" }]\n'})
    result = run("--format", "json", cwd=here)
    assert result.returncode == 1
    value = json.loads(result.stdout)
    assert value["schema"] == "barehull/check/1"
    assert [(file["path"], file["scope"]) for file in value["files"]] == [
        ("app/Dockerfile", "in"),
        ("ci/Dockerfile", "out"),
    ]
    (image,) = value["files"][0]["images"]
    assert (image["target"], image["language"], image["base"]) == ("1", "go", "debian:13")
    answer = image["guidelines"]["distroless-runtime"]
    assert answer["status"] == "fail"
    assert answer["findings"][0]["start"] == {"line": 6, "column": 6}
    assert answer["findings"][0]["end"] == {"line": 6, "column": 15}
    assert value["files"][1]["images"] == []
    assert value["files"][1]["reason"] == "runs in CI"


def test_an_ignore_with_a_reason_counts_and_is_shown(here: Path) -> None:
    comment = "# barehull: ignore[distroless-runtime,pinned-base] needs a shell for X\n"
    write(here, Dockerfile=BAD.replace("FROM debian", f"{comment}FROM debian"))
    result = run("--select", "distroless-runtime", cwd=here)
    assert result.returncode == 0
    assert "ignored error[distroless-runtime]" in result.stdout
    assert "= ignored: needs a shell for X" in result.stdout
    assert ", 1 ignored" in result.stdout


def test_selected_and_ignored_guidelines(here: Path) -> None:
    write(here, Dockerfile=BAD)
    assert run("--ignore", "distroless-runtime", "--ignore", "supported-base", cwd=here).returncode == 0
    assert run("--ignore", "distroless-runtime,supported-base", cwd=here).returncode == 0
    assert run("--select", "multi-stage", "--select", "go-version", cwd=here).returncode == 0


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "markdown", "junit"])
def test_a_report_in_a_file_is_the_one_on_stdout(here: Path, form: str) -> None:
    write(here, Dockerfile=BAD)
    shown = run("--format", form, cwd=here)
    kept = run("--format", form, "--output", "report", cwd=here)
    assert (kept.returncode, kept.stdout) == (1, "")
    assert (here / "report").read_text() == shown.stdout
    assert "the report is in report" in kept.stderr


def test_the_formats_are_what_they_are_called(here: Path) -> None:
    write(here, Dockerfile=BAD)
    assert json.loads(run("--format", "sarif", cwd=here).stdout)["version"] == "2.1.0"
    assert run("--format", "github", cwd=here).stdout.startswith("::")
    assert run("--format", "markdown", cwd=here).stdout.startswith("## barehull check")
    assert ElementTree.fromstring(run("--format", "junit", cwd=here).stdout).tag == "testsuites"


def refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 2, result.stderr
    assert "what to do: " in result.stderr
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ("Dockerfile: it is empty",)),
        (b"\n \n", ("Dockerfile: it is empty",)),
        (b"\x7fELF\x00\x01", ("Dockerfile: it is not a Dockerfile", "NUL")),
        (b"hello, world\n", ("Dockerfile: ",)),
        (b"# just this\n", ("Dockerfile: ",)),
        (b"\xff\xfe\xfd", ("Dockerfile: ",)),
        (b"RUN ls\n", ("Dockerfile: ",)),
        (b"FROM\n", ("Dockerfile: ",)),
    ],
)
def test_a_file_that_is_no_dockerfile(here: Path, data: bytes, words: tuple[str, ...]) -> None:
    (here / "Dockerfile").write_bytes(data)
    write(here, other__Dockerfile=BAD)
    result = run("--format", "json", cwd=here)
    refused(result, *words)
    bad, other = json.loads(result.stdout)["files"]
    assert bad["error"]["message"]
    assert other["images"][0]["guidelines"]["distroless-runtime"]["status"] == "fail"


def test_a_path_that_is_not_there(here: Path) -> None:
    write(here, Dockerfile=BAD)
    result = run("nowhere", "Dockerfile", cwd=here)
    refused(result, "nowhere: there is no such file or folder")
    assert "error[distroless-runtime]" in result.stdout


def test_a_folder_without_a_dockerfile(here: Path) -> None:
    refused(run(cwd=here), ".: there is no Dockerfile in this folder")


def test_a_loop_of_folders(here: Path) -> None:
    write(here, app__Dockerfile=BAD)
    (here / "app" / "loop").symlink_to("..")
    result = run(cwd=here)
    refused(result, "app/loop: it is a link to a folder that it is in: a loop")
    assert "error[distroless-runtime]" in result.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(here: Path) -> None:
    write(here, Dockerfile=GOOD)
    (here / "Dockerfile").chmod(0)
    refused(run(cwd=here), "Dockerfile: it may not be read")


def test_a_pipe_is_not_waited_for(here: Path) -> None:
    os.mkfifo(here / "Dockerfile")
    refused(run("Dockerfile", cwd=here), "Dockerfile: it is no regular file")


def test_many_bad_files_are_not_all_told_twice(here: Path) -> None:
    write(here, **{f"{number}__Dockerfile": "" for number in range(9)})
    refused(run(cwd=here), "4 more files could not be checked")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--select", "mutli-stage"), ("there is no guideline 'mutli-stage'", "Did you mean 'multi-stage'")),
        (("--ignore", "x"), ("there is no guideline 'x'", "There are: ")),
        (("--config", "nowhere.toml"), ("nowhere.toml",)),
        (("--format", "yaml"), ("yaml",)),
        (("--fail-on", "note"), ("note",)),
    ],
)
def test_wrong_usage(here: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    write(here, Dockerfile=GOOD)
    result = run(*arguments, cwd=here)
    refused(result, *words)
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("barehull.toml", "[check]\nselct = []\n", ("barehull.toml", "'check.selct'", "Did you mean 'select'")),
        ("barehull.toml", "[chekc]\n", ("barehull.toml", "'chekc'", "Did you mean 'check'")),
        ("barehull.toml", "[check]\nignore = ['non-rot']\n", ("'non-rot'", "Did you mean 'non-root'")),
        ("barehull.toml", "[check]\nout-of-scope = [{ path = 'x' }]\n", ("'x'", "no reason")),
        ("pyproject.toml", "[tool.barehull.check]\nfail_on = 'x'\n", ("tool.barehull.check.fail_on", "'fail-on'")),
        ("pyproject.toml", "[tool.barehull\n", ("pyproject.toml is not TOML",)),
    ],
)
def test_a_wrong_configuration(here: Path, name: str, text: str, words: tuple[str, ...]) -> None:
    write(here, Dockerfile=GOOD, **{name: text})
    result = run(cwd=here)
    refused(result, *words)
    assert result.stdout == ""


def test_a_report_that_cannot_be_written(here: Path) -> None:
    write(here, Dockerfile=GOOD)
    result = run("--output", "nowhere/report" if os.geteuid() else "Dockerfile/report", cwd=here)
    assert result.returncode != 0
    assert "what to do: " in result.stderr


def test_names_and_texts_that_are_no_unicode(here: Path) -> None:
    os.mkdir(os.fsencode(here) + b"/\xff")
    with open(os.fsencode(here) + b"/\xff/Dockerfile", "wb") as file:
        file.write(b"FROM \xff\xfe\n")
    for form in ("text", "json", "sarif", "github", "markdown", "junit"):
        result = run("--format", form, cwd=here, PYTHONIOENCODING="ascii")
        assert result.returncode in (1, 2, 3)
        result.stdout.encode()


def on_a_terminal(here: Path, **environment: str) -> str:
    """What the command writes to a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "barehull", "check", "--select", "distroless-runtime"],
        cwd=here, stdout=follower, env={"PATH": os.environ["PATH"], "TERM": "xterm"} | environment,
    ) as process:  # fmt: skip
        os.close(follower)
        said = b""
        while True:
            try:
                chunk = os.read(leader, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            said += chunk
        process.wait(60)
    os.close(leader)
    return said.decode()


def test_colours_are_for_terminals_that_want_them(here: Path) -> None:
    write(here, Dockerfile=BAD)
    assert "\x1b[1;31merror" in on_a_terminal(here)
    assert "\x1b" not in on_a_terminal(here, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(here, TERM="dumb")
    assert "\x1b" not in run(cwd=here).stdout


HEAVY = {"jsonschema", "rich", "cyclonedx", "httpx", "debian", "pysequoia", "isal", "zstandard", "msgspec", "uv"}


def test_nothing_heavy_is_imported(here: Path) -> None:
    write(here, Dockerfile=BAD)
    program = (
        "import sys\nfrom barehull.cli.main import program\n"
        "program.main(['check', '--format', 'sarif'], standalone_mode=False)\n"
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=here, capture_output=True, text=True, timeout=60)
    assert not HEAVY & set(result.stderr.split())
