"""podman: builds into its own storage, and pushes from there."""

from __future__ import annotations

from barehull.build.engine import Commands, Order

PROGRAM = "podman"
RANK = 2
ADVICE = "Its storage and isolation are set by STORAGE_DRIVER, BUILDAH_ISOLATION, storage.conf and containers.conf."


def commands(order: Order) -> Commands:
    """`podman build`, `podman push` to the layout; then the image is removed from the storage."""
    build = [PROGRAM, "build", "--format", "oci", "--platform", order.platform, "--tag", order.name]
    build += ["--file", str(order.dockerfile)]
    build += ["--target", order.target] if order.target else []
    build += [word for name, value in order.build_args for word in ("--build-arg", f"{name}={value}")]
    push = (PROGRAM, "push", "--quiet", order.name, f"oci:{order.layout}:latest")
    return Commands(steps=((*build, str(order.context)), push), clean=(PROGRAM, "rmi", order.name))
