"""How often each account has called: counted in memory, so a sandbox that starts again has forgotten it."""

from collections.abc import Iterator

from msgspec import Struct

from connectors.sandbox.clock import CLOCK
from connectors.sandbox.rules import Rate, rules


class Standing(Struct, frozen=True):
    """Where one account stands with one rate."""

    name: str
    most: int
    seconds: int
    spent: int
    cost: int
    """Of the call that is being looked at."""
    resets: float
    """When calls are taken again, in seconds since 1970 by the sandbox's clock."""
    error: str
    """Of the platform, when it is spent."""

    @property
    def left(self) -> int:
        return max(self.most - self.spent, 0)

    @property
    def refuses(self) -> bool:
        return self.spent + self.cost > self.most


class Rates:
    def __init__(self) -> None:
        self._spent: dict[tuple[str, str, str], list[tuple[float, int]]] = {}

    def clear(self) -> None:
        self._spent.clear()

    def standings(self, platform: str, call: str, account: str) -> tuple[Standing, ...]:
        """All that count this call, in the order of the rules."""
        return tuple(self._standing(name, rate, call, key) for name, rate, key in _counting(platform, call, account))

    def spend(self, platform: str, call: str, account: str, *, done: bool) -> None:
        """Count a call: before it is carried out, and with `done` after it was."""
        for _, rate, key in _counting(platform, call, account):
            if rate.successes == done:
                self._spent.setdefault(key, []).append((CLOCK.time(), rate.cost.get(call, 1)))

    def _standing(self, name: str, rate: Rate, call: str, key: tuple[str, str, str]) -> Standing:
        now = CLOCK.time()
        entries = self._spent.get(key, [])
        begun = _begun(rate, entries, now)
        entries[:] = [entry for entry in entries if entry[0] >= begun]
        # in a moving window one call is free again when the oldest falls out of it
        resets = (entries[0][0] if rate.window == "moving" and entries else begun) + rate.seconds
        spent = sum(points for _, points in entries)
        return Standing(name, rate.most or 0, rate.seconds, spent, rate.cost.get(call, 1), resets, rate.error)


def _begun(rate: Rate, entries: list[tuple[float, int]], now: float) -> float:
    """When the window began in which `now` lies."""
    match rate.window:
        case "aligned":
            return now - now % rate.seconds
        case "moving":
            return now - rate.seconds
        case "fixed":
            return entries[0][0] if entries and now < entries[0][0] + rate.seconds else now


def _counting(platform: str, call: str, account: str) -> Iterator[tuple[str, Rate, tuple[str, str, str]]]:
    for name, rate in rules(platform).rates.items():
        if rate.most is not None and (not rate.calls or call in rate.calls):
            yield name, rate, (platform, name, account if rate.per == "account" else "")
