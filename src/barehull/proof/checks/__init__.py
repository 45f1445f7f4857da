"""One proof per file: NAME, TITLE, WHY and check(subject). Adding a file adds a proof."""
