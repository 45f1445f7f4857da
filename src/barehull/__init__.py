"""barehull: an application to a minimal distroless image, and the proof that it is safer than the one it replaces."""

__version__ = "0.1.0"
