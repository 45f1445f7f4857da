"""Every program and library finds its interpreter, its libraries and their symbol versions inside the image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from barehull.core.errors import InputError
from barehull.core.finding import Finding
from barehull.core.outcome import Failed, NotApplicable, Outcome, Passed, Unknown
from barehull.elf import Elf
from barehull.proof.access import account_of
from barehull.proof.command import Launch, launch_of
from barehull.proof.facts import CODE
from barehull.proof.ldcache import read_cache
from barehull.proof.linker import Linker, Loaded, Process, default_folders
from barehull.proof.machine import Machine, machine_of
from barehull.proof.subject import Subject

NAME = "elf-closure"
TITLE = "every ELF file finds its interpreter, libraries and symbol versions inside the image"
WHY = "A library that is missing shows itself only when the program is started, or days later when a plugin is loaded."
_INSTALL = "Add the Debian package that has it to runtime.packages."
_MAX_LOADS = 500_000  # files loaded in all processes together; an image of 700 ELF files takes 7,000
_MUSL = ("ld-musl-", "libc.musl-")


def check(subject: Subject) -> Outcome:
    """Loads each file as glibc's linker would, plugins into the entrypoint's process; nothing is left out.

    Unknown for an architecture or a C library whose rules barehull does not know.
    """
    machine = machine_of(subject.config.architecture)
    if machine is None:
        return Unknown(f"the linker's folders on {subject.config.architecture!r} are not known")
    elves, findings = _read_all(subject)
    if not elves and not findings:
        return NotApplicable("the image has no ELF file")
    findings += _foreign(elves, machine)
    native = {path: elf for path, elf in elves.items() if machine.runs(elf) and elf.kind != "relocatable"}
    for path, elf in native.items():
        if elf.interpreter and (finding := _interpreter(subject, path, elf, native)):
            findings.append(finding)
        elif _is_musl(elf.interpreter):
            return Unknown(f"/{path} is made for musl's linker; only glibc's rules are known")
    linker = Linker(subject.rootfs, machine, native, _cache(subject), _library_path(subject), subject.working_dir)
    findings += _unresolved(linker, _main_process(subject, linker))
    return Failed(tuple(findings)) if findings else Passed(f"{len(elves)} ELF files")


def _read_all(subject: Subject) -> tuple[dict[str, Elf], list[Finding]]:
    """All ELF files by path, and the broken ones."""
    elves: dict[str, Elf] = {}
    broken: list[Finding] = []
    for node in subject.rootfs.files():
        code = subject.rootfs.fact(node.path, CODE)
        if code is not None and code.elf is not None:
            elves[node.path] = code.elf
        elif code is not None:
            broken.append(Finding(f"/{node.path}", code.what, code.advice))
    return elves, broken


def _foreign(elves: Mapping[str, Elf], machine: Machine) -> list[Finding]:
    advice = "Take the build for the image's platform, or leave the file out."
    return [
        Finding(f"/{path}", f"is made for {elf.machine} ({elf.bits} bit), the image is {machine.architecture}", advice)
        for path, elf in elves.items()
        if elf.kind in ("executable", "shared") and not machine.runs(elf)
    ]


def _interpreter(subject: Subject, path: str, elf: Elf, native: Mapping[str, Elf]) -> Finding | None:
    node = subject.rootfs.resolve(elf.interpreter)
    if node is not None and node.path in native:
        return None
    what = "the image does not have" if node is None else "is no linker for this machine"
    why = "made for musl (Alpine Linux): " if _is_musl(elf.interpreter) else ""
    return Finding(f"/{path}", f"{why}its interpreter {elf.interpreter} {what}", "Add libc6, or link it statically.")


def _unresolved(linker: Linker, main: Process | None) -> Iterator[Finding]:
    """What is missing when every program is started and every other file loaded into the entrypoint's process."""
    needed_by: dict[str, set[str]] = {}
    outdated: set[Finding] = set()
    work = 0
    for process, added in _processes(linker, main):
        work += len(added)
        if work > _MAX_LOADS:
            raise InputError(
                "the image's libraries need each other too often", advice="This is no image to be trusted."
            )
        for loaded, name in process.missing:
            needed_by.setdefault(name, set()).add(loaded.path)
        outdated.update(_versions(process, added))
    places = {name: path for path, elf in linker.elves.items() for name in (elf.soname, posixpath.basename(path))}
    for name in sorted(needed_by):
        yield _missing(linker, name, sorted(needed_by[name]), places.get(name, ""))
    yield from sorted(outdated)


