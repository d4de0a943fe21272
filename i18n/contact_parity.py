"""Links, e-mail addresses, phone numbers, handles and hashtags of one text against those of the other.

`Source: WEL-04 (contacts), WEL-07 (hashtags), WEL-08 (links)`.
"""

import re
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher

from i18n import spelling, thresholds
from i18n.differences import Code, Difference, Kind, Severity
from i18n.facts import Fact
from i18n.glossary import Glossary
from i18n.lexicon import load, welsh_stems

Equal = Callable[[str, str], bool]
_WELSH_MARK = re.compile(
    r"(?:^|/)(?:cy|cy-gb|welsh|cymraeg)(?=/|$)|[?&](?:lang|locale|language|lng|hl)=(?:cy|cym|wel|welsh)\b|\.cy\b|^cymraeg\.|^cy\."
)
_ENGLISH_MARK = re.compile(
    r"(?:^|/)(?:en|en-gb|english)(?=/|$)|[?&](?:lang|locale|language|lng|hl)=(?:en|eng|english)\b|\.en\b|^en\."
)
_LABEL = {"cy": re.compile(r"cymraeg|gymraeg|chymraeg"), "en": re.compile(r"english")}
_OTHER_LABEL = {"cy": re.compile(r"saesneg|seisnig"), "en": re.compile(r"welsh|cymraeg")}
_LABEL_REACH = 30
Unpaired = tuple[list[Fact], list[Fact]]


def unpaired(kind: Kind, cy: list[Fact], en: list[Fact], equal: Equal) -> Unpaired:
    """Each different value once, without those that the other text has an equal of."""
    left, right = _once(kind, cy), _once(kind, en)
    rest, free = [], list(right)
    for fact in sorted(left, key=lambda f: not any(f.value == g.value for g in right)):
        partner = next((g for g in free if g.value == fact.value), None) or next(
            (g for g in free if equal(fact.value, g.value)), None
        )
        if partner is None:
            rest.append(fact)
        else:
            free.remove(partner)
    return sorted(rest, key=lambda f: f.span), free


def _once(kind: Kind, found: list[Fact]) -> list[Fact]:
    return list({f.value: f for f in reversed(found) if f.kind == kind}.values())[::-1]


def similarity(one: str, other: str) -> float:
    return SequenceMatcher(None, one[:200], other[:200], autojunk=False).ratio()


def near(one: str, other: str) -> bool:
    """So alike that one looks like a slip in copying the other."""
    return similarity(one, other) >= thresholds.NEAR


def _best_pairs(left: list[Fact], right: list[Fact]) -> tuple[list[tuple[Fact, Fact]], list[Fact], list[Fact]]:
    scored = sorted(
        ((similarity(a.value, b.value), i, j) for i, a in enumerate(left) for j, b in enumerate(right)), reverse=True
    )
    pairs: dict[int, int] = {}
    for _, i, j in scored:
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return (
        [(left[i], right[j]) for i, j in sorted(pairs.items())],
        [f for i, f in enumerate(left) if i not in pairs],
        [f for j, f in enumerate(right) if j not in pairs.values()],
    )


def _difference(
    kind: Kind, severity: Severity, cy: Fact | None, en: Fact | None, code: Code = "WEL-FACT"
) -> Difference:
    return Difference(
        kind,
        severity,
        code,
        cy.span if cy else None,
        en.span if en else None,
        cy.value if cy else "",
        en.value if en else "",
    )


# phones, e-mail addresses, handles


def phone_differences(cy: list[Fact], en: list[Fact], texts: tuple[str, str], glossary: Glossary) -> list[Difference]:
    left, right = unpaired("phone", cy, en, lambda a, b: glossary.are(glossary.phones, a, b))
    pairs, alone_cy, alone_en = _best_pairs(left, right)
    found = []
    for a, b in pairs:
        if _labelled(a, texts[0], "cy") and _labelled(b, texts[1], "en"):
            continue  # the Welsh line here, the English line there, each called so
        slip = _one_slip(a.value, b.value) and a.value not in glossary.welsh_lines
        found.append(_difference("phone", "block" if slip else "decide", a, b))
    found += [_difference("phone", "decide", f, None) for f in alone_cy]
    return found + [_difference("phone", "block", None, f) for f in alone_en]


def _labelled(fact: Fact, text: str, language: str) -> bool:
    """Called the line of this language within a few words, and not the other's."""
    around = text[max(0, fact.span[0] - _LABEL_REACH) : fact.span[1] + _LABEL_REACH]
    return bool(_LABEL[language].search(around)) and not _OTHER_LABEL[language].search(around)


