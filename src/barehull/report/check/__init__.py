"""Checks as text, JSON, SARIF, annotations, Markdown and JUnit: one renderer a file, `render(report) -> str`."""
