"""Numbers written in words: English, and Welsh in its decimal and its traditional (vigesimal) system.

A reader takes plain words (i18n.words.Word texts) from a place and answers how many of them made a number. Welsh
counts round a noun ("pedwar diwrnod ar ddeg", fourteen days), so a reading may hold one word that is not a number.
"""

# ruff: noqa: PLR2004 - tens, hundreds and thousands are what numerals are made of
from collections.abc import Sequence
from typing import NamedTuple


class Reading(NamedTuple):
    """`length` words from the start were read; `noun` is the place of a noun inside them, if there is one."""

    amount: float
    length: int
    noun: int | None = None


def _table(**forms: str) -> dict[str, int]:
    return {word: int(number[1:]) for number, words in forms.items() for word in words.split()}


_CY_UNITS = _table(
    _0="sero", _1="un", _2="dau dwy", _3="tri tair", _4="pedwar pedair", _5="pump pum", _6="chwech chwe",
    _7="saith", _8="wyth", _9="naw",
)  # fmt: skip
_CY_TEENS = _table(
    _10="deg deng", _12="deuddeg deuddeng", _15="pymtheg pymtheng", _18="deunaw", _20="ugain", _40="deugain",
    _60="trigain",
)  # fmt: skip
_CY_ON = {"ddeg": 10, "bymtheg": 15, "hugain": 20}  # un AR ddeg, dau AR bymtheg, tri AR hugain
_CY_AND = {"deugain": 40, "thrigain": 60, "cant": 100, "chant": 100}  # un A deugain
_CY_SCALES = {"mil": 1_000, "miliwn": 1_000_000, "biliwn": 1_000_000_000}
# "can" is a hundred before these only; "gan" is nearly always "with"
_CY_HUNDRED_OF = {"mlynedd", "punt", "mil", "milltir", "gwaith", "mlwydd", "niwrnod", "miliwn"}

_EN_UNITS = _table(
    _0="zero", _1="one", _2="two", _3="three", _4="four", _5="five", _6="six", _7="seven", _8="eight", _9="nine",
    _10="ten", _11="eleven", _12="twelve dozen", _13="thirteen", _14="fourteen", _15="fifteen", _16="sixteen",
    _17="seventeen", _18="eighteen", _19="nineteen",
)  # fmt: skip
_EN_TENS = _table(
    _20="twenty", _30="thirty", _40="forty", _50="fifty", _60="sixty", _70="seventy", _80="eighty", _90="ninety",
)  # fmt: skip
_EN_SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}


def _unmutated(table: dict[str, int]) -> dict[str, int]:
    """The table with every form that mutation may give its words."""
    initials: dict[str, tuple[str, ...]] = {"d": ("dd",), "m": ("f",), "b": ("f",)}
    initials |= {"p": ("b", "mh", "ph"), "t": ("d", "nh", "th"), "c": ("g", "ngh", "ch")}
    found = dict(table)  # no nasal for d: "nwy" is gas
    for word, number in table.items():
        if word.startswith("ch"):
            continue  # chwech and chwe do not mutate
        for initial in initials.get(word[0], ()):
            found.setdefault(initial + word[1:], number)
        if word == "ugain":  # of the vowels only this one takes h: "hun" is self
            found["hugain"] = number
    return found


CY_SMALL = _unmutated(_CY_UNITS)
_CY_WHOLE = _unmutated(_CY_TEENS)
_CY_LARGE = _unmutated(_CY_SCALES)
_CY_HUNDREDS = frozenset({"cant", "gant", "chant", "nghant"})
_CY_TENS = frozenset({"deg", "ddeg", "deng", "ddeng"})


