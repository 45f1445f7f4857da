"""Imports, dependencies, recorded files and extension modules of the image's Python resolve inside the image."""

from __future__ import annotations

from dataclasses import replace

import pytest

from barehull.core.outcome import Passed
from barehull.proof.python_home import Python, python_of

SITE = "usr/local/lib/python3.13/dist-packages"
TAG = "cpython-313-x86_64-linux-gnu"


def findings(image):
    failed = image.failed()
    assert set(failed) <= {"python-imports"}, failed
    return failed.get("python-imports", [])


def reason(image):
    unknown = image.unknown()
    assert set(unknown) <= {"python-imports"}, unknown
    assert findings(image) == []
    return unknown.get("python-imports", "")


def python(image) -> Python:
    found = python_of(image.subject())
    assert isinstance(found, Python), found
    return found


# -- the interpreter


def test_the_interpreter_is_known_from_its_files(good):
    found = python(good)
    assert (found.version, found.full_version, found.tag) == ("3.13", "3.13.5", TAG)
    assert {"_socket", "time", "sys"} <= found.built_in
    assert found.path == ("app", "usr/lib/python3.13", "usr/lib/python3.13/lib-dynload", SITE)


@pytest.mark.parametrize(
    ("entrypoint", "first"),
    [
        (("python3", "-Im", "shop"), "usr/lib/python3.13"),
        (("python3", "-P", "-m", "shop"), "usr/lib/python3.13"),
        (("python3", "/etc/run.py"), "etc"),
    ],
)
def test_the_first_folder_of_sys_path(good, entrypoint, first):
    image = good.having({"etc/run.py": b""}).running(entrypoint=entrypoint)
    assert python(image).path[0] == first


def test_pythonpath_counts_unless_it_is_to_be_ignored(good):
    env = (("PATH", "/usr/bin"), ("PYTHONPATH", "/srv/lib:/none"))
    image = good.having({"srv/lib/more.py": b""}).running(env=env)
    assert python(image).path[1] == "srv/lib"
    assert "srv/lib" not in python(image.running(entrypoint=("python3", "-E", "-m", "shop"))).path


def test_debians_python_does_not_look_into_site_packages(good):
    image = good.having({"usr/lib/python3.13/site-packages/extra.py": b"", "app/b.py": b"import extra\n"})
    assert findings(image) == ["extra imported by /app/b.py and not in the image"]


def test_a_python_of_its_own_prefix_looks_into_site_packages(good):
    moved = {path.replace("usr/", "opt/py/", 1): data for path, data in good.files.items() if "python3" in path}
    kept = {path: data for path, data in good.files.items() if "python3" not in path}
    image = type(good)({**kept, **moved, "opt/py/lib/python3.13/site-packages/counter.py": b"total = 1\n"}, good.config)
    image = image.running(entrypoint=("/opt/py/bin/python3", "-m", "shop"))
    assert python(image).sites == ("opt/py/lib/python3.13/site-packages",)
    assert findings(image) == []


def test_a_virtual_environment_has_its_own_distributions(good):
    files = {
        "app/.venv/bin/python": "/usr/bin/python3",
        "app/.venv/pyvenv.cfg": b"home = /usr/bin\n",
        "app/.venv/lib/python3.13/site-packages/extra.py": b"",
    }
    image = good.having(files).running(entrypoint=("/app/.venv/bin/python", "-m", "shop"))
    assert python(image).sites == ("app/.venv/lib/python3.13/site-packages",)
    assert findings(image) == ["counter imported by /app/shop.py and not in the image"]


def test_folders_in_pth_files_are_searched(good):
    image = good.having(
        {f"{SITE}/x.pth": b"# no\nimport sys\n../more\n", "usr/local/lib/python3.13/more/extra.py": b""}
    )
    assert python(image).path[-1] == "usr/local/lib/python3.13/more"


def test_a_program_in_another_language_beside_one_python(good, made_elf):
    image = good.having({"app/server": made_elf(program=True)}).running(entrypoint=("/app/server",))
    assert python(image).version == "3.13"
    assert findings(image) == []


def test_several_pythons_leave_it_undecided(good, made_elf):
    other = {"usr/local/bin/python3.12": made_elf(program=True), "usr/local/lib/python3.12/os.py": b""}
    image = good.having({"app/server": made_elf(program=True), **other}).running(entrypoint=("/app/server",))
    assert reason(image).startswith("the entrypoint starts none of the image's Pythons")


def test_an_interpreter_that_does_not_show_what_it_has_leaves_it_undecided(good, made_elf):
    mute = made_elf(program=True, interpreter="/lib64/ld-linux-x86-64.so.2", needed=("libc.so.6",))
    image = good.having({"usr/bin/python3.13": mute})
    expected = "/usr/bin/python3.13 does not show its built-in modules"
    assert image.unknown() == {"entrypoint": expected, "python-imports": expected}


