"""What a comparison of two texts answers with: data, never a sentence."""

from typing import Literal

from msgspec import Struct, field

Span = tuple[int, int]
"""Start and end in code points of `unicodedata.normalize("NFC", text)`."""

Severity = Literal["block", "decide", "advise"]

Code = Literal["WEL-MISSING", "WEL-FACT", "WEL-LINK", "WEL-HASHTAG", "WEL-UNTRANSLATED", "WEL-QUALITY"]

Kind = Literal[
    "missing-language",  # one of the two texts is empty
    "same-text",  # both boxes hold the same words
    "swapped",  # Welsh in the English box and English in the Welsh one
    "not-welsh",
    "not-english",
    "mixed",  # whole sentences of one language inside the other
    "untranslated-part",  # a few English words inside a Welsh sentence
    "number",
    "percent",
    "ordinal",
    "duration",
    "date",
    "weekday",
    "time",
    "age",
    "money",
    "phone",
    "email",
    "link",
    "handle",
    "hashtag",
    "negation",
    "other-message",
    "part-missing",
    "length",
    "spelling",
]


class Difference(Struct, frozen=True):
    """`cy` and `en` say where; `cy_read` and `en_read` what was read there, in words a person understands."""

    kind: Kind
    severity: Severity
    code: Code
    cy: Span | None = None
    en: Span | None = None
    cy_read: str = ""
    en_read: str = ""
    params: dict[str, str | int | float] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Message id in `parity.po`: the code and kind, and which text lacks it where only one has it."""
        one_sided = ".missing-cy" if self.cy is None and self.en is not None else ""
        one_sided = ".missing-en" if self.en is None and self.cy is not None else one_sided
        return f"{self.code}.{self.kind}{one_sided if self.kind in ONE_SIDED else ''}"


ONE_SIDED: frozenset[Kind] = frozenset(
    {
        *("number", "percent", "ordinal", "duration", "date", "weekday", "time", "age", "money"),
        *("phone", "email", "link", "handle", "hashtag", "part-missing"),
    }
)