def welsh(words: Sequence[str], at: int) -> Reading | None:
    """The longest number at `at`, decimal or traditional, up to billions."""
    total, place, found = 0.0, at, False
    while True:
        below = _welsh_below_1000(words, place) or (Reading(1, 0) if not found else None)
        if below is None:
            break
        after = place + below.length
        scale = _CY_LARGE.get(_word(words, after))
        if scale:
            total, place, found = total + below.amount * scale, after + 1, True
            place = _past_and(words, place)
            continue
        if below.length == 0:
            break
        if below.noun is not None and found:
            break
        return Reading(total + below.amount, after - at, None if below.noun is None else below.noun)
    if not found:
        return None
    place -= _word(words, place - 1) in ("a", "ac")
    return Reading(total, place - at)


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if 0 <= at < len(words) else ""


def _past_and(words: Sequence[str], at: int) -> int:
    return at + 1 if _word(words, at) in ("a", "ac") and _starts_number(words, at + 1) else at


def _starts_number(words: Sequence[str], at: int) -> bool:
    word = _word(words, at)
    fifty = word == "hanner" and _word(words, at + 1) == "cant"
    return fifty or word in CY_SMALL or word in _CY_WHOLE or word in _CY_HUNDREDS


def _welsh_below_1000(words: Sequence[str], at: int) -> Reading | None:
    hundred = _hundreds(words, at)
    if hundred is None:
        return _welsh_below_100(words, at)
    after = at + hundred.length
    rest_at = _past_and(words, after)
    ones = _word(words, rest_at) == "un" and rest_at == after and _word(words, rest_at + 1) not in _CY_TENS
    rest = None if ones else _welsh_below_100(words, rest_at)  # "cant un" is no number, "cant un deg un" is
    if rest is None or rest.noun is not None:
        return hundred
    return Reading(hundred.amount + rest.amount, rest_at + rest.length - at)


def _hundreds(words: Sequence[str], at: int) -> Reading | None:
    first = _word(words, at)
    if first in _CY_HUNDREDS:
        return Reading(100, 1)
    if first == "can" and _word(words, at + 1) in _CY_HUNDRED_OF:
        return Reading(100, 1)
    if first in CY_SMALL and _word(words, at + 1) in _CY_HUNDREDS:
        return Reading(CY_SMALL[first] * 100, 2)
    return None


def _welsh_below_100(words: Sequence[str], at: int) -> Reading | None:
    first, second = _word(words, at), _word(words, at + 1)
    if first == "hanner" and second == "cant":
        return Reading(50, 2)
    if first in CY_SMALL and second in _CY_TENS:
        tens = CY_SMALL[first] * 10
        unit_at = at + 2 + (_word(words, at + 2) in ("a", "ac") and _word(words, at + 3) in CY_SMALL)
        unit = CY_SMALL.get(_word(words, unit_at), 0)
        return Reading(tens + unit, unit_at + 1 - at) if unit else Reading(tens, 2)
    if first in ("pedwar", "bedwar", "phedwar") and second in ("ugain", "hugain"):
        return Reading(80, 2)
    start = _teen(words, at)
    return None if start is None else _with_score(words, at, start)


def _teen(words: Sequence[str], at: int) -> Reading | None:
    first = _word(words, at)
    if first in _CY_WHOLE:
        return Reading(_CY_WHOLE[first], 1)
    if first not in CY_SMALL:
        return None
    for noun in (0, 1) if _may_be_noun(_word(words, at + 1)) else (0,):
        if _word(words, at + 1 + noun) == "ar" and _word(words, at + 2 + noun) in ("ddeg", "bymtheg"):
            amount = CY_SMALL[first] + _CY_ON[_word(words, at + 2 + noun)]
            return Reading(amount, 3 + noun, 1 if noun else None)
    return Reading(CY_SMALL[first], 1)


def _may_be_noun(word: str) -> bool:
    return word not in _CY_LARGE and word not in _CY_HUNDREDS


