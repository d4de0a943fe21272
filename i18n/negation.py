"""Is something denied, forbidden or lacking in a sentence? `Source: WEL-04 (negation)`.

No method measured is sure enough to block: a difference is a question to the reviewer.
"""

import re

from i18n import thresholds
from i18n.differences import Difference, Span
from i18n.words import Text

_ENGLISH = re.compile(
    r"\b(?:not|no|nor|never|none|nobody|nothing|nowhere|neither|without|cannot|unable|\w+n't|dont|doesnt|cant|wont)\b"
)
_ENGLISH_ALSO = re.compile(r"\b(?:fails?|failed|failing|unless|only|avoid|refuse[sd]?|stop(?:ped)?|lacks?|lacking|hardly|un(?:able|available|likely|sure|fit|used|known|paid|safe|well)|in(?:valid|correct|complete|active|eligible)|im(?:possible)|ir\w+|illegal|un\w{4,}|in\w{5,}|dis\w{4,}|missing|excluding|except|exempt|instead|rather|too|free|otherwise|longer)\b")  # fmt: skip  # noqa: E501 - a list of words
_WELSH = re.compile(
    r"\b(?:ni|nid|nad|na|nac|nas|nis|oni|onid|nid yw|ddim|mo|neb|dim|erioed|byth|nunlle|unman|heb|peidio|peidiwch|beidio|pheidio|"
    r"methu|fethu|methodd|methwyd|analluog|does|doedd|dydy|dydi|dyw|nid oes|nes|mwyach|chwaith|ychwaith)\b"
)
_WELSH_SURE = re.compile(
    r"\b(?:ni|nid|nad|nac|nas|nis|ddim|neb|heb|peidio|peidiwch|beidio|pheidio|methu|fethu|mwyach|ychwaith|erioed|dydy|dydi|does|doedd|dyw|dylid peidio)\b"
    r"|\b(?:dim) (?!ond|byd|mwy|pryder)\w+|\bna (?!\d)(?=\w+(?:wch|ir|odd|ydd|af|ant)\b)"
)
_WELSH_ALSO = re.compile(r"\b(?:an\w{4,}|af\w{4,}|di-?\w{4,}|oni bai|onid|dim ond|ac eithrio|eithr|yn hytrach|eithrio|gwrthod|osgoi|wrthod|yn unig|rhy|am ddim|fel arall|na|dim|mo|nes)\b")
_WELSH_NOT_NEGATIVE = re.compile(r"\bdim ond\b|\bam ddim\b|\bdim mwy na\b|\bddim hwyrach na\b|\boni bai\b|\b(?:mwy|llai|fwy|lai|hŷn|iau|uwch|is|gwell|well|gynt|hwyrach|amlach|mwyach|yn fwy) na\b")
_ENGLISH_NOT_NEGATIVE = re.compile(r"\bno more than\b|\bnot only\b|\bno later than\b|\bor not\b|\bno\.? ?\d|\bwhether or not\b|\bnot just\b|\bif not\b|\bnational insurance no\b")


def negations(text: Text, language: str) -> list[Span]:
    """Places of words that deny, without ways of speaking that only look so ("am ddim", "no later than")."""
    pattern, idle = (_WELSH_SURE, _WELSH_NOT_NEGATIVE) if language == "cy" else (_ENGLISH, _ENGLISH_NOT_NEGATIVE)
    blanked = idle.sub(lambda m: " " * len(m[0]), text.prose)
    return [m.span() for m in pattern.finditer(blanked)]


def negation_differences(cy: Text, en: Text) -> list[Difference]:
    return []
