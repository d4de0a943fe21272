"""The options of the command, declared once for its two ways in."""

import argparse
from collections.abc import Callable
from pathlib import Path

PORT = 8099


def add_options(parser: argparse.ArgumentParser, words: Callable[[str], str]) -> None:
    """`words`: the sentence for a key, in the language of the command line."""

    def share(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            raise argparse.ArgumentTypeError(words("sandbox.option.not-a-share"))
        return value

    parser.add_argument("--port", type=int, default=PORT, help=words("sandbox.option.port"))
    parser.add_argument("--state", type=Path, metavar="FILE", help=words("sandbox.option.state"))
    parser.add_argument("--latency-ms", type=float, default=0.0, help=words("sandbox.option.latency"))
    parser.add_argument("--chaos", type=share, default=0.0, metavar="SHARE", help=words("sandbox.option.chaos"))
    parser.add_argument("--seed", type=int, default=0, help=words("sandbox.option.seed"))