def _with_score(words: Sequence[str], at: int, start: Reading) -> Reading:
    """A number below twenty, with what stands on or beside it: ar hugain, a deugain, a phedwar ugain."""
    counted = start.noun is None and _may_be_noun(_word(words, at + start.length))
    for noun in (0, 1) if counted else (0,):
        place = at + start.length + noun
        joint, score = _word(words, place), _word(words, place + 1)
        added, length = 0, 2
        if joint == "ar" and score == "hugain":
            added = 20
        elif joint == "a" and score in _CY_AND and start.amount < _CY_AND[score]:
            added = _CY_AND[score] if score not in ("cant", "chant") else 0
        elif joint == "a" and score == "phedwar" and _word(words, place + 2) == "ugain":
            added, length = 80, 3
        elif joint == "a" and score == "hanner" and _word(words, place + 2) == "cant":
            added, length = 50, 3
        if added and start.amount < added:
            return Reading(start.amount + added, start.length + noun + length, start.length if noun else start.noun)
    return start


def english(words: Sequence[str], at: int) -> Reading | None:
    """The longest number at `at`; hyphened words are one word or two."""
    total, current, place, last = 0.0, 0.0, at, -1
    if _word(words, at) in ("a", "an") and _word(words, at + 1) in (*_EN_SCALES, "hundred", "dozen"):
        current, place = 1, at + 1
    while place < len(words):
        word = words[place]
        value = _english_word(word)
        if value is not None and (last < 0 or _may_follow(last, value)):
            current, last = current + value, value
        elif word == "hundred" and last < 100:
            current, last = max(current, 1) * 100, 100
        elif word == "dozen" and 0 < current < 13:
            current, last = current * 12, 1
        elif word in _EN_SCALES:
            total, current, last = total + max(current, 1) * _EN_SCALES[word], 0, 1_000
        elif word == "and" and last >= 100 and _english_word(_word(words, place + 1)) is not None:
            pass
        else:
            break
        place += 1
    if place == at or last < 0:
        return None
    return Reading(total + current, place - at)


def _may_follow(last: int, value: int) -> bool:
    return (last in (100, 1_000) and value < 100) or (20 <= last < 100 and last % 10 == 0 and 0 < value < 10)


def _english_word(word: str) -> int | None:
    if word in _EN_UNITS:
        return _EN_UNITS[word]
    if word in _EN_TENS:
        return _EN_TENS[word]
    tens, _, unit = word.partition("-")
    if tens in _EN_TENS and 0 < _EN_UNITS.get(unit, 0) < 10:
        return _EN_TENS[tens] + _EN_UNITS[unit]
    return None


_CY_ORDINALS = _table(
    _1="cyntaf gyntaf", _2="ail", _3="trydydd trydedd drydydd drydedd",
    _4="pedwerydd pedwaredd bedwerydd bedwaredd", _5="pumed bumed", _6="chweched", _7="seithfed", _8="wythfed",
    _9="nawfed", _10="degfed ddegfed", _12="deuddegfed ddeuddegfed", _15="pymthegfed bymthegfed",
    _18="deunawfed ddeunawfed", _20="ugeinfed", _100="canfed ganfed",
)  # fmt: skip
_EN_ORDINALS = _table(
    _1="first", _2="second", _3="third", _4="fourth", _5="fifth", _6="sixth", _7="seventh", _8="eighth", _9="ninth",
    _10="tenth", _11="eleventh", _12="twelfth", _15="fifteenth", _18="eighteenth", _20="twentieth",
    _100="hundredth",
)  # fmt: skip


def ordinal(word: str, language: str) -> int | None:
    return (_CY_ORDINALS if language == "cy" else _EN_ORDINALS).get(word)


def scale(word: str) -> float:
    """What a half after this word is half of: "cant a hanner" is 150, "miliwn a hanner" 1,500,000."""
    if word in _CY_HUNDREDS or word == "hundred":
        return 100
    return _CY_LARGE.get(word) or _EN_SCALES.get(word) or 1


def starts(word: str, language: str) -> bool:
    """Could a number begin with this word? A cheap test before reading on."""
    if language == "cy":
        return (
            word in CY_SMALL
            or word in _CY_WHOLE
            or word in _CY_LARGE
            or word in _CY_HUNDREDS
            or word in ("can", "hanner")
        )
    return _english_word(word) is not None or word in ("a", "an", "hundred") or word in _EN_SCALES
