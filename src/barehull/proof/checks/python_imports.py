"""Every import that the application and its distributions cannot do without leads to a module in the image."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from barehull.core.errors import InputError
from barehull.core.finding import Finding
from barehull.core.outcome import Failed, NotApplicable, Outcome, Passed, Unknown
from barehull.oci.rootfs import Rootfs
from barehull.proof.distributions import Distribution, distributions
from barehull.proof.python_home import Python, python_of
from barehull.proof.python_imports import Walk
from barehull.proof.python_modules import Finder, Module
from barehull.proof.subject import Subject

NAME = "python-imports"
TITLE = "every Python import and every declared dependency resolves inside the image"
WHY = "A distroless image cannot be repaired from within: what is not installed is missed only when it is imported."
_FULL_VERSION = re.compile(r"\b(python_full|implementation)_version\b")
_TAGGED = re.compile(r"\.(cpython-[\w-]+)\.so$")
_ADVICE = "Add it to the application's dependencies and build again."


def check(subject: Subject) -> Outcome:
    """Checks dependencies, recorded files, tags of extension modules, and follows imports from three kinds of root.

    Roots: every file of the application (in its working directory), the module or script of the entrypoint, and the
    top-level modules of each distribution. A module that is only loaded by a name in a string, as plugins are, is not
    reached. Unknown where a file cannot be parsed, or the interpreter is not known.
    """
    python = python_of(subject)
    if not isinstance(python, Python):
        return python
    finder = Finder(subject.rootfs, python)
    installed = tuple(distributions(subject.rootfs, python))
    own = tuple(_own_files(subject, python))
    walk = Walk(finder, frozenset(module.file for module in own))
    walk.run((*own, *_entry(subject, finder), *_declared(finder, installed)))
    findings = [
        *_unmet(installed, python),
        *_incomplete(subject.rootfs, finder, installed),
        *_wrong_tags(subject.rootfs, python),
        *walk.findings.values(),
    ]
    if findings:
        return Failed(tuple(findings))
    if walk.unclear:
        more = f" (and {len(walk.unclear) - 1} more)" if len(walk.unclear) > 1 else ""
        return Unknown(f"{walk.unclear[0]}{more}")
    if not installed and not own:
        return NotApplicable("there is no Python application in the image")
    return Passed(f"{len(installed)} distributions, {walk.reached} modules{_left(walk)}")


def _left(walk: Walk) -> str:
    if not walk.left:
        return ""
    names = sorted(walk.left)
    return f"; {len(names)} that packages make themselves at run time were left to them, such as {names[0]}"


def _own_files(subject: Subject, python: Python) -> Iterator[Module]:
    """The Python files below the working directory that belong to no distribution's folder."""
    folder = subject.working_dir
    installed = tuple(f"{site}/" for site in python.sites if site != folder and _holds_wheels(subject.rootfs, site))
    for node in subject.rootfs.walk(folder) if folder else ():
        if node.kind == "file" and node.path.endswith(".py") and not node.path.startswith(installed):
            yield Module(_name(node.path, python, folder), "source", node.path, _package(node.path))


def _holds_wheels(rootfs: Rootfs, site: str) -> bool:
    """Whether a folder of sys.path is for distributions; PYTHONPATH may also lead to the application's own files."""
    return site.endswith("-packages") or any(name.endswith(".dist-info") for name in rootfs.children(site))


def _name(path: str, python: Python, folder: str) -> str:
    """The name that a file is imported by: from the nearest folder of sys.path, else from the working directory."""
    bases = [base for base in (*python.path, folder) if path.startswith(f"{base}/")]
    base = max(bases, key=len, default=posixpath.dirname(path))
    parts = path.removeprefix(f"{base}/").removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _package(path: str) -> tuple[str, ...]:
    return (posixpath.dirname(path),) if posixpath.basename(path) == "__init__.py" else ()


def _entry(subject: Subject, finder: Finder) -> Iterator[Module]:
    """What the entrypoint tells Python to run; whether that exists is the entrypoint's proof."""
    target = finder.python.target
    if target.kind == "module" and (module := finder.find(target.name)):
        yield module
        if module.folders and (main := finder.find(f"{target.name}.__main__")):
            yield main
    if target.kind == "file":
        path = posixpath.join("/", subject.working_dir, target.name).lstrip("/")
        node = subject.rootfs.resolve(path)
        if node is not None and node.kind == "file":
            yield Module("__main__", "source", node.path)


def _declared(finder: Finder, installed: Iterable[Distribution]) -> Iterator[Module]:
    for distribution in installed:
        yield from (module for name in distribution.modules if (module := finder.find(name)))


def _unmet(installed: tuple[Distribution, ...], python: Python) -> Iterator[Finding]:
    """Requirements of distributions, without extras, that nothing in the image meets."""
    by_name = {distribution.key: distribution for distribution in installed}
    environment = _environment(python)
    for distribution in installed:
        for requirement in distribution.requires:
            if requirement.marker and not _holds(requirement.marker, environment, distribution.name):
                continue
            found = by_name.get(canonicalize_name(requirement.name))
            if found is None:
                yield Finding(distribution.name, f"requires {requirement.name}, which is not in the image", _ADVICE)
            elif not requirement.specifier.contains(found.version, prereleases=True):
                message = f"requires {requirement.name} {requirement.specifier}, the image has {found.version}"
                yield Finding(distribution.name, message, "Let the versions be resolved anew.")


def _holds(marker: Marker, environment: dict[str, str], name: str) -> bool:
    if not environment["python_full_version"] and _FULL_VERSION.search(str(marker)):
        what = f"{name} requires something when {marker}, and the interpreter does not show its full version"
        raise InputError(what, advice="Check by hand whether the requirement is met.")
    return marker.evaluate(environment)


def _incomplete(rootfs: Rootfs, finder: Finder, installed: Iterable[Distribution]) -> Iterator[Finding]:
    """Distributions that have lost files that they recorded, or whose modules cannot be found."""
    for distribution in installed:
        lost = [path for path in distribution.files if rootfs.resolve(path) is None]
        hidden = [name for name in distribution.modules if finder.find(name) is None]
        if lost:
            more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
            yield Finding(distribution.name, f"has lost /{lost[0]}{more}", "Install the distribution again, whole.")
        elif hidden:
            yield Finding(distribution.name, f"its module {hidden[0]} cannot be imported", _ADVICE)


def _wrong_tags(rootfs: Rootfs, python: Python) -> Iterator[Finding]:
    """Extension modules that this Python passes over: built for another version or platform."""
    for site in python.sites:
        for node in rootfs.walk(site):
            tag = _TAGGED.search(node.path)
            if tag is None or node.kind != "file" or tag[1] == python.tag:
                continue
            if rootfs.resolve(node.path.replace(tag[0], f".{python.tag}.so")) is None:
                message = f"is built for {tag[1]}, the image's Python is {python.tag}"
                yield Finding(f"/{node.path}", message, "Install the wheel for the image's Python and platform.")


def _environment(python: Python) -> dict[str, str]:
    """The image's values of the environment markers (PyPA, dependency specifiers)."""
    return {
        "implementation_name": "cpython",
        "implementation_version": python.full_version,
        "os_name": "posix",
        "platform_machine": python.machine.uname,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": python.full_version,
        "python_version": python.version,
        "sys_platform": "linux",
        "extra": "",
    }
