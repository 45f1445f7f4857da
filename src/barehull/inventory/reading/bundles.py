"""What one file of bundled JavaScript tells of the libraries in it: by banners, module paths and source maps."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from barehull.core.errors import InputError
from barehull.oci.facts import Content, Fact

MIN_SIZE = 32 << 10  # bytes of a script that can carry libraries and tell nothing of them
_LIMIT = 64 << 20
_SAMPLE = 256 << 10
_LINE = 300  # bytes, on average, of minified code; hand-written lines have some 35
_CODE = 1 << 11  # bytes, on average, in which code has a function; data and translations have none
_MAX_LIBRARIES = 20_000
_NAME = r"(?:@[\w.~-]+/)?[a-zA-Z0-9_~-][\w.~-]*"
_OPENING = re.compile(rb"/\*[!*]")
_MAX_COMMENT = 4000
_LINES = re.compile(rb"^//! ([^\n]{0,100}\n//! [^\n]{0,100})", re.MULTILINE)
_BANNER = re.compile(
    r"(?:^[ \t*!/]*|@license[ \t]+)(?!@license|@preserve)(@?[A-Za-z][\w.@/]*(?:[ -][A-Za-z][\w.]*){0,3}?)"
    r"[ \t]*[-:|,]?[\s*]*(?:version[ :]*|v\.?[ ]?|@)?(\d+\.\d+\.\d+(?:-[0-9A-Za-z][0-9A-Za-z.-]*)?)(?=[\s,;|(]|$)",
    re.MULTILINE | re.IGNORECASE,
)
_BUILT = re.compile(  # React's files tell their package in their name
    r"^[ *]*([a-z][a-z0-9-]*?)(?:-(?:server|unstable|test|tracing)[\w-]*)?(?:\.\w+)?"
    r"\.(?:production|development|profiling)(?:\.min)?\.js",
    re.MULTILINE,
)
# Bundlers that do not minify name each module: webpack as a key, esbuild and rolldown in a comment.
_MODULE = re.compile(
    rb"""(?:// |//#region |["'`]|webpack://[^/\s]{0,80}/)((?:[^\s"'`*]{0,200}/)?node_modules/[^\s"'`?]{1,250})"""
)
_INLINE = re.compile(rb"//[#@] sourceMappingURL=data:application/json[^,\s]{0,60};base64,([A-Za-z0-9+/=]+)\s*$")
_PATH = re.compile(rf".*node_modules/({_NAME})/")
_PNPM = re.compile(r"\.pnpm/(?:@[^/@]+\+)?[^/@]+@(\d[^/_(]*)")
_BERRY = re.compile(r"-npm-(\d+\.[^/]*?)-[0-9a-f]{8,}(?:-[0-9a-z]+)?\.zip/")
# What banners call a library, where its package has another name.
_CALLED = {
    "angular": "@angular/core", "angularjs": "angular", "backbone.js": "backbone", "ember.js": "ember-source",
    "jquery javascript library": "jquery", "jquery ui": "jquery-ui", "knockout javascript library": "knockout",
    "moment.js": "moment", "three.js": "three", "underscore.js": "underscore", "vue.js": "vue",
    "vue router": "vue-router",
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Library:
    """A library of npm's by its name; `version` is "" where it is not told."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Script:
    """What a script tells. `opaque`: it is minified code of a size that can carry libraries, and has no map inside.

    `itself` is the library that the banner at its very beginning names with a version, "" where there is none.
    """

    libraries: tuple[Library, ...] = ()
    opaque: bool = False
    itself: str = ""


class _SourceMap(msgspec.Struct):
    sources: list[str | None] = []
    sections: list[_Section] = []


class _Section(msgspec.Struct):
    map: _SourceMap


def read_script(content: Content) -> Script:
    """What a script tells of the libraries in it. Errors: InputError when it is too large to be read."""
    data = content.read(_LIMIT)
    banners = dict(_of_banners(data))
    found = {*banners.values(), *_of_paths(path.decode("utf-8", "replace") for path in _MODULE.findall(data))}
    mapped = False
    if match := _INLINE.search(data, data.rfind(b"sourceMappingURL") - 4):
        try:
            sources = _sources(base64.b64decode(match[1]))
            found.update(_of_paths(sources))
            mapped = bool(sources)
        except (InputError, binascii.Error):
            mapped = False
    first = next((banners[at].name for at in banners if not data[:at].strip(b"\xef\xbb\xbf;!\n ")), "")
    return Script(_sorted(found), _is_minified(data) and not mapped, first)


def read_map(content: Content) -> tuple[Library, ...] | None:
    """The libraries whose modules a source map lists; None where it lists nothing. Errors: InputError."""
    sources = _sources(content.read(_LIMIT))
    return _sorted(set(_of_paths(sources))) if sources else None


def read_banners(content: Content) -> tuple[Library, ...]:
    """The libraries that webpack's LICENSE.txt has the banners of. Errors: InputError."""
    return _sorted({library for _, library in _of_banners(content.read(_LIMIT))})


SCRIPT = Fact("script", Script, read_script, (__name__,))
MAP = Fact("source map", tuple[Library, ...] | None, read_map, (__name__,))
BANNERS = Fact("banners", tuple[Library, ...], read_banners, (__name__,))


def _is_minified(data: bytes) -> bool:
    sample = data[:_SAMPLE]
    functions = sample.count(b"function") + sample.count(b"=>")
    return len(data) >= MIN_SIZE and len(sample) > _LINE * (sample.count(b"\n") + 1) and functions * _CODE > len(sample)


def _of_banners(data: bytes) -> Iterator[tuple[int, Library]]:
    """The libraries that comments name with a version, and where each begins."""
    for start, text in _comments(data):
        if not text.startswith("*") or "@license" in text or "@preserve" in text:
            banner = _BANNER.search(text.removeprefix("!"))
            name = _called(banner[1]) if banner else ""
            if banner and name:
                built = _BUILT.search(text)
                yield start, Library(built[1] if built else name, banner[2])


def _comments(data: bytes) -> Iterator[tuple[int, str]]:
    """Comments that begin as `/*!`, `/**` or `//!`, and where; longer ones are not for licenses."""
    end = 0
    for match in _OPENING.finditer(data):
        if match.start() < end:  # in the one before
            continue
        end = data.find(b"*/", match.end() - 1)
        if end < 0:
            break
        if end - match.start() <= _MAX_COMMENT:
            yield match.start(), data[match.start() + 2 : end].decode("utf-8", "replace")
    for match in _LINES.finditer(data):
        yield match.start(), match[1].decode("utf-8", "replace").replace("\n//!", "\n")


def _called(words: str) -> str:
    """The name of the package that a banner calls by these words, "" where they are no name."""
    text = " ".join(words.lower().split())
    name = _CALLED.get(text, text)
    return name if re.fullmatch(_NAME, name) and name not in ("version", "copyright", "license", "apache") else ""


def _of_paths(paths: Iterable[str]) -> Iterator[Library]:
    for path in paths:
        match = _PATH.match(path) if "node_modules/" in path else None
        if match:
            version = _PNPM.search(path) or _BERRY.search(path)
            yield Library(match[1], version[1] if version else "")


def _sources(data: bytes) -> list[str]:
    """The sources of a source map, of its sections too (ECMA-426)."""
    try:
        top = msgspec.json.decode(data.removeprefix(b")]}'\n"), type=_SourceMap)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError(
            f"it is no source map: {error}", advice="Build the bundle anew, or leave the map out."
        ) from error
    listed: list[str] = []
    stack = [top]
    while stack:
        one = stack.pop()
        listed += [source for source in one.sources if source]
        stack += [section.map for section in one.sections]
    return listed


def _sorted(found: set[Library]) -> tuple[Library, ...]:
    if len(found) > _MAX_LIBRARIES:
        raise InputError(f"it names {len(found)} libraries", advice="Look at the file: it is not what its name says.")
    known = {library.name for library in found if library.version}
    return tuple(sorted(it for it in found if it.version or it.name not in known))
