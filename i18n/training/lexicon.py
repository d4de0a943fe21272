"""Learns `i18n/data/lexicon.gz` by IBM Model 1 in both directions: `python -m i18n.training.lexicon PAIRS.jsonl.gz`.

The pairs themselves do not ship: a word's likely translations and its frequency do. `--without K` leaves out one
sixth of the sources (`fold`), to measure on texts of sources that were not learned from.
"""

import argparse
import gzip
import json
import math
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from i18n.lexicon import DATA, english_stems, welsh_stems
from i18n.words import Text

FOLDS = 6
ROUNDS = 6
MOST_WORDS = 60  # longer texts teach little about which word is whose
LEAST_SEEN = 2
LIKELY = 0.03
KEPT_PER_STEM = 8
MOST_WEIGHT = 8.0
BY_HAND = 0.3  # as likely as `thresholds.LIKELY_ENOUGH` asks
EVERYDAY = Path(__file__).parent / "everyday.txt"
ENTRIES = 25_000

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def read_pairs(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def fold(source: str) -> int:
    return zlib.crc32(source.encode()) % FOLDS


def stems(text: str, language: str) -> list[str]:
    split = welsh_stems if language == "cy" else english_stems
    return list(dict.fromkeys(stem for word in Text(text).words for stem in split(word.text)))[:MOST_WORDS]


def model1(givens: list[list[str]], targets: list[list[str]]) -> dict[str, dict[str, float]]:
    """P(target | given) after EM; an empty given word takes what nothing explains."""
    given_of, target_of = _numbering(givens), _numbering(targets)
    rows, cols, groups, group = [], [], [], 0
    for given, target in zip(givens, targets, strict=True):
        ids = [0, *(given_of[g] for g in given if g in given_of)]
        for word in target:
            if word in target_of:
                rows += ids
                cols += [target_of[word]] * len(ids)
                groups += [group] * len(ids)
                group += 1
    row, col, grp = np.array(rows), np.array(cols), np.array(groups)
    key, where = np.unique(row * (len(target_of) + 1) + col, return_inverse=True)
    likely = _expectation_maximisation(key // (len(target_of) + 1), where, grp)
    return _kept(key, likely, given_of, target_of)


def _numbering(texts: list[list[str]]) -> dict[str, int]:
    seen = Counter(word for text in texts for word in text)
    return {word: i for i, word in enumerate((w for w, n in seen.items() if n >= LEAST_SEEN), start=1)}


def _expectation_maximisation(given: Ints, where: Ints, group: Ints) -> Floats:
    likely = np.ones(len(given))
    for _ in range(ROUNDS):
        share = likely[where]
        share = share / np.bincount(group, weights=share)[group]
        counts = np.bincount(where, weights=share, minlength=len(given))
        likely = counts / np.bincount(given, weights=counts)[given]
    return likely


def _kept(
    key: Ints, likely: Floats, given_of: dict[str, int], target_of: dict[str, int]
) -> dict[str, dict[str, float]]:
    givens = {i: word for word, i in given_of.items()}
    targets = {i: word for word, i in target_of.items()}
    table: dict[str, dict[str, float]] = {}
    for i in np.flatnonzero(likely >= LIKELY):
        given, target = divmod(int(key[i]), len(target_of) + 1)
        if given:
            table.setdefault(givens[given], {})[targets[target]] = float(likely[i])
    return {g: dict(sorted(t.items(), key=lambda x: -x[1])[:KEPT_PER_STEM]) for g, t in table.items()}


def everyday() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Stems linked by hand, in both directions."""
    english: dict[str, set[str]] = {}
    welsh: dict[str, set[str]] = {}
    for line in EVERYDAY.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, forms = line.split("\t")
            for en in english_stems(word):
                for cy in (stem for form in forms.split() for stem in welsh_stems(form)):
                    english.setdefault(en, set()).add(cy)
                    welsh.setdefault(cy, set()).add(en)
    return english, welsh


def _with_everyday(table: dict[str, dict[str, float]], linked: dict[str, set[str]]) -> dict[str, dict[str, float]]:
    return {
        stem: {**table.get(stem, {}), **{o: max(BY_HAND, table.get(stem, {}).get(o, 0)) for o in linked.get(stem, ())}}
        for stem in table.keys() | linked.keys()
    }


def weights(texts: list[list[str]]) -> dict[str, float]:
    """How much a stem tells: inverse document frequency, 0 for one in every text, at most 8."""
    seen = Counter(word for text in texts for word in text)
    return {word: min(MOST_WEIGHT, math.log(len(texts) / n)) for word, n in seen.items()}


def write(path: Path, pairs: list[tuple[str, str]]) -> None:
    cy, en = [stems(c, "cy") for c, _ in pairs], [stems(e, "en") for _, e in pairs]
    lines = []
    by_hand = everyday()
    for direction, given, target, linked in (("en", en, cy, by_hand[0]), ("cy", cy, en, by_hand[1])):
        table, weight = _with_everyday(model1(given, target), linked), weights(given)
        seen = Counter(word for text in given for word in text)
        room = ENTRIES
        for stem, others in sorted(table.items(), key=lambda item: (item[0] not in linked, -seen[item[0]], item[0])):
            room -= len(others)
            if room < 0:
                break
            pairs_of = "\t".join(f"{o}\t{max(1, round(p * 255))}" for o, p in others.items())
            lines.append(f"{direction}\t{stem}\t{round(weight.get(stem, MOST_WEIGHT) * 16)}\t{pairs_of}\n")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress("".join(sorted(lines)).encode(), 9, mtime=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--out", type=Path, default=DATA)
    parser.add_argument("--without", type=int, choices=range(FOLDS))
    arguments = parser.parse_args()
    pairs = [(p["cy"], p["en"]) for p in read_pairs(arguments.pairs) if fold(p["repo"]) != arguments.without]
    write(arguments.out, pairs)


if __name__ == "__main__":
    main()
