"""`python -m sendepause`."""

from sendepause.cli import main

main()
