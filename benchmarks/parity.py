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
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CORPUS = ROOT.parent / "shared" / "corpus"
AIMS = {
    "english_as_welsh": 0.99, "english_few_welsh": 0.97, "swapped": 0.99, "different_sentence": 0.95, "number": 0.97,
    "date": 0.99, "contact": 0.98, "url": 0.97, "half_missing": 0.92, "misspelt": 0.95, "negation": 0.6, "real_discrepancy": 0.0,
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


def measure(pairs: list[dict[str, Any]]) -> tuple[list[tuple[dict[str, Any], Any]], list[float]]:
    from i18n.parity import compare

    compare(pairs[0]["cy"], pairs[0]["en"])
    answers, times = [], []
    for pair in pairs:
        start = time.perf_counter()
        found = compare(pair["cy"], pair["en"])
        times.append(time.perf_counter() - start)
        answers.append((pair, found))
    return answers, times


def caught(kind: str, found: Any) -> bool:
    severities = ("block", "decide", "advise") if kind == "misspelt" else ("block", "decide")
    return any(
        d.severity in severities and (kind != "misspelt" or d.kind == "spelling" or d.severity != "advise")
        for d in found
    )


def table(answers: list[tuple[dict[str, Any], Any]]) -> None:
    by_kind: dict[str, list[Any]] = defaultdict(list)
    true = []
    for pair, found in answers:
        (true if pair["label"] == "match" else by_kind[pair["kind"]]).append(found)
    alarms = Counter((d.kind, d.severity) for found in true for d in {(x.kind, x.severity): x for x in found}.values())
    print(f"{'mismatch':20} {'pairs':>6} {'caught':>7} {'aim':>6}   raised as")
    for kind, aim in AIMS.items():
        founds = by_kind[kind]
        rate = sum(caught(kind, found) for found in founds) / len(founds)
        raised = Counter(
            d.kind
            for found in founds
            for d in {x.kind: x for x in found}.values()
            if d.severity != "advise" or kind == "misspelt"
        )
        mark = " " if rate >= aim else "<"
        print(
            f"{kind:20} {len(founds):6} {rate:7.3f} {aim:6.2f} {mark} {', '.join(f'{k} {n}' for k, n in raised.most_common(4))}"
        )
    blocked = sum(any(d.severity == "block" for d in found) for found in true)
    asked = sum(any(d.severity in ("block", "decide") for d in found) for found in true)
    print(f"\ntrue pairs {len(true)}: blocked {blocked} = {blocked / len(true):.4f} (at most {MOST_BLOCKED}), "
          f"block or decide {asked} = {asked / len(true):.4f} (at most {MOST_ASKED})")  # fmt: skip
    print("false alarms by kind: " + ", ".join(f"{k} {s} {n}" for (k, s), n in alarms.most_common()))


def speed(times: list[float]) -> None:
    ordered = sorted(times)
    load, memory = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    print(f"\nspeed: median {statistics.median(times) * 1000:.2f} ms, 99th percentile {ordered[int(len(times) * 0.99)] * 1000:.2f} ms, "
          f"worst {ordered[-1] * 1000:.1f} ms; load {float(load):.2f} s; memory {float(memory):.0f} MB in a process of its own, "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB after all pairs")  # fmt: skip


def show(answers: list[tuple[dict[str, Any], Any]], kind: str, most: int) -> None:
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
