"""Everything goes wrong at once, and each post is on its account exactly once or waits for a person with the reason.

Deliveries over every platform, some with a picture that the platform fetches; faults on a fifth of all platform calls;
two workers that are killed with -9 at random moments; PostgreSQL killed and started again twice; posts taken down as
they come out; times on both sides of the change of the clocks. Counted on the platforms' side (`reckoning.py`); ends
with 1 if anything was sent twice, lost, or in English before Welsh. The seed replays the faults, the moments of the
kills and which posts are taken down, not how the machine's own work falls between them.
"""

import argparse
import asyncio
import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec
import psycopg
from PIL import Image
from sqlalchemy.exc import SQLAlchemyError

from approvals.actions import scheduling
from approvals.content import instant
from approvals.permissions import Actor
from benchmarks.reckoning import Count, counted
from benchmarks.rig import BILINGUAL, PAIRED, Office, Rig, now, rig
from connectors import registry
from connectors.limits import LIMITS
from gateway.due import publish_due

PAIRS = ("x", "facebook", "bluesky")
"""Platforms with a Welsh and an English account; the others have one account for both languages."""
PARTS = 20
"""Deliveries of one post without a picture."""
PICTURED = 12
"""One post in so many shows a picture, and goes to Instagram too."""
PICTURE_CHANNELS = ("instagram", "instagram", "instagram", "threads", "mastodon", "x")
PICTURE_PARTS = sum(1 + (name in PAIRS) for name in PICTURE_CHANNELS)
LOCAL_TIMES = ("2027-03-28T00:30", "2027-03-28T02:30", "2027-10-31T00:30", "2027-10-31T02:30")
UTC_TIMES = ("2027-03-28T00:30", "2027-03-28T01:30", "2027-10-30T23:30", "2027-10-31T02:30")
"""The same in UTC: half past one does not exist in March, and exists twice in October."""
SPREAD = 0.7
"""Of the torment, over which the posts fall due."""
JUST_DUE = 8
"""Posts, of the latest that fell due, of which one is taken down: most of it is on its way, or not yet begun."""
LEFT_ALONE = 2
"""Posts, of the first: one with a picture and one without, so that something comes out on every platform."""
PATIENCE = 20.0
"""Seconds that a worker gets to take something up before it is killed all the same."""
TOLD_EVERY = 10.0


class Plan(NamedTuple):
    deliveries: int
    seconds: float
    """How long things go wrong; then everybody may finish."""
    chaos: float
    seed: int


class Filled(NamedTuple):
    posts: list[UUID]
    comms: Actor
    """Who may take posts down."""
    moved: int
    """Times across the change of the clocks that were stored wrong."""
    across: list[list[str]]
    """The texts of the posts at those times."""


