from __future__ import annotations

import os
from pathlib import Path

import pytest

from barehull.application.detect import read_application
from barehull.core.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "requirements.txt", "flask==3.1.2\n")
    write(
        tmp_path, "Dockerfile", 'FROM python:3.13\nENV A=1\nEXPOSE 5000\nCMD ["gunicorn", "-b", ":5000", "app:app"]\n'
    )
    write(tmp_path, "app.py", "")
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def refused(folder: Path, *words: str) -> InputError:
    with pytest.raises(InputError) as caught:
        read_application(folder)
    for word in words:
        assert word in f"{caught.value.what} {caught.value.advice}"
    return caught.value


def test_what_the_dockerfile_says(folder: Path) -> None:
    application = read_application(folder)
    assert application.entrypoint == ("/usr/bin/python3", "-m", "gunicorn", "-b", ":5000", "app:app")
    assert application.origin.endswith("Dockerfile:4")
    assert (application.ports, application.env) == ((5000,), (("A", "1"),))
    assert application.runtime.recipe == "python3"


def test_the_configuration_comes_before_the_dockerfile(folder: Path) -> None:
    write(folder, "barehull.toml", '[application]\nentrypoint = ["/x"]\nports = []\nenv = {B = "2"}\n')
    application = read_application(folder)
    assert application.entrypoint == ("/x",)
    assert application.ports == ()
    assert dict(application.env) == {"A": "1", "B": "2"}


def test_the_lock_is_beside_the_configuration(folder: Path) -> None:
    write(folder, "other/old.toml", "")
    assert read_application(folder).lock == folder / "barehull.lock"
    assert read_application(folder, folder / "other/old.toml").lock == folder / "other/old.lock"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ('["python3", "-u", "x.py"]', ("/usr/bin/python3", "-u", "x.py")),
        ('["/usr/local/bin/uvicorn", "a:b"]', ("/usr/bin/python3", "-m", "uvicorn", "a:b")),
        ("flask run --port 80", ("/usr/bin/python3", "-m", "flask", "run", "--port", "80")),
        ('["./main.py"]', ("/usr/bin/python3", "./main.py")),
    ],
)
def test_commands_that_need_no_shell(folder: Path, command: str, words: tuple[str, ...]) -> None:
    write(folder, "Dockerfile", f"FROM a\nCMD {command}\n")
    assert read_application(folder).entrypoint == words


def test_entrypoint_and_cmd_are_one_command(folder: Path) -> None:
    write(folder, "Dockerfile", 'FROM a\nENTRYPOINT ["python"]\nCMD ["x.py"]\n')
    assert read_application(folder).entrypoint == ("/usr/bin/python3", "x.py")


@pytest.mark.parametrize(
    "command",
    [
        "gunicorn -b :$PORT app:app",
        "cd x && python y.py",
        '["sh", "-c", "python x.py"]',
        '["/start.sh"]',
        '["node", "x"]',
    ],
)
def test_commands_that_need_a_shell_or_something_else_are_refused_with_their_line(folder: Path, command: str) -> None:
    write(folder, "Dockerfile", f"FROM a\n\nCMD {command}\n")
    refused(folder, "Dockerfile:3", "entrypoint")


def test_without_any_command(folder: Path) -> None:
    (folder / "Dockerfile").unlink()
    refused(folder, "how the application", "entrypoint")


@pytest.mark.parametrize(("name", "language"), [("go.mod", "Go"), ("package.json", "Node.js"), ("Cargo.toml", "Rust")])
def test_languages_to_come_are_named(tmp_path: Path, name: str, language: str) -> None:
    write(tmp_path, name, "")
    refused(tmp_path, language, name)


def test_nothing_at_all(tmp_path: Path) -> None:
    refused(tmp_path, "no application", "requirements.txt")


def test_a_language_that_is_not_known(folder: Path) -> None:
    write(folder, "barehull.toml", '[application]\nlanguage = "cobol"\n')
    refused(folder, "cobol", "python")


def test_requirements_of_files_that_are_included(folder: Path) -> None:
    write(folder, "requirements.txt", "-r more/base.txt\nflask==3 \\\n  --hash=sha256:00  # why\n\n# none\n")
    write(folder, "more/base.txt", "gunicorn\n")
    (base, flask) = read_application(folder).requirements
    assert (base.text, base.where) == ("gunicorn", "more/base.txt:1")
    assert (flask.text, flask.where) == ("flask==3    --hash=sha256:00", "requirements.txt:2")


@pytest.mark.parametrize(
    "line", ["-r ../outside.txt", "-r requirements.txt", "-r missing.txt", "--index-url x", "-e ."]
)
def test_requirements_that_cannot_be_followed_are_refused(folder: Path, line: str) -> None:
    write(folder.parent, "outside.txt", "x\n")
    write(folder, "requirements.txt", f"{line}\n")
    refused(folder)


def test_the_dependencies_of_a_project(folder: Path) -> None:
    (folder / "requirements.txt").unlink()
    write(folder, "pyproject.toml", '[project]\ndependencies = ["flask>=3"]\n')
    assert [each.text for each in read_application(folder).requirements] == ["flask>=3"]


def test_what_only_serves_development_is_left_out(folder: Path) -> None:
    for name in (
        "src/a.py",
        "tests/test_a.py",
        "__pycache__/a.pyc",
        ".git/x",
        "venv/pyvenv.cfg",
        "venv/x.py",
        "data/x.json",
    ):
        write(folder, name, "")
    assert read_application(folder).sources == ("app.py", "data/x.json", "src/a.py")


def test_what_is_included_and_excluded_by_name(folder: Path) -> None:
    for name in ("tests/keep.py", "replaces/x.toml", "data/x.json"):
        write(folder, name, "")
    write(folder, "barehull.toml", '[application]\ninclude = ["**", "tests/keep.py"]\nexclude = ["replaces"]\n')
    assert read_application(folder).sources == ("app.py", "data/x.json", "tests/keep.py")


def test_a_link_that_leads_out_is_refused(folder: Path) -> None:
    (folder / "passwd").symlink_to("/etc/passwd")
    refused(folder, "passwd", "leads out")


def test_a_special_file_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    refused(folder, "pipe")
