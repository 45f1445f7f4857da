"""podman: builds into its own storage, and pushes from there."""

from __future__ import annotations

from barehull.build.engine import Commands, Order, by_storage

PROGRAM = "podman"
RANK = 2
ADVICE = "Its storage and isolation are set by STORAGE_DRIVER, BUILDAH_ISOLATION, storage.conf and containers.conf."


def commands(order: Order) -> Commands:
    """`podman build`, `podman push` to the layout; then the image is removed from the storage."""
    return by_storage(PROGRAM, order)
