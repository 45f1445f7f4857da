from __future__ import annotations

from collections.abc import Callable

import pytest

from barehull.inventory.model import Gap, Inventory

from .conftest import file, openssl, wheel

Take = Callable[..., Inventory]
SITE = "usr/local/lib/python3.13/dist-packages"
FLASK = {"flask/__init__.py": b"a = 1", "flask/app.py": b"b = 2", "six.py": b"c = 3", "flask/data.txt": b"d"}


def lost(inventory: Inventory) -> list[str]:
    return [gap.subject for gap in inventory.gaps if gap.keyword == "unowned-module"]


def test_a_distribution_that_is_whole_is_owned(inventory: Take) -> None:
    assert lost(inventory([*openssl(), *wheel("flask", "1.0", FLASK)])) == []


def test_a_distribution_without_its_metadata_is_not_forgotten(inventory: Take) -> None:
    entries = [it for it in wheel("flask", "1.0", FLASK) if "dist-info" not in it.path]
    assert lost(inventory([*openssl(), *entries])) == [f"{SITE}/flask", f"{SITE}/six.py"]


def test_it_is_the_same_wherever_it_lies_and_another_when_a_file_differs(inventory: Take) -> None:
    def gap(folder: str, content: bytes) -> Gap:
        (found,) = inventory([*openssl(), file(f"{folder}/site-packages/x/a.py", content)]).gaps
        return found

    assert gap("usr/lib", b"a").sha256 == gap("opt/venv", b"a").sha256 != gap("opt/venv", b"b").sha256


@pytest.mark.parametrize("path", ["RECORD", "METADATA"])
def test_the_record_alone_or_the_metadata_alone_removed(path: str, inventory: Take) -> None:
    entries = [it for it in wheel("flask", "1.0", FLASK) if not it.path.endswith(path)]
    # Without a RECORD the distribution is there with its name, without METADATA nobody knows what it is.
    expected = [f"{SITE}/six.py"] if path == "RECORD" else [f"{SITE}/flask", f"{SITE}/six.py"]
    assert lost(inventory([*openssl(), *entries])) == expected


@pytest.mark.parametrize(
    "name", ["Flask-1.0.egg-info/PKG-INFO", "flask-1.0-py3.13.egg-info", "Flask.egg-info/PKG-INFO"]
)
def test_metadata_without_a_list_of_files_names_what_lies_beside_it(name: str, inventory: Take) -> None:
    metadata = file(f"{SITE}/{name}", b"Name: flask\nVersion: 1.0\n\n")
    assert lost(inventory([*openssl(), metadata, file(f"{SITE}/flask/app.py", b"a")])) == []


def test_top_level_names_modules_of_other_names(inventory: Take) -> None:
    info = f"{SITE}/PyYAML-6.0.egg-info"
    entries = [file(f"{info}/PKG-INFO", b"Name: PyYAML\nVersion: 6.0\n\n"), file(f"{SITE}/yaml/a.py", b"a")]
    assert lost(inventory([*openssl(), *entries])) == [f"{SITE}/yaml"]
    assert lost(inventory([*openssl(), *entries, file(f"{info}/top_level.txt", b"_yaml\nyaml\n")])) == []


def test_the_applications_own_modules_and_data_are_no_distributions(inventory: Take) -> None:
    entries = [file("app/x/a.py", b"a"), file("opt/x/a.py", b"b"), file(f"{SITE}/distutils.pth", b"c")]
    assert lost(inventory([*openssl(), *entries], working_dir="/app")) == []
    # What an application keeps below its own folder is its own, whatever the folder is called.
    assert lost(inventory([*openssl(), file("app/site-packages/x/a.py", b"a")], working_dir="/app")) == []
