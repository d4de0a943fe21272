"""`python -m gateway` is `porth`."""

from gateway.cli import main

main()
