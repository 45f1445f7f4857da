"""The entrypoint leads to machine code that the image's user may run, and Python's module or script is there."""

from __future__ import annotations

import pytest

from barehull.proof.command import PythonTarget, python_target


def findings(image):
    failed = image.failed()
    assert set(failed) <= {"entrypoint"}, failed
    return failed.get("entrypoint", [])


def test_no_program_at_all(good):
    assert findings(good.running(entrypoint=())) == ["entrypoint the image says no program to run"]


def test_the_command_alone_is_enough(good):
    assert findings(good.running(entrypoint=(), cmd=("/usr/bin/python3", "/app/shop.py"))) == []


def test_a_word_that_is_not_on_path(good):
    assert findings(good.running(entrypoint=("gunicorn",))) == ["gunicorn is not in any folder of PATH"]


def test_path_of_the_image_is_searched_else_the_engines(good, made_elf):
    image = good.having({"opt/bin/server": made_elf(program=True)}).running(entrypoint=("server",))
    assert findings(image)
    assert findings(image.running(env=(("PATH", "/opt/bin"),))) == []
    assert findings(good.running(env=())) == []


def test_a_missing_file(good):
    assert findings(good.running(entrypoint=("/app/server",))) == ["/app/server /app/server does not exist"]


def test_a_relative_program_starts_from_the_working_directory(good, made_elf):
    image = good.having({"app/server": made_elf(program=True)}).running(entrypoint=("./server",))
    assert findings(image) == []


@pytest.mark.parametrize("mode", [0o644, 0o744, 0o750])
def test_a_program_that_its_user_may_not_execute(good, made_elf, mode):
    image = good.having({"app/server": made_elf(program=True)}, {"app/server": mode}).running(
        entrypoint=("/app/server",)
    )
    assert "cannot be executed by uid 65532" in findings(image)[0]


def test_a_closed_folder_on_the_way(good, made_elf):
    image = good.having({"srv/in/server": made_elf(program=True)}, {"srv/in": 0o700}).running(
        entrypoint=("/srv/in/server",)
    )
    assert findings(image) == ["/srv/in/server the folder /srv/in (mode 0700) cannot be searched by uid 65532"]


def test_a_closed_folder_behind_a_link(good, made_elf):
    files = {"srv/in/server": made_elf(program=True), "app/server": "../srv/in/server"}
    image = good.having(files, {"srv/in": 0o700}).running(entrypoint=("/app/server",))
    assert "cannot be searched" in findings(image)[0]


def test_a_link_in_a_closed_folder(good, made_elf):
    image = good.having({"app/server": made_elf(program=True), "srv/in/link": "/app/server"}, {"srv/in": 0o700})
    assert "cannot be searched" in findings(image.running(entrypoint=("/srv/in/link",)))[0]


def test_a_folder_that_is_a_link_into_a_closed_one(good, made_elf):
    image = good.having(
        {"srv/in/server": made_elf(program=True), "app/bin": "/srv/in"}, {"srv": 0o700, "srv/in": 0o755}
    )
    assert "the folder /srv (mode 0700)" in findings(image.running(entrypoint=("/app/bin/server",)))[0]


def test_root_may_execute_what_anybody_may(good, made_elf):
    image = good.having({"srv/in/server": made_elf(program=True)}, {"srv/in": 0o700}).running(
        entrypoint=("/srv/in/server",), user=""
    )
    assert list(image.failed()) == ["non-root"]


def test_links_in_a_loop(good):
    image = good.having({"app/a": "b", "app/b": "a"}).running(entrypoint=("/app/a",))
    assert findings(image)


def test_a_file_that_is_no_program(good):
    image = good.having({"app/server": b"hello"}, {"app/server": 0o755}).running(entrypoint=("/app/server",))
    assert "neither an ELF program nor a script" in findings(image)[0]


def test_a_program_for_another_machine(good, made_elf):
    image = good.having({"app/server": made_elf(program=True, machine=183)}).running(entrypoint=("/app/server",))
    assert image.failed()["entrypoint"] == ["/app/server is made for aarch64 (64 bit), the image is amd64"]