def _one_slip(one: str, other: str) -> bool:
    """One digit differs, is missing, or two neighbours changed places."""
    if len(one) != len(other):
        return abs(len(one) - len(other)) == 1 and near(one, other)
    differing = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return len(differing) <= thresholds.DIGITS_OF_A_SLIP


def address_differences(kind: Kind, cy: list[Fact], en: list[Fact], glossary: Glossary) -> list[Difference]:
    """E-mail addresses and handles."""
    left, right = unpaired(kind, cy, en, lambda a, b: _same_address(kind, a, b, glossary))
    pairs, alone_cy, alone_en = _best_pairs(left, right)
    found = [_difference(kind, "block" if near(a.value, b.value) else "decide", a, b) for a, b in pairs]
    found += [_difference(kind, "decide", f, None) for f in alone_cy]
    return found + [_difference(kind, "block" if kind == "email" else "decide", None, f) for f in alone_en]


def _same_address(kind: Kind, cy: str, en: str, glossary: Glossary) -> bool:
    if kind == "handle":
        return glossary.are(glossary.handles, cy, en)
    local_cy, _, host_cy = cy.partition("@")
    local_en, _, host_en = en.partition("@")
    if glossary.are(glossary.emails, cy, en):
        return True
    if glossary.sister_hosts(host_cy, host_en):
        return local_cy == local_en or _all_welsh(local_cy)
    examples = ("enghraifft", "example")
    if host_cy == host_en:
        return _WELSH_ADDRESS.search(local_cy) is not None
    return host_cy.startswith(examples[0]) and host_en.startswith(examples[1])


_WELSH_ADDRESS = re.compile(r"cymraeg|gymraeg|welsh")


# links


def link_differences(cy: list[Fact], en: list[Fact], glossary: Glossary) -> list[Difference]:
    left, right = unpaired("link", cy, en, lambda a, b: same_page(a, b, glossary))
    pairs, alone_cy, alone_en = _best_pairs(left, right)
    found = [d for a, b in pairs if (d := _link_difference(a, b, glossary)) is not None]
    found += [_difference("link", "decide", f, None) for f in alone_cy]
    found += [_difference("link", "block", None, f) for f in alone_en]
    return found + _english_pages(cy, en, glossary)


def same_page(cy: str, en: str, glossary: Glossary) -> bool:
    """The same address, but for what says its language."""
    if glossary.are(glossary.links, cy, en):
        return True
    (host_cy, path_cy), (host_en, path_en) = _split(_unmarked(cy, _WELSH_MARK)), _split(_unmarked(en, _ENGLISH_MARK))
    if host_cy == host_en:
        return path_cy == path_en
    return glossary.sister_hosts(host_cy, host_en) and (not path_cy or not path_en or _same_numbers(path_cy, path_en))


def _unmarked(link: str, mark: re.Pattern[str]) -> str:
    return mark.sub("", link).rstrip("/?")


def _split(link: str) -> tuple[str, str]:
    host, _, path = link.partition("/")
    return host.removeprefix("www."), path


def _same_numbers(one: str, other: str) -> bool:
    return re.findall(r"\d+", one) == re.findall(r"\d+", other)


def _link_difference(cy: Fact, en: Fact, glossary: Glossary) -> Difference | None:
    (host_cy, path_cy), (host_en, path_en) = (
        _split(_unmarked(cy.value, _WELSH_MARK)),
        _split(_unmarked(en.value, _ENGLISH_MARK)),
    )
    if glossary.sister_hosts(host_cy, host_en):
        return _difference("link", "block", cy, en)  # the numbers in the paths differ
    if host_cy != host_en:
        return _difference("link", "block" if near(host_cy, host_en) else "decide", cy, en)
    if _WELSH_MARK.search(cy.value) and not _only_added(path_cy, path_en):
        return None
    if _all_welsh(path_cy):
        return None if _same_numbers(path_cy, path_en) else _difference("link", "decide", cy, en)
    slip = near(path_cy, path_en) and path_cy != "" and not _part_welsh(path_cy)
    return _difference("link", "block" if slip else "decide", cy, en)


