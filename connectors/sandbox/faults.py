"""Bad days on demand: scripted one by one, or drawn from a seed."""

import random
from typing import Literal

from msgspec import Struct

Kind = Literal["refuse", "garble", "drop", "store-then-drop", "store-then-garble", "store-then-hang", "half-then-drop",
               "hang", "slow"]  # fmt: skip
Garble = Literal["cut", "empty", "html", "list", "null", "no-id", "untyped"]


class Fault(Struct, forbid_unknown_fields=True):
    """What happens to the next `count` calls that fit."""

    kind: Kind
    platform: str = "*"
    call: str = "*"
    """verify, upload, alt, create, edit, find, read, delete, refresh."""
    account: str | None = None
    """An account's name in the sandbox; `None`: any."""
    error: str | None = None
    """For `refuse`: the platform's error by name. Without one: the first that repeating cannot help."""
    garble: Garble = "cut"
    status: int = 200
    """For `garble`, which stores nothing."""
    seconds: float = 60.0
    """How long `slow` waits, and how long a refusal says to wait where it says so."""
    count: int = 1
    """Below zero: for ever."""

    def fits(self, platform: str, call: str, account: str | None) -> bool:
        return (
            self.count != 0
            and self.platform in {"*", platform}
            and self.call in {"*", call}
            and self.account in {None, account}
        )


# How often each happens among chaos faults. A hang costs a caller its whole deadline, so it is rare.
_CHAOS: tuple[tuple[Kind, int], ...] = (
    ("refuse", 8), ("drop", 4), ("store-then-drop", 5), ("store-then-garble", 5), ("slow", 4),
    ("hang", 1), ("store-then-hang", 1),
)  # fmt: skip
_CHAOS_WAIT = 2.0
_CHAOS_SLOW = 0.5


class Faults:
    def __init__(self, chaos: float = 0.0, seed: int = 0) -> None:
        """`chaos`: the share of calls to which something happens, 0 to 1."""
        self.scripted: list[Fault] = []
        self.chaos = chaos
        self._random = random.Random(seed)  # noqa: S311 - a seed must replay

    def take(self, platform: str, call: str, account: str | None, passing: tuple[str, ...]) -> Fault | None:
        """The fault for this call, if it is to have one."""
        for fault in self.scripted:
            if fault.fits(platform, call, account):
                fault.count -= 1
                if fault.count == 0:
                    self.scripted.remove(fault)
                return fault
        if self.chaos and self._random.random() < self.chaos:
            return self._draw(passing)
        return None

    def _draw(self, passing: tuple[str, ...]) -> Fault:
        kinds, weights = zip(*_CHAOS, strict=True)
        (kind,) = self._random.choices(kinds, weights)
        error = self._random.choice(passing)
        garble: Garble = self._random.choice(("cut", "empty", "html", "list", "null", "no-id"))
        seconds = _CHAOS_SLOW if kind == "slow" else _CHAOS_WAIT
        return Fault(kind=kind, error=error, garble=garble, seconds=seconds)
