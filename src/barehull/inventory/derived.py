"""Files that are made from others, by steps that can be checked again."""

from __future__ import annotations

import _imp
import hashlib
import re
import struct
from collections.abc import Collection

from barehull.core.errors import InputError
from barehull.oci.rootfs import Node, Rootfs

_PYC = re.compile(r"(?:(.*)/)?__pycache__/([^/]+)\.cpython-\d+(?:\.opt-\d)?\.pyc")
_SOURCE_LIMIT = 64 << 20
_HASHED = 0b01
# Configuration that no package brings and that both distroless and installers write: text, never code.
CONFIGURATION = frozenset(
    {"etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/nsswitch.conf", "etc/os-release", "etc/hostname"}
)
_CA_BUNDLE = "etc/ssl/certs/ca-certificates.crt"
_CA_SOURCES = "usr/share/ca-certificates"
_LD_CACHE = "etc/ld.so.cache"
_LD_MAGIC = b"glibc-ld.so.cache1.1"


def is_derived(rootfs: Rootfs, node: Node, vouched: Collection[str]) -> bool:
    """Whether the file follows from others: bytecode from a source in `vouched` (paths), the CA bundle, ld.so.cache."""
    if node.path in CONFIGURATION:
        return not rootfs.peek(node.path, 4).startswith(b"\x7fELF")
    if node.path == _CA_BUNDLE:
        return _is_bundle(rootfs)
    if node.path == _LD_CACHE:
        return _is_ld_cache(rootfs)
    match = _PYC.fullmatch(node.path)
    if match is None:
        return False
    source = rootfs.get(f"{match[1]}/{match[2]}.py" if match[1] else f"{match[2]}.py")
    return source is not None and source.path in vouched and _is_bytecode(rootfs, node, source)


def _is_bytecode(rootfs: Rootfs, node: Node, source: Node) -> bool:
    """Whether a .pyc's header names this source (PEP 552): by hash, or by time and size."""
    head = rootfs.peek(node.path, 16)
    if len(head) < 16:
        return False
    magic, flags = struct.unpack("<II", head[:8])
    if not flags & _HASHED:
        return struct.unpack("<II", head[8:]) == (source.mtime & 0xFFFFFFFF, source.size & 0xFFFFFFFF)
    try:
        return _imp.source_hash(magic, rootfs.read(source.path, _SOURCE_LIMIT)) == head[8:]
    except InputError:
        return False


def _is_bundle(rootfs: Rootfs) -> bool:
    """Whether the bundle is the certificates of the package, one after another."""
    paths = sorted(node.path for node in rootfs.walk(_CA_SOURCES) if node.kind == "file")
    if not paths:
        return False
    digest = hashlib.sha256()
    for path in paths:
        digest.update(rootfs.read(path))
    return digest.hexdigest() == rootfs.digests(_CA_BUNDLE)[1]


def _is_ld_cache(rootfs: Rootfs) -> bool:
    """Whether each library that the cache names is there."""
    data = rootfs.read(_LD_CACHE)
    if not data.startswith(_LD_MAGIC) or len(data) < 48:
        return False
    (count,) = struct.unpack_from("<I", data, 20)
    for number in range(min(count, 100_000)):
        at = 48 + 24 * number
        if at + 24 > len(data):
            return False
        (value,) = struct.unpack_from("<I", data, at + 8)
        end = data.find(b"\0", value)
        path = data[value:end].decode("utf-8", "surrogateescape") if 0 <= value < end else ""
        if rootfs.resolve(path) is None:
            return False
    return True
