"""The Python of an image: its version, built-in modules and search path, read from its files without running it.

Sources: CPython's Modules/getpath.py and Lib/site.py, and Debian's change to site.py (dist-packages).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from barehull.core.outcome import NotApplicable, Unknown
from barehull.oci.rootfs import Rootfs
from barehull.proof.access import account_of
from barehull.proof.command import Launch, PythonTarget, launch_of, python_target
from barehull.proof.facts import CODE, PYTHON, PythonCode
from barehull.proof.machine import Machine, machine_of
from barehull.proof.subject import Subject

_STDLIB = re.compile(r"python(3\.\d+)")
_MAX_PTH = 1 << 20
# Built in, with an initial function of another name or none (CPython, Modules/config.c.in and Python/pylifecycle.c).
_ALWAYS_BUILT_IN = frozenset(
    ("sys", "builtins", "marshal", "_warnings", "__main__", "_frozen_importlib", "_frozen_importlib_external")
)


@dataclass(frozen=True, slots=True)
class Python:
    """One interpreter. Folders have no leading slash; `path` is sys.path.

    `version` is "3.13"; `full_version` "3.13.5", or "" when its code does not show it. `sites` are the folders of
    `path` that hold installed distributions.
    """

    version: str
    full_version: str
    machine: Machine
    built_in: frozenset[str]
    stdlib: str
    path: tuple[str, ...]
    sites: tuple[str, ...]
    target: PythonTarget

    @property
    def tag(self) -> str:
        """The tag in the names of its extension modules: "cpython-313-x86_64-linux-gnu"."""
        return f"cpython-{self.version.replace('.', '')}-{self.machine.triplet}"

    @property
    def release(self) -> tuple[int, int]:
        """(3, 13)."""
        major, minor = self.version.split(".")
        return int(major), int(minor)


def python_of(subject: Subject) -> Python | NotApplicable | Unknown:
    """The interpreter that the entrypoint starts, else the only one in the image.

    NotApplicable without a Python. Unknown when there are several to choose from, when the architecture is not known,
    and when the interpreter does not show its built-in modules.
    """
    account = account_of(subject)
    launch = launch_of(subject, account) if account else None
    if isinstance(launch, Launch) and launch.is_python:
        return python_started(subject, launch)
    found = list(_installed(subject.rootfs))
    if not found:
        return NotApplicable("there is no Python in the image")
    if len(found) > 1:
        return Unknown(f"the entrypoint starts none of the image's Pythons (/{', /'.join(found)})")
    return python_started(subject, Launch(found[0], found[0], ()))


def _installed(rootfs: Rootfs) -> Iterator[str]:
    for prefix in ("usr", "usr/local", "opt/python"):
        for name in rootfs.children(f"{prefix}/lib"):
            program = rootfs.resolve(f"{prefix}/bin/{name}")
            if _STDLIB.fullmatch(name) and program is not None and program.kind == "file":
                yield program.path


def python_started(subject: Subject, launch: Launch) -> Python | Unknown:
    """The interpreter that a launch starts; Unknown for the reasons of `python_of`."""
    machine = machine_of(subject.config.architecture)
    if machine is None:
        return Unknown(f"the names of extension modules on {subject.config.architecture!r} are not known")
    path, file, target = launch.path, launch.file, python_target(launch.arguments)
    rootfs = subject.rootfs
    prefix = posixpath.dirname(posixpath.dirname(file))
    names = (posixpath.basename(file), *reversed(rootfs.children(f"{prefix}/lib")))
    name = next((name for name in names if _is_stdlib(rootfs, prefix, name)), "")
    if not name:
        return Unknown(f"the standard library of /{file} is not in /{prefix}/lib")
    version = name.removeprefix("python")
    shown = list(_code(rootfs, file))
    built_in = frozenset(name for code in shown for name in code.built_in)
    full = next((name for code in shown for name in code.releases if name.startswith(f"{version}.")), "")
    if not built_in:
        return Unknown(f"/{file} does not show its built-in modules")
    stdlib = f"{prefix}/lib/{name}"
    roots = _venv(rootfs, path, name) or _sites(prefix, name)
    sites = _unique(folder for root in roots for folder in _with_pth(rootfs, root))
    search = (*_first(subject, target), *_python_path(subject, target), stdlib, f"{stdlib}/lib-dynload", *sites)
    return Python(
        version,
        full.rstrip("+"),
        machine,
        built_in | _ALWAYS_BUILT_IN,
        stdlib,
        _unique(folder for folder in search if rootfs.children(folder)),
        _unique(folder for folder in (*_python_path(subject, target), *sites) if rootfs.children(folder)),
        target,
    )


def _is_stdlib(rootfs: Rootfs, prefix: str, name: str) -> bool:
    return bool(_STDLIB.fullmatch(name)) and rootfs.resolve(f"{prefix}/lib/{name}/os.py") is not None


def _code(rootfs: Rootfs, file: str) -> Iterator[PythonCode]:
    """What the interpreter's machine code shows, and that of its libpython when it is a thin program."""
    yield rootfs.fact(file, PYTHON)
    code = rootfs.fact(file, CODE)
    needed = code.elf.needed if code and code.elf else ()
    wanted = [name for name in needed if name.startswith("libpython")]
    for node in rootfs.files() if wanted else ():
        if posixpath.basename(node.path) in wanted:
            yield rootfs.fact(node.path, PYTHON)


def _sites(prefix: str, name: str) -> tuple[str, ...]:
    if prefix == "usr":  # Debian's own interpreter does not look into site-packages
        return f"usr/local/lib/{name}/dist-packages", "usr/lib/python3/dist-packages", f"usr/lib/{name}/dist-packages"
    return (f"{prefix}/lib/{name}/site-packages",)


def _venv(rootfs: Rootfs, path: str, name: str) -> tuple[str, ...]:
    """The site-packages of the virtual environment that a link to the interpreter lies in."""
    home = posixpath.dirname(posixpath.dirname(path))
    if rootfs.resolve(f"{home}/pyvenv.cfg") is None:
        return ()
    return (f"{home}/lib/{name}/site-packages",)


def _with_pth(rootfs: Rootfs, root: str) -> Iterator[str]:
    """A site folder and the folders that its .pth files add."""
    yield root
    for name in rootfs.children(root):
        if name.endswith(".pth") and not name.startswith("."):
            for line in rootfs.read(f"{root}/{name}", _MAX_PTH).decode("utf-8", "replace").splitlines():
                if line.strip() and not line.startswith(("#", "import ", "import\t")):
                    yield posixpath.normpath(posixpath.join("/", root, line.strip())).lstrip("/")


def _first(subject: Subject, target: PythonTarget) -> tuple[str, ...]:
    """The folder of the script, or the working directory for -m and -c (none with -I or -P)."""
    if target.options & {"I", "P"} or subject.env.get("PYTHONSAFEPATH"):
        return ()
    if target.kind != "file":
        return (subject.working_dir,)
    node = subject.rootfs.resolve(posixpath.join("/", subject.working_dir, target.name).lstrip("/"))
    if node is None:
        return ()
    return (node.path if node.kind == "directory" else posixpath.dirname(node.path),)


def _python_path(subject: Subject, target: PythonTarget) -> tuple[str, ...]:
    value = "" if target.options & {"I", "E"} else subject.env.get("PYTHONPATH", "")
    return tuple(posixpath.join("/", subject.working_dir, part).strip("/") for part in value.split(":") if part)


def _unique(folders: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folders))
