"""`porth sandbox`: the stand-in for the platforms, on this machine alone."""

import argparse
from typing import Any

from connectors.sandbox.options import add_options


def add(subparsers: Any) -> None:
    """`subparsers`: what `ArgumentParser.add_subparsers` gives."""
    parser = subparsers.add_parser("sandbox", help="stand in for the platforms, on this machine")
    add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from connectors.sandbox.serve import serve  # noqa: PLC0415 - no other command needs a web server for this

    print(f"http://127.0.0.1:{args.port}/")  # noqa: T201 - where to go
    serve(args.port, state=args.state, latency_ms=args.latency_ms, chaos=args.chaos, seed=args.seed)
    return 0
