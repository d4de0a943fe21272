"""Mastodon's own ways, and a server that is no stand-in of ours."""

import io
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from PIL import Image
from stand_ins import Memory, Sandbox, picture, picture_of, post

from connectors.contract import Credentials, Found
from connectors.errors import Rejected
from connectors.http import Wire
from connectors.mastodon import Mastodon
from connectors.sandbox import demo_credentials
from connectors.sandbox.serve import free_port, stop

pytestmark = pytest.mark.anyio


async def test_repeating_with_the_same_key_gives_the_same_post(sandbox: Sandbox) -> None:
    made, credentials = Mastodon(Wire(sandbox=sandbox.address)), demo_credentials("mastodon", "bwrdd")
    outgoing, pictures = post("mastodon", "Bore da")
    attempt = Memory(pictures, sandbox)
    first = await made.publish(outgoing, credentials, attempt)
    assert (await made.publish(outgoing, credentials, attempt)).id == first.id
    attempt.key = "f" * 32
    assert (await made.publish(outgoing, credentials, attempt)).id != first.id


async def test_the_language_is_tagged(sandbox: Sandbox) -> None:
    made, credentials = Mastodon(Wire(sandbox=sandbox.address)), demo_credentials("mastodon", "bwrdd")
    outgoing, pictures = post("mastodon", "Bore da")
    await made.publish(outgoing, credentials, Memory(pictures, sandbox))
    assert sandbox.posts()[0]["languages"] == ["cy"]


async def test_a_picture_that_is_still_processed_is_waited_for(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.mastodon.POLL", 0.01)
    made, credentials = Mastodon(Wire(sandbox=sandbox.address)), demo_credentials("mastodon", "bwrdd")
    noise = Image.frombytes("RGB", (400, 400), random.Random(1).randbytes(400 * 400 * 3))
    file = io.BytesIO()
    noise.save(file, "png")
    outgoing, pictures = post("mastodon", "Bore da", picture_of(file.getvalue(), "image/png", "Sŵn"))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    assert len([call for call in sandbox.calls() if call["call"] == "status"]) == 2
    assert await made.publish(outgoing, credentials, attempt)


async def test_a_server_without_https_is_refused(sandbox: Sandbox) -> None:
    known = demo_credentials("mastodon", "bwrdd")
    credentials = Credentials(known.account, {**known.secrets, "server": "http://mastodon.example"})
    with pytest.raises(Rejected, match="server-not-https"):
        await Mastodon(Wire(sandbox=sandbox.address)).verify(credentials)


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """mastodon-mock from PyPI: Mastodon's API by other hands."""
    program = Path(sys.executable).with_name("mastodon_mock")
    if not program.exists():
        pytest.skip("mastodon-mock is not installed")
    port = free_port()
    command = [program, "serve", "--in-memory", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(
        command, cwd=tmp_path_factory.mktemp("mastodon"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            httpx.get(f"{address}/api/v2/instance", trust_env=False)
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield address
    stop(process)


@pytest.fixture
def real_account(real_server: str) -> Credentials:
    token = "mock_token"
    me = httpx.get(
        f"{real_server}/api/v1/accounts/verify_credentials",
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    return Credentials(str(me.json()["id"]), {"server": real_server, "access_token": token})


async def post_by_hand(account: Credentials, text: str) -> str:
    headers = {"Authorization": f"Bearer {account.secrets['access_token']}"}
    async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
        made = await client.post(f"{account.secrets['server']}/api/v1/statuses", data={"status": text})
    return str(made.raise_for_status().json()["id"])


async def test_a_whole_life_on_a_server_by_other_hands(real_account: Credentials, sandbox: Sandbox) -> None:
    made = Mastodon(Wire(loopback=True))
    text = "Mae’r clinig ar agor: https://example.org/ffliw & mwy <3"
    outgoing, pictures = post("mastodon", text, picture("red", "Nyrs â phlentyn"))
    attempt = Memory(pictures, sandbox)
    identity = await made.verify(real_account)
    assert identity.account == real_account.account
    await made.prepare(outgoing, real_account, attempt)
    receipt = await made.publish(outgoing, real_account, attempt)
    assert (await made.publish(outgoing, real_account, attempt)).id == receipt.id
    async with httpx.AsyncClient(trust_env=False) as client:
        status = (await client.get(f"{real_account.secrets['server']}/api/v1/statuses/{receipt.id}")).json()
    assert status["language"] == "cy"
    assert [one["description"] for one in status["media_attachments"]] == ["Nyrs â phlentyn"]
    found = await made.find(outgoing, real_account, attempt)
    assert isinstance(found, Found)
    assert found.receipt.id == receipt.id
    read = await made.read(receipt, real_account)
    assert read is not None
    assert re.sub(r"\s+", " ", read.text) == text
    corrected = msgspec.structs.replace(outgoing, text=f"Cywiriad (ŵ ŷ): {text}")
    for _ in range(2):
        assert await made.edit(receipt, corrected, real_account) == receipt
    edited = await made.read(receipt, real_account)
    assert edited is not None
    assert re.sub(r"\s+", " ", edited.text) == corrected.text
    by_hand = await post_by_hand(real_account, "Postiad â llaw")
    seen = await made.recent(real_account, attempt.started)
    assert [(one.receipt.id, one.text) for one in seen] == [(by_hand, "Postiad â llaw"), (receipt.id, corrected.text)]
    assert await made.recent(real_account, attempt.started + timedelta(hours=1)) == ()
    await made.retract(receipt, real_account)
    assert await made.read(receipt, real_account) is None
    await made.retract(receipt, real_account)
    with pytest.raises(Rejected, match="not-found"):
        await made.edit(receipt, corrected, real_account)
