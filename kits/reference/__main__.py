"""`python -m kits.reference` runs the command."""

from kits.reference.cli import main

main()