Tell = Callable[[str], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=240, help="of killing; the rest may finish after")
    parser.add_argument("--chaos", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    plan = Plan(given.deliveries, given.seconds, given.chaos, given.seed)
    print(f"seed {plan.seed}: the same faults and kills with --seed {plan.seed}", flush=True)
    began = time.monotonic()
    count = play(plan, lambda line: print(f"{time.monotonic() - began:5.0f} s  {line}", flush=True))
    print(report(count) + f"\nseed {plan.seed}, {time.monotonic() - began:.0f} s")
    sys.exit(not count.clean)


def report(count: Count) -> str:
    def listed(counter: dict[str, int]) -> str:
        return ", ".join(f"{name} {number}" for name, number in sorted(counter.items())) or "none"

    return "\n".join([
        f"workers killed {count.kills}, PostgreSQL killed {count.restarts}, posts taken down {count.takedowns}",
        f"deliveries {sum(count.states.values())}: {listed(count.states)}",
        f"were public, by platform: {listed(count.by_platform)}",
        f"waiting for a person, by reason: {listed(count.codes)}",
        f"duplicates {count.duplicates}, lost {count.lost}, waiting without a reason {count.unreasoned}",
        f"English halves that came out {count.pairs}, before Welsh or without it {count.english_first}",
        f"taken down and still public {count.still_public}",
        f"wrong across the change of the clocks {count.moved}",
    ])  # fmt: skip


def play(plan: Plan, tell: Tell = lambda _line: None) -> Count:
    with rig(chaos=plan.chaos, seed=plan.seed, call_seconds=3) as installation:
        installation.start_server()
        filled = asyncio.run(_fill(installation, plan, tell))
        torment = _Torment(installation, plan, filled, tell)
        torment.rage()
        _finish(installation, tell)
        count = counted(
            installation, kills=torment.kills, restarts=torment.restarts, takedowns=len(torment.taken),
            moved=filled.moved,
        )  # fmt: skip
        tell("crossing the changes of the clocks")
        return count._replace(moved=count.moved + asyncio.run(_cross(installation, filled.across)))


# -- before ------------------------------------------------------------------------------------------------------


async def _fill(installation: Rig, plan: Plan, tell: Tell) -> Filled:
    """Posts approved by the ordinary actions, due over the time of torment."""
    async with installation.porth(pictures=True) as porth:
        office = Office(porth)
        await office.found()
        plain, pictured = await _channels(office)
        picture = await office.picture(_sign())
        moved, across = await _across_the_clocks(installation, office, plain[0])
        posts: list[tuple[UUID, str]] = []
        parts = 0
        while parts < plan.deliveries:
            shows = len(posts) % PICTURED == 0
            content = office.words(pictured if shows else plain)
            posts.append(await office.approved(msgspec.structs.replace(content, media=(picture,) if shows else ())))
            parts += PICTURE_PARTS if shows else PARTS
            if len(posts) % PICTURED == 0:
                tell(f"approved {len(posts)} posts with {parts} deliveries")
        start = now() + timedelta(seconds=1)
        for number, (post, digest) in enumerate(posts):
            at = start + timedelta(seconds=plan.seconds * SPREAD * number / len(posts))
            await office.schedule(post, digest, max(at, now()))
    return Filled([post for post, _ in posts], office.actors["comms"], moved, across)


async def _channels(office: Office) -> tuple[list[str], list[str]]:
    """For posts without a picture, and for those with one."""
    plain: list[str] = []
    texts = [name for name in registry.PLATFORMS if not LIMITS[name].needs_picture]
    parts = 0
    while parts < PARTS:
        for platform in texts:
            paired = platform in PAIRS
            if parts + 1 + paired <= PARTS:
                plain.append(await office.channel(platform, PAIRED if paired else BILINGUAL))
                parts += 1 + paired
    pictured = [await office.channel(name, PAIRED if name in PAIRS else BILINGUAL) for name in PICTURE_CHANNELS]
    return plain, pictured


def _sign() -> bytes:
    """A small picture of nobody."""
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((400, 400)).save(file, "jpeg")
    return file.getvalue()


async def _across_the_clocks(installation: Rig, office: Office, channel: str) -> tuple[int, list[list[str]]]:
    """What people mean by these times is what is stored. They stay in the future until `_cross`."""
    moved, texts = 0, []
    for meant, stored in zip(LOCAL_TIMES, UTC_TIMES, strict=True):
        content = msgspec.structs.replace(office.words([channel]), window=None, publish_at=meant)
        post, digest = await office.approved(content)
        await office.schedule(post, digest, instant(meant))
        (row,) = installation.rows("SELECT DISTINCT publish_at FROM deliveries WHERE post_id = %s", post)
        moved += row["publish_at"].isoformat() != f"{stored}:00+00:00"
        texts.append([content.text.cy or "", content.text.en or ""])
    return moved, texts


# -- meanwhile ---------------------------------------------------------------------------------------------------


class _Torment:
    """Kills, starts again and takes down, until the time is up."""

    def __init__(self, installation: Rig, plan: Plan, filled: Filled, tell: Tell) -> None:
        self.installation = installation
        self.chance = random.Random(plan.seed)
        self.posts = filled.posts
        self.spread = plan.seconds * SPREAD / len(filled.posts)
        self.taken: set[UUID] = set()
        self.comms = filled.comms
        self.tell = tell
        self.began = time.monotonic()
        self.end = self.began + plan.seconds
        self.database = [self.end - plan.seconds * share for share in (0.33, 0.66)]
        """When PostgreSQL is killed, the last first."""
        self.kills = self.restarts = 0

    def rage(self) -> None:
        workers = [self.installation.start_worker() for _ in range(2)]
        told = time.monotonic()
        while time.monotonic() < self.end:
            self._until_at_work(workers[0])
            time.sleep(self.chance.uniform(0.0, 8.0))
            self._take_down()
            workers = [workers[1], self._kill(workers[0])]  # the older one: the other has hardly begun to work
            if self.database and time.monotonic() > self.database[-1]:
                self.database.pop()
                kill_database(self.installation)
                self.restarts += 1
                self.tell("PostgreSQL killed and started again")
            if time.monotonic() - told > TOLD_EVERY:
                told = time.monotonic()
                self.tell(f"workers killed {self.kills}, taken down {len(self.taken)}; {_states(self.installation)}")

    def _just_due(self) -> list[UUID]:
        begun = int((time.monotonic() - self.began) / self.spread)
        return self.posts[max(begun - JUST_DUE, LEFT_ALONE) : begun]

    def _public(self) -> list[UUID]:
        try:
            rows = self.installation.rows("SELECT DISTINCT post_id FROM deliveries WHERE state = 'published'")
        except psycopg.OperationalError:
            return []
        public = {row["post_id"] for row in rows}
        return [post for post in self.posts[LEFT_ALONE:] if post in public]

    def _until_at_work(self, worker: subprocess.Popen[bytes]) -> None:
        """To kill a worker that is only starting would try nothing."""
        late = min(time.monotonic() + PATIENCE, self.end)
        while time.monotonic() < late:
            with suppress(psycopg.OperationalError):
                if self.installation.rows(
                    "SELECT 1 AS one FROM deliveries WHERE leased_by LIKE %s LIMIT 1", f"%-{worker.pid}-%"
                ):
                    return
            time.sleep(0.1)

    def _kill(self, worker: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        worker.kill()
        worker.wait()
        self.kills += 1
        self.installation.workers.remove(worker)
        return self.installation.start_worker()

    def _take_down(self) -> None:
        """Every other time, by turns of chance a post of which something is public and one that has just fallen due."""
        wanted, public, which = self.chance.random() < 0.5, self.chance.random() < 0.5, self.chance.random()
        posts = [post for post in (self._public() if public else self._just_due()) if post not in self.taken]
        if not wanted or not posts:
            return
        post = posts[int(which * len(posts))]

        async def ask() -> None:
            async with self.installation.porth() as porth, porth.sessions.begin() as session:
                await scheduling.take_down(session, self.comms, post, "The clinic has moved.", now=porth.clock())

        try:
            asyncio.run(ask())
        except (SQLAlchemyError, OSError):
            return  # the database is away
        self.taken.add(post)


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


def _states(installation: Rig) -> str:
    try:
        rows = installation.rows("SELECT state, count(*) AS n FROM deliveries GROUP BY state ORDER BY state")
    except psycopg.OperationalError:
        return "the database is away"
    return ", ".join(f"{row['state']} {row['n']}" for row in rows)


# -- after -------------------------------------------------------------------------------------------------------


def _finish(installation: Rig, tell: Tell) -> None:
    """The platforms are well again; workers look up what is unknown until nothing but people's work is left."""
    installation.control.delete("/faults").raise_for_status()
    told = 0.0
    while installation.rows(
        "SELECT 1 FROM deliveries d JOIN accounts a ON a.id = d.account_id"
        " LEFT JOIN deliveries first ON first.id = d.follows_id"
        " WHERE (d.state = 'sending' OR d.state = 'unconfirmed' AND d.code <> 'ask-a-person'"
        " OR d.state = 'published' AND d.takedown_at IS NOT NULL"
        " OR d.state = 'due' AND d.publish_at < now() AND (first.id IS NULL OR first.state = 'published')) LIMIT 1"
    ):
        if time.monotonic() - told > TOLD_EVERY:
            told = time.monotonic()
            tell(f"nothing goes wrong any more; {_states(installation)}")
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


async def _cross(installation: Rig, texts: list[list[str]]) -> int:
    """Let the clock pass each of the moments: a minute before nothing new may be out, a second after it must be."""
    wrong = 0
    for number, stored in enumerate(UTC_TIMES):
        moment = datetime.fromisoformat(f"{stored}:00+00:00")
        for at, out in ((moment - timedelta(minutes=1), number), (moment + timedelta(seconds=1), number + 1)):
            async with installation.porth(clock=lambda at=at: at) as porth:  # type: ignore[misc]  # a default binds it
                await publish_due(porth, worker="clock")
            sent = {post.text for post in installation.sent()}
            wrong += [text for pair in texts for text in pair if text in sent] != [
                text for pair in texts[:out] for text in pair
            ]
    return wrong


if __name__ == "__main__":
    main()
