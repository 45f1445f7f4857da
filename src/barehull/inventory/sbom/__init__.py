"""SBOMs of others as inventories: they stand in the place of an image."""
