"""The builtins of a shell that change what later commands see: cd, export, declare, unset, set, read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from barehull.dockerfile.shell.simple_command import Argument
from barehull.dockerfile.shell.variables import Variable, Variables

Assignment = Callable[[Argument], tuple[str, Argument] | None]

_MAX_DIRECTORY = 256
# Kept among the variables, so that a subshell takes them back too; the space keeps them apart from any variable.
_DIRECTORY = "PWD "
_EXPORT_ALL = "set -a "
_DECLARATIONS = frozenset({"export", "declare", "typeset", "readonly", "local"})
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def apply(words: Sequence[Argument], variables: Variables, assignment: Assignment) -> None:
    """What a command does to the shell that runs it. `assignment` reads a NAME=value word."""
    name = words[0].text
    if name in _DECLARATIONS:
        _declare(words, variables, assignment)
    elif name in ("cd", "pushd"):
        _change_directory([word for word in words[1:] if word.text == "-" or not word.text.startswith("-")], variables)
    elif name == "popd":
        _move("$OLDPWD", words[0], variables)
    elif name == "unset":
        _unset(words[1:], variables)
    elif name == "set":
        _set([word.text for word in words[1:]], variables)
    elif name == "read":
        for word in words[1:]:
            if _NAME.fullmatch(word.text):
                assign_unknown(word, variables)


def directory(variables: Variables) -> str:
    """Where `cd` has led; "" where none was, "$PWD" where it is not known."""
    found = variables.get(_DIRECTORY)
    return found.value.text.rstrip() if found is not None and found.value is not None else ""


def exports_all(variables: Variables) -> bool:
    """Whether `set -a` is in force."""
    found = variables.get(_EXPORT_ALL)
    return found is not None and found.kind == "hidden"


def assign_unknown(name: Argument, variables: Variables) -> None:
    """A variable gets a value that is not in the text."""
    value = Argument(f"${name.text}", name.start, name.end, literal=False)
    variables.assign(name.text, value, exports_all(variables))


def _declare(words: Sequence[Argument], variables: Variables, assignment: Assignment) -> None:
    options = "".join(word.text[1:] for word in words[1:] if word.text.startswith("-"))
    if "f" in options:
        return
    exports = "x" in options or words[0].text == "export"
    for word in words[1:]:
        pair = assignment(word)
        if pair is not None:
            name, value = pair
            if exports:
                variables.set(name, Variable(value, "exported"))
            else:
                variables.assign(name, value, exports_all(variables))
        elif _NAME.fullmatch(word.text) and exports:
            variables.export(word.text)
        if "n" in options and words[0].text == "export":
            name = pair[0] if pair is not None else word.text
            old = variables.get(name)
            if old is not None:
                variables.set(name, Variable(old.value, "shell"))


def _unset(words: Sequence[Argument], variables: Variables) -> None:
    if any(word.text.startswith("-") and "f" in word.text for word in words):
        return
    for word in words:
        if _NAME.fullmatch(word.text):
            variables.set(word.text, Variable(Argument("", word.start, word.end), "unset"))


def _set(texts: Sequence[str], variables: Variables) -> None:
    before = ""
    for text in texts:
        if text == "--":
            break
        if (text[:1] in ("-", "+") and "a" in text[1:]) or (text == "allexport" and before[1:].endswith("o")):
            switch = text if text != "allexport" else before
            variables.set(_EXPORT_ALL, Variable(None, "hidden" if switch[0] == "-" else "shell"))
        before = text


def _change_directory(operands: Sequence[Argument], variables: Variables) -> None:
    if not operands:
        return
    target = operands[0].text
    if target == "-":
        target = "$OLDPWD"
    elif not target.startswith(("/", "~", "$", "`")):
        path = posixpath.normpath(posixpath.join(directory(variables), target))
        target = "" if path == "." else path
    _move(target, operands[0], variables)


def _move(target: str, word: Argument, variables: Variables) -> None:
    if len(target) > _MAX_DIRECTORY:
        target = "$PWD"
    variables.set(_DIRECTORY, Variable(Argument(target, word.start, word.end, literal=False), "hidden"))
