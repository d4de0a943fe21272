"""Bluesky's own ways, and its own server."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from stand_ins import Memory, Sandbox, picture, post

from connectors.bluesky import Bluesky, facets, made_at, tid
from connectors.contract import Absent, Credentials, Found
from connectors.errors import OutcomeUnknown, Retryable
from connectors.http import Wire
from connectors.sandbox import demo_credentials
from connectors.sandbox.serve import stop

pytestmark = pytest.mark.anyio

HERE = Path(__file__).parent
MODULES = Path(os.environ.get("PORTH_TEST_SERVERS", Path.home() / ".cache" / "porth" / "test-servers"))


def test_facets_point_at_bytes_and_not_at_letters() -> None:
    text = "Ŵyna 🏴󠁧󠁢󠁷󠁬󠁳󠁿 https://example.org/ŷ a gig.cymru #Brechu2026 #1"
    found = [
        (text.encode()[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(), one["features"][0])
        for one in facets(text)
    ]
    assert [(written, feature.get("uri") or feature["tag"]) for written, feature in found] == [
        ("https://example.org/ŷ", "https://example.org/ŷ"),
        ("gig.cymru", "https://gig.cymru"),
        ("#Brechu2026", "Brechu2026"),
    ]


def test_record_keys_have_thirteen_digits_and_sort_by_time() -> None:
    first = tid()
    time.sleep(0.001)
    second = tid()
    assert len(first) == len(second) == 13
    assert first < second
    assert first[0] in "234567abcdefghij"
    told = datetime.fromisoformat(made_at(first) or "")
    assert abs(datetime.now(UTC) - told) < timedelta(minutes=1)
    assert made_at("self") is made_at("1990000000000000001") is made_at("199000000000A") is None


async def test_writing_the_same_record_again_makes_no_second_post(sandbox: Sandbox) -> None:
    made, credentials = Bluesky(Wire(sandbox=sandbox.address)), demo_credentials("bluesky", "bwrdd")
    outgoing, pictures = post("bluesky", "Bore da", picture("red", "Drws"))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    first = await made.publish(outgoing, credentials, attempt)
    assert await made.publish(outgoing, credentials, attempt) == first
    assert len(sandbox.posts()) == 1
    assert sandbox.posts()[0]["languages"] == ["cy"]


async def test_nothing_is_prepared_by_looking(sandbox: Sandbox) -> None:
    made, credentials = Bluesky(Wire(sandbox=sandbox.address)), demo_credentials("bluesky", "bwrdd")
    outgoing, pictures = post("bluesky", "Bore da")
    attempt = Memory(pictures, sandbox)
    assert await made.find(outgoing, credentials, attempt) == Absent()
    await made.prepare(outgoing, credentials, attempt)
    sandbox.fault(platform="bluesky", call="create", kind="drop")
    with pytest.raises(OutcomeUnknown):
        await made.publish(outgoing, credentials, attempt)
    assert await made.find(outgoing, credentials, attempt) == Absent()


async def test_one_sign_in_serves_many_calls(sandbox: Sandbox) -> None:
    made, credentials = Bluesky(Wire(sandbox=sandbox.address)), demo_credentials("bluesky", "bwrdd")
    for number in range(3):
        outgoing, pictures = post("bluesky", f"Neges {number}")
        attempt = Memory(pictures, sandbox)
        await made.prepare(outgoing, credentials, attempt)
        await made.publish(outgoing, credentials, attempt)
    assert len([call for call in sandbox.calls() if call["call"] == "verify"]) == 1


async def test_after_a_session_has_ended_the_next_try_signs_in_again(sandbox: Sandbox) -> None:
    made, credentials = Bluesky(Wire(sandbox=sandbox.address)), demo_credentials("bluesky", "bwrdd")
    outgoing, pictures = post("bluesky", "Bore da", picture("red", "Drws"))
    attempt = Memory(pictures, sandbox)
    sandbox.fault(platform="bluesky", call="upload", kind="refuse", error="session-ended")
    with pytest.raises(Retryable, match="session-ended"):
        await made.prepare(outgoing, credentials, attempt)
    await made.prepare(outgoing, credentials, attempt)
    assert len([call for call in sandbox.calls() if call["call"] == "verify"]) == 2
    assert await made.publish(outgoing, credentials, attempt)


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bluesky's own server, `@atproto/pds`."""
    node = shutil.which("node")
    if node is None or not (MODULES / "node_modules" / "@atproto" / "pds").exists():
        pytest.skip("@atproto/pds is not installed: run tests/connectors/servers/install.sh")
    command = [node, HERE / "servers" / "pds.cjs", MODULES, tmp_path_factory.mktemp("pds")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    if not address:
        stop(process)
        pytest.skip("@atproto/pds did not start")
    yield address
    stop(process)
    process.stdout.close()


@pytest.fixture
def real_account(real_server: str) -> Credentials:
    handle = f"bwrdd{tid()[-8:]}.test"
    body = {"handle": handle, "email": f"{handle}@example.org", "password": "cyfrinair"}
    made = httpx.post(
        f"{real_server}/xrpc/com.atproto.server.createAccount", json=body, trust_env=False, timeout=30
    ).raise_for_status()
    return Credentials(made.json()["did"], {"server": real_server, "handle": handle, "app_password": "cyfrinair"})


def records(account: Credentials) -> list[dict[str, Any]]:
    where = {"repo": account.account, "collection": "app.bsky.feed.post"}
    address = f"{account.secrets['server']}/xrpc/com.atproto.repo.listRecords"
    found: list[dict[str, Any]] = httpx.get(address, params=where, trust_env=False).json()["records"]
    return found


async def test_a_whole_life_on_its_own_server(real_account: Credentials, sandbox: Sandbox) -> None:
    made = Bluesky(Wire(loopback=True))
    assert (await made.verify(real_account)).account == real_account.account
    outgoing, pictures = post(
        "bluesky", "Mae’r clinig ar agor: https://example.org/ #Ffliw", picture("red", "Nyrs â phlentyn")
    )
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, real_account, attempt)
    assert await made.find(outgoing, real_account, attempt) == Absent()
    receipt = await made.publish(outgoing, real_account, attempt)
    assert await made.publish(outgoing, real_account, attempt) == receipt
    (record,) = records(real_account)
    assert record["uri"] == receipt.id
    assert record["value"]["langs"] == ["cy"]
    assert record["value"]["embed"]["images"][0]["alt"] == "Nyrs â phlentyn"
    assert len(record["value"]["facets"]) == 2
    assert await made.find(outgoing, real_account, attempt) == Found(receipt)
    read = await made.read(receipt, real_account)
    assert read is not None
    assert (read.text, read.languages) == (outgoing.text, ("cy",))
    assert [(one.receipt.id, one.text) for one in await made.recent(real_account, attempt.started)] == [
        (receipt.id, outgoing.text)
    ]
    await made.retract(receipt, real_account)
    assert await made.read(receipt, real_account) is None
    await made.retract(receipt, real_account)


