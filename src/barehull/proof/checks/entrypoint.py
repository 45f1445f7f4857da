"""The program that the image is to run exists, and its user may run it."""

from __future__ import annotations

import posixpath

from barehull.core.finding import Finding
from barehull.core.outcome import Failed, Outcome, Passed, Unknown
from barehull.proof.access import READ, SEARCH, Account, account_of, obstacle
from barehull.proof.command import Launch, launch_of, python_target
from barehull.proof.facts import CODE
from barehull.proof.machine import machine_of
from barehull.proof.python_home import python_started
from barehull.proof.python_modules import Finder
from barehull.proof.subject import Subject

NAME = "entrypoint"
TITLE = "the entrypoint exists and its user may execute it"
WHY = "An image whose program is missing, for another machine or closed to its user fails only when it is deployed."


def check(subject: Subject) -> Outcome:
    """Follows entrypoint and command as the kernel does, to machine code and on to Python's module or script.

    Unknown for an architecture that is not known, and for a Python whose search path cannot be told.
    """
    account = account_of(subject)
    if account is None:
        advice = "Set the user to a number, 65532."
        return Failed((Finding("user", f"{subject.config.user!r} is not in the image's /etc/passwd", advice),))
    if trouble := _working_dir(subject, account):
        return Failed((Finding("working directory", trouble, "Correct the working directory, or its mode and owner."),))
    launch = launch_of(subject, account)
    if isinstance(launch, Finding):
        return Failed((launch,))
    problem = _machine_code(subject, launch)
    if isinstance(problem, Unknown):
        return problem
    if problem is None and launch.is_python:
        problem = _python(subject, launch, account)
    if isinstance(problem, Unknown):
        return problem
    if problem is not None:
        return Failed((problem,))
    return Passed(" ".join((*subject.config.entrypoint, *subject.config.cmd)))


def _working_dir(subject: Subject, account: Account) -> str:
    """What is wrong with the working directory; engines make one that does not exist."""
    at = ""
    for part in [part for part in subject.working_dir.split("/") if part]:
        at = f"{at}/{part}".lstrip("/")
        node = subject.rootfs.resolve(at)
        if node is None:
            return ""
        if node.kind != "directory":
            return f"/{at} is no folder"
    return obstacle(subject.rootfs, at, account, SEARCH)


def _machine_code(subject: Subject, launch: Launch) -> Finding | Unknown | None:
    machine = machine_of(subject.config.architecture)
    if machine is None:
        return Unknown(f"what runs on {subject.config.architecture!r} is not known")
    code = subject.rootfs.fact(launch.file, CODE)
    if code is None:
        return Finding(f"/{launch.file}", "is neither an ELF program nor a script that begins with #!", "Correct it.")
    elf = code.elf
    if elf is None:
        return Finding(f"/{launch.file}", code.what, code.advice)
    if not machine.runs(elf):
        message = f"is made for {elf.machine} ({elf.bits} bit), the image is {machine.architecture}"
        return Finding(f"/{launch.file}", message, "Take the build for the image's platform.")
    return None


def _python(subject: Subject, launch: Launch, account: Account) -> Finding | Unknown | None:
    target = python_target(launch.arguments)
    if target.kind == "file":
        return _script(subject, target.name, account)
    if target.kind != "module":
        return None
    python = python_started(subject, launch)
    if isinstance(python, Unknown):
        return python
    finder = Finder(subject.rootfs, python)
    module = finder.find(target.name)
    searched = ", ".join(f"/{folder}" for folder in python.path)
    if module is None:
        return Finding(
            f"-m {target.name}", f"no such module in {searched}", "Add its distribution to the dependencies."
        )
    if module.folders and (module := finder.find(f"{target.name}.__main__")) is None:
        return Finding(f"-m {target.name}", "is a package without __main__", "Name a module that can be run.")
    trouble = obstacle(subject.rootfs, module.file, account, READ) if module.file else ""
    return Finding(f"-m {target.name}", trouble, "Correct the file's mode and owner.") if trouble else None


def _script(subject: Subject, name: str, account: Account) -> Finding | None:
    path = posixpath.join("/", subject.working_dir, name).lstrip("/")
    trouble = obstacle(subject.rootfs, path, account, READ)
    node = subject.rootfs.resolve(path)
    if not trouble and node is not None and node.kind == "directory":
        main = subject.rootfs.resolve(f"{path}/__main__.py")
        trouble = "" if main else f"/{path} is a folder without __main__.py"
    return Finding(name, trouble, "Correct the entrypoint, or the file's mode and owner.") if trouble else None
