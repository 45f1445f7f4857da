"""Programs in Go that tests ask: built once for all runs, in the user's cache."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path


def built(source: Path, name: str) -> Path:
    """The program in the folder `source`, by whatever Go is there, from go.sum's modules. It fails where it cannot."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(source.iterdir()))).hexdigest()
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    program = base / "barehull-tests" / f"{name}-{digest[:16]}"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        made = program.with_suffix(f".{os.getpid()}")
        settings = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
        command = ["go", "build", "-trimpath", "-buildvcs=false", "-o", str(made), "."]
        done = subprocess.run(command, cwd=source, env=settings, capture_output=True, text=True, timeout=500)
        assert done.returncode == 0, done.stderr
        made.rename(program)
    return program
