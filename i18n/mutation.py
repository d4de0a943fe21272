"""Initial mutations of Welsh: one word, many first letters."""

import re

# every form that mutation gives an initial consonant, by the place where it is spoken; g softens to nothing
_CLASSES = (
    ("ngh", ""), ("mh", "p"), ("nh", "t"), ("ng", ""), ("ph", "p"), ("th", "t"), ("ch", ""), ("dd", "t"), ("ll",
    "l"), ("rh", "r"), ("p", "p"), ("b", "p"), ("f", "p"), ("m", "p"), ("t", "t"), ("d", "t"), ("n", "t"), ("c",
    ""), ("g", ""),
)  # fmt: skip
_H_VOWEL = re.compile(r"h(?=[aeiouwyâêîôûŵŷ])")
_INITIAL = re.compile("|".join(letters for letters, _ in _CLASSES))
_CLASS_OF = dict(_CLASSES)

_RADICALS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ngh", ("c",)), ("mh", ("p",)), ("nh", ("t",)), ("ng", ("g",)), ("ph", ("p",)), ("th", ("t",)), ("ch", ("c",)),
    ("dd", ("d",)), ("b", ("p",)), ("f", ("b", "m")), ("d", ("t",)), ("g", ("c",)), ("m", ("b",)), ("n", ("d",)),
    ("l", ("ll", "gl")), ("r", ("rh", "gr")), ("h", ("",)),
)  # fmt: skip


def fold(word: str) -> str:
    """The same string for every mutation of a word: cath, gath, nghath and chath all give "ath"."""
    match = _INITIAL.match(word)
    if match:
        return _CLASS_OF[match[0]] + word[match.end() :]
    return _H_VOWEL.sub("", word, count=1) if word.startswith("h") else word


def radicals(word: str) -> tuple[str, ...]:
    """The word itself and what it may be a mutation of, most likely first."""
    found = [word]
    for initial, unmutated in _RADICALS:
        if word.startswith(initial):
            found += [radical + word[len(initial) :] for radical in unmutated]
            break
    if word[:1] in "aeiouwyâêîôûŵŷlr":
        found.append("g" + word)
    return tuple(found)
