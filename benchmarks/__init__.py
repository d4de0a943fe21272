"""What Porth's claims about speed rest on. `make bench` runs every module here, each in a process of its own.

A module says what it measured by `show(title, figures)`, or in a table of its own where its figures need one. A
figure stands beside its floor, the least that the same work could cost, measured in the same run.
"""

import os
import platform
from collections.abc import Iterable

from msgspec import Struct
from rich.console import Console
from rich.table import Table


class Figure(Struct, frozen=True):
    name: str
    value: float
    unit: str
    floor: float | None = None
    """The same unit: the same run without our part of the work."""
    aim: str = ""
    """As it was set: `< 250`, `within 1.2 of the floor`."""
    how: str = ""
    """What was done, on how much."""


def show(title: str, figures: Iterable[Figure]) -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    table = Table("what", "measured", "floor", "aim", "how", title=title, caption=machine, title_justify="left")
    for figure in figures:
        floor = "" if figure.floor is None else f"{figure.floor:,.4g} {figure.unit}"
        table.add_row(figure.name, f"{figure.value:,.4g} {figure.unit}", floor, figure.aim, figure.how)
    Console().print(table)
