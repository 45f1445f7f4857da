"""The second half of a release, for any image: (5) take its inventory, (6) scan it and what it replaces with one
database, (7) compare, (8) judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from barehull.application.config import read_settings
from barehull.application.policy import PolicySettings, overridden
from barehull.compare.compare import compare
from barehull.compare.model import Policy
from barehull.compare.policy import judge, judge_alone
from barehull.compare.settings import policy_of
from barehull.core.progress import Progress, silent
from barehull.core.version import VERSION
from barehull.document import Document, Side
from barehull.scan.scanner import Scanner, open_scanner
from barehull.scan.subject import Subject, examine, open_subject
from barehull.workshop import Workshop, open_workshop


def report_on(
    kind: Literal["release", "scan", "compare"],
    subject: Subject,
    reference: str,
    replaced: tuple[str, Subject] | None,
    scanner: Scanner,
    policy: Policy,
    workshop: Workshop,
) -> Document:
    """Steps 5 to 8 for any image: scanned alone, or compared with the one that it replaces."""
    new = Side(reference, examine(subject, scanner, workshop.store, workshop.progress))
    old = comparison = None
    if replaced is not None:
        old = Side(replaced[0], examine(replaced[1], scanner, workshop.store, workshop.progress))
        comparison = compare(old.scan, new.scan)
        verdict = judge(comparison, policy, workshop.now.date(), reference)
    else:
        verdict = judge_alone(new.scan, policy, workshop.now.date(), reference)
    return Document(
        kind=kind,
        tool_version=VERSION,
        created=workshop.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        name=reference,
        new=new,
        old=old,
        comparison=comparison,
        verdict=verdict,
    )


def examine_image(
    image: str,
    replaced: str | None,
    config: Path | None,
    database: Path | None,
    progress: Progress = silent,
    *,
    platform: str = "",
    scanner: str = "barehull",
    policy: str | None = None,
    vex: Sequence[Path] = (),
) -> Document:
    """Steps 5 to 8 for images by their references: `image` alone, or beside the one that it replaces.

    `config` holds the policy (None: the default one); `database` is a store of advisories (None: the one in use).
    Of an index the image for `platform` is meant, "" as `open_image` takes it; `scanner` as `open_scanner` takes
    it, `policy` and `vex` as `overridden` does.
    Errors: InputError and IntegrityError for images, configuration and database that are not what they should be.
    """
    workshop = open_workshop(progress=progress)
    settings = read_settings(config).policy if config else PolicySettings()
    rule = policy_of(overridden(settings, policy, vex))
    old = (replaced, open_subject(replaced, platform, progress)) if replaced else None
    opened = open_subject(image, platform, progress)
    with open_scanner(scanner, database, progress) as judging:
        return report_on("compare" if old else "scan", opened, image, old, judging, rule, workshop)
