"""barehull: an application to a minimal distroless image, and the proof that it is safer than the one it replaces.

This module is the public API, typed, small and stable; every other module may change. Images are named as skopeo names
them (`oci:DIR[:TAG]`). The functions are not called `build`, `scan` and `compare`, since an import of the packages of
those names would take their place. All errors are `barehull.core.errors.BarehullError`, which says what to do next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barehull.core.progress import Progress, silent

if TYPE_CHECKING:  # each function imports what it needs, so that `barehull --version` stays quick
    from pathlib import Path

    from barehull.document import Document
    from barehull.release import Built

__version__ = "0.1.0"
__all__ = ["__version__", "build_image", "compare_images", "scan_image"]


def build_image(
    folder: Path,
    output: str,
    *,
    config: Path | None = None,
    mirror: str | None = None,
    update: bool = False,
    progress: Progress = silent,
) -> Built:
    """Build the application in `folder` into an image at `output`, and prove that it holds together.

    `config` is used instead of the folder's barehull.toml; `mirror` is a Debian mirror (URL or folder); `update` makes
    the lock anew. The image is written whatever the proofs say, to be looked at.
    """
    from barehull.application.detect import read_application
    from barehull.oci.reference import check_output, save_image
    from barehull.release import build, open_workshop

    check_output(output)  # told before the work, not after it
    application = read_application(folder, config)
    built = build(application, open_workshop(mirror, progress), update=update)
    save_image(built.image, output)
    return built


def scan_image(
    image: str, *, config: Path | None = None, database: Path | None = None, progress: Progress = silent
) -> Document:
    """What is in an image, and its verdict: no fixable vulnerability may be left in it.

    `config` is a barehull.toml with waivers and acceptances; `database` is a file of advisories, by default the one in
    use. The verdict is `document.state`.
    """
    from barehull.release import examine_image

    return examine_image(image, None, config, database, progress)


def compare_images(
    old: str, new: str, *, config: Path | None = None, database: Path | None = None, progress: Progress = silent
) -> Document:
    """The image `new` beside the image `old` that it replaces, both scanned now with one database; see `scan_image`."""
    from barehull.release import examine_image

    return examine_image(new, old, config, database, progress)
