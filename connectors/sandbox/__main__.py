"""`python -m connectors.sandbox`: what `porth sandbox` runs, without the rest of Porth."""

import argparse

from connectors.sandbox.options import add_options
from connectors.sandbox.serve import end_with_stdin, serve
from i18n.messages import say

parser = argparse.ArgumentParser(prog="sandbox")
add_options(parser, lambda key: say("en", key))
parser.add_argument("--until-stdin-ends", action="store_true")
args = parser.parse_args()
if args.until_stdin_ends:
    end_with_stdin()
serve(args.port, state=args.state, latency_ms=args.latency_ms, chaos=args.chaos, seed=args.seed)
