"""Numbers, percentages, money, ages, ordinals and durations of one text against those of the other."""

from collections.abc import Callable, Iterable

from babel.units import format_unit

from i18n.differences import Difference, Kind, Severity
from i18n.facts import Fact
from i18n.quantities import MINUTES, MONTHS, length_in_minutes, length_in_months

QUANTITIES = frozenset({"number", "percent", "money", "age", "ordinal", "duration"})
_WELSH_UNITS = {"hour": "awr", "day": "diwrnod", "month": "mis"}  # Babel's data lacks these in Welsh
_EQUAL = 0.001  # sums and shares are decimals held in binary
_MONEY = {"p": 0.01, "£": 1.0}


def quantity_differences(cy: list[Fact], en: list[Fact], others: list[Fact]) -> list[Difference]:
    """`others` are dates and times left over in either text: what one reads as a number may be one of them."""
    left, right = pair_off(cy, en)
    left, right = _explained(left, [*en, *others]), _explained(right, [*cy, *others])
    wanted_left, wanted_right = [f for f in left if not f.optional], [f for f in right if not f.optional]
    pairs, alone_left, alone_right = _closest(wanted_left, wanted_right)
    found = [_differ(a, b) for a, b in pairs]
    pairs, alone_left, _ = _closest(alone_left, [f for f in right if f.optional and not _half(f)])
    found += [_differ(a, b) for a, b in pairs if _same_measure(a, b)]
    alone_left += [a for a, b in pairs if not _same_measure(a, b)]
    pairs, alone_right, _ = _closest(alone_right, [f for f in left if f.optional and not _half(f)])
    found += [_differ(b, a) for a, b in pairs if _same_measure(a, b)]
    alone_right += [a for a, b in pairs if not _same_measure(a, b)]
    found += [_differ(a, b) for a, b in _fractions(left, right)]
    found += [_alone(f, "en") for f in alone_right]
    return found + [_alone(f, "cy") for f in alone_left]


def pair_off(cy: list[Fact], en: list[Fact]) -> tuple[list[Fact], list[Fact]]:
    """What is left of each side once equal quantities are taken away, the surest equality first."""
    for equal in (_same, _same_length, _same_share, _same_amount):
        cy, en = _without_pairs(cy, en, equal)
    return cy, en


def _without_pairs(
    cy: list[Fact], en: list[Fact], equal: Callable[[Fact, Fact], bool]
) -> tuple[list[Fact], list[Fact]]:
    left, right = [], list(en)
    for fact in sorted(cy, key=lambda f: f.optional):
        partners = sorted((f for f in right if equal(fact, f)), key=lambda f: f.optional)
        if partners:
            right.remove(partners[0])
        else:
            left.append(fact)
    return left, right


def _same(one: Fact, other: Fact) -> bool:
    return one.amount == other.amount and one.unit == other.unit


def _same_amount(one: Fact, other: Fact) -> bool:
    """Ten days are not ten weeks, but ten may be ten days where a range says its unit once."""
    if one.kind == other.kind == "duration":
        return False
    return one.amount == other.amount


def _same_length(one: Fact, other: Fact) -> bool:
    if one.amount is None or other.amount is None:
        return False
    minutes, others = length_in_minutes(one.amount, one.unit), length_in_minutes(other.amount, other.unit)
    if minutes is not None or others is not None:
        return minutes == others
    months, others = length_in_months(one.amount, one.unit), length_in_months(other.amount, other.unit)
    return months is not None and months == others


def _same_share(one: Fact, other: Fact) -> bool:
    """A quarter is 25 %, 50p is £0.50."""
    if one.amount is None or other.amount is None:
        return False
    if {one.unit, other.unit} == {"p", "£"}:
        return abs(one.amount * _MONEY[one.unit] - other.amount * _MONEY[other.unit]) < _EQUAL
    percent, fraction = (one, other) if one.kind == "percent" else (other, one)
    return (
        percent.kind == "percent"
        and fraction.unit == ""
        and abs((percent.amount or 0) - 100 * (fraction.amount or 0)) < _EQUAL
    )


def _explained(left: list[Fact], others: Iterable[Fact]) -> list[Fact]:
    """Without what the other text also says, once more or elsewhere: a repetition, a year, a day, an hour."""
    amounts = {f.amount for f in others if f.kind in QUANTITIES} | {f.year for f in others} | {f.day for f in others}
    amounts |= {f.minute // 60 for f in others if f.minute is not None} | {
        (f.minute // 60 - 1) % 12 + 1 for f in others if f.minute is not None
    }
    return [f for f in left if f.amount not in amounts]


def _closest(left: list[Fact], right: list[Fact]) -> tuple[list[tuple[Fact, Fact]], list[Fact], list[Fact]]:
    """Pairs of one kind first, then of any, in order of place; and what has no partner."""
    pairs, rest, free = [], [], list(right)
    for fact in left:
        partner = next((f for f in free if _same_measure(fact, f)), None) or next(
            (f for f in free if f.kind == fact.kind), None
        )
        if partner is not None:
            free.remove(partner)
            pairs.append((fact, partner))
        else:
            rest.append(fact)
    while rest and free:
        pairs.append((rest.pop(0), free.pop(0)))
    return pairs, rest, free


def _same_measure(one: Fact, other: Fact) -> bool:
    return one.kind == other.kind and one.unit == other.unit and bool(one.unit)


def _half(fact: Fact) -> bool:
    return fact.in_words and fact.amount in (0.25, 0.5, 0.75)


def _fractions(left: list[Fact], right: list[Fact]) -> Iterable[tuple[Fact, Fact]]:
    """A half against a quarter; a half with nothing against it is a way of speaking."""
    return zip(
        (f for f in left if _half(f) and f.optional), (f for f in right if _half(f) and f.optional), strict=False
    )


def _differ(cy: Fact, en: Fact) -> Difference:
    kind: Kind = en.kind if en.kind != "number" else cy.kind
    return Difference(kind, "block", "WEL-FACT", cy.span, en.span, say(cy, "cy"), say(en, "en"))


def _alone(fact: Fact, language: str) -> Difference:
    severity: Severity = "decide"
    kind: Kind = fact.kind
    if language == "cy":
        return Difference(kind, severity, "WEL-FACT", cy=fact.span, cy_read=say(fact, "cy"))
    return Difference(kind, severity, "WEL-FACT", en=fact.span, en_read=say(fact, "en"))


def say(fact: Fact, language: str) -> str:
    """What was read, shortly: "£4", "25%", "14 days", "1,240"."""
    if fact.unit == "version":
        return fact.value
    amount = f"{fact.amount:,.10g}"
    if fact.unit in ("£", "€", "$"):
        return f"{fact.unit}{amount}"
    if fact.unit in ("%", "p"):
        return f"{amount}{fact.unit}"
    if fact.unit not in (*MINUTES, *MONTHS):
        return amount
    unit, number = ("week", (fact.amount or 0) * 2) if fact.unit == "fortnight" else (fact.unit, fact.amount or 0)
    if language == "cy" and unit in _WELSH_UNITS:
        return f"{number:,.10g} {_WELSH_UNITS[unit]}"
    return format_unit(number, f"duration-{unit}", locale="cy" if language == "cy" else "en_GB")
