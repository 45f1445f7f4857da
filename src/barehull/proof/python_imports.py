"""Follows the imports of an image's Python files, from roots to everything that they cannot do without."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from barehull.core.finding import Finding
from barehull.core.outcome import Unknown
from barehull.oci.facts import Content, Fact
from barehull.proof import python_source
from barehull.proof.python_modules import Finder, Module
from barehull.proof.python_source import MAX_SOURCE, Either, Import, Step, imports_of

_MAX_MODULES = 50_000
# A package whose source says one of these may have modules that are no files (os.path, six.moves), or may itself
# widen the search for all (setuptools).
_SUBMODULES = ("sys.modules", "__path__", "meta_path")
_PACKAGES = ("sys.path", "meta_path")
_WORDS = tuple(dict.fromkeys((*_SUBMODULES, *_PACKAGES)))
_ADVICE = "Add the distribution that has it to the application's dependencies, or leave out what imports it."


@dataclass(slots=True)
class Walk:
    """What a walk over imports has found: by missing module, the first file that needs it; what is `unclear`; and the
    modules that are `left` to packages that make modules at run time.

    `own` are the application's files: in them the bodies of functions count as well.
    """

    finder: Finder
    own: frozenset[str]
    findings: dict[str, Finding] = field(default_factory=dict)
    unclear: list[str] = field(default_factory=list)
    left: set[str] = field(default_factory=set)
    reached: int = 0
    _queue: deque[Module] = field(default_factory=deque)
    _seen: set[str] = field(default_factory=set)

    def run(self, roots: Iterable[Module]) -> None:
        """Read the roots and all that they need."""
        for root in roots:
            self._enqueue(root)
        while self._queue:
            module = self._queue.popleft()
            if self.reached >= _MAX_MODULES:
                self.unclear.append(f"more than {_MAX_MODULES} modules are imported")
                return
            self.reached += 1
            if module.kind == "source":
                self._read(module)

    def _enqueue(self, module: Module) -> None:
        if (key := module.file or module.name) not in self._seen:
            self._seen.add(key)
            self._queue.append(module)

    def _read(self, module: Module) -> None:
        release = self.finder.python.release
        node = self.finder.rootfs.resolve(module.file)
        if node is None or node.kind != "file" or node.size > MAX_SOURCE:
            self.unclear.append(f"/{module.file} is no file that can be read")
            return
        said = self.finder.rootfs.fact(module.file, _imports(release, module.file in self.own))
        if said.unclear:
            self.unclear.append(f"/{module.file} {said.unclear}")
            return
        self._take(module, said.steps)

    def _take(self, module: Module, steps: tuple[Step, ...]) -> None:
        for step in steps:
            if isinstance(step, Either):
                # What a try guards need not load: a failure in there is caught. Only what follows from it must.
                self._take(module, step.otherwise if self._works(module, step.tried) else step.instead)
                continue
            if missing := self._missing(module, step):
                message = f"imported by /{module.file} and not in the image"
                self.findings.setdefault(missing, Finding(missing, message, _ADVICE))
                continue
            for name in _names(module, step):
                if found := self.finder.find(name):
                    self._enqueue(found)

    def _works(self, module: Module, steps: tuple[Step, ...]) -> bool:
        return all(
            self._works(module, step.otherwise if self._works(module, step.tried) else step.instead)
            if isinstance(step, Either)
            else self._missing(module, step) is None
            for step in steps
        )

    def _missing(self, module: Module, step: Import) -> str | None:
        """The name that an import asks for and that leads nowhere; None when all is there."""
        name = _absolute(module, step)
        if name is None:
            return "." * step.level + step.module
        parts = name.split(".") if name else []
        for count in range(1, len(parts) + 1):
            part = ".".join(parts[:count])
            if self.finder.find(part) is None:
                return None if self._made_at_run_time(module, parts[: count - 1], part) else part
        return None

    def _made_at_run_time(self, module: Module, package: list[str], name: str) -> bool:
        """Whether a package may make the missing module `name` itself; without `package`, the importing one may."""
        if not package and module.file in self.own:
            widens = self._makes_modules(module, _PACKAGES)
            if widens:
                self.unclear.append(f"/{module.file} changes the search for modules, and {name} is in no folder of it")
            return widens
        parent = self.finder.find(".".join(package) or module.name.partition(".")[0])
        if parent is None or not self._makes_modules(parent, _SUBMODULES if package else _PACKAGES):
            return False
        if not parent.file.startswith(f"{self.finder.python.stdlib}/"):  # whose os.path and the like are no surprise
            self.left.add(name)
        return True

    def _makes_modules(self, parent: Module, words: tuple[str, ...]) -> bool:
        if parent.kind != "source":
            return parent.kind == "extension"
        said = self.finder.rootfs.fact(parent.file, _SAID)
        return any(word in said for word in words)


@dataclass(frozen=True, slots=True)
class _Imports:
    """The steps of one file, or why they are `unclear`."""

    steps: tuple[Step, ...]
    unclear: str = ""


@cache
def _imports(release: tuple[int, int], functions: bool) -> Fact[_Imports]:
    """What `imports_of` says of a file."""

    def find(content: Content) -> _Imports:
        steps = imports_of(content.read(MAX_SOURCE), release=release, functions=functions)
        return _Imports((), steps.reason) if isinstance(steps, Unknown) else _Imports(steps)

    return Fact(f"imports {release} {functions}", _Imports, find, (__name__, python_source.__name__))


def _said(content: Content) -> tuple[str, ...]:
    source = content.read(MAX_SOURCE)
    return tuple(word for word in _WORDS if word.encode() in source)


_SAID = Fact("words", tuple[str, ...], _said, (__name__,))  # which of _WORDS a source has


def _absolute(module: Module, step: Import) -> str | None:
    """The name that an import means, given where it stands; None when it climbs out of its package."""
    if not step.level:
        return step.module
    package = module.name.split(".") if module.folders else module.name.split(".")[:-1]
    up = step.level - 1
    if up >= len(package):
        return None
    base = package[: len(package) - up]
    return ".".join((*base, step.module) if step.module else base)


def _names(module: Module, step: Import) -> Iterator[str]:
    """Every module that an import loads: the packages on the way, and names that turn out to be submodules."""
    name = _absolute(module, step) or ""
    parts = name.split(".") if name else []
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))
    yield from (f"{name}.{each}" for each in step.names if name and each != "*")
