"""/etc/ld.so.cache as glibc's linker reads it (glibc, sysdeps/generic/dl-cache.h; the format since 2.2)."""

from __future__ import annotations

import struct

from barehull.core.errors import InputError

_MAGIC = b"glibc-ld.so.cache1.1"
_HEADER = 48
_ENTRY = struct.Struct("<iIIIQ")
_MAX_ENTRIES = 1 << 16
_MAX_STRING = 4096


def read_cache(data: bytes) -> dict[str, tuple[str, ...]]:
    """Paths by library name, in the cache's order. Entries for special processors (hwcaps) are left out.

    Errors: InputError when it is not a cache of this format, or is cut off.
    """
    if not data.startswith(_MAGIC):
        raise _broken("is not in glibc's present format")
    found: dict[str, list[str]] = {}
    try:
        (count,) = struct.unpack_from("<I", data, len(_MAGIC))
        if count > _MAX_ENTRIES:
            raise _broken(f"claims {count} entries")
        for index in range(count):
            _, key, value, _, hwcap = _ENTRY.unpack_from(data, _HEADER + index * _ENTRY.size)
            if not hwcap:
                found.setdefault(_string(data, key), []).append(_string(data, value))
    except struct.error as error:
        raise _broken("is cut off") from error
    return {name: tuple(paths) for name, paths in found.items()}


def _string(data: bytes, offset: int) -> str:
    text, end, _ = data[offset : offset + _MAX_STRING].partition(b"\0")
    if not end:
        raise _broken("has a name that does not end")
    return text.decode("utf-8", "surrogateescape")


def _broken(why: str) -> InputError:
    return InputError(f"/etc/ld.so.cache {why}", advice="Make the cache anew with ldconfig.")
