"""The contract once a post is out: correcting it in place, and noticing what else is on its account."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from stand_ins import EDITING, TEXT, Memory, Sandbox, picture, post, publish

from connectors.contract import Connector, Credentials, Receipt
from connectors.errors import OutcomeUnknown, Rejected
from connectors.listing import MOST
from connectors.registry import PLATFORMS, limits
from connectors.sandbox import demo_credentials

pytestmark = pytest.mark.anyio

EDITS: Mapping[str, bool] = {
    "x": False, "facebook": True, "instagram": False, "threads": False, "linkedin": True, "bluesky": False,
    "mastodon": True, "wordpress": True,
}  # fmt: skip
DESCRIBES = {"mastodon", "wordpress"}
"""Where an edit reaches the descriptions of pictures too."""
LEFT_OUT = {
    "x": ("reply", "repost"), "threads": ("reply", "repost"), "linkedin": ("repost",), "bluesky": ("reply", "repost"),
    "mastodon": ("reply", "repost", "direct"),
}  # fmt: skip
"""What these list beside posts, and is none."""
ONE_PAGE = {"wordpress": MOST}
"""Where a list is never longer than one page, so that no second is asked for."""
CORRECTED = (
    "Cywiriad: mae’r clinig ffliw ar agor ddydd Mawrth (ŵ ŷ â). Ffoniwch 111 & darllenwch https://example.org/ <3"
)


@pytest.fixture(params=sorted(PLATFORMS))
def platform(request: pytest.FixtureRequest) -> str:
    """Not YouTube, whose videos are corrected and listed in other ways (test_youtube_afterwards.py)."""
    return str(request.param)


@pytest.mark.parametrize(("platform", "edits"), sorted(EDITS.items()))
def test_posts_are_edited_where_readers_see_that(made: Connector, edits: bool) -> None:  # noqa: FBT001 - from the table
    assert made.edits is edits


@pytest.mark.parametrize("platform", sorted(set(PLATFORMS) - set(EDITING)))
async def test_where_posts_are_not_edited_nobody_is_asked_to(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    with pytest.raises(Rejected, match="cannot-edit"):
        await made.edit(Receipt("1", "", datetime.now(UTC)), post(made.platform, CORRECTED)[0], credentials)
    assert sandbox.calls() == []


@pytest.mark.parametrize("platform", EDITING)
async def test_an_edited_post_is_the_same_post_with_the_new_words_however_often_it_is_edited(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    first, second = picture("red", "Nyrs"), picture("blue", "Arwydd")
    outgoing, pictures = post(made.platform, TEXT, first, second)
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    receipt = await made.publish(outgoing, credentials, attempt)
    (before,) = sandbox.posts()
    alts = ["Nyrs yn “brechu” plentyn & rhiant", "Arwydd y clinig â’i oriau"]
    described = tuple(msgspec.structs.replace(one, alt=alt) for one, alt in zip(outgoing.media, alts, strict=True))
    corrected = msgspec.structs.replace(outgoing, text=CORRECTED, media=described)
    assert await made.edit(receipt, corrected, credentials) == receipt
    (stored,) = sandbox.posts()
    assert (stored["id"], stored["text"], stored["title"]) == (receipt.id, CORRECTED, outgoing.title)
    assert stored["languages"] == before["languages"]
    assert [one["sha256"] for one in stored["media"]] == [one.sha256 for one in outgoing.media]
    assert [one["alt"] for one in stored["media"]] == (alts if made.platform in DESCRIBES else ["Nyrs", "Arwydd"])
    read = await made.read(receipt, credentials)
    assert read is not None
    assert read.text == CORRECTED
    assert [one.text for one in await made.recent(credentials, attempt.started)] == [CORRECTED]
    assert await made.edit(receipt, corrected, credentials) == receipt
    assert sandbox.posts() == [stored]


@pytest.mark.parametrize("platform", EDITING)
async def test_an_edit_whose_answer_was_lost_is_an_unknown_outcome_and_may_be_repeated(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    receipt, _ = await publish(made, credentials, sandbox)
    corrected = post(made.platform, CORRECTED)[0]
    for kind in ("drop", "store-then-drop"):
        sandbox.fault(platform=made.platform, call="edit", kind=kind)
        with pytest.raises(OutcomeUnknown):
            await made.edit(receipt, corrected, credentials)
    read = await made.read(receipt, credentials)
    assert read is not None
    assert read.text == CORRECTED
    await made.edit(receipt, corrected, credentials)
    assert [stored["text"] for stored in sandbox.posts()] == [CORRECTED]


@pytest.mark.parametrize("platform", EDITING)
async def test_a_post_that_is_gone_or_another_accounts_is_not_edited(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    receipt, _ = await publish(made, credentials, sandbox)
    corrected = post(made.platform, CORRECTED)[0]
    with pytest.raises(Rejected):
        await made.edit(receipt, corrected, demo_credentials(made.platform, "arall"))
    assert [stored["text"] for stored in sandbox.posts()] == [TEXT]
    await made.retract(receipt, credentials)
    with pytest.raises(Rejected) as refused:
        await made.edit(receipt, corrected, credentials)
    assert refused.value.code == "not-found"
    assert sandbox.posts() == []


@pytest.mark.parametrize("platform", [one for one in EDITING if limits(one).text])
async def test_an_edit_that_is_too_long_is_refused_and_changes_nothing(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    receipt, _ = await publish(made, credentials, sandbox)
    with pytest.raises(Rejected):
        await made.edit(receipt, post(made.platform, "ŵ" * ((made.limits.text or 0) + 1))[0], credentials)
    assert [stored["text"] for stored in sandbox.posts()] == [TEXT]


async def test_the_accounts_recent_posts_are_listed_whoever_made_them_and_no_others(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    start = datetime.now(UTC)
    earlier, later = ((start + timedelta(minutes=shift)).isoformat() for shift in (-2, 2))
    sandbox.plant(platform=made.platform, account="bwrdd-cy", text="Ddoe", at=earlier)
    sandbox.plant(platform=made.platform, account="arall", text="Cyfrif arall")
    receipt, _ = await publish(made, credentials, sandbox)
    by_hand = sandbox.plant(platform=made.platform, account="bwrdd-cy", text=f"Â llaw: {TEXT}", at=later)
    seen = await made.recent(credentials, start)
    assert [(one.receipt.id, one.text) for one in seen] == [(by_hand["id"], f"Â llaw: {TEXT}"), (receipt.id, TEXT)]
    assert [one.receipt.url for one in seen][1] == receipt.url
    assert abs(seen[0].receipt.at - datetime.fromisoformat(later)) < timedelta(seconds=1)
    sandbox.edit_by_hand(made.platform, receipt.id, CORRECTED)
    assert (await made.recent(credentials, start))[1].text == CORRECTED


async def test_of_more_than_a_hundred_recent_posts_the_newest_hundred_are_listed_over_pages(
    made: Connector, credentials: Credentials, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = datetime.now(UTC) - timedelta(minutes=10)
    for number in range(MOST + 5):
        at = (start + timedelta(seconds=number)).isoformat()
        sandbox.plant(platform=made.platform, account="bwrdd-cy", text=f"Neges {number}", at=at)
    seen = await made.recent(credentials, start)
    assert [one.text for one in seen] == [f"Neges {number}" for number in range(MOST + 4, 4, -1)]
    monkeypatch.setattr("connectors.listing.MOST", MOST + 50)
    assert len(await made.recent(credentials, start)) == ONE_PAGE.get(made.platform, MOST + 5)


@pytest.mark.parametrize("platform", sorted(LEFT_OUT))
async def test_replies_reposts_and_messages_are_no_posts(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    start = datetime.now(UTC)
    for kind in ("post", *LEFT_OUT[made.platform]):
        sandbox.plant(platform=made.platform, account="bwrdd-cy", text=kind, kind=kind)
    assert [one.text for one in await made.recent(credentials, start)] == ["post"]
