"""Everything goes wrong at once, and each post is on its account exactly once or waits for a person with the reason.

Deliveries over every platform, faults on a fifth of all platform calls, two workers that are killed with -9 at random
moments, PostgreSQL killed and started again twice, times on both sides of the change of the clocks. Counted on the
platforms' side; ends with 1 if anything was sent twice or lost. The seed replays the faults and the kills' moments,
not how the machine's own work falls between them.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from approvals.content import instant
from benchmarks.rig import BILINGUAL, PAIRED, Office, Rig, now, rig
from connectors import registry
from connectors.limits import LIMITS

WAITING = ("unconfirmed", "failed", "held", "missed")
"""A person is told, with the code."""
LOCAL_TIMES = ("2027-03-28T00:30", "2027-03-28T02:30", "2027-10-31T00:30", "2027-10-31T02:30")
UTC_TIMES = ("2027-03-28T00:30", "2027-03-28T01:30", "2027-10-30T23:30", "2027-10-31T02:30")
"""The same in UTC: half past one does not exist in March, and exists twice in October."""


class Plan(NamedTuple):
    deliveries: int
    seconds: float
    """How long things go wrong; then everybody may finish."""
    chaos: float
    seed: int


class Count(NamedTuple):
    states: Counter[str]
    codes: Counter[str]
    duplicates: int
    lost: int
    unreasoned: int
    kills: int
    restarts: int
    moved: int
    """Times that are not stored as the moment that was meant."""

    @property
    def clean(self) -> bool:
        return not (self.duplicates or self.lost or self.unreasoned or self.moved)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=120, help="of killing; the rest may finish after")
    parser.add_argument("--chaos", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    plan = Plan(given.deliveries, given.seconds, given.chaos, given.seed)
    print(f"seed {plan.seed}: the same faults and kills with --seed {plan.seed}", flush=True)
    count = play(plan)
    print(f"workers killed {count.kills}, PostgreSQL killed {count.restarts}")
    print("deliveries: " + ", ".join(f"{state} {number}" for state, number in count.states.most_common()))
    print("waiting for a person, by reason: " + (", ".join(f"{c} {n}" for c, n in count.codes.most_common()) or "none"))
    print(f"duplicates {count.duplicates}, lost {count.lost}, waiting without a reason {count.unreasoned}")
    print(f"times stored wrong across the change of the clocks {count.moved}")
    sys.exit(not count.clean)


def play(plan: Plan) -> Count:
    with rig(chaos=plan.chaos, seed=plan.seed, call_seconds=3) as installation:
        moved = asyncio.run(_fill(installation, plan))
        kills, restarts = _torment(installation, plan)
        _finish(installation)
        return _counted(installation, kills, restarts, moved)


def platforms() -> list[str]:
    """Those that take a text without a picture."""
    return [name for name in registry.PLATFORMS if not LIMITS[name].needs_picture]


async def _fill(installation: Rig, plan: Plan) -> int:
    """Posts approved by the ordinary actions, due over the time of torment. How many times were stored wrong."""
    async with installation.porth() as porth:
        office = Office(porth)
        await office.found()
        parts = 0
        while parts < 20:
            for platform in platforms():
                await office.channel(platform, PAIRED if platform == "x" else BILINGUAL)
                parts += 1 + (platform == "x")
        moved = await _across_the_clocks(installation, office)
        posts = [await office.approved(office.words()) for _ in range(-(-plan.deliveries // parts))]
        start = now() + timedelta(seconds=1)
        for number, (post, digest) in enumerate(posts):
            at = start + timedelta(seconds=plan.seconds * 0.7 * number / len(posts))
            await office.schedule(post, digest, max(at, now()))
    return moved


async def _across_the_clocks(installation: Rig, office: Office) -> int:
    """What people mean by these times is what is stored. They stay in the future: the deliveries are left due."""
    moved = 0
    for meant, stored in zip(LOCAL_TIMES, UTC_TIMES, strict=True):
        content = msgspec.structs.replace(office.words(office.channels[:1]), window=None, publish_at=meant)
        post, digest = await office.approved(content)
        await office.schedule(post, digest, instant(meant))
        (row,) = installation.rows("SELECT DISTINCT publish_at FROM deliveries WHERE post_id = %s", post)
        moved += row["publish_at"].isoformat() != f"{stored}:00+00:00"
    return moved


def _torment(installation: Rig, plan: Plan) -> tuple[int, int]:
    """Kill and start again, until the time is up. How many workers and how many databases were killed."""
    chance = random.Random(plan.seed)
    kills = restarts = 0
    workers = [installation.start_worker() for _ in range(2)]
    end = time.monotonic() + plan.seconds
    database = [end - plan.seconds * share for share in (0.33, 0.66)]
    while time.monotonic() < end:
        time.sleep(chance.uniform(1.0, 4.0))
        victim = chance.randrange(2)
        workers[victim].kill()
        workers[victim].wait()
        kills += 1
        installation.workers.remove(workers[victim])
        workers[victim] = installation.start_worker()
        if database and time.monotonic() > database[-1]:
            database.pop()
            kill_database(installation)
            restarts += 1
    return kills, restarts


def kill_database(installation: Rig) -> None:
    """As a power cut would; then its owner brings it back."""
    strike_database(installation)
    while not installation.cluster.tend():
        time.sleep(0.05)


def strike_database(installation: Rig) -> None:
    """All its processes at once."""
    pid = installation.cluster.pid
    if pid is None:
        raise RuntimeError("this process does not own the database")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for one in (pid, *map(int, children)):
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _finish(installation: Rig) -> None:
    """The platforms are well again; workers look up what is unknown until nothing but people's work is left."""
    installation.control.delete("/faults").raise_for_status()
    while installation.rows(
        "SELECT 1 FROM deliveries d JOIN accounts a ON a.id = d.account_id"
        " LEFT JOIN deliveries first ON first.id = d.follows_id"
        " WHERE (d.state = 'sending' OR d.state = 'unconfirmed' AND d.code <> 'ask-a-person'"
        " OR d.state = 'due' AND d.publish_at < now() AND (first.id IS NULL OR first.state = 'published')) LIMIT 1"
    ):
        # nobody waits minutes for the next look: what is looked at is what counts here
        installation.rows(
            "UPDATE deliveries SET next_attempt_at = now() WHERE next_attempt_at BETWEEN now() + interval '5 s'"
            " AND now() + interval '1 day' AND leased_by IS NULL RETURNING id"
        )
        installation.rows("UPDATE accounts SET limited_until = NULL WHERE limited_until IS NOT NULL RETURNING id")
        time.sleep(1)
        for worker in [worker for worker in installation.workers if worker.poll() is not None]:
            installation.workers.remove(worker)  # started while the database was away: its supervisor starts it again
            installation.start_worker()
    installation.stop_workers()


