"""The kinds of stand-ins, one a file: each has STANDINS, with the real names and how they differ."""
