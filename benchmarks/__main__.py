"""`python -m benchmarks [NAME ...] [--json]`: run the named benchmarks, or all of them."""

import argparse
import os
import pkgutil
import platform
import sys
from collections.abc import Iterator
from importlib import import_module

import msgspec
from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks import Figure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", help="benchmarks to run (all of them when none is named)")
    parser.add_argument("--json", action="store_true", help="one figure a line")
    arguments = parser.parse_args()
    figures = _measured(arguments.names)
    if arguments.json:
        for figure in figures:
            print(msgspec.json.encode(figure).decode(), flush=True)
    else:
        Console().print(_table(figures))


def _measured(names: list[str]) -> Iterator[Figure]:
    known = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_")]
    unknown = set(names) - set(known)
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}. There are: {', '.join(known)}")
    for name in names or known:
        module = import_module(f"benchmarks.{name}")
        if hasattr(module, "measure"):
            print(f"{name} ...", file=sys.stderr)
            yield from module.measure()


def _table(figures: Iterator[Figure]) -> Table:
    table = Table(title=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for column in ("what", "measured", "floor", "aim", "how"):
        table.add_column(column, justify="right" if column in ("measured", "floor") else "left")
    for figure in figures:
        floor = "" if figure.floor is None else f"{figure.floor:,.4g} {figure.unit}"
        table.add_row(figure.name, f"{figure.value:,.4g} {figure.unit}", floor, figure.aim, figure.how)
    return table


if __name__ == "__main__":
    main()
