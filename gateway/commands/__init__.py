"""The command line, one module per command: `add(subparsers)` declares it, `run(args)` does it."""
