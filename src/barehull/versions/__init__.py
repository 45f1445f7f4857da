"""Orders of versions, one file for each ecosystem: text -> what a list of versions is sorted by.

Debian's is in `debian/version.py`, Python's is `packaging`'s. Each is pure and total: it ends for any text, and raises
ValueError for one that has no place in the order.
"""

MAX_LENGTH = 256  # characters; the longest real ones, of Go's pseudo-versions, have about 60


def checked(version: str, kind: str) -> str:
    """The version, where it is of a length that a version can have. ValueError where it is not."""
    if len(version) > MAX_LENGTH:
        raise ValueError(f"a text of {len(version)} characters is no version of {kind}")
    return version
