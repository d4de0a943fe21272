"""A video that is out: corrected, read back, listed. And what the connector makes of odd answers and old documents."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest
from stand_ins import Memory, Sandbox, post
from videos import CREDENTIALS, ENGLISH, SIZE, WELSH, ask, outgoing, published, youtube

from connectors.contract import Localized, Outgoing, Receipt, canonical
from connectors.errors import OutcomeUnknown, PublishingError, Rejected
from connectors.http import Wire
from connectors.limits import LIMITS
from connectors.registry import CONNECTORS, NOT_OFFERED, PLATFORMS
from connectors.youtube import UNIT, YouTube
from connectors.youtube_answers import received

pytestmark = pytest.mark.anyio


async def test_an_edit_changes_the_words_in_both_languages_and_the_captions_and_nothing_else(sandbox: Sandbox) -> None:
    made = youtube(sandbox)
    receipt = await published(made, sandbox)
    tags = sandbox.posts()[0]["extra"]["tags"]
    corrected, _ = outgoing(
        text="Pryd i ddod.", title="Clinigau ffliw", localized=(Localized("en", "Flu clinics", "When to come."),),
        captions=(msgspec.structs.replace(WELSH, text=WELSH.text.replace("clinig", "drws")),),
    )  # fmt: skip
    for _ in range(2):
        assert await made.edit(receipt, corrected, CREDENTIALS) == receipt
    read = await made.read(receipt, CREDENTIALS)
    assert read == msgspec.structs.replace(corrected, media=(), captions=())
    (stored,) = sandbox.posts()
    assert "Mae’r drws ar agor" in stored["extra"]["captions"]["cy"]
    assert "The clinic is open" in stored["extra"]["captions"]["en"]
    assert stored["extra"]["tags"] == tags
    found = ask(sandbox, "GET", f"/youtube/v3/videos?part=snippet,status&id={receipt.id}").json()["items"][0]
    assert (found["snippet"]["categoryId"], found["status"]["privacyStatus"]) == ("27", "public")


async def test_a_video_that_is_gone_cannot_be_edited(sandbox: Sandbox) -> None:
    made = youtube(sandbox)
    receipt = await published(made, sandbox)
    await made.retract(receipt, CREDENTIALS)
    with pytest.raises(Rejected, match="not-found"):
        await made.edit(receipt, outgoing()[0], CREDENTIALS)


async def test_a_video_that_was_hidden_by_hand_reads_as_gone(sandbox: Sandbox) -> None:
    made = youtube(sandbox)
    receipt = await published(made, sandbox)
    hidden = {"id": receipt.id, "status": {"privacyStatus": "private"}}
    assert ask(sandbox, "PUT", "/youtube/v3/videos?part=status", json=hidden).status_code == 200
    assert await made.read(receipt, CREDENTIALS) is None


async def test_recent_videos_are_the_public_ones_the_newest_first(sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing()
    begun = datetime.now(UTC).replace(microsecond=0)
    ours = await published(made, sandbox)
    await made.prepare(whole, CREDENTIALS, Memory(content, sandbox))
    for age in (60, 3600):
        at = (begun - timedelta(seconds=age)).isoformat()
        sandbox.plant(platform="youtube", account="bwrdd", text=f"{age} oed", at=at)
    seen = await made.recent(CREDENTIALS, begun - timedelta(minutes=5))
    assert [one.text for one in seen] == ["Clinig ffliw\n\nPryd i ddod, a ble i barcio.", "Fideo\n\n60 oed"]
    assert seen[0].receipt.id == ours.id


async def test_recent_videos_end_at_a_hundred(sandbox: Sandbox) -> None:
    at = datetime.now(UTC)
    for number in range(105):
        moment = (at - timedelta(seconds=number)).isoformat()
        sandbox.plant(platform="youtube", account="bwrdd", text=str(number), at=moment)
    seen = await youtube(sandbox).recent(CREDENTIALS, at - timedelta(hours=1))
    assert [one.text.split()[-1] for one in seen] == [str(number) for number in range(100)]


# what is given and what is kept


@contextmanager
def answering(body: object) -> Iterator[str]:
    """A server that says one thing, whatever it is asked."""
    said = msgspec.json.encode(body)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "item",
    [{}, {"id": "V"}, {"id": "V", "status": {}, "snippet": {}}, {"id": "V", "status": [], "snippet": 1},
     {"id": "V", "status": {"privacyStatus": "public"}, "snippet": {"publishedAt": "soon", "title": "x"}},
     {"id": CREDENTIALS.account, "snippet": {"title": "x"}, "contentDetails": []}],
)  # fmt: skip
async def test_an_answer_that_is_hollow_inside_is_no_more_than_an_error_of_ours(item: dict[str, Any]) -> None:
    body = {"kind": "youtube#x", "id": "V", "items": [item], "status": [1], "snippet": {"status": {}}}
    whole, content = outgoing()
    attempt, receipt = Memory(content), Receipt("V", "", datetime.now(UTC))
    attempt.state = {"video": "V", "ready": True}
    with answering(body) as address:
        made = YouTube(Wire(sandbox=address))
        for call in (
            lambda: made.prepare(whole, CREDENTIALS, Memory(content)),
            lambda: made.publish(whole, CREDENTIALS, attempt),
            lambda: made.find(whole, CREDENTIALS, attempt),
            lambda: made.read(receipt, CREDENTIALS),
            lambda: made.edit(receipt, whole, CREDENTIALS),
            lambda: made.recent(CREDENTIALS, datetime.now(UTC)),
            lambda: made.retract(receipt, CREDENTIALS),
            lambda: made.refresh(CREDENTIALS),
        ):
            with pytest.raises(PublishingError):
                await call()


def test_there_is_a_connector_but_nothing_offers_it() -> None:
    assert set(CONNECTORS) - set(PLATFORMS) == NOT_OFFERED == {"youtube"}
    assert set(LIMITS) == set(CONNECTORS)


@pytest.mark.parametrize(("header", "count"), [(None, 0), ("bytes=0-0", 1), ("bytes=0-262143", UNIT)])
def test_a_range_tells_how_many_bytes_have_arrived(header: str | None, count: int) -> None:
    assert received(header) == count


def test_what_was_sealed_before_there_were_videos_is_read_as_it_was() -> None:
    sealed = b'{"languages":["cy"],"link":null,"media":[],"text":"Bore da","title":null}'
    old = msgspec.json.decode(sealed, type=Outgoing)
    assert old == Outgoing(text="Bore da", languages=("cy",))
    assert msgspec.json.decode(canonical(old), type=Outgoing) == old
    assert set(msgspec.json.decode(canonical(old))) - set(msgspec.json.decode(sealed)) == {"captions", "localized"}


def test_the_words_of_captions_are_part_of_what_is_sealed() -> None:
    whole, _ = outgoing()
    other = msgspec.structs.replace(whole, captions=(WELSH, msgspec.structs.replace(ENGLISH, text="closed")))
    assert hashlib.sha256(canonical(whole)).digest() != hashlib.sha256(canonical(other)).digest()
    assert msgspec.json.decode(canonical(whole), type=Outgoing) == whole


async def test_no_address_of_a_session_and_no_token_is_in_an_error(sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing(SIZE)
    attempt = Memory(content, sandbox)
    sandbox.fault(platform="youtube", call="upload", kind="garble", garble="html", status=500)
    with pytest.raises(PublishingError) as raised:
        await made.prepare(whole, CREDENTIALS, attempt)
    assert "upload" not in str(raised.value)
    assert "sandbox-youtube" not in str(raised.value)
    sandbox.fault(platform="youtube", call="create", kind="store-then-garble", garble="html")
    await made.prepare(whole, CREDENTIALS, attempt)
    with pytest.raises(OutcomeUnknown):
        await made.publish(whole, CREDENTIALS, attempt)


def test_the_stand_ins_video_is_what_the_suite_sends() -> None:
    sent, content = post("youtube", "Bore da")
    assert [one.media_type for one in sent.media] == ["video/mp4"]
    assert content[sent.media[0].sha256][4:8] == b"ftyp"
