"""Random sequences of everything that anybody may try, in two organisations, with platforms that misbehave.

After each step, what must never happen is looked for in the platforms' posts and the tables (evidence.py here).
`JOURNEYS=200 pytest tests/journeys/test_any_sequence.py` tries that many other sequences, and makes a failing one as
short as it can; each is printed as a program, with what reproduces it.
"""

import asyncio
import os
from collections.abc import Awaitable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from approvals.actions import scheduling
from approvals.errors import Refusal
from tests.gateway.conftest import Clock, Platforms
from tests.journeys import tries
from tests.journeys.evidence import Evidence
from tests.journeys.tries import Action, Tries
from tests.journeys.world import World, behind, opened

MORE = "JOURNEYS" in os.environ
EXAMPLES = int(os.environ.get("JOURNEYS", "12"))
STEPS = 40
SLUGS = count(1)

EVERYBODY = ("nia", "rhian", "elin", "dafydd", "tom", "sara", "gwen", "huw", "mari", "ann")
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "store-then-drop", "call": "create"}, {"kind": "store-then-garble", "call": "create"},
    {"kind": "drop", "call": "create"}, {"kind": "drop", "call": "verify"}, {"kind": "drop", "call": "find"},
    {"kind": "refuse", "call": "create"}, {"kind": "refuse", "call": "create", "error": "rate-limited", "seconds": 5},
    {"kind": "refuse", "call": "create", "error": "expired"}, {"kind": "refuse", "call": "verify", "error": "expired"},
    {"kind": "refuse", "call": "delete", "error": "rate-limited", "seconds": 5}, {"kind": "drop", "call": "delete"},
    {"kind": "store-then-drop", "call": "edit"}, {"kind": "drop", "call": "edit"}, {"kind": "refuse", "call": "edit"},
    {"kind": "drop", "call": "read"},
)  # fmt: skip
KINDS = (
    "properly", "properly", "properly", "publish", "publish", "publish", "race", "race", "stop", "stop", "stop",
    "go_on", "go_on", "write", "write", "review", "review", "everybody", "consent", "fault",
)  # fmt: skip
GROUPS = {
    "stop": tries.STOPPING, "go_on": tries.UNDOING, "write": tries.WRITING, "review": tries.REVIEWING,
    "consent": tries.CONSENTING,
}  # fmt: skip


