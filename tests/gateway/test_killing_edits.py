"""Workers die with -9 in the middle of an edit: one post, with the new words, and its follow-ups once."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest

from benchmarks.rig import BILINGUAL, PAIRED, Office, Rig
from gateway.due import publish_due
from tests.gateway.test_killing import installation, met, script, states, wait

__all__ = ["installation"]
pytestmark = pytest.mark.timeout(240)


def corrected(rig: Rig) -> None:
    """A post that is published, and its correction that is due."""

    async def make() -> None:
        async with rig.porth() as porth:
            office = Office(porth)
            await office.found()
            await office.channel("facebook", BILINGUAL)
            await office.channel("mastodon", PAIRED)
            await office.channel("x", PAIRED)
            post, digest = await office.approved(office.words())
            await office.schedule(post, digest, datetime.now(UTC))
            assert {o.state for o in await publish_due(porth, worker="first")} == {"published"}
            made, digest = await office.approved(office.words(), corrects=post)
            await office.schedule(made, digest, datetime.now(UTC))

    asyncio.run(make())


@pytest.mark.parametrize(
    ("platform", "call", "kind"),
    [
        pytest.param("facebook", "edit", "store-then-hang", id="after the platform has the new words"),
        pytest.param("facebook", "edit", "slow", id="during the call", marks=pytest.mark.slow),
        pytest.param("mastodon", "edit", "store-then-hang", id="in the Welsh half of a pair", marks=pytest.mark.slow),
        pytest.param("facebook", "read", "slow", id="while the post is read before", marks=pytest.mark.slow),
    ],
)
def test_a_worker_killed_in_the_middle_of_an_edit_leaves_one_post_with_the_new_words(
    installation: Rig, platform: str, call: str, kind: str
) -> None:
    corrected(installation)
    script(installation, platform=platform, call=call, kind=kind, seconds=1)
    worker = installation.start_worker()
    wait(lambda: met(installation))
    worker.kill()
    installation.start_worker()
    wait(lambda: states(installation) == Counter(published=10))
    public = installation.control.get("/posts").json()["posts"]
    assert Counter(post["platform"] for post in public) == {"facebook": 1, "mastodon": 2, "x": 4}
    edited = [post["text"] for post in public if post["platform"] != "x"]
    assert all(text.startswith(("Cywiriad: ", "Correction: ")) for text in edited), edited
    welsh, english = sorted((p for p in public if p["platform"] == "x"), key=lambda p: p["at"])[2:]
    assert (welsh["text"][:8], english["text"][:10]) == ("Cywiriad", "Correction")