@pytest.fixture
def by_hand(real_account: Credentials) -> Iterator[Callable[..., str]]:
    """Writes posts as an app does that knows nothing of this one."""
    secrets = real_account.secrets
    signing_in = {"identifier": secrets["handle"], "password": secrets["app_password"]}
    with httpx.Client(base_url=f"{secrets['server']}/xrpc", trust_env=False, timeout=30) as client:
        session = client.post("/com.atproto.server.createSession", json=signing_in).raise_for_status().json()
        headers = {"Authorization": f"Bearer {session['accessJwt']}"}

        def write(text: str, created: datetime | None = None, reply_to: str | None = None) -> str:
            at = (created or datetime.now(UTC)).isoformat().replace("+00:00", "Z")
            record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": at}
            if reply_to:
                other = {"uri": reply_to, "cid": "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"}
                record |= {"reply": {"root": other, "parent": other}}
            body = {"repo": real_account.account, "collection": "app.bsky.feed.post", "record": record}
            made = client.post("/com.atproto.repo.createRecord", json=body, headers=headers)
            return str(made.raise_for_status().json()["uri"])

        yield write


async def test_posts_made_by_hand_are_listed_over_pages_dated_back_or_not_and_replies_to_others_are_no_posts(
    real_account: Credentials, by_hand: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.bluesky.PAGE", 2)
    start = datetime.now(UTC)
    first = by_hand("Postiad â llaw")
    thread = by_hand("Mwy", reply_to=first)
    by_hand("Ateb", reply_to=f"at://did:plc:{'a' * 24}/app.bsky.feed.post/3l2222222222a")
    dated_back = by_hand("Hen", created=start - timedelta(days=400))
    made = Bluesky(Wire(loopback=True))
    seen = await made.recent(real_account, start)
    assert [one.receipt.id for one in seen] == [dated_back, thread, first]
    assert await made.recent(real_account, start + timedelta(hours=1)) == ()


PUBLISH = """
import asyncio, json, sys
from pathlib import Path
sys.path[:0] = [{root!r}, {here!r}]
from stand_ins import Memory, post
from connectors.bluesky import Bluesky
from connectors.contract import Credentials
from connectors.http import Wire
file = Path(sys.argv[1])
kept = json.loads(file.read_text())
class Kept(Memory):
    async def save(self, state):
        await super().save(state)
        file.write_text(json.dumps(kept | {{"state": state}}))
async def main():
    made, attempt = Bluesky(Wire(loopback=True)), Kept()
    attempt.state = kept["state"]
    credentials, outgoing = Credentials(*kept["credentials"]), post("bluesky", kept["text"])[0]
    await made.prepare(outgoing, credentials, attempt)
    print("prepared", flush=True)
    await made.publish(outgoing, credentials, attempt)
asyncio.run(main())
"""


def kill_while_publishing(program: str, file: Path, delay: float) -> None:
    with subprocess.Popen([sys.executable, "-c", program, file], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "prepared\n"
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("delay", [0.0, 0.01, 0.03, 0.06])
async def test_killed_in_the_middle_of_publishing_there_is_one_post_after_the_next_try(
    real_account: Credentials, tmp_path: Path, delay: float
) -> None:
    program = PUBLISH.format(root=str(HERE.parents[1]), here=str(HERE))
    file = tmp_path / "attempt.json"
    text = f"Neges {delay}"
    kept = {"state": {}, "text": text, "credentials": [real_account.account, dict(real_account.secrets)]}
    file.write_text(json.dumps(kept))
    kill_while_publishing(program, file, delay)
    attempt, made = Memory(), Bluesky(Wire(loopback=True))
    attempt.state = json.loads(file.read_text())["state"]
    outgoing = post("bluesky", text)[0]
    found = await made.find(outgoing, real_account, attempt)
    receipt = found.receipt if isinstance(found, Found) else await made.publish(outgoing, real_account, attempt)
    assert [record["uri"] for record in records(real_account)] == [receipt.id]
