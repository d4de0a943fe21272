"""Numbers in words, written the long way round: what the readers of i18n are tested against."""

from collections.abc import Callable

UNITS = ("", "un", "dau", "tri", "pedwar", "pump", "chwech", "saith", "wyth", "naw")
BEFORE_TEN = ("", "un", "dau", "tri", "pedwar", "pum", "chwe", "saith", "wyth", "naw")
TO_NINETEEN = (
    *UNITS, "deg", "un ar ddeg", "deuddeg", "tri ar ddeg", "pedwar ar ddeg", "pymtheg", "un ar bymtheg",
    "dau ar bymtheg", "deunaw", "pedwar ar bymtheg",
)  # fmt: skip
HUNDREDS = (
    "", "cant", "dau gant", "tri chant", "pedwar cant", "pum cant", "chwe chant", "saith cant", "wyth cant", "naw cant",
)  # fmt: skip
THOUSANDS = (
    "", "mil", "dwy fil", "tair mil", "pedair mil", "pum mil", "chwe mil", "saith mil", "wyth mil", "naw mil",
    "deng mil",
)  # fmt: skip
ENGLISH = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
ENGLISH_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def welsh_decimal(number: int) -> str:
    """23 is "dau ddeg tri"."""
    return _welsh(number, _decimal_below_100)


def welsh_traditional(number: int) -> str:
    """23 is "tri ar hugain"."""
    return _welsh(number, _traditional_below_100)


def _welsh(number: int, below_100: Callable[..., str]) -> str:
    if number == 0:
        return "sero"
    large = [THOUSANDS[number // 1000], HUNDREDS[number % 1000 // 100]]
    parts = [part for part in large if part]
    small = below_100(number % 100, after_larger=bool(parts)) if number % 100 else ""
    return " ".join([*parts, small]).strip()


def _decimal_below_100(number: int, *, after_larger: bool) -> str:
    tens, unit = divmod(number, 10)
    if tens == 0:
        return _joined(UNITS[unit]) if after_larger else UNITS[unit]
    if number == 10:
        return "deg"
    return f"{BEFORE_TEN[tens]} {'ddeg' if tens == 2 else 'deg'} {UNITS[unit]}".strip()


def _traditional_below_100(number: int, *, after_larger: bool) -> str:
    score, rest = divmod(number, 20)
    if number == 50:
        words = "hanner cant"
    elif score == 0:
        words = TO_NINETEEN[rest]
    elif rest == 0:
        words = ("", "ugain", "deugain", "trigain", "pedwar ugain")[score]
    else:
        words = f"{TO_NINETEEN[rest]} {('', 'ar hugain', 'a deugain', 'a thrigain', 'a phedwar ugain')[score]}"
    return _joined(words) if after_larger else words


def _joined(words: str) -> str:
    """With "a" or "ac", and what "a" does to the letter after it."""
    if words[0] in "aeiouw":
        return f"ac {words}"
    aspirate = {"t": "th", "p": "ph"}.get(words[0])
    return f"a {aspirate + words[1:] if aspirate else words}"


def english(number: int) -> str:
    parts = []
    if number >= 1000:
        parts.append(f"{ENGLISH[number // 1000]} thousand")
    if number % 1000 >= 100:
        parts.append(f"{ENGLISH[number % 1000 // 100]} hundred")
    rest = number % 100
    if rest or not parts:
        tens, unit = divmod(rest, 10)
        small = (
            ENGLISH[rest]
            if rest < 20
            else "-".join(w for w in (ENGLISH_TENS[tens], ENGLISH[unit] if unit else "") if w)
        )
        parts.append(f"and {small}" if parts else small)
    return " ".join(parts)