def test_an_interpreter_without_its_full_version_leaves_undecided_what_asks_for_it(good, made_elf, installed):
    python = replace(good.files["usr/bin/python3.13"], text=b"\0PyInit__socket\0PyInit_time\0")
    image = good.having({"usr/bin/python3.13": python})
    assert reason(image) == ""
    asks = installed("shelf", requires=("scale; python_full_version < '3.13.1'",))
    assert "does not show its full version" in reason(image.having(asks))


def test_an_interpreter_without_a_library_leaves_it_undecided(good):
    image = good.lacking("usr/lib/python3.13/os.py")
    assert image.unknown()["python-imports"] == "the standard library of /usr/bin/python3.13 is not in /usr/lib"


# -- imports


def test_a_missing_module_is_reported_once_with_the_first_file_that_needs_it(good):
    image = good.having({"app/a.py": b"import gone\n", "app/b.py": b"import gone.more\n"})
    assert findings(image) == ["gone imported by /app/a.py and not in the image"]


def test_functions_of_the_application_count_and_those_of_distributions_do_not(good):
    source = b"def later():\n    import gone\n"
    assert findings(good.having({"app/a.py": source}))
    assert findings(good.having({f"{SITE}/counter/__init__.py": source})) == []


def test_imports_are_followed_through_distributions_and_the_standard_library(good):
    image = good.having(
        {"usr/lib/python3.13/dbm/gnu.py": b"from _gdbm import *\n", "usr/lib/python3.13/dbm/__init__.py": b""}
    )
    assert findings(image) == []  # nothing asks for it
    asked = image.having({f"{SITE}/counter/__init__.py": b"import dbm.gnu\n"})
    assert findings(asked) == ["_gdbm imported by /usr/lib/python3.13/dbm/gnu.py and not in the image"]


def test_a_name_that_turns_out_to_be_a_submodule_is_followed(good):
    files = {
        f"{SITE}/pack/__init__.py": b"",
        f"{SITE}/pack/sub.py": b"import gone\n",
        "app/a.py": b"from pack import sub\n",
    }
    assert findings(good.having(files)) == [f"gone imported by /{SITE}/pack/sub.py and not in the image"]


def test_a_script_outside_of_the_working_directory_is_read(good):
    image = good.having({"srv/run.py": b"import gone\n"}).running(entrypoint=("python3", "/srv/run.py"))
    assert findings(image) == ["gone imported by /srv/run.py and not in the image"]


def test_the_module_of_the_entrypoint_is_read_with_its_main(good):
    files = {f"{SITE}/serve/__init__.py": b"", f"{SITE}/serve/__main__.py": b"import gone\n"}
    image = good.having(files).running(entrypoint=("python3", "-m", "serve"))
    assert findings(image) == [f"gone imported by /{SITE}/serve/__main__.py and not in the image"]


def test_a_distribution_that_nothing_imports_must_still_be_importable(good, installed):
    image = good.having({**installed("plugin"), f"{SITE}/plugin/__init__.py": b"import gone\n"})
    assert findings(image) == [f"gone imported by /{SITE}/plugin/__init__.py and not in the image"]


def test_distributions_below_the_working_directory_are_not_the_applications_own(good):
    env = (("PATH", "/usr/bin"), ("PYTHONPATH", "/app/lib"))
    info = {"app/lib/extra-1.dist-info/METADATA": b"Name: extra\nVersion: 1\n\n"}
    image = good.having({"app/lib/extra.py": b"def later():\n    import gone\n"})
    assert findings(image)
    assert findings(image.running(env=env))  # a folder of sources on PYTHONPATH is the application's
    assert findings(image.running(env=env).having(info)) == []


def test_an_alternative_is_enough_and_none_is_not(good):
    source = b"try:\n    import ujson\nexcept ImportError:\n    import json as ujson\n"
    assert findings(good.having({"app/a.py": source})) == []
    assert findings(good.having({"app/a.py": source.replace(b"json as", b"simplejson as")}))


def test_nested_alternatives(good):
    source = (
        b"try:\n try:\n  import x\n except ImportError:\n  import y\nexcept ImportError:\n z = None\nelse:\n import w\n"
    )
    assert findings(good.having({"app/a.py": source})) == []
    assert findings(good.having({"app/a.py": source, "app/y.py": b""})) == [
        "w imported by /app/a.py and not in the image"
    ]


def test_what_fails_behind_a_guard_is_caught_by_the_guard(good):
    image = good.having(
        {"app/a.py": b"try:\n import plug\nexcept ImportError: pass\n", f"{SITE}/plug.py": b"import gone\n"}
    )
    assert findings(image) == []


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        (b"from . import near", ""),
        (b"from .near import x", ""),
        (b"from .far import x", "pack.far"),
        (b"from ..shop import x", "..shop"),
        (b"import pack.far", "pack.far"),
        (b"from pack import anything", ""),
    ],
)
def test_relative_imports_and_submodules(good, source, missing):
    image = good.having({"app/pack/__init__.py": b"", "app/pack/near.py": b"", "app/pack/m.py": source})
    assert [line.split()[0] for line in findings(image)] == ([missing] if missing else [])


