"""A recipe -> the Debian packages that it needs -> the layers of a runtime."""
