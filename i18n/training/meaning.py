"""Fits the weights of `thresholds.OTHER_MESSAGE` and `PART_MISSING`: `python -m i18n.training.meaning PAIRS.jsonl.gz`.

Each pair is judged by a lexicon that was not learned from its source. Texts are pairs and runs of two to five
pairs of one source, as a post has several sentences; faults are made by exchanging, cutting and dropping.
Prints the weights and the share caught at several rates of false alarm; a person copies them.
"""

import argparse
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from i18n.facts import Read
from i18n.glossary import DEFAULT
from i18n.lexicon import Lexicon, load_from
from i18n.meaning import Meaning
from i18n.training.lexicon import FOLDS, Floats, fold, read_pairs, write

Example = tuple[str, str, str, int]  # label, Welsh, English, fold
RATES = (0.002, 0.005, 0.01, 0.02, 0.03)
EVERY = 6
MOST_SENTENCES = 5
ROUNDS = 40


def lexicons(pairs: list[dict[str, str]]) -> list[Lexicon]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for without in range(FOLDS):
            path = Path(folder) / f"{without}.gz"
            write(path, [(p["cy"], p["en"]) for p in pairs if fold(p["repo"]) != without])
            found.append(load_from(path))
    return found


def examples(pairs: list[dict[str, str]], chance: random.Random) -> Iterator[Example]:
    by_source = defaultdict(list)
    for pair in pairs[::EVERY]:
        by_source[pair["repo"]].append(pair)
    everything = pairs[::EVERY]
    for source, own in by_source.items():
        for pair in own:
            number = chance.choice((1, 1, 1, 2, 3, 4, MOST_SENTENCES))
            run = [pair, *chance.sample(own, min(number - 1, len(own)))]
            for label, cy, en in _of_run(run, own, everything, chance):
                yield label, cy, en, fold(source)


def _of_run(
    run: list[dict[str, str]], own: list[dict[str, str]], everything: list[dict[str, str]], chance: random.Random
) -> Iterator[tuple[str, str, str]]:
    cy, en = [p["cy"] for p in run], [p["en"] for p in run]
    yield "true", " ".join(cy), " ".join(en)
    yield "random", " ".join(p["cy"] for p in chance.sample(everything, len(run))), " ".join(en)
    if len(run) == 1:
        yield "topical", _topical(run[0], own, chance)["cy"], en[0]
    at = chance.randrange(len(run))
    cut_cy, cut_en = _cut(cy[at], chance), _cut(en[at], chance)
    if cut_cy and len(run) == 1:
        yield "cut-cy", cut_cy, en[0]
    if cut_en and len(run) == 1:
        yield "cut-en", cy[0], cut_en
    if len(run) > 1:
        yield "dropped-cy", " ".join(cy[:at] + cy[at + 1 :]), " ".join(en)
        yield "dropped-en", " ".join(cy), " ".join(en[:at] + en[at + 1 :])


def _topical(pair: dict[str, str], own: list[dict[str, str]], chance: random.Random) -> dict[str, str]:
    """Of 25 others of the source the one that shares most words."""
    words = set(pair["en"].lower().split())
    others = [p for p in chance.sample(own, min(25, len(own))) if p["en"] != pair["en"] and p["cy"] != pair["cy"]] or [
        pair
    ]
    return max(
        others, key=lambda p: len(words & set(p["en"].lower().split())) / (1 + len(set(p["en"].lower().split())))
    )


def _cut(text: str, chance: random.Random) -> str:
    words = text.split()
    return " ".join(words[: int(len(words) * chance.uniform(0.4, 0.65))]) if len(words) > MOST_SENTENCES else ""


def fit(features: Floats, wrong: Floats) -> Floats:
    """Logistic regression by Newton's method, both classes weighing the same."""
    weight = np.where(wrong == 1, 0.5 / wrong.sum(), 0.5 / (1 - wrong).sum()) * len(wrong)
    found = np.zeros(features.shape[1])
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-features @ found))
        slope = features.T @ (weight * (p - wrong)) + 1e-3 * found
        curve = (features.T * (weight * p * (1 - p))) @ features + 1e-3 * np.eye(len(found))
        found -= np.linalg.solve(curve, slope)
    return found


def report(name: str, labels: list[str], features: Floats, wrong: tuple[str, ...]) -> None:
    kinds = np.array(labels)
    chosen = np.isin(kinds, ("true", *wrong))
    found = fit(features[chosen], (kinds[chosen] != "true").astype(float))
    scores = features @ found
    true = np.sort(scores[kinds == "true"])
    print(f"{name} = ({', '.join(f'{w:.2f}' for w in found)})")  # noqa: T201 - its only output
    for rate in RATES:
        at = true[int(len(true) * (1 - rate))]
        caught = {k: round(float(np.mean(scores[kinds == k] > at)), 3) for k in wrong}
        print(f"  at {at:.2f}: {rate:.1%} of true texts, {caught}")  # noqa: T201  # a script prints


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path)
    pairs = read_pairs(parser.parse_args().pairs)
    learned = lexicons(pairs)
    labels, other, cy_lacks, en_lacks = [], [], [], []
    for label, cy, en, left_out in examples(pairs, random.Random(20261122)):  # noqa: S311 - a sample, not a secret
        meaning = Meaning(Read(cy, "cy"), Read(en, "en"), DEFAULT, learned[left_out])
        labels.append(label)
        other.append(meaning.other_features())
        cy_lacks.append(meaning.missing_features("cy"))
        en_lacks.append(meaning.missing_features("en"))
    report("OTHER_MESSAGE", labels, np.array(other), ("random", "topical"))
    report("PART_MISSING (Welsh lacks)", labels, np.array(cy_lacks), ("cut-cy", "dropped-cy"))
    report("PART_MISSING (English lacks)", labels, np.array(en_lacks), ("cut-en", "dropped-en"))


if __name__ == "__main__":
    main()
