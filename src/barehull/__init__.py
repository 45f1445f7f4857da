"""barehull: an application to a minimal distroless image, and the proof that it is safer than the one it replaces.

This module is the public API, typed, small and stable; every other module may change. Images are named as skopeo names
them (`oci:DIR[:TAG]`, `docker-archive:FILE`, ...). The functions are not called `build`, `scan` and `compare`, since an
import of the packages of those names would take their place. All errors are `barehull.core.errors.BarehullError`, which
says what to do next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barehull.core.progress import Progress, silent
from barehull.core.version import VERSION

if TYPE_CHECKING:  # each function imports what it needs, so that `barehull --version` stays quick
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from barehull.checking.model import CheckedFile, FailOn
    from barehull.document import Document
    from barehull.oci.recompress import Compression
    from barehull.release import Built

__version__ = VERSION
__all__ = ["__version__", "build_image", "check", "compare_images", "scan_image"]


def build_image(
    folder: Path,
    output: str,
    *,
    config: Path | None = None,
    mirror: str | None = None,
    platform: str = "",
    update: bool = False,
    compression: Compression = "gzip",
    progress: Progress = silent,
) -> Built:
    """Build the application in `folder` into an image at `output`, and prove that it holds together.

    `config` is used instead of the folder's barehull.toml; `mirror` is a Debian mirror (URL or folder); `platform`
    ("linux/arm64") counts over the configuration's; `update` makes the lock anew; `compression` of the layers is "gzip"
    or "zstd". The image is written whatever the proofs say, to be looked at.
    """
    from barehull.application.detect import read_application
    from barehull.application.platform import for_platform
    from barehull.base.pull import base_layers
    from barehull.oci.reference import check_output, save_image
    from barehull.release import build
    from barehull.workshop import open_workshop

    check_output(output)  # told before the work, not after it
    application = for_platform(read_application(folder, config), platform)
    built = build(application, open_workshop(mirror, progress), update=update, compression=compression)
    save_image(built.image, output, progress, mount_from=base_layers(built.lock, built.image))
    return built


def scan_image(
    image: str,
    *,
    config: Path | None = None,
    database: Path | None = None,
    platform: str = "",
    scanner: str = "barehull",
    policy: str | None = None,
    vex: Sequence[Path] = (),
    progress: Progress = silent,
) -> Document:
    """What is in an image, and its verdict: no fixable vulnerability may be left in it.

    `config` is a barehull.toml with waivers and acceptances; `database` is a file of advisories, by default the one in
    use; `platform` ("linux/arm64") chooses from an index; `scanner` ("trivy") is run instead of our own. `image` may be
    an SBOM (sbom:FILE). `policy` ("fixable,max-severity=high") takes the place of the configuration's rules; `vex` are
    files of VEX documents on top of its own. The verdict is `document.state`.
    """
    from barehull.examine import examine_image

    return examine_image(
        image, None, config, database, progress, platform=platform, scanner=scanner, policy=policy, vex=vex
    )


def compare_images(
    old: str,
    new: str,
    *,
    config: Path | None = None,
    database: Path | None = None,
    platform: str = "",
    scanner: str = "barehull",
    policy: str | None = None,
    vex: Sequence[Path] = (),
    progress: Progress = silent,
) -> Document:
    """The image `new` beside the image `old` that it replaces, both scanned now with one database; see `scan_image`."""
    from barehull.examine import examine_image

    return examine_image(
        new, old, config, database, progress, platform=platform, scanner=scanner, policy=policy, vex=vex
    )


def check(
    text: str,
    *,
    path: str = "Dockerfile",
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    fail_on: FailOn = "error",
    build_args: Mapping[str, str] | None = None,
    today: date | None = None,
) -> CheckedFile:
    """Whether the images that a Dockerfile's text ships follow the guideline. Reads no file and no configuration.

    `path` is only its name. The guidelines in `select` are asked (none named: all), but not those in `ignore`;
    `build_args` are values for ARGs; ends of life are judged as of `today` (UTC). The whole is `state` of the result:
    "passed", "failed", "unknown", or "bad-input" with `error`; `images` have the answers. Errors: InputError for a name
    that no guideline has; never for what is in the text.
    """
    from datetime import UTC, datetime

    from barehull.catalog.catalog import load_catalog
    from barehull.checking.ask import check_text
    from barehull.checking.model import CheckSettings
    from barehull.checking.names import chosen
    from barehull.guidelines.judge import all_guidelines

    guidelines = all_guidelines()
    settings = CheckSettings(chosen(guidelines, select, ignore, "select and ignore"), fail_on, build_args or {})
    known = frozenset(guideline.name for guideline in guidelines)
    return check_text(text, path, settings, load_catalog(), today or datetime.now(UTC).date(), known)
