"""Documents as text, JSON and Markdown: one renderer a file, `render(document) -> str`. No I/O, no clock."""
