"""The command line: one file per command. Parse arguments -> one call -> render -> exit code."""
