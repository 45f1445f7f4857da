"""`barehull attestations`: what is attested of an image."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from barehull.cli.common import IMAGES, image_platform_option, progress_to, quiet_option
from barehull.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from barehull.oci.attached import Attached
    from barehull.oci.referrers import Referrer


@click.command(epilog=IMAGES)
@click.argument("image", metavar="IMAGE")
@click.option(
    "--type",
    "kind",
    metavar="TYPE",
    default="",
    help="Only these: spdx, cyclonedx, provenance, scan, a media type, the predicate of a statement, or a digest.",
)
@click.option("--show", is_flag=True, help="Print the document itself; of several of one kind, the newest.")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
@image_platform_option
@quiet_option
def command(image: str, kind: str, show: bool, form: str, platform: str, quiet: bool) -> int:
    """List the documents that refer to an image, such as SBOMs and provenance, or print one of them.

    They are found by the image's digest, and checked by their own. They are not signed by barehull: whoever may write
    where the image is can write them.
    """
    from barehull.attest.kinds import KINDS, is_kind
    from barehull.oci.attached import attached, document

    if show and not kind:
        raise UsageError("--show prints one document", advice="Say which one with --type, e.g. --type spdx.")
    artifact_type = KINDS[kind][0] if kind in KINDS else ""
    found = attached(image, platform, artifact_type, progress_to(quiet))
    chosen = [it for it in found.referrers if not kind or is_kind(it, kind)]
    if show:
        click.echo(document(image, _newest(chosen, image, kind)), nl=False)
    else:
        click.echo(_as_json(found, chosen) if form == "json" else _as_text(image, found, chosen, not kind))
    return 0


def _newest(chosen: list[Referrer], image: str, kind: str) -> Referrer:
    from barehull.oci.referrers import CREATED

    if not chosen:
        raise InputError(
            f"{image} has no document {kind!r}", advice=f"`barehull attestations {image}` lists what there is."
        )
    newest = max(chosen, key=lambda it: it.note(CREATED))
    rivals = sorted(it.digest for it in chosen if it.note(CREATED) == newest.note(CREATED))
    if len(rivals) > 1:
        raise InputError(
            f"{image} has {len(rivals)} documents {kind!r}, and it is not clear which one is meant",
            advice=f"Name one by its digest: --type {' or '.join(rivals[:5])}.",
        )
    return newest


def _as_text(image: str, found: Attached, chosen: list[Referrer], whole: bool) -> str:
    from barehull.attest.kinds import kind_of
    from barehull.oci.manifest import brief
    from barehull.oci.referrers import CREATED

    lines = [f"{image}  {found.image}"]
    for it in chosen:
        date = it.note(CREATED)
        lines.append(f"  {it.digest}  {it.size:>9,} bytes  {brief(kind_of(it))}{f'  {brief(date)}' if date else ''}")
    if not chosen:
        lines.append("  none")
    if whole and found.others:
        lines.append(f"  and {found.others} of another shape than one document")
    return "\n".join(lines)


def _as_json(found: Attached, chosen: list[Referrer]) -> str:
    from barehull.attest.kinds import kind_of

    documents = [
        {
            "digest": it.digest,
            "type": kind_of(it),
            "media_type": it.media_type,
            "content": it.content,
            "size": it.size,
            "annotations": dict(it.notes),
        }
        for it in chosen
    ]
    value = {"image": found.image, "documents": documents, "others": found.others}
    return json.dumps({"schema": "barehull/attestations/1", **value}, indent=2)
