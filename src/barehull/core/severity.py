"""How bad a remark is: an error fails, a warning fails where it is asked to, a note never does."""

from __future__ import annotations

from typing import Literal

Severity = Literal["error", "warning", "note"]
