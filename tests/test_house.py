"""The house stays as it was drawn: rooms import downwards only, files and functions stay short."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "barehull"

# From the top floor to the bottom. A room may import itself and every room below it.
FLOORS = (
    {"cli"},
    {"report"},
    {"fleet"},
    {"relock"},
    {"release"},
    {"examine"},
    {"document"},
    {"attest"},
    {"compare"},
    {"vex"},
    {"scan"},
    {"advisories"},
    {"locking", "workshop"},
    {"base"},
    {"proof"},
    {"inventory"},
    {"convert"},
    {"build"},
    {"runtime"},
    {"lock"},
    {"checking"},
    {"guidelines"},
    {"application"},
    {"dockerfile"},
    {"signature"},
    {"catalog"},
    {"debian"},
    {"oci"},
    {"elf", "net"},
    {"cache", "decompress", "tar", "zip"},
    {"files", "versions"},
    {"core"},
)
LEVEL = {room: len(FLOORS) - floor for floor, rooms in enumerate(FLOORS) for room in rooms}

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
# path or path:function -> why it may be longer
EXCEPTIONS: dict[str, str] = {}

MODULES = sorted(SOURCE.rglob("*.py"))


def room_of(module: str) -> str:
    """The room of a dotted name below barehull; the package itself is the public front."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            if node.module == "barehull":
                names |= {f"barehull.{alias.name}" for alias in node.names}
            names.add(node.module)
    return {name for name in names if name.split(".")[0] == "barehull"}


def relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_room_imports_only_rooms_below_it(path: Path) -> None:
    room = relative(path).split("/")[0].removesuffix(".py")
    if room in {"__init__", "__main__"}:  # the front doors
        return
    assert room in LEVEL, f"{room} stands on no floor: add it to FLOORS"
    for name in imports_of(path):
        target = room_of(name)
        if target in {"", room, "__version__"}:
            continue
        assert target in LEVEL, f"{relative(path)} imports {name}, which stands on no floor"
        assert LEVEL[target] < LEVEL[room], f"{relative(path)} imports {name}: {target} is not below {room}"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text()
    if relative(path) not in EXCEPTIONS:
        assert text.count("\n") <= MAX_FILE_LINES, f"{relative(path)} is too long to read at once"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or 0) - node.lineno + 1
            name = f"{relative(path)}:{node.name}"
            assert lines <= MAX_FUNCTION_LINES or name in EXCEPTIONS, f"{name} has {lines} lines"


def test_every_exception_is_still_needed() -> None:
    existing = {relative(path) for path in MODULES}
    for name in EXCEPTIONS:
        assert name.split(":")[0] in existing


def test_no_room_is_empty() -> None:
    for folder in SOURCE.iterdir():
        if folder.is_dir() and folder.name in LEVEL:
            assert [path for path in folder.glob("*.py") if path.name != "__init__.py"], f"{folder.name} is empty"
