"""Which language is a text in? Function words and the spelling dictionaries together.

A statistical identifier calls English with a few Welsh words Welsh a third of the time; counting words that only
one of the two languages has does not. Names, brands, links, handles and hashtags are not counted.
"""

from functools import lru_cache
from typing import Literal

from msgspec import Struct

from i18n import spelling, thresholds
from i18n.lexicon import english_stems, load, welsh_stems
from i18n.words import Span, Text, Word

Side = Literal["cy", "en", ""]

# words of one language that are no words, or rare ones, of the other
_ENGLISH = frozenset(
    "the of and to for with you your is are was were be been have has had will would can could should may might must this that these those "
    "it its in on at by from as or if not no we our us they their them he she his her who what when where which how why all any some "
    "more most other than then there here into out up about after before do does did don't doesn't can't cannot won't i'm you're we're "
    "it's i've you've we've one two please help get make need use using want know find call visit join today now new free only also "
    "an but so because while until between through during without within under over per every each both few many much such same".split()
)  # fmt: skip
_WELSH = frozenset(
    "y yr yn mae ydy yw oes oedd bydd fydd byddwch byddwn bod fod wedi i'r o'r a'r a'ch i'ch o'ch eich ein eu ei dy fy ac ar am gan gyda gyda'r "
    "heb dan dros drwy trwy wrth rhwng hyd tan nes pan os neu ond nid nad ni na ddim dim rydym rydych maent mae'n mae'r sydd sy'n sy'r hwn hon hyn "
    "hynny yma yno rhag at ato chi chi'n chwi ni'n nhw fe mi pob bob pawb unrhyw rhai llawer mwy mwyaf hefyd felly fel cyn er ers i oddi pwy "
    "beth sut pam ble pryd faint pa gallwch gallai gall allwch gellir rhaid angen eisiau cael gael gwneud wneud newydd nawr heddiw nesaf yna "
    "ydych ydyn oni'n rwy'n rydw roedd byddai dylech dylid ceir cewch sy a'i i'w o'i un dau tri".split()
)  # fmt: skip
# spelt the same in both, or taken from one into the other: they say nothing
_BOTH = frozenset(
    "a i o am an hi he is do no to her on or man pan mae fod plan dim bore tan here dull hen gall dare more we at us pm art dan pen pet mil gas "
    "her'r hun all hyn side sail pump nod ton ban bach far ran toes crap barn chap cost un sign can by age brain byte gem plant doe coed fun ".split()
) - {"mae", "fod", "hyn", "hun", "is", "to", "or", "on", "no", "do", "all", "we", "us", "can", "by", "more", "here", "at"}  # fmt: skip


class Identified(Struct, frozen=True):
    """`welsh` and `english` are shares of the words that only one language has.

    "mixed" where whole sentences of both are there, "other" where the words are of neither, "none" where too few
    words are left to judge by.
    """

    language: Literal["cy", "en", "mixed", "other", "none"]
    welsh: float
    english: float


@lru_cache(maxsize=50_000)
def side(word: str) -> Side:
    """The one language that has this plain word; "" for both, neither, or one letter."""
    if len(word) < 2 or word in _BOTH:
        return ""
    if word in _WELSH:
        return "cy"
    if word in _ENGLISH:
        return "en"
    in_welsh, in_english = _known(word, "cy"), _known(word, "en")
    if in_welsh == in_english:
        return ""
    return "cy" if in_welsh else "en"


def _known(word: str, language: Literal["cy", "en"]) -> bool:
    if spelling.available(language):
        return spelling.welsh(word) if language == "cy" else spelling.english(word)
    lexicon = load()
    stems, known = (welsh_stems(word), lexicon.welsh) if language == "cy" else (english_stems(word), lexicon.english)
    return bool(stems) and all(stem in known for stem in stems)


def is_name(text: Text, word: Word) -> bool:
    """Capitalised inside a sentence, or initials: a name, a brand, a service."""
    if text.shouting:
        return False
    written = text.nfc[word.start : word.end]
    return (written[:1].isupper() and word.start not in text.starts) or not (written.islower() or written[1:].islower() or len(written) == 1)


class Sides(Struct, frozen=True):
    """Words of only Welsh and of only English, in order; and how many words there were besides names."""

    welsh: tuple[Word, ...]
    english: tuple[Word, ...]
    words: int

    @property
    def english_share(self) -> float:
        judged = len(self.welsh) + len(self.english)
        return len(self.english) / judged if judged else 0.0


def sides(text: Text, span: Span | None = None) -> Sides:
    words = text.words if span is None else text.words_in(span)
    common = [word for word in words if not is_name(text, word)]
    return Sides(
        tuple(w for w in common if side(w.text) == "cy"), tuple(w for w in common if side(w.text) == "en"), len(common)
    )


def identify(text: str | Text) -> Identified:
    read = text if isinstance(text, Text) else Text(text)
    found = sides(read)
    judged = len(found.welsh) + len(found.english)
    if judged < thresholds.LEAST_WORDS_TO_JUDGE:
        return Identified("other" if found.words >= thresholds.LEAST_WORDS_OF_ANOTHER else "none", 0.0, 0.0)
    english = len(found.english) / judged
    if found.words >= thresholds.LEAST_WORDS_OF_ANOTHER and judged < found.words * thresholds.LEAST_SHARE_KNOWN:
        return Identified("other", 1 - english, english)
    if thresholds.MIXED <= english <= 1 - thresholds.MIXED and _both_have_sentences(read):
        return Identified("mixed", 1 - english, english)
    return Identified("en" if english > 0.5 else "cy", 1 - english, english)


def _both_have_sentences(text: Text) -> bool:
    shares = [s.english_share for span in text.sentences if len((s := sides(text, span)).welsh) + len(s.english) >= thresholds.LEAST_WORDS_IN_SENTENCE]
    return bool(shares) and min(shares) < 0.5 < max(shares)
