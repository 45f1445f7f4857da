"""`python -m barehull`."""

from barehull.cli.main import main

main()