def test_namespace_packages_spread_over_folders(good):
    files = {"app/ns/one.py": b"", f"{SITE}/ns/two.py": b"", "app/a.py": b"import ns.one, ns.two\n"}
    assert findings(good.having(files)) == []
    assert findings(good.having({**files, "app/a.py": b"import ns.three\n"}))


def test_modules_that_a_package_makes_at_run_time_are_counted_as_left_to_it(good):
    files = {f"{SITE}/six.py": b"import sys\nsys.modules[__name__ + '.moves'] = 1\n", "app/a.py": b"import six.moves\n"}
    outcome = good.having(files).outcomes()["python-imports"]
    assert isinstance(outcome, Passed)
    assert outcome.detail.endswith("1 that packages make themselves at run time were left to them, such as six.moves")


def test_an_application_that_changes_sys_path_is_undecided_where_a_module_is_missing(good):
    source = b"import sys\nsys.path.insert(0, 'x')\n"
    assert reason(good.having({"app/a.py": source})) == ""
    assert "changes the search for modules, and gone is in no folder" in reason(
        good.having({"app/a.py": source + b"import gone\n"})
    )


def test_a_file_that_cannot_be_parsed_is_undecided(good):
    assert reason(good.having({"app/a.py": b"type X = int\nimport 3\n"})).startswith("/app/a.py cannot be parsed")


def test_more_modules_than_anybody_has_are_undecided(good, monkeypatch):
    from barehull.proof import python_imports

    monkeypatch.setattr(python_imports, "_MAX_MODULES", 2)
    assert reason(good) == "more than 2 modules are imported"


def test_a_module_that_is_no_regular_file_is_undecided(good):
    assert "is no file that can be read" in reason(good.having({"app/a.py": b"import b\n", "app/b.py": "/dev/null"}))


# -- distributions


@pytest.mark.parametrize(
    ("requirement", "problem"),
    [
        ("scale", "requires scale, which is not in the image"),
        ("scale ; python_version >= '3.13'", "requires scale, which is not in the image"),
        ("scale ; python_full_version < '3.13.5'", ""),
        ("scale ; sys_platform == 'win32' or platform_machine == 'aarch64'", ""),
        ("scale ; extra == 'dev'", ""),
        ("Num.Bers<2,>=1", ""),
        ("numbers>=2", "requires numbers >=2, the image has 1.5rc1"),
    ],
)
def test_declared_dependencies(good, installed, requirement, problem):
    image = good.having({**installed("numbers", version="1.5rc1"), **installed("num_bers", version="1.5rc1")})
    image = image.having(installed("shelf", requires=(requirement,)))
    assert findings(image) == ([f"shelf {problem}"] if problem else [])


def test_a_distribution_that_lost_a_file(good):
    image = good.lacking(f"{SITE}/counter/__init__.py")
    assert findings(image)[0] == f"counter has lost /{SITE}/counter/__init__.py"


def test_programs_and_metadata_may_be_left_out(good):
    record = b"counter/__init__.py,,\nbin/tool.py,,\n../../../bin/count.py,,\ncounter.libs/readme,,\n"
    assert findings(good.having({f"{SITE}/counter-1.0.dist-info/RECORD": record})) == []


def test_debians_distributions_have_no_record_but_name_their_modules(good):
    info = "usr/lib/python3/dist-packages/yaml-6.egg-info"
    files = {f"{info}/PKG-INFO": b"Name: yaml\nVersion: 6\n\n", f"{info}/top_level.txt": b"yaml\n"}
    assert findings(good.having(files)) == ["yaml its module yaml cannot be imported"]
    assert findings(good.having({**files, "usr/lib/python3/dist-packages/yaml.py": b""})) == []


@pytest.mark.parametrize(
    "metadata", [b"Version: 1\n\n", b"Name: x\nVersion: one\n\n", b"Name: x\nVersion: 1\nRequires-Dist: ?\n\n"]
)
def test_metadata_that_cannot_be_read_is_undecided(good, metadata):
    assert "METADATA cannot be read" in reason(good.having({f"{SITE}/x-1.dist-info/METADATA": metadata}))


def test_a_distribution_without_metadata_is_undecided(good):
    assert "no file" in reason(good.having({f"{SITE}/x-1.dist-info/RECORD": b""}))


@pytest.mark.parametrize(
    ("name", "fails"),
    [
        (f"fast.{TAG}.so", False),
        ("fast.abi3.so", False),
        ("fast.so", False),
        ("fast.cpython-312-x86_64-linux-gnu.so", True),
        ("fast.cpython-313-aarch64-linux-gnu.so", True),
        ("fast.cpython-313t-x86_64-linux-gnu.so", True),
    ],
)
def test_the_tag_of_an_extension_module_fits_the_interpreter(good, made_elf, name, fails):
    assert bool(findings(good.having({f"{SITE}/{name}": made_elf()}))) == fails


def test_an_extension_module_for_several_pythons_is_fine(good, made_elf):
    both = {f"{SITE}/fast.{TAG}.so": made_elf(), f"{SITE}/fast.cpython-312-x86_64-linux-gnu.so": made_elf()}
    assert findings(good.having(both)) == []
