"""docker: by its plug-in buildx, since only that writes OCI layouts."""

from __future__ import annotations

from barehull.build.engine import Commands, Order, dockerfile_options

PROGRAM = "docker"
RANK = 4
ADVICE = (
    "It needs a running daemon and buildx 0.10 or newer. If it says that the OCI exporter is not supported, turn on "
    "the containerd image store, or run `docker buildx create --use`."
)


def commands(order: Order) -> Commands:
    """`docker buildx build`, which sends the layout back; nothing of it has a name in the daemon."""
    build = (PROGRAM, "buildx", "build", "--progress", "plain", "--platform", order.platform)
    output = ("--output", f"type=oci,tar=false,dest={order.layout}")
    return Commands(steps=((*build, *dockerfile_options(order), *output, str(order.context)),))
