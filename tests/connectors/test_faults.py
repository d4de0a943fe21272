"""What can go wrong with the call that makes the post goes wrong on every platform, publishing a container included."""

import asyncio

import pytest
from stand_ins import Memory, Sandbox, picture, post

from connectors.contract import Connector, Credentials, Outgoing
from connectors.errors import OutcomeUnknown, Rejected
from connectors.http import Wire
from connectors.registry import PLATFORMS, connector
from connectors.sandbox import demo_credentials

pytestmark = pytest.mark.anyio
every = pytest.mark.parametrize("platform", sorted(PLATFORMS))
PATIENCE = 1.0


async def prepared(platform: str, sandbox: Sandbox) -> tuple[Connector, Outgoing, Credentials, Memory]:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da", picture("red", "Drws"))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    return made, outgoing, credentials, attempt


@every
@pytest.mark.parametrize(
    ("kind", "stored"),
    [("refuse", 0), ("drop", 0), ("garble", 0), ("store-then-drop", 1), ("store-then-garble", 1), ("slow", 1)],
)
async def test_a_fault_of_the_create_stores_what_its_name_says(
    platform: str, kind: str, stored: int, sandbox: Sandbox
) -> None:
    made, outgoing, credentials, attempt = await prepared(platform, sandbox)
    sandbox.fault(platform=platform, call="create", kind=kind, garble="html", seconds=0.1)
    if kind == "slow":
        await made.publish(outgoing, credentials, attempt)
    else:
        with pytest.raises(Rejected if kind == "refuse" else OutcomeUnknown):
            await made.publish(outgoing, credentials, attempt)
    assert len(sandbox.posts()) == stored
    assert [(c["call"], c["fault"]) for c in sandbox.calls() if c["fault"]] == [("create", kind)]


@pytest.mark.parametrize(("kind", "stored"), [("hang", False), ("store-then-hang", True)])
async def test_a_create_that_hangs_has_stored_or_has_not(kind: str, *, stored: bool, sandbox: Sandbox) -> None:
    async def hang(platform: str) -> None:
        made, outgoing, credentials, attempt = await prepared(platform, sandbox)
        sandbox.fault(platform=platform, call="create", kind=kind)
        made._line.wire = Wire(sandbox=sandbox.address, deadline=PATIENCE)  # type: ignore[attr-defined]
        with pytest.raises(OutcomeUnknown):
            await made.publish(outgoing, credentials, attempt)

    await asyncio.gather(*(hang(platform) for platform in PLATFORMS))
    assert sorted(one["platform"] for one in sandbox.posts()) == (sorted(PLATFORMS) if stored else [])


@every
async def test_a_fault_of_the_upload_leaves_nothing_public(platform: str, sandbox: Sandbox) -> None:
    call = "container" if platform in {"instagram", "threads"} else "upload"
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da", picture("red", "Drws"))
    attempt = Memory(pictures, sandbox)
    sandbox.fault(platform=platform, call=call, kind="store-then-drop")
    with pytest.raises(Exception, match="no-known-answer"):
        await made.prepare(outgoing, credentials, attempt)
    await made.prepare(outgoing, credentials, attempt)
    assert sandbox.posts() == []
    await made.publish(outgoing, credentials, attempt)
    assert len(sandbox.posts()) == 1
