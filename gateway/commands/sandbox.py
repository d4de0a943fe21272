"""`porth sandbox`: the stand-in for the platforms, on this machine alone."""

import argparse

from connectors.sandbox.options import add_options
from gateway.commands import Parsers


def add(parsers: Parsers) -> None:
    parser = parsers.command("sandbox")
    add_options(parser, parsers.words)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from connectors.sandbox.serve import serve  # noqa: PLC0415 - no other command needs what this loads

    print(f"http://127.0.0.1:{arguments.port}/", flush=True)  # noqa: T201 - where to go
    serve(
        arguments.port,
        state=arguments.state,
        latency_ms=arguments.latency_ms,
        chaos=arguments.chaos,
        seed=arguments.seed,
    )
    return 0
