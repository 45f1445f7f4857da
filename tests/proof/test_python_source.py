"""Which imports a file cannot do without; the quick reading says the same as the full one."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barehull.core.outcome import Unknown
from barehull.proof import python_source
from barehull.proof.python_source import Either, Import, imports_of, skeleton

STDLIB = Path(sysconfig.get_path("stdlib"))


def needed(source: str, *, functions: bool = False) -> list[str]:
    """The modules that a file needs; alternatives as "a|b"."""
    steps = imports_of(source.encode(), release=(3, 13), functions=functions)
    assert not isinstance(steps, Unknown), steps
    return [told(step) for step in steps]


def told(step: Import | Either) -> str:
    if isinstance(step, Import):
        return "." * step.level + step.module
    return "|".join(",".join(map(told, part)) for part in (step.tried, step.instead, step.otherwise))


@pytest.mark.parametrize("functions", [False, True])
@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import a, b.c", ["a", "b.c"]),
        ("from . import a\nfrom ..b import (c,  # )\n d)", [".", "..b"]),
        ("import a; import b", ["a", "b"]),
        ("from a import \\\n b", ["a"]),
        ("try:\n import a\nexcept ImportError:\n import b\nelse:\n import c", ["a|b|c"]),
        ("try: import a\nexcept (KeyError, ModuleNotFoundError): pass", ["a||"]),
        ("try:\n import a\nexcept ImportError as e:\n raise RuntimeError from e", ["a"]),
        ("try:\n import a\nexcept KeyError:\n pass", ["a"]),
        ("try:\n import a\nfinally:\n import b", ["a", "b"]),
        ("with suppress(ImportError):\n import a", []),
        ("with lock:\n import a", ["a"]),
        ("if TYPE_CHECKING:\n import a\nelse:\n import b", ["b"]),
        ("if typing.TYPE_CHECKING or False:\n import a", []),
        ("if sys.version_info >= (3, 11):\n import tomllib\nelse:\n import tomli", ["tomllib"]),
        ("if sys.version_info < (3, 14):\n import a", ["a"]),
        ("if sys.version_info[0] == 2:\n import a", []),
        ("if not sys.version_info[:2] == (3, 13):\n import a", []),
        ("if sys.platform == 'win32':\n import winreg", []),
        ("if sys.platform.startswith('linux'):\n import a", ["a"]),
        ("if sys.platform in ('linux', 'darwin') and os.name != 'nt':\n import a", ["a"]),
        ("if os.environ.get('X'):\n import a\nelse:\n import b", []),
        ('"""\nimport a\n"""\nx = "#"  # import b\nimport c', ["c"]),
        ("x = '''\nimport a\n''' + \"'''\"\nimport b", ["b"]),
        ("x = (a\nif b\nelse c)\nimport d", ["d"]),
    ],
)
def test_what_is_needed_whenever_a_file_is_imported(source, modules, functions):
    assert needed(source, functions=functions) == modules


def test_bodies_of_functions_count_for_the_applications_files():
    source = "def f():\n import a\n\nclass C:\n import b\n\nif __name__ == '__main__':\n import c\n"
    assert needed(source, functions=True) == ["a", "b", "c"]
    assert needed(source) == []


def test_newer_syntax_elsewhere_in_a_file_does_not_matter():
    assert needed("import a\ntype A[T] = list[T]\ndef f[T](x: T) -> T: ...\nimport b") == ["a", "b"]


@pytest.mark.parametrize("source", [b"import", b"import a b", b"from a import (b", b"try:\n import a\n", b"\0import a"])
def test_what_cannot_be_parsed_is_unknown(source):
    steps = imports_of(source, release=(3, 13), functions=True)
    assert isinstance(steps, Unknown)
    assert "cannot be parsed by Python" in steps.reason


@pytest.mark.parametrize("path", sorted(STDLIB.glob("*.py")) + sorted(STDLIB.glob("ctypes/*.py")), ids=lambda p: p.name)
def test_the_quick_reading_agrees_with_the_full_one(path):
    source = path.read_bytes()
    tree = ast.parse(source)
    body = [statement for statement in tree.body if not isinstance(statement, ast.ClassDef)]
    full = tuple(python_source._Reader((3, 13), functions=False).steps(body))
    assert imports_of(source, release=(3, 13), functions=False) == full


pieces = st.sampled_from(
    ['"""', "'''", '"', "'", "\\", "\n", "#", "(", ")", "import a", "from b import ", "try:", " ", "x"]
)


@given(st.lists(pieces, max_size=60).map("".join))
def test_any_text_is_read_or_unknown(text):
    assert isinstance(imports_of(text.encode(), release=(3, 13), functions=False), tuple | Unknown)


@pytest.mark.parametrize("piece", ['"""\\', "'\\", "import (", 'try:\n "', "(\n", "#'", "if x:\n\n"])
def test_hostile_text_costs_no_more_than_other(piece):
    """Would run for hours if any of these were quadratic."""
    assert isinstance(skeleton(piece.encode() * 400_000), bytes)
