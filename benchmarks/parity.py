"""How well parity tells true pairs from faulty ones, and how fast: `python benchmarks/parity.py [--show KIND]`.

Measured on the labelled pairs of `../shared/corpus/parity-dev.jsonl`; skipped, with that reason, where it is absent.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from i18n.parity import Difference, compare  # noqa: E402 - found once the path holds this repository

Found = tuple[Difference, ...]
Answer = tuple[dict[str, Any], Found]
CORPUS = ROOT.parent / "shared" / "corpus"
AIMS = {
    "english_as_welsh": 0.99, "english_few_welsh": 0.97, "swapped": 0.99, "different_sentence": 0.95, "number": 0.97,
    "date": 0.99, "contact": 0.98, "url": 0.97, "half_missing": 0.92, "misspelt": 0.95, "negation": 0.6,
    "real_discrepancy": 0.0,
}  # fmt: skip
MOST_BLOCKED, MOST_ASKED = 0.015, 0.06
LOAD = """
import resource, time
before = time.perf_counter()
from i18n.parity import compare
compare("Dewch i'r clinig ddydd Llun.", "Come to the clinic on Monday.")
print(time.perf_counter() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / name).read_text(encoding="utf-8").splitlines()]


class Times(NamedTuple):
    """Seconds a pair: on the clock, and of the processor (what the clock would show on a machine at rest)."""

    clock: list[float]
    processor: list[float]


def measure(pairs: list[dict[str, Any]]) -> tuple[list[Answer], Times]:
    compare(pairs[0]["cy"], pairs[0]["en"])
    answers, times = [], Times([], [])
    for pair in pairs:
        clock, processor = time.perf_counter(), time.process_time()
        found = compare(pair["cy"], pair["en"])
        times.clock.append(time.perf_counter() - clock)
        times.processor.append(time.process_time() - processor)
        answers.append((pair, found))
    return answers, times


def caught(kind: str, found: Found) -> bool:
    """Blocked or asked; of a misspelling the advice counts."""
    return any(d.severity != "advise" or (kind == "misspelt" and d.kind == "spelling") for d in found)


def table(answers: list[Answer]) -> None:
    by_kind: dict[str, list[Found]] = defaultdict(list)
    for pair, found in answers:
        by_kind["match" if pair["label"] == "match" else pair["kind"]].append(found)
    print(f"{'mismatch':20} {'pairs':>6} {'caught':>7} {'aim':>6}   raised as")
    for kind, aim in AIMS.items():
        founds = by_kind[kind]
        rate = sum(caught(kind, found) for found in founds) / len(founds)
        raised = Counter(
            k for found in founds for k in {d.kind for d in found if d.severity != "advise" or kind == "misspelt"}
        )
        mark = " " if rate >= aim else "<"
        most = ", ".join(f"{k} {n}" for k, n in raised.most_common(4))
        print(f"{kind:20} {len(founds):6} {rate:7.3f} {aim:6.2f} {mark} {most}")
    false_alarms(by_kind["match"])


def false_alarms(true: list[Found]) -> None:
    blocked = sum(any(d.severity == "block" for d in found) for found in true)
    asked = sum(any(d.severity != "advise" for d in found) for found in true)
    alarms = Counter(pair for found in true for pair in {(d.kind, d.severity) for d in found})
    print(
        f"\ntrue pairs {len(true)}: blocked {blocked} = {blocked / len(true):.4f} (at most {MOST_BLOCKED}), "
        f"block or decide {asked} = {asked / len(true):.4f} (at most {MOST_ASKED})"
    )
    print(
        "false alarms by kind: " + ", ".join(f"{kind} {severity} {n}" for (kind, severity), n in alarms.most_common())
    )


def speed(times: Times) -> None:
    print()
    for name, seconds in (("clock", times.clock), ("processor", times.processor)):
        median, last = statistics.median(seconds) * 1000, sorted(seconds)[int(len(seconds) * 0.99)] * 1000
        print(f"{name}: median {median:.2f} ms a pair (aim 3), 99th percentile {last:.2f} ms (aim 15)")
    command = [sys.executable, "-c", LOAD]
    load, memory = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"load {float(load):.2f} s (aim 1); "
        f"memory {float(memory):.0f} MB after one pair, {after:.0f} MB after all (aim 150)"
    )


def show(answers: list[Answer], kind: str, most: int) -> None:
    """Prints what was missed of a kind of mismatch, or the false alarms where the kind is `match`."""
    for pair, found in answers:
        wrong = (
            any(d.severity != "advise" for d in found) if kind == "match" else not caught(kind, found)
        ) and most > 0
        if wrong and kind in (pair["kind"], pair["label"]):
            most -= 1
            print(f"-- {pair['id']} {pair['sub']}\n  CY {pair['cy']}\n  EN {pair['en']}")
            for d in found:
                print(f"     {d.severity} {d.code} {d.kind} [{d.cy_read}] [{d.en_read}] {d.params}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show")
    parser.add_argument("--most", type=int, default=40)
    arguments = parser.parse_args()
    if not (CORPUS / "parity-dev.jsonl").exists():
        print("parity: skipped, ../shared/corpus/parity-dev.jsonl is not here")
        return
    answers, times = measure(read("parity-dev.jsonl"))
    if arguments.show:
        show(answers, arguments.show, arguments.most)
    table(answers)
    speed(times)


if __name__ == "__main__":
    main()
