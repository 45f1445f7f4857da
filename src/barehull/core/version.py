"""The version of barehull: what `--version`, locks and reports say."""

VERSION = "0.1.0"
