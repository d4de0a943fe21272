"""Dates, weekdays and times of one text against those of the other."""

from collections.abc import Callable

from i18n.dates import say_moment
from i18n.differences import Difference, Kind, Severity
from i18n.facts import Fact

MOMENTS: tuple[Kind, ...] = ("date", "weekday", "time")
_HALF_DAY = 720


def leftovers(kind: Kind, cy: list[Fact], en: list[Fact]) -> tuple[list[Fact], list[Fact]]:
    """What of one kind of moment each text has and the other has not."""
    left, right = [f for f in cy if f.kind == kind], [f for f in en if f.kind == kind]
    for equal in (_equal, _compatible):
        left, right = _without_pairs(left, right, equal)
    return _unrepeated(left, [f for f in en if f.kind == kind]), _unrepeated(right, [f for f in cy if f.kind == kind])


def _without_pairs(
    left: list[Fact], right: list[Fact], equal: Callable[[Fact, Fact], bool]
) -> tuple[list[Fact], list[Fact]]:
    rest, free = [], list(right)
    for fact in left:
        partner = next((f for f in free if equal(fact, f)), None)
        if partner is None:
            rest.append(fact)
        else:
            free.remove(partner)
    return rest, free


def _equal(one: Fact, other: Fact) -> bool:
    return one.value == other.value


def _compatible(one: Fact, other: Fact) -> bool:
    """Nothing that both say differs: a year may be left out, and 9 may be 21:00."""
    if one.kind == "time":
        known = one.half_known and other.half_known
        return not known and (one.minute or 0) % _HALF_DAY == (other.minute or 0) % _HALF_DAY
    if one.kind == "weekday":
        return False
    return all(
        a is None or b is None or a == b
        for a, b in ((one.day, other.day), (one.month, other.month), (one.year, other.year))
    )


def _unrepeated(left: list[Fact], others: list[Fact]) -> list[Fact]:
    """Without what the other text says too, though not as often."""
    return [f for f in left if not any(_equal(f, o) or _compatible(f, o) for o in others)]


def moment_differences(kind: Kind, left: list[Fact], right: list[Fact]) -> list[Difference]:
    found = [
        Difference(kind, "block", "WEL-FACT", a.span, b.span, say_moment(a, "cy"), say_moment(b, "en"))
        for a, b in zip(left, right, strict=False)
    ]
    severity: Severity = "decide"
    found += [
        Difference(kind, severity, "WEL-FACT", cy=f.span, cy_read=say_moment(f, "cy")) for f in left[len(right) :]
    ]
    return found + [
        Difference(kind, severity, "WEL-FACT", en=f.span, en_read=say_moment(f, "en")) for f in right[len(left) :]
    ]
