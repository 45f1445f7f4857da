"""The programs that can build a Dockerfile, one a file: its name, its place in `auto`, and its command lines."""
