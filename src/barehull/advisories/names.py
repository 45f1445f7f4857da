"""How the store spells package names: as the ecosystem compares them."""

from __future__ import annotations

from packaging.utils import canonicalize_name


def package_name(ecosystem: str, name: str) -> str:
    """The one spelling of a package's name: PyPI's are normalised (PEP 503), Debian's are taken as they are."""
    return canonicalize_name(name) if ecosystem == "PyPI" else name
