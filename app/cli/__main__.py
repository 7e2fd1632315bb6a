"""`python -m app.cli` is the `fluence` command."""

from app.cli import main

main()
