"""An image of others to build on, in place of a recipe."""
