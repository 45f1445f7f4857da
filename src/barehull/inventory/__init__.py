"""Image -> Inventory: what is in it, who owns which file, and what nobody owns."""
