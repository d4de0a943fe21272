"""A bad day on every platform at once: no post twice, none lost without somebody knowing."""

import asyncio
from collections import Counter

import pytest
from stand_ins import Memory, Sandbox, post

from connectors.contract import Absent, Connector, Credentials, Found
from connectors.errors import OutcomeUnknown, PublishingError, RateLimited, Retryable
from connectors.http import Wire
from connectors.registry import CONNECTORS, connector
from connectors.sandbox import demo_credentials
from connectors.sandbox.serve import running

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

TRIES = 25
DELIVERIES = 6
"""Of each platform."""


async def deliver(made: Connector, credentials: Credentials, sandbox: Sandbox, number: int) -> str:
    """As a careful caller does: repeat what provably was not posted, look up what may have been, and else give up."""
    outgoing, pictures = post(made.platform, f"Neges {number} i {made.platform}")
    attempt = Memory(pictures, sandbox)
    attempt.key = f"{number:032x}"
    for _ in range(TRIES):
        try:
            await made.prepare(outgoing, credentials, attempt)
            await made.publish(outgoing, credentials, attempt)
        except (Retryable, RateLimited):
            await asyncio.sleep(0.05)
        except OutcomeUnknown:
            found = await look(made, credentials, attempt, number)
            if not isinstance(found, Absent):
                return "published" if isinstance(found, Found) else "asks a person"
        else:
            return "published"
    return "asks a person"


async def look(made: Connector, credentials: Credentials, attempt: Memory, number: int) -> object:
    outgoing, _ = post(made.platform, f"Neges {number} i {made.platform}")
    for _ in range(TRIES):
        try:
            return await made.find(outgoing, credentials, attempt)
        except PublishingError:
            await asyncio.sleep(0.05)
    return None


async def test_a_fifth_of_all_calls_go_wrong_and_every_post_is_there_once_or_a_person_knows() -> None:
    with running(chaos=0.2, seed=7) as address:
        sandbox = Sandbox(address)
        sandbox.lift()
        wire = Wire(sandbox=address, deadline=3.0)
        jobs, outcomes = [], {}
        for platform in CONNECTORS:
            made, credentials = connector(platform, wire), demo_credentials(platform, "bwrdd")
            jobs += [(platform, number, deliver(made, credentials, sandbox, number)) for number in range(DELIVERIES)]
        done = await asyncio.gather(*(job for _, _, job in jobs))
        for (platform, number, _), outcome in zip(jobs, done, strict=True):
            outcomes[f"Neges {number} i {platform}"] = outcome
        stored = Counter(one["text"] for one in sandbox.posts())
        calls = sandbox.calls()
        sandbox.close()
    assert sum(1 for call in calls if call["fault"]) > 25
    assert [text for text, count in stored.items() if count > 1] == []
    assert [text for text, outcome in outcomes.items() if outcome == "published" and text not in stored] == []
    assert Counter(outcomes.values())["published"] > len(outcomes) / 2
