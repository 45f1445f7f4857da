"""One ecosystem a file: whether an advisory speaks of a component. Found by the folder."""
