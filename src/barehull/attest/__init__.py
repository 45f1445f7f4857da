"""What is said of an image to others: SBOMs."""
