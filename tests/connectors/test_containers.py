"""Instagram's and Threads' own ways: containers, pictures that the platform fetches, tokens that are renewed."""

import pytest
from stand_ins import Memory, Sandbox, picture, picture_of, post

from connectors.contract import Absent, Found
from connectors.errors import OutcomeUnknown, Rejected, Retryable
from connectors.http import Wire
from connectors.registry import connector
from connectors.sandbox import demo_credentials

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("platform", ["instagram", "threads"])]


async def test_a_picture_that_cannot_be_fetched_is_asked_for_again_by_the_next_try(
    platform: str, sandbox: Sandbox
) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da", picture("navy", "Drws"))
    attempt = Memory(pictures, sandbox)
    sandbox.pictures.served.clear()
    with pytest.raises(Retryable) as refused:
        await made.prepare(outgoing, credentials, attempt)
    assert refused.value.code == "picture-not-fetched"
    sandbox.pictures.served.update(pictures)
    await made.prepare(outgoing, credentials, attempt)


async def test_what_is_no_picture_is_refused(platform: str, sandbox: Sandbox) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da", picture_of(b"not a picture", "image/jpeg", "Drws"))
    with pytest.raises(Rejected) as refused:
        await made.prepare(outgoing, credentials, Memory(pictures, sandbox))
    assert refused.value.code == "picture-format"


async def test_a_container_that_is_still_filled_is_waited_for_and_kept(platform: str, sandbox: Sandbox) -> None:
    credentials = demo_credentials(platform, "bwrdd")
    made = connector(platform, Wire(sandbox=sandbox.address))
    impatient = connector(platform, Wire(sandbox=sandbox.address, deadline=1.5))
    outgoing, pictures = post(platform, "Bore da", picture("navy", "Drws"))
    attempt = Memory(pictures, sandbox)
    sandbox.fault(platform=platform, call="read", kind="refuse", error="container-in-progress", count=-1)
    while "container" not in attempt.state:
        with pytest.raises(Retryable):
            await impatient.prepare(outgoing, credentials, attempt)
    container = attempt.state["container"]
    sandbox.forget()
    await made.prepare(outgoing, credentials, attempt)
    assert attempt.state["container"] == container


@pytest.mark.parametrize(("error", "expected"), [("container-error", Rejected), ("container-expired", Retryable)])
async def test_a_container_that_failed_is_made_again_by_the_next_try(
    platform: str, sandbox: Sandbox, error: str, expected: type[Exception]
) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da", picture("navy", "Drws"))
    attempt = Memory(pictures, sandbox)
    sandbox.fault(platform=platform, call="read", kind="refuse", error=error)
    with pytest.raises(expected):
        await made.prepare(outgoing, credentials, attempt)
    assert "container" not in attempt.state
    await made.prepare(outgoing, credentials, attempt)
    assert await made.publish(outgoing, credentials, attempt)


async def test_a_container_that_waits_proves_that_nothing_was_posted_and_repeating_makes_one_post(
    platform: str, sandbox: Sandbox
) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da", picture("navy", "Drws"))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    sandbox.fault(platform=platform, call="create", kind="drop")
    with pytest.raises(OutcomeUnknown):
        await made.publish(outgoing, credentials, attempt)
    assert await made.find(outgoing, credentials, attempt) == Absent()
    receipt = await made.publish(outgoing, credentials, attempt)
    with pytest.raises(OutcomeUnknown):  # the container is spent
        await made.publish(outgoing, credentials, attempt)
    found = await made.find(outgoing, credentials, attempt)
    assert isinstance(found, Found)
    assert found.receipt.id == receipt.id
    assert len(sandbox.posts()) == 1


async def test_a_renewed_token_is_another_one_and_works(platform: str, sandbox: Sandbox) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    await made.verify(credentials)  # a token is as old as its first use
    sandbox.ahead(hours=25)
    renewed = await made.refresh(credentials)
    assert renewed is not None
    assert renewed.secrets != credentials.secrets
    assert (await made.verify(renewed)).account == credentials.account
    assert (await made.verify(credentials)).account == credentials.account
