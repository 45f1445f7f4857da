"""Moved to barehull.decompress."""

from barehull.decompress import Unpacked, decompress

__all__ = ["Unpacked", "decompress"]
