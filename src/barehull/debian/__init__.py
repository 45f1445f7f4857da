"""Debian's archive: signatures, indexes, versions, dependencies, .deb files. Knows no image."""