def _processes(linker: Linker, main: Process | None) -> Iterator[tuple[Process, list[Loaded]]]:
    """Every file is loaded at least once; a library where something needs it, and alone only when nothing does."""
    wanted = {name for elf in linker.elves.values() for name in elf.needed}

    def is_dependency(path: str) -> bool:
        elf = linker.elves[path]
        return elf.kind != "executable" and (posixpath.basename(path) in wanted or elf.soname in wanted)

    seen: set[str] = set()
    for path in sorted(linker.elves, key=lambda path: (is_dependency(path), path)):
        if is_dependency(path) and path in seen:
            continue
        host = None if linker.elves[path].kind == "executable" else main
        process, added = linker.load(path, host)
        seen |= {loaded.path for loaded in added}
        yield process, added


def _main_process(subject: Subject, linker: Linker) -> Process | None:
    account = account_of(subject)
    launch = launch_of(subject, account) if account else None
    if not isinstance(launch, Launch) or launch.file not in linker.elves:
        return None
    return linker.load(launch.file)[0]


def _missing(linker: Linker, name: str, needed_by: list[str], place: str) -> Finding:
    more = f" and {len(needed_by) - 1} more" if len(needed_by) > 1 else ""
    who = f"/{needed_by[0]}{more}"
    if name.startswith(_MUSL):
        advice = "Take the build for glibc (manylinux), not the one for Alpine (musllinux)."
        return Finding(name, f"needed by {who}, made for musl; the image's C library is glibc", advice)
    if place:
        advice = "Put it into a folder that the linker searches, or make /etc/ld.so.cache anew."
        return Finding(name, f"needed by {who}; the image has it as /{place}, where the linker does not look", advice)
    foreign = any(linker.rootfs.resolve(f"{folder}/{name}") for folder in default_folders(linker.machine))
    where = "the image has it only for another machine, or broken" if foreign else "the image does not have it"
    return Finding(name, f"needed by {who}; {where}", _INSTALL)


def _versions(process: Process, added: list[Loaded]) -> Iterator[Finding]:
    advice = "Take a build for this Debian release or older, or a runtime of a newer one."
    for loaded in added:
        for library, names in loaded.elf.versions_needed:
            provider = process.names.get(library)
            # The linker accepts a library without any symbol versions; a missing library was reported already.
            if provider is None or not provider.elf.versions_defined:
                continue
            lacking = [name for name in names if name not in provider.elf.versions_defined]
            if lacking:
                message = f"needs {', '.join(lacking)}, which /{provider.path} does not define"
                yield Finding(f"/{loaded.path}", message, advice)


def _is_musl(interpreter: str) -> bool:
    return posixpath.basename(interpreter).startswith(_MUSL)


def _cache(subject: Subject) -> dict[str, tuple[str, ...]]:
    node = subject.rootfs.resolve("etc/ld.so.cache")
    return read_cache(subject.rootfs.read("etc/ld.so.cache")) if node and node.kind == "file" else {}


def _library_path(subject: Subject) -> tuple[str, ...]:
    value = subject.env.get("LD_LIBRARY_PATH", "")
    folders = value.replace(";", ":").split(":") if value else []
    return tuple(posixpath.join("/", subject.working_dir, folder).strip("/") for folder in folders)
