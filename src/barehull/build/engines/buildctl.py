"""buildctl: BuildKit's own client; its daemon is where BUILDKIT_HOST says."""

from __future__ import annotations

from barehull.build.engine import Commands, Order

PROGRAM = "buildctl"
RANK = 3
ADVICE = "It needs a running buildkitd, of BuildKit 0.10 or newer: see BUILDKIT_HOST."


def commands(order: Order) -> Commands:
    """`buildctl build`, which sends the layout back; nothing of it has a name in the daemon."""
    build = [PROGRAM, "build", "--progress", "plain", "--frontend", "dockerfile.v0"]
    build += ["--local", f"context={order.context}", "--local", f"dockerfile={order.dockerfile.parent}"]
    build += ["--opt", f"filename={order.dockerfile.name}", "--opt", f"platform={order.platform}"]
    build += ["--opt", f"target={order.target}"] if order.target else []
    build += [word for name, value in order.build_args for word in ("--opt", f"build-arg:{name}={value}")]
    return Commands(steps=((*build, "--output", f"type=oci,tar=false,dest={order.layout}"),))
