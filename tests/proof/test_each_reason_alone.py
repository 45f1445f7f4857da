"""For each reason that leaves a proof undecided there is an image, good but for that, in which it alone is said."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import barehull
from barehull.document import state_of
from barehull.proof import facts
from barehull.proof.checks import elf_closure
from barehull.proof.run import prove_subject

from .conftest import GOOD, ImageMaker, MadeElf, distribution

SITE = "usr/local/lib/python3.13/dist-packages"
INFO = f"{SITE}/counter-1.0.dist-info"
PYTHON = "usr/bin/python3.13"
TOOL = MadeElf(program=True)
Recipe = Callable[[pytest.MonkeyPatch], ImageMaker]


def lowered(module: object, limit: str, to: int) -> Recipe:
    """The good image where a limit is so low that it reaches it."""

    def make(patch: pytest.MonkeyPatch) -> ImageMaker:
        patch.setattr(module, limit, to)
        return GOOD

    return make


def having(files: dict[str, bytes | str | MadeElf], **config: object) -> Recipe:
    return lambda _: GOOD.having(files).running(**config)


MUTE = replace(GOOD.files[PYTHON], text=b"\0PyInit__socket\0PyInit_time\0")
SEVERAL = {"app/server": TOOL, "usr/local/bin/python3.12": TOOL, "usr/local/lib/python3.12/os.py": b""}

# Where more than one proof is named, both need the same thing, and say the same of it.
RECIPES: list[tuple[str, set[str], Recipe]] = [
    ("is made for musl's linker", {"elf-closure"}, having({"usr/bin/tool": MadeElf(
        program=True, interpreter="/lib/ld-musl-x86_64.so.1"), "usr/lib/ld-musl-x86_64.so.1": MadeElf()})),
    ("etc/ld.so.cache is not in glibc's", {"elf-closure"}, having({"etc/ld.so.cache": b"ld.so-1.7.0\0"})),
    ("need each other too often", {"elf-closure"}, lowered(elf_closure, "_MAX_LOADS", 2)),
    ("more than the 10 that barehull reads", {"elf-closure", "entrypoint", "no-shell", "python-imports"},
     lowered(facts, "_LARGEST", 10)),
    ("starts none of the image's Pythons", {"python-imports"}, having(SEVERAL, entrypoint=("/app/server",))),
    ("does not show its built-in modules", {"entrypoint", "python-imports"},
     having({PYTHON: replace(MUTE, text=b"")})),
    ("the standard library of", {"entrypoint", "python-imports"}, lambda _: GOOD.lacking("usr/lib/python3.13/os.py")),
    ("does not show its full version", {"python-imports"}, having({PYTHON: MUTE, **distribution(
        "shelf", requires=("scale; python_full_version < '3.13.1'",))})),
    ("cannot be parsed by Python", {"python-imports"}, having({"app/odd.py": b"import (\n"})),
    ("modules are imported", {"python-imports"}, lambda patch: (
        patch.setattr("barehull.proof.python_imports._MAX_MODULES", 2), GOOD)[1]),
    ("is no file that can be read", {"python-imports"}, lambda patch: (
        patch.setattr("barehull.proof.python_imports.MAX_SOURCE", 3), GOOD)[1]),
    ("changes the search for modules", {"python-imports"}, having(
        {"app/odd.py": b"import sys\nsys.path.append('/x')\nimport elsewhere\n"})),
    ("METADATA cannot be read: Invalid version", {"python-imports"}, having(
        {f"{INFO}/METADATA": b"Name: counter\nVersion: ?\n\n"})),
    ("METADATA cannot be read: it has no name", {"python-imports"}, having({f"{INFO}/METADATA": b"Version: 1\n\n"})),
    ("RECORD cannot be read", {"python-imports"}, having({f"{INFO}/RECORD": b'"' + b"x" * 200_000})),
    ("the image has no file", {"python-imports"}, lambda _: GOOD.lacking(f"{INFO}/METADATA")),
]  # fmt: skip
# Nothing that looks at machine code can be decided on a machine that is not known: one flaw, three proofs.
MACHINE = ("the linker's folders on", "what runs on", "the names of extension modules on")


@pytest.mark.parametrize(("words", "proofs", "recipe"), RECIPES, ids=[words for words, _, _ in RECIPES])
def test_it_alone_leaves_the_image_undecided(
    words: str, proofs: set[str], recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state_of(prove_subject(GOOD.subject())) == "passed"
    image = recipe(monkeypatch)
    unknown = image.unknown()
    assert image.failed() == {}
    assert set(unknown) == proofs
    assert all(words in reason for reason in unknown.values()), unknown
    assert state_of(prove_subject(image.subject())) == "undecided"


def test_a_machine_that_is_not_known() -> None:
    image = GOOD.running(architecture="m68k")
    assert image.failed() == {}
    assert len(image.unknown()) == 3
    for words, reason in zip(MACHINE, image.unknown().values(), strict=True):
        assert words in reason


def test_no_reason_in_the_code_lacks_its_image() -> None:
    """Each text that the proofs give to Unknown, or to an error that becomes one, is in a recipe."""
    said = [words for words, _, _ in RECIPES] + list(MACHINE)
    longest = {text: max((piece.strip(" /'") for piece in text.split("\0")), key=len) for text in reasons()}
    # Without words of their own are those that pass on a text, which is among the others.
    missing = [
        text for text, piece in longest.items() if piece and not any(piece in words or words in piece for words in said)
    ]
    assert missing == []


def reasons() -> list[str]:
    """The first arguments of Unknown(...), InputError(...), unclear.append(...) and _unreadable(...) in proof/."""
    found = []
    for path in sorted((Path(barehull.__file__).parent / "proof").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in ("Unknown", "InputError") or ast.unparse(node.func).endswith("unclear.append"):
                found.append(text_of(node.args[0]))
    assert len(found) > 15
    return found


def text_of(node: ast.expr) -> str:
    """An f-string with NUL for its fields; nothing for a variable."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return ""
    return "".join(each.value if isinstance(each, ast.Constant) else "\0" for each in node.values)
