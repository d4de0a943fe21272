"""One suite for every connector, each against its stand-in over a real socket."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from stand_ins import EDITING, Memory, Sandbox, picture, post

from connectors.contract import Connector, Credentials, Found, Receipt, Unsure
from connectors.errors import AuthExpired, OutcomeUnknown, RateLimited, Rejected, Retryable
from connectors.http import Wire
from connectors.listing import MOST
from connectors.registry import PLATFORMS, connector, limits
from connectors.sandbox import demo_credentials

pytestmark = pytest.mark.anyio

TEXT = "Mae’r clinig ffliw ar agor ddydd Llun. Ffoniwch 111 & darllenwch https://example.org/ffliw?a=1&b=2 (ŵ ŷ) <3"
AUTHORITATIVE = {"bluesky", "instagram", "threads"}
"""Their records and containers can be asked for by a name of our own."""
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
CORRECTED = (
    "Cywiriad: mae’r clinig ffliw ar agor ddydd Mawrth (ŵ ŷ â). Ffoniwch 111 & darllenwch https://example.org/ <3"
)
HANGING = 2.5
"""Seconds that a connector is given where the platform never answers."""


@pytest.fixture(params=sorted(PLATFORMS))
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def wire(sandbox: Sandbox) -> Wire:
    return Wire(sandbox=sandbox.address)


@pytest.fixture
def made(platform: str, wire: Wire) -> Connector:
    return connector(platform, wire)


@pytest.fixture
def credentials(platform: str) -> Credentials:
    return demo_credentials(platform, "bwrdd-cy")


async def publish(
    made: Connector, credentials: Credentials, sandbox: Sandbox, text: str = TEXT, attempt: Memory | None = None
) -> tuple[Receipt, Memory]:
    outgoing, pictures = post(made.platform, text)
    attempt = attempt or Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    return await made.publish(outgoing, credentials, attempt), attempt


async def test_a_text_arrives_whole_and_can_be_read_back(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    receipt, _ = await publish(made, credentials, sandbox)
    (stored,) = sandbox.posts()
    assert (stored["platform"], stored["account"], stored["id"]) == (made.platform, "bwrdd-cy", receipt.id)
    assert stored["text"] == TEXT
    read = await made.read(receipt, credentials)
    assert read is not None
    assert read.text == TEXT


async def test_pictures_arrive_in_order_with_their_descriptions(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    first, second = picture("red", "Nyrs yn “brechu” plentyn & rhiant"), picture("blue", "Arwydd y clinig â’i oriau")
    outgoing, pictures = post(made.platform, TEXT, first, second)
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    assert sandbox.posts() == []
    await made.publish(outgoing, credentials, attempt)
    (stored,) = sandbox.posts()
    assert [(one["sha256"], one["alt"]) for one in stored["media"]] == [
        (hashlib.sha256(content).hexdigest(), one.alt) for one, content in (first, second)
    ]


async def test_preparing_again_uploads_nothing_twice(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    outgoing, pictures = post(made.platform, TEXT, picture("red", "Nyrs"))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    before = [call for call in sandbox.calls() if call["call"] in {"upload", "alt", "container"}]
    await made.prepare(outgoing, credentials, attempt)
    after = [call for call in sandbox.calls() if call["call"] in {"upload", "alt", "container"}]
    assert before
    assert after == before


@pytest.mark.parametrize(
    ("kind", "garble"),
    [("store-then-drop", "cut"), *(("store-then-garble", one) for one in ("cut", "empty", "html", "list", "no-id"))],
)
async def test_a_post_whose_answer_was_lost_is_found(
    made: Connector, credentials: Credentials, sandbox: Sandbox, kind: str, garble: str
) -> None:
    outgoing, pictures = post(made.platform, TEXT)
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    sandbox.fault(platform=made.platform, call="create", kind=kind, garble=garble)
    try:
        receipt = await made.publish(outgoing, credentials, attempt)
    except OutcomeUnknown:
        found = await made.find(outgoing, credentials, attempt)
        assert isinstance(found, Found)
        receipt = found.receipt
    assert [stored["id"] for stored in sandbox.posts()] == [receipt.id]


async def test_an_answer_that_never_comes_ends_at_the_deadline_and_is_unknown(
    platform: str, credentials: Credentials, sandbox: Sandbox
) -> None:
    outgoing, pictures = post(platform, TEXT)
    attempt = Memory(pictures, sandbox)
    await connector(platform, Wire(sandbox=sandbox.address)).prepare(outgoing, credentials, attempt)
    impatient = connector(platform, Wire(sandbox=sandbox.address, deadline=HANGING))
    sandbox.fault(platform=platform, call="create", kind="hang")
    with pytest.raises(OutcomeUnknown):
        await impatient.publish(outgoing, credentials, attempt)
    assert sandbox.posts() == []


async def test_nobody_listening_means_that_nothing_was_posted(
    platform: str, credentials: Credentials, sandbox: Sandbox
) -> None:
    outgoing, pictures = post(platform, TEXT)
    attempt = Memory(pictures, sandbox)
    await connector(platform, Wire(sandbox=sandbox.address)).prepare(outgoing, credentials, attempt)
    nowhere = connector(platform, Wire(sandbox="http://127.0.0.1:9", deadline=HANGING))
    with pytest.raises(Retryable):
        await nowhere.publish(outgoing, credentials, attempt)


async def test_publishing_what_was_not_prepared_is_refused_before_any_call(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    outgoing, pictures = post(made.platform, TEXT, picture("red", "Nyrs"))
    with pytest.raises(Retryable, match="not-prepared"):
        await made.publish(outgoing, credentials, Memory(pictures, sandbox))
    assert sandbox.calls() == []


async def test_an_older_identical_post_is_not_taken_for_this_one(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    earlier = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
    sandbox.plant(platform=made.platform, account="bwrdd-cy", text=TEXT, at=earlier)
    outgoing, pictures = post(made.platform, TEXT)
    found = await made.find(outgoing, credentials, Memory(pictures, sandbox))
    assert not isinstance(found, Found)


async def test_a_post_that_another_delivery_owns_is_not_taken_for_this_one(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    receipt, attempt = await publish(made, credentials, sandbox)
    attempt.state = {}
    attempt.key = "f" * 32
    attempt.attached = frozenset({receipt.id})
    found = await made.find(post(made.platform, TEXT)[0], credentials, attempt)
    assert not isinstance(found, Found)


async def test_nothing_seen_proves_nothing_unless_the_platform_says_so(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    outgoing, pictures = post(made.platform, TEXT)
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    found = await made.find(outgoing, credentials, attempt)
    assert not isinstance(found, Found)
    assert isinstance(found, Unsure) or made.platform in AUTHORITATIVE


async def test_refused_content_is_rejected_with_the_platforms_words(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    outgoing, pictures = post(made.platform, TEXT)
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    sandbox.fault(platform=made.platform, call="create", kind="refuse")
    with pytest.raises(Rejected) as refused:
        await made.publish(outgoing, credentials, attempt)
    assert refused.value.detail
    assert sandbox.posts() == []


@pytest.mark.parametrize("call", ["verify", "create"])
async def test_an_ended_token_is_told_apart(
    made: Connector, credentials: Credentials, sandbox: Sandbox, call: str
) -> None:
    outgoing, pictures = post(made.platform, TEXT)
    attempt = Memory(pictures, sandbox)
    if call == "create":
        await made.prepare(outgoing, credentials, attempt)
    sandbox.fault(platform=made.platform, call=call, kind="refuse", error="expired")
    with pytest.raises(AuthExpired):
        await (made.publish if call == "create" else made.prepare)(outgoing, credentials, attempt)
    assert sandbox.posts() == []


async def test_a_rate_limit_says_until_when(made: Connector, credentials: Credentials, sandbox: Sandbox) -> None:
    outgoing, pictures = post(made.platform, TEXT)
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    sandbox.fault(platform=made.platform, call="create", kind="refuse", error="rate-limited", seconds=600)
    with pytest.raises(RateLimited) as limited:
        await made.publish(outgoing, credentials, attempt)
    until = limited.value.until
    if made.platform in {"linkedin", "instagram", "threads"}:
        assert until is None  # these do not say
    else:
        assert until is not None
        assert timedelta(minutes=9) < until - datetime.now(UTC) < timedelta(minutes=11)


async def test_credentials_tell_whose_they_are(made: Connector, credentials: Credentials) -> None:
    identity = await made.verify(credentials)
    assert identity.account == credentials.account
    assert "bwrdd" in identity.name


async def test_credentials_of_another_account_stop_a_post_before_it_is_made(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    other = Credentials(credentials.account, demo_credentials(made.platform, "arall").secrets)
    if made.platform == "bluesky":
        pytest.skip("a Bluesky sign-in names its account, so the server itself refuses it")
    outgoing, pictures = post(made.platform, TEXT)
    with pytest.raises(AuthExpired) as refused:
        await made.prepare(outgoing, other, Memory(pictures, sandbox))
    assert refused.value.code == "other-account"


async def test_a_post_is_deleted_once_and_deleting_it_again_is_no_fault(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    receipt, _ = await publish(made, credentials, sandbox)
    await made.retract(receipt, credentials)
    assert sandbox.posts() == []
    assert await made.read(receipt, credentials) is None
    await made.retract(receipt, credentials)


async def test_a_receipt_leads_to_the_post_on_the_wall(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    receipt, _ = await publish(made, credentials, sandbox)
    assert receipt.url.startswith(sandbox.address)
    page = sandbox.get(receipt.url.removeprefix(sandbox.address))
    assert page.status_code == 200
    assert "clinig ffliw" in page.text


async def test_every_call_was_for_a_host_of_the_platform(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    receipt, attempt = await publish(made, credentials, sandbox)
    await made.find(post(made.platform, TEXT)[0], credentials, attempt)
    await made.read(receipt, credentials)
    await made.retract(receipt, credentials)
    calls = sandbox.calls()
    assert {call["platform"] for call in calls} == {made.platform}
    assert all(call["status"] is not None for call in calls)


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
    alts = ["Nyrs yn “brechu” plentyn & rhiant", "Arwydd y clinig â’i oriau"]
    described = tuple(msgspec.structs.replace(one, alt=alt) for one, alt in zip(outgoing.media, alts, strict=True))
    corrected = msgspec.structs.replace(outgoing, text=CORRECTED, media=described)
    assert await made.edit(receipt, corrected, credentials) == receipt
    (stored,) = sandbox.posts()
    assert (stored["id"], stored["text"], stored["title"]) == (receipt.id, CORRECTED, outgoing.title)
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


async def test_of_more_than_a_hundred_recent_posts_the_newest_hundred_are_listed(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    start = datetime.now(UTC) - timedelta(minutes=10)
    for number in range(MOST + 5):
        at = (start + timedelta(seconds=number)).isoformat()
        sandbox.plant(platform=made.platform, account="bwrdd-cy", text=f"Neges {number}", at=at)
    seen = await made.recent(credentials, start)
    assert [one.text for one in seen] == [f"Neges {number}" for number in range(MOST + 4, 4, -1)]


@pytest.mark.parametrize("platform", sorted(LEFT_OUT))
async def test_replies_reposts_and_messages_are_no_posts(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    start = datetime.now(UTC)
    for kind in ("post", *LEFT_OUT[made.platform]):
        sandbox.plant(platform=made.platform, account="bwrdd-cy", text=kind, kind=kind)
    assert [one.text for one in await made.recent(credentials, start)] == ["post"]
