"""The process of `barehull check`: which files are looked at, by which settings, and what is ignored with a reason."""
