"""The options of the command, declared once for its two ways in."""

import argparse
from pathlib import Path

PORT = 8099


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--state", type=Path, default=None, metavar="FILE", help="SQLite file; in memory without")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="added to every answer")
    parser.add_argument("--chaos", type=_share, default=0.0, metavar="SHARE", help="of calls that go wrong, 0 to 1")
    parser.add_argument("--seed", type=int, default=0, help="replays the same chaos")


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("a share between 0 and 1, such as 0.2")
    return share
