"""One suite for every connector, each against its stand-in over a real socket."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from stand_ins import Memory, Sandbox, picture, post, publish, text_for

from connectors.contract import Connector, Credentials, Found, Unsure
from connectors.errors import AuthExpired, OutcomeUnknown, RateLimited, Rejected, Retryable
from connectors.http import Wire
from connectors.registry import connector
from connectors.sandbox import demo_credentials

pytestmark = pytest.mark.anyio

AUTHORITATIVE = {"bluesky", "instagram", "threads", "youtube"}
"""Their records, containers and private videos can be asked for by a name of our own, or one known before."""
NO_UNTIL = {"linkedin", "instagram", "threads", "youtube"}
"""Their rate limits do not say until when."""
HANGING = 2.5
"""Seconds that a connector is given where the platform never answers."""


async def test_a_text_arrives_whole_and_can_be_read_back(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    receipt, _ = await publish(made, credentials, sandbox)
    (stored,) = sandbox.posts()
    assert (stored["platform"], stored["account"], stored["id"]) == (made.platform, "bwrdd-cy", receipt.id)
    assert stored["text"] == text_for(made.platform)
    read = await made.read(receipt, credentials)
    assert read is not None
    assert read.text == text_for(made.platform)


async def test_pictures_arrive_in_order_with_their_descriptions(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    first, second = picture("red", "Nyrs yn “brechu” plentyn & rhiant"), picture("blue", "Arwydd y clinig â’i oriau")
    outgoing, pictures = post(made.platform, text_for(made.platform), first, second)
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    assert sandbox.posts() == []
    await made.publish(outgoing, credentials, attempt)
    (stored,) = sandbox.posts()
    assert [(one["sha256"], one["alt"]) for one in stored["media"]] == [
        (hashlib.sha256(pictures[one.sha256]).hexdigest(), one.alt) for one in outgoing.media
    ]
    assert len(stored["media"]) == min(2, made.limits.pictures)


async def test_preparing_again_uploads_nothing_twice(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    outgoing, pictures = post(made.platform, text_for(made.platform), picture("red", "Nyrs"))
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
    outgoing, pictures = post(made.platform, text_for(made.platform))
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
    outgoing, pictures = post(platform, text_for(platform))
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
    outgoing, pictures = post(platform, text_for(platform))
    attempt = Memory(pictures, sandbox)
    await connector(platform, Wire(sandbox=sandbox.address)).prepare(outgoing, credentials, attempt)
    nowhere = connector(platform, Wire(sandbox="http://127.0.0.1:9", deadline=HANGING))
    with pytest.raises(Retryable):
        await nowhere.publish(outgoing, credentials, attempt)


async def test_publishing_what_was_not_prepared_is_refused_before_any_call(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    outgoing, pictures = post(made.platform, text_for(made.platform), picture("red", "Nyrs"))
    with pytest.raises(Retryable, match="not-prepared"):
        await made.publish(outgoing, credentials, Memory(pictures, sandbox))
    assert sandbox.calls() == []


async def test_an_older_identical_post_is_not_taken_for_this_one(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    earlier = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
    sandbox.plant(platform=made.platform, account="bwrdd-cy", text=text_for(made.platform), at=earlier)
    outgoing, pictures = post(made.platform, text_for(made.platform))
    found = await made.find(outgoing, credentials, Memory(pictures, sandbox))
    assert not isinstance(found, Found)


async def test_a_post_that_another_delivery_owns_is_not_taken_for_this_one(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    receipt, attempt = await publish(made, credentials, sandbox)
    attempt.state = {}
    attempt.key = "f" * 32
    attempt.attached = frozenset({receipt.id})
    found = await made.find(post(made.platform, text_for(made.platform))[0], credentials, attempt)
    assert not isinstance(found, Found)


async def test_nothing_seen_proves_nothing_unless_the_platform_says_so(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    outgoing, pictures = post(made.platform, text_for(made.platform))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    found = await made.find(outgoing, credentials, attempt)
    assert not isinstance(found, Found)
    assert isinstance(found, Unsure) or made.platform in AUTHORITATIVE


async def test_refused_content_is_rejected_with_the_platforms_words(
    made: Connector, credentials: Credentials, sandbox: Sandbox
) -> None:
    outgoing, pictures = post(made.platform, text_for(made.platform))
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
    outgoing, pictures = post(made.platform, text_for(made.platform))
    attempt = Memory(pictures, sandbox)
    if call == "create":
        await made.prepare(outgoing, credentials, attempt)
    # for good: where a token lasts only an hour, the connector gets another and goes on
    sandbox.fault(platform=made.platform, call=call, kind="refuse", error="expired", count=-1)
    with pytest.raises(AuthExpired):
        await (made.publish if call == "create" else made.prepare)(outgoing, credentials, attempt)
    assert sandbox.posts() == []


async def test_a_rate_limit_says_until_when(made: Connector, credentials: Credentials, sandbox: Sandbox) -> None:
    outgoing, pictures = post(made.platform, text_for(made.platform))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    sandbox.fault(platform=made.platform, call="create", kind="refuse", error="rate-limited", seconds=600)
    with pytest.raises(RateLimited) as limited:
        await made.publish(outgoing, credentials, attempt)
    until = limited.value.until
    if made.platform in NO_UNTIL:
        assert until is None
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
    outgoing, pictures = post(made.platform, text_for(made.platform))
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
    await made.find(post(made.platform, text_for(made.platform))[0], credentials, attempt)
    await made.read(receipt, credentials)
    await made.recent(credentials, attempt.started)
    await made.retract(receipt, credentials)
    calls = sandbox.calls()
    assert {call["platform"] for call in calls} == {made.platform}
    assert all(call["status"] is not None for call in calls)
