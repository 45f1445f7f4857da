"""Strangers' text in GitHub-flavoured Markdown: it shows as that text, and does nothing."""

from __future__ import annotations

import re

from barehull.report.plain import safe

_LONGEST = 300
_SPACE = "&#8203;"  # of no width: takes apart what is looked for in the text that Markdown shows
_TABLE = {ord(special): f"\\{special}" for special in "\\`*_{}[]()~|!$"} | {
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord("&"): "&amp;",
    ord("@"): f"&#64;{_SPACE}",  # a mention calls somebody
    ord("#"): f"&#35;{_SPACE}",  # and a number links to an issue
    0: _SPACE,
}
_LINKS = re.compile(r"(?i)(?:://|www(?=\.)|mailto(?=:)|xmpp(?=:))")
_AT_THE_START = re.compile(r"(\d{0,9})[-+=.](?=[\s=-]|$)")  # would be a list's, or a line's below a heading


def text(value: str) -> str:
    """Text that shows just itself, on one line, wherever it stands in a paragraph, item or cell. Far too long a text is
    cut, and says so.
    """
    value = safe(" ".join(value.split()))
    if len(value) > _LONGEST:
        value = f"{value[:_LONGEST]}... ({len(value):,} characters)"
    written = _LINKS.sub(lambda found: f"{found[0]}\0", value).translate(_TABLE)
    start = _AT_THE_START.match(written)
    return f"{start[1]}\\{written[start.end(1) :]}" if start else written


def code(value: str) -> str:
    """A code span, which holds in a cell of a table too: in it nothing is looked for. "" for nothing."""
    value = safe(" ".join(value.split())).replace("`", "'").replace("|", "¦")
    if len(value) > _LONGEST:
        value = f"{value[:_LONGEST]}..."
    return f"`{value}`" if value else ""
