"""Shells and package managers are found by name, by link, by what they say of themselves, and as modules."""

from __future__ import annotations

import pytest

SITE = "usr/local/lib/python3.13/dist-packages"


def findings(image):
    failed = image.failed()
    assert set(failed) <= {"no-shell"}, failed
    return failed.get("no-shell", [])


@pytest.mark.parametrize(
    "name", ["sh", "bash", "dash", "busybox", "zsh", "dpkg", "apt-get", "apk", "pip", "pip3.13", "npm"]
)
def test_a_program_of_that_name(good, made_elf, name):
    found = findings(good.having({f"opt/{name}": made_elf(program=True)}))
    assert [line.split()[0] for line in found] == [f"/opt/{name}"]


@pytest.mark.parametrize("name", ["ssh", "shop", "python3", "piper", "dashboard", "sha256sum", "7z", "applet"])
def test_other_names_are_none_of_ours(good, made_elf, name):
    assert findings(good.having({f"opt/{name}": made_elf(program=True)})) == []


def test_a_script_of_that_name(good):
    image = good.having({"usr/bin/pip": b"#!/usr/bin/python3\n"}, {"usr/bin/pip": 0o755})
    assert findings(image) == ["/usr/bin/pip is a package manager (pip)"]


def test_links_are_found_by_their_name_and_by_their_target(good, made_elf):
    image = good.having({"opt/tool": made_elf(program=True), "usr/bin/sh": "/opt/tool", "opt/x": "/usr/bin/bash"})
    assert findings(image) == ["/opt/x is a shell (bash)", "/usr/bin/sh is a shell (sh)"]


def test_a_shell_without_its_executable_bit_still_runs_by_way_of_the_linker(good, made_elf):
    assert findings(good.having({"opt/bash": made_elf()}))


def test_data_and_folders_of_that_name_are_harmless(good):
    image = good.having({"etc/bash": b"text", "usr/share/apt/readme": b"", "etc/apt": "/usr/share/apt"})
    assert findings(image) == []


@pytest.mark.parametrize(("mark", "name"), [(b"BusyBox is copyrighted", "busybox"), (b"GNU bash, version", "bash")])
def test_a_shell_under_another_name(good, made_elf, mark, name):
    image = good.having({"usr/bin/healthcheck": made_elf(program=True, text=mark)})
    assert findings(image) == [f"/usr/bin/healthcheck is a shell ({name}, under another name)"]


def test_pip_as_a_module_is_a_package_manager(good):
    assert findings(good.having({f"{SITE}/pip/__main__.py": b""})) == [
        f"/{SITE}/pip/__main__.py is a package manager (pip)"
    ]


def test_the_wheels_of_ensurepip_are_data(good):
    assert findings(good.having({"usr/share/python-wheels/pip-25.1-py3-none-any.whl": b"PK"})) == []


def test_a_program_too_large_to_be_looked_into_leaves_it_undecided(good, monkeypatch):
    from barehull.proof import facts

    monkeypatch.setattr(facts, "_LARGEST", 10)
    assert "no-shell" in good.unknown()
