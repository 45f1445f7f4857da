"""Write docs/guidelines/ from the guidelines themselves. A test compares the two."""

from __future__ import annotations

from pathlib import Path

from barehull.guidelines.judge import all_guidelines
from barehull.guidelines.page import index, page

folder = Path(__file__).parents[1] / "docs" / "guidelines"
folder.mkdir(parents=True, exist_ok=True)
wanted = {f"{guideline.name}.md": page(guideline) for guideline in all_guidelines()}
wanted["README.md"] = index(all_guidelines())
for path in folder.glob("*.md"):
    if path.name not in wanted:
        path.unlink()
for name, text in wanted.items():
    (folder / name).write_text(text)