def test_a_broken_program(good):
    image = good.having({"app/server": b"\x7fELF"}, {"app/server": 0o755}).running(entrypoint=("/app/server",))
    assert "broken ELF file" in image.failed()["entrypoint"][0]


@pytest.mark.parametrize(
    ("first_line", "fails"),
    [
        (b"#!/usr/bin/python3\n", False),
        (b"#! /usr/bin/python3 -I\n", False),
        (b"#!/bin/sh\n", True),
        (b"#!/usr/bin/env python3\n", True),
    ],
)
def test_the_interpreter_of_a_script_must_exist(good, first_line, fails):
    image = good.having({"app/run": first_line}, {"app/run": 0o755}).running(entrypoint=("/app/run",))
    assert bool(findings(image)) == fails


def test_env_is_followed_to_what_it_runs(good, made_elf):
    files = {"app/run": b"#!/usr/bin/env python3\n", "usr/bin/env": made_elf(program=True)}
    image = good.having(files, {"app/run": 0o755}).running(entrypoint=("/app/run",))
    assert findings(image) == []


def test_a_script_that_interprets_itself(good):
    image = good.having({"app/run": b"#!/app/run\n"}, {"app/run": 0o755}).running(entrypoint=("/app/run",))
    assert findings(image)


def test_the_modules_folders_are_named_when_it_is_missing(good):
    (finding,) = findings(good.running(entrypoint=("python3", "-m", "gunicorn")))
    assert finding.startswith("-m gunicorn no such module in /app, /usr/lib/python3.13, ")


def test_a_package_needs_a_main_module(good):
    image = good.having({"app/pack/__init__.py": b""}).running(entrypoint=("python3", "-m", "pack"))
    assert findings(image) == ["-m pack is a package without __main__"]
    assert findings(image.having({"app/pack/__main__.py": b""})) == []


def test_a_module_that_cannot_be_read(good):
    image = good.having({"app/late.py": b""}, {"app/late.py": 0o600}).running(entrypoint=("python3", "-m", "late"))
    assert "cannot be read by uid 65532" in findings(image)[0]


def test_a_script_for_python(good):
    assert findings(good.running(entrypoint=("python3", "shop.py"))) == []
    assert findings(good.running(entrypoint=("python3", "shoop.py"))) == ["shoop.py /app/shoop.py does not exist"]
    assert findings(good.running(entrypoint=("python3", "/app"))) == ["/app /app is a folder without __main__.py"]


def test_the_working_directory_is_made_when_it_is_missing_but_not_over_a_file(good):
    assert findings(good.running(working_dir="/data/new", entrypoint=("python3", "/app/shop.py"))) == []
    assert findings(good.running(working_dir="/etc/passwd/x")) == ["working directory /etc/passwd is no folder"]


def test_a_user_name_is_looked_up(good):
    assert list(good.running(user="nonroot").failed()) == ["non-root"]
    image = good.running(user="ghost")
    assert image.failed()["entrypoint"] == ["user 'ghost' is not in the image's /etc/passwd"]


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("-m gunicorn app:app", PythonTarget("module", "gunicorn", frozenset())),
        ("-Im gunicorn", PythonTarget("module", "gunicorn", frozenset("I"))),
        ("-u -X dev -W ignore app.py -m x", PythonTarget("file", "app.py", frozenset("u"))),
        ("-Xdev -Wignore app.py", PythonTarget("file", "app.py", frozenset())),
        ("-mhttp.server", PythonTarget("module", "http.server", frozenset())),
        ("-c pass", PythonTarget("code", "pass", frozenset())),
        ("--check-hash-based-pycs never app.py", PythonTarget("file", "app.py", frozenset())),
        ("-", PythonTarget("none", "-", frozenset())),
        ("", PythonTarget("none", "", frozenset())),
    ],
)
def test_pythons_command_line(words, target):
    assert python_target(tuple(words.split())) == target
