"""Is something denied or forbidden in one text and not in the other? `Source: WEL-04 (negation)`.

No method measured is sure enough to block: a difference is a question to the reviewer. Denials are counted sentence
by sentence where both texts have as many sentences, else in the whole texts. A word that may deny without saying so
("unable", "invalid"; "methu", "tu allan") explains a denial of the other text.
"""

import re
from bisect import bisect_left

from i18n import thresholds
from i18n.differences import Difference, Span
from i18n.words import Text

_EN_SURE = re.compile(
    r"\b(?:not|no|nor|never|none|nobody|nothing|nowhere|neither|without|cannot|unable|(?:do|does|did|is|are|was|were|ca|wo|would|should|could|have|has|had|must|need)n't"
    r"|dont|doesnt|cant|wont|isnt)\b"
)
_EN_MAYBE = re.compile(
    r"\b(?:non-?\w*|un(?!i|t|d)\w{3,}|unt\w+|in(?:valid|correct|complet|eligib|activ|access|sufficien|accura|visib|consisten)\w*|im(?:possib|proper)\w*"
    r"|ir(?:regular|relevant)\w*|ill?egal\w*|dis(?:agree|allow|continu|miss|put|appear|qualif|regard|connect|able)\w*|mis(?:s|t|u|l)\w*|fail\w*|broken|wrong|false"
    r"|avoid\w*|refus\w*|reject\w*|declin\w*|prevent\w*|stop\w*|lack\w*|lose|loses|lost|except\w*|exempt\w*|exclud\w*|only|otherwise|rather|instead|hardly"
    r"|outside|not|no|none|limited|or less|or fewer|other than|under|continue|remain\w*|absen\w*|difficult\w*|expired|ended|opt|zero|nil|whether|empty|blank|deceased|fewer|leave|left)\b"
)
_EN_IDLE = re.compile(
    r"\bno (?:more|later|less|fewer|earlier) than\b|\bnot (?:only|just)\b|\bor not\b|\bno\.? ?\d|\bno,|\bno\b(?=['\")])|['\"(]no\b|\bselect no\b|\banswer(?:ed)? no\b|\byes or no\b|\bno longer than\b"
)
_VERB = r"(?:all|ell|fydd|fe?dr|fu\b|fyn|ddyl|ddow|ddaw|ddae|ddef|ddei|ddar|dderb|dda|cha|che|chy|wn|wydd|oes|oedd|yw|ydy|wyf|ro|roe|rodd|thal|thel|tha|phar|phe|bydd|byddw|fo\b|fod\b|gall|allaf)\w*|\w+(?:wch|wyd|odd|ir|id|asom|asoch|ant|ent|och|om|ai|em|ech)\b"
_CY_SURE = re.compile(
    rf"\b(?:nid|nad|nas|nis|neb|heb|hebddo|hebddi|hebddynt|peidio|peidiwch|peidied|beidio|pheidio|does|doedd|doeddwn|dydy|dydw|dydi|dyw|dwyt|methwyd|amhosib\w*)\b"
    rf"|(?:(?<=^)|(?<=[.,;:!?(\"\n-] )|(?<=[(\"'\n])|(?<=\bond )|(?<=\bac )|(?<=\bfelly )|(?<=\byna )|(?<=\bneu )|(?<=\bfodd bynnag, ))ni (?={_VERB})|\bna (?={_VERB})|\bnac (?=y[dw]|oes|eff|ar\b|unr|add|oedd)"
    r"|(?<!\bam )\bddim\b|\bdim (?=angen|ar gael|modd|gwybodaeth|hawl|cofnod|rhaid|yn|pwynt|data|problem|un\b|digon|newid|canlyniad|llyth|gofod)"
)
_CY_MAYBE = re.compile(
    r"\b(?:dim|mo|unman|byth|erioed|gwahanol|wahanol|an(?:abl|addas|allu|aml|ghyf|ghyw|hawst|hebyg|hys|ilys|nibyn|nig|nilys|odd|sicr|siŵr|wir)\w*|anodd|af(?:iach|lwydd|reol)\w*"
    r"|am(?:h|mh)\w{3,}|d?di-\w+|d?di(?:derfyn|fater|ffyg|ffygiol|gartref|rym|waith|ystyr|ddym|swyddo|sail)\w*|heb\w*|meth\w*|feth\w*|gwrthod\w*|wrthod\w*|osgoi|atal|rhwystr\w*"
    r"|eithri\w*|unig|oni|onid|tu allan|yn hytrach|rhy|gwag|wag|gwall\w*|wall\w*|colli|golli|ar goll|na|nac|peidio|beidio|prin|prinder|stopio|fel arall|d?dod i ben|d?daeth i ben|gadael|adael)\b"
)
_CY_IDLE = re.compile(
    r"\bdim ond\b|\b(?:rhad ac )?am ddim\b|\bd?dim (?:mwy|hwyrach|llai|cynt|cynharach) nag?\b|\bac nid\b(?= yn unig)|\bai peidio\b|\bneu beidio\b|\bneu peidio\b|\boni bai\b|\bheb fod yn (?:fwy|hwyrach|llai)\b|'na'|\bna,|\bdoes bosib\b|\bnac (?:oes|ydw|ydy|ydych|ydyn)\b(?=['\",.])|\bnid yn unig\b"
)


def _sure(text: Text, language: str) -> list[Span]:
    """Places of words that deny; ways of speaking that only look so ("am ddim", "no later than") are left out."""
    pattern, idle = (_CY_SURE, _CY_IDLE) if language == "cy" else (_EN_SURE, _EN_IDLE)
    blanked = idle.sub(lambda m: " " * len(m[0]), text.prose)
    return [m.span() for m in pattern.finditer(blanked)]


def _within(spans: list[Span], part: Span) -> list[Span]:
    return spans[bisect_left(spans, (part[0], 0)) : bisect_left(spans, (part[1], 0))]


def negation_differences(cy: Text, en: Text) -> list[Difference]:
    if not cy.sentences or not en.sentences:
        return []
    sure_cy, sure_en = _sure(cy, "cy"), _sure(en, "en")
    parts = list(zip(cy.sentences, en.sentences, strict=True)) if len(cy.sentences) == len(en.sentences) else [((0, len(cy.plain)), (0, len(en.plain)))]
    found = []
    for here, there in parts:
        denied_cy, denied_en = _within(sure_cy, here), _within(sure_en, there)
        if bool(denied_cy) == bool(denied_en):
            continue
        text, part, maybe = (en, there, _EN_MAYBE) if denied_cy else (cy, here, _CY_MAYBE)
        if not maybe.search(text.prose, part[0], part[1]):
            found.append(_difference(cy, en, (here, there), (denied_cy, denied_en)))
    return found


def _difference(cy: Text, en: Text, spans: tuple[Span, Span], denied: tuple[list[Span], list[Span]]) -> Difference:
    def read(text: Text, places: list[Span]) -> str:
        return ", ".join(dict.fromkeys(text.plain[start:end].strip() for start, end in places))[: thresholds.LONGEST_QUOTE]

    return Difference("negation", "decide", "WEL-FACT", *spans, read(cy, denied[0]), read(en, denied[1]))