def _counted(installation: Rig, kills: int, restarts: int, moved: int) -> Count:
    deliveries = installation.rows(
        "SELECT d.id, d.state, d.code, d.part, d.platform_id, d.publish_at, a.handle, c.platform, s.document,"
        " first.state AS first_state FROM deliveries d JOIN accounts a ON a.id = d.account_id"
        " JOIN channels c ON c.id = a.channel_id JOIN submissions s ON s.version_id = d.version_id"
        " LEFT JOIN deliveries first ON first.id = d.follows_id WHERE d.publish_at < now()"
    )
    sent = Counter((post.platform, post.account, _plain(post.text)) for post in installation.sent())
    duplicates = lost = unreasoned = 0
    for row in deliveries:
        text = msgspec.json.decode(row["document"])["manifest"][row["part"]]["outgoing"]["text"]
        there = sent.pop((row["platform"], row["handle"], _plain(text)), 0)
        duplicates += max(there - 1, 0)
        if row["state"] == "published":
            lost += there == 0
        elif row["state"] in WAITING:
            unreasoned += not row["code"]
            lost += there > 0 and row["state"] != "unconfirmed"  # public, and nobody is told that it may be
        else:
            lost += not (row["state"] == "due" and row["first_state"] in WAITING)
    duplicates += sum(sent.values())  # on an account where nobody had meant it
    return Count(
        Counter(row["state"] for row in deliveries),
        Counter(f"{row['state']} {row['code']}" for row in deliveries if row["state"] in WAITING),
        duplicates, lost, unreasoned, kills, restarts, moved,
    )  # fmt: skip


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


if __name__ == "__main__":
    main()
