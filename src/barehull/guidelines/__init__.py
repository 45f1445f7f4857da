"""The guideline's points, one a file: its data, and check(image) -> Answer. Discovered by folder, sorted by name."""
