"""Dockerfiles: text -> instructions, lossless, with BuildKit's semantics."""