def _only_added(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _slug(path: str) -> list[str]:
    return [
        word for word in re.split(r"[^a-zâêîôûŵŷáéíóúäëïöü]+", path.casefold()) if len(word) >= spelling.LEAST_LETTERS
    ]


def _all_welsh(path: str) -> bool:
    """Are most words of this path or address Welsh, and more than are English?"""
    words = _slug(path)
    welsh = [word for word in words if _knows_welsh(word) and not spelling.english(word)]
    english = [word for word in words if spelling.english(word) and not _knows_welsh(word)]
    return bool(welsh) and len(welsh) > len(english)


def _part_welsh(path: str) -> bool:
    return any(_knows_welsh(word) and not spelling.english(word) for word in _slug(path))


def _knows_welsh(word: str) -> bool:
    return spelling.welsh(word) if spelling.available("cy") else all(stem in load().welsh for stem in welsh_stems(word))


def _english_pages(cy: list[Fact], en: list[Fact], glossary: Glossary) -> list[Difference]:
    """A Welsh text linking to the English side of a site that has a Welsh one. `Source: WEL-08`."""
    shared = {f.value: f for f in en if f.kind == "link"}
    return [
        _difference("link", "decide", f, shared[f.value], "WEL-LINK")
        for f in _once("link", cy)
        if f.value in shared
        and glossary.has_welsh_side(_split(f.value)[0])
        and "/" in f.value
        and not _WELSH_MARK.search(f.value)
        and not _all_welsh(f.value.partition("/")[2])
    ]


# hashtags


def hashtag_differences(cy: list[Fact], en: list[Fact], texts: tuple[str, str], glossary: Glossary) -> list[Difference]:
    """English tags in the Welsh, and tags of one text that the other has nothing for. `Source: WEL-07`."""
    shared = [f for f in _once("hashtag", cy) if f.value in {g.value for g in en if g.kind == "hashtag"}]
    english = [
        f
        for f in shared
        if f.value not in glossary.shared_hashtags and _english_tag(texts[0][f.span[0] + 1 : f.span[1]], glossary)
    ]
    found = [_difference("hashtag", "decide", f, None, "WEL-HASHTAG") for f in english]
    left, right = unpaired("hashtag", cy, en, lambda a, b: glossary.are(glossary.hashtags, a, b))
    known = {welsh.casefold() for welsh, _ in glossary.hashtags} | {
        english.casefold() for _, english in glossary.hashtags
    }
    spare = len(left) - len(right)
    unknown = [f for f in left if f.value not in known]
    if spare > 0 and not english:
        found += [_difference("hashtag", "decide", f, None, "WEL-HASHTAG") for f in left[-spare:]]
    if spare < 0:
        found += [_difference("hashtag", "decide", None, f, "WEL-HASHTAG") for f in right[spare:]]
    return found + [
        _difference("hashtag", "decide", f, None, "WEL-HASHTAG")
        for f in unknown
        if _english_tag(texts[0][f.span[0] + 1 : f.span[1]], glossary)
    ]


def _english_tag(tag: str, glossary: Glossary) -> bool:
    """Words with capitals are looked up one by one; in a run of small letters the longest known beginning decides."""
    parts = re.findall(r"[A-ZÂÊÎÔÛŴŶ]?[a-zâêîôûŵŷ]+", tag)
    if len(parts) > 1:
        words = [part.casefold() for part in parts if len(part) >= spelling.LEAST_LETTERS]
        english = sum(spelling.english(word) and not spelling.welsh(word) for word in words)
        return english > sum(spelling.welsh(word) and not spelling.english(word) for word in words)
    low = tag.casefold()
    return low not in {word for pair in glossary.names for word in pair} and _longest(low, "en") > max(
        _longest(low, "cy"), thresholds.LEAST_TAG_BEGINNING - 1
    )


def _longest(run: str, language: str) -> int:
    known = spelling.english if language == "en" else spelling.welsh
    return next((end for end in range(min(len(run), 20), 2, -1) if known(run[:end])), 0)


# what answers what, for people to look at


def counterparts(
    kind: Kind, cy: list[Fact], en: list[Fact], glossary: Glossary
) -> Iterator[tuple[Fact | None, Fact | None]]:
    """Links or hashtags of the Welsh with their likeliest partners in the English; `None` where there is none."""
    known: Equal = (
        (lambda a, b: same_page(a, b, glossary))
        if kind == "link"
        else (lambda a, b: glossary.are(glossary.hashtags, a, b))
    )
    free = _once(kind, en)
    rest: list[Fact] = []
    for fact in _once(kind, cy):
        partner = next((g for g in free if fact.value == g.value), None)
        partner = partner or next((g for g in free if known(fact.value, g.value)), None)
        if partner is None:
            rest.append(fact)
        else:
            free.remove(partner)
            yield fact, partner
    pairs, alone_cy, alone_en = _best_pairs(rest, free)
    yield from pairs
    yield from ((fact, None) for fact in alone_cy)
    yield from ((None, fact) for fact in alone_en)
