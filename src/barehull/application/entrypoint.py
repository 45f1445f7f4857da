"""How an application is started where there is no shell and no console script: through the interpreter, by module."""

from __future__ import annotations

from collections.abc import Sequence

from barehull.core.errors import InputError

PYTHON = "/usr/bin/python3"
_INTERPRETERS = ("python", "python3", PYTHON, "/usr/bin/python", "/usr/local/bin/python", "/usr/local/bin/python3")
_INTERPRETER_FLAGS = ("-u", "-B", "-O", "-OO", "-s", "-S", "-E", "-I")
# Console scripts whose distribution has a __main__ of the same name.
_MODULES = ("gunicorn", "uvicorn", "flask", "hypercorn", "waitress", "celery", "daphne", "streamlit", "kopf")
_SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash", "dash", "ash", "zsh")
_SHELL_SYNTAX = "$;&|<>`*?~(){}\\\n"


def python_command(words: Sequence[str], where: str) -> tuple[str, ...]:
    """The command for an image with nothing but the interpreter: `gunicorn x:app` becomes `python3 -m gunicorn x:app`.

    Errors: InputError for shells, and for programs that are not known to be Python modules.
    """
    program, *arguments = words
    if program in _INTERPRETERS or program.startswith("python3."):
        return PYTHON, *arguments
    if program in _SHELLS:
        raise InputError(
            f"{where}: the image is started by the shell {program!r}, and a distroless image has none",
            advice="Set `entrypoint` in [application] of barehull.toml to the program itself, as a list of words.",
        )
    name = program.rpartition("/")[2]
    if name in _MODULES:
        return PYTHON, "-m", name, *arguments
    if name.endswith(".py"):
        return PYTHON, program, *arguments
    raise InputError(
        f"{where}: it is not known how {program!r} is started without its script",
        advice=f'Set `entrypoint` in [application] of barehull.toml, e.g. ["{PYTHON}", "-m", "{name}"].',
    )


def shell_words(line: str, where: str) -> list[str]:
    """The words of a command in shell form, where a shell does nothing but split it. InputError where it does more."""
    found = sorted({character for character in line if character in _SHELL_SYNTAX})
    if found:
        raise InputError(
            f"{where}: the command needs a shell for {' '.join(found)!r}: {line.strip()}",
            advice="Set `entrypoint` in [application] of barehull.toml to a list of words. A variable in an argument "
            "can be written $(NAME) in the args of a Kubernetes container.",
        )
    import shlex

    try:
        return shlex.split(line)
    except ValueError as error:
        raise InputError(f"{where}: {error}: {line.strip()}", advice="Correct the quotes.") from error