class Gateway(RuleBasedStateMachine):
    """Most tries are refused; that is the point, and so is that some are not."""

    world: World
    platforms: Platforms
    database: str
    tally: dict[str, int]

    @initialize()
    def two_health_boards(self) -> None:
        self.platforms.reset()
        self.world.clock.now = behind()
        self.boards = [self.world.run(self.world.found(f"bwrdd-{next(SLUGS)}")) for _ in range(2)]
        self.evidence = Evidence(self.database, self.platforms, self.world.clock, [b.id for b in self.boards])
        self.tries = Tries(self.world, self.boards, self.evidence)

    def teardown(self) -> None:
        if not hasattr(self, "tries"):
            return
        try:
            self.let_everything_end()
            self.evidence.settled(self.world.clock())
            for post in self.evidence.ever_made():
                self.tally["removed" if post["deleted_at"] else "public"] += 1
            for row in self.evidence.deliveries():
                self.tally["edited"] += row["edits_id"] is not None and row["platform_id"] is not None
                self.tally["removed after an edit"] += row["edits_id"] is not None and row["state"] == "retracted"
        finally:
            self.evidence.close()

    def attempt(self, name: str, board: int, who: str | None, number: int) -> None:
        done = self.world.run(self.world.act(self.tries.make(name, who, number, board)))
        self.tally["refused" if isinstance(done, Refusal) else "done"] += 1
        self.evidence.check()

    # one rule for everything: with many, hypothesis leaves most of them out of each sequence
    @rule(
        kind=st.sampled_from(KINDS), pick=st.integers(0, 59), number=st.integers(0, 1000), board=st.integers(0, 1),
        who=st.sampled_from((*[None] * 2 * len(EVERYBODY), *EVERYBODY)),
    )  # fmt: skip
    def step(self, kind: str, pick: int, number: int, board: int, who: str | None) -> None:
        """`pick` chooses among a kind, `number` what it is done to; `who` is `None` for whoever may."""
        match kind:
            case "properly":
                self.somebody_does_it_all_properly(board, pick)
            case "publish":
                self.publish(pick)
            case "race":
                name = tries.STOPPING[pick % len(tries.STOPPING)]
                self.somebody_stops_it_while_it_is_published(self.tries.make(name, who, number, board), pick)
            case "fault":
                platform, times = ("x", "facebook")[pick % 2], 1 + 2 * (number % 2)
                self.platforms.fault(**{**FAULTS[number % len(FAULTS)], "platform": platform, "count": times})
            case "everybody":
                for name in ("return_translation", "submit", "sign_welsh", "sign_privacy", "sign_comms", "schedule"):
                    self.attempt(name, 0, None, number)
            case _:
                self.attempt(GROUPS[kind][pick % len(GROUPS[kind])], board, who, number)

    def somebody_does_it_all_properly(self, board: int, pick: int) -> None:
        chosen = self.boards[board]
        self.world.run(self.tries.repair(chosen))
        original = self.tries.correctable(chosen, pick) if pick % 5 else None
        if original is not None:
            words = chosen.words(people=self.world.run(chosen.consented()) if pick % 2 else None)
        elif pick % 3:
            words = chosen.words(people=self.world.run(chosen.consented()))
        else:
            words = chosen.words(channels=(("facebook",), ("x",), ("facebook", "x"))[pick % 9 // 3])
        at = self.world.clock() + timedelta(seconds=(0, 0, 3, 60)[pick % 4])
        self.tries.posts.append(self.world.run(chosen.scheduled(words, at, original)))
        self.evidence.check()

    def publish(self, pick: int) -> None:
        """By one worker or two, now or later."""
        self.world.clock.pass_by(seconds=(0, 0, 0, 4, 6, 20, 60, 600, 2400)[pick % 9])
        self.world.run(_together(*(self.world.publish(name) for name in ("worker-1", "worker-2")[: 1 + pick % 2])))
        self.evidence.check()

    def somebody_stops_it_while_it_is_published(self, action: Action, pick: int) -> None:
        self.platforms.fault(kind="slow", call="*", seconds=0.02, count=3)
        names = ("worker-1", "worker-2")[: 1 + pick % 2]
        self.world.run(_together(*(self.world.publish(name) for name in names), self.world.act(action)))
        self.evidence.check(racing=True)

    def let_everything_end(self) -> None:
        """Nobody interferes any more: pauses end, platforms are well, time passes, workers work."""
        self.platforms.forget_faults()
        for board in self.boards:
            self.world.run(
                self.world.act(
                    lambda s, b=board: scheduling.resume(s, b.actor("tom"), "over", now=self.world.clock())  # type: ignore[misc]  # a default is how a loop's value is kept
                )
            )
        for passed in (0, 10, 20, 50, 130, 310, 3600, 310):
            self.world.clock.pass_by(seconds=passed)
            self.world.run(self.world.publish("worker-1"))
            self.evidence.check()


async def _together(*tasks: Awaitable[Any]) -> None:
    await asyncio.gather(*tasks)


@pytest.fixture
def gateway(database: str, tmp_path: Path, platforms: Platforms) -> Iterator[type[Gateway]]:
    with opened(database, tmp_path, platforms, Clock(behind())) as world:
        tally = dict.fromkeys(("done", "refused", "public", "removed", "edited", "removed after an edit"), 0)
        yield type("Tried", (Gateway,), {"world": world, "platforms": platforms, "database": database, "tally": tally})


@pytest.mark.timeout(300 if not MORE else 0)
def test_nothing_is_published_that_must_not_be_whatever_anybody_tries(gateway: type[Gateway]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]  # hypothesis does not say
        gateway,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None, print_blob=True,
            derandomize=not MORE, phases=[Phase.generate, *([Phase.shrink] if MORE else [])],
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert gateway.tally["public"] > EXAMPLES, f"the sequences published too little to show anything: {gateway.tally}"
    assert gateway.tally["removed"] > 0, f"nothing was taken down: {gateway.tally}"
    assert gateway.tally["edited"] > 0, f"nothing was corrected: {gateway.tally}"
