"""Two Scans made with one database -> Comparison; Comparison + policy -> Verdict."""
