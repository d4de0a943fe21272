"""What Porth's claims about speed rest on. `make bench` runs every module here and prints one table.

A module measures by a function `measure() -> Iterable[Figure]`; modules without one (`chaos`) are commands of their
own. A figure stands beside its floor, the least that the same work could cost, measured in the same run.
"""

from msgspec import Struct


class Figure(Struct, frozen=True):
    name: str
    value: float
    unit: str
    floor: float | None = None
    """The same unit, measured in the same run without our part of the work."""
    aim: str = ""
    """As the issue puts it: `< 250`, `within 1.2 of the floor`."""
    how: str = ""
    """What was done, on how much."""
