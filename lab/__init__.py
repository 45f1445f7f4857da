"""The lab: a registry on loopback with stand-ins for the images that Dockerfiles begin with, under their real names.

    with Lab(folder) as lab:
        lab.fill(["golang:1.25", "gcr.io/distroless/static-debian12:nonroot"])
        subprocess.run(["buildah", "build", ...], env=os.environ | lab.environment)

Each file in kinds/ makes the stand-ins of one kind of image, and says how they differ from the originals; docs/lab.md
is written from that. The stand-ins are made on this machine from what package registries carry, as they are configured
here for apt, pip, npm and Go.
"""

from lab.lab import Lab, default_folder
from lab.standin import StandIn, all_standins, find_standin

__all__ = ["Lab", "StandIn", "all_standins", "default_folder", "find_standin"]
