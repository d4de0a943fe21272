"""YouTube's own ways: sessions that go on, captions before anybody sees, one update that makes a video public."""

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from stand_ins import Memory, Sandbox, picture
from videos import CREDENTIALS, ENGLISH, SIZE, WELSH, ask, calls, outgoing, published, uploads, youtube

from connectors.contract import Absent, Localized, Unsure
from connectors.errors import AuthExpired, RateLimited, Rejected, Retryable
from connectors.registry import limits
from connectors.sandbox import demo_credentials
from connectors.youtube import UNIT
from connectors.youtube_answers import midnight

pytestmark = pytest.mark.anyio

# going up


async def test_both_languages_arrive_with_their_captions_and_the_wall_shows_them(sandbox: Sandbox) -> None:
    receipt = await published(youtube(sandbox), sandbox)
    (stored,) = sandbox.posts()
    assert (stored["title"], stored["text"], stored["languages"]) == (
        "Clinig ffliw", "Pryd i ddod, a ble i barcio.", ["cy"],
    )  # fmt: skip
    english = {"title": "Flu clinic", "description": "When to come, and where to park."}
    assert stored["extra"]["localizations"] == {"en": english}
    assert {language: text.strip() for language, text in stored["extra"]["captions"].items()} == {
        "cy": WELSH.text.strip(), "en": ENGLISH.text.strip(),
    }  # fmt: skip
    page = sandbox.get(receipt.url.removeprefix(sandbox.address)).text
    assert '<h4 lang="en">Flu clinic</h4>' in page
    assert "Mae’r clinig ar agor" in page
    assert "<img" not in page


async def test_nothing_is_public_before_it_is_published_and_the_session_is_saved_before_any_byte(
    sandbox: Sandbox,
) -> None:
    class Watched(Memory):
        async def save(self, state: Any) -> None:
            await super().save(state)
            self.uploads_when_saved = [*getattr(self, "uploads_when_saved", []), len(calls(sandbox, "upload"))]

    whole, content = outgoing(SIZE)
    attempt = Watched(content, sandbox)
    await youtube(sandbox).prepare(whole, CREDENTIALS, attempt)
    assert set(attempt.saved[0]) == {"session"}
    assert attempt.uploads_when_saved[0] == 0
    assert [state.get("sent") for state in attempt.saved[1:4]] == [UNIT, 2 * UNIT, 3 * UNIT]
    assert calls(sandbox, "upload") == ["upload"] * 4
    assert sandbox.posts() == []


@pytest.mark.parametrize("kind", ["half-then-drop", "drop", "store-then-drop"])
async def test_a_part_that_was_cut_off_is_gone_on_with_from_where_the_session_says(kind: str, sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing(SIZE)
    attempt = Memory(content, sandbox)
    sandbox.fault(platform="youtube", call="upload", kind="slow", seconds=0)
    sandbox.fault(platform="youtube", call="upload", kind=kind)
    with pytest.raises(Retryable):
        await made.prepare(whole, CREDENTIALS, attempt)
    assert attempt.state["sent"] == UNIT
    await made.prepare(whole, CREDENTIALS, attempt)
    await made.publish(whole, CREDENTIALS, attempt)
    assert sandbox.posts()[0]["media"][0]["sha256"] == whole.media[0].sha256
    assert calls(sandbox, "session") == ["session"]


@pytest.mark.parametrize("error", ["backend", "unavailable"])
async def test_a_busy_server_in_the_middle_of_an_upload_is_only_a_pause(error: str, sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing(SIZE)
    attempt = Memory(content, sandbox)
    sandbox.fault(platform="youtube", call="upload", kind="refuse", error=error)
    with pytest.raises(Retryable):
        await made.prepare(whole, CREDENTIALS, attempt)
    await made.prepare(whole, CREDENTIALS, attempt)
    assert calls(sandbox, "session") == ["session"]


UPLOADER = """
import asyncio, json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from stand_ins import Memory
import videos as t

class OnDisk(Memory):
    async def save(self, state):
        await super().save(state)
        Path(sys.argv[2]).write_text(json.dumps(state))

made = t.YouTube(t.Wire(sandbox=sys.argv[1]))
made.part = t.UNIT
whole, content = t.outgoing(t.SIZE)
asyncio.run(made.prepare(whole, t.CREDENTIALS, OnDisk(content)))
"""


def killed_in_the_middle(sandbox: Sandbox, state: Path) -> None:
    """Uploads in a process of its own, up to the second part, and kills it."""
    sandbox.fault(platform="youtube", call="upload", kind="slow", seconds=0)
    sandbox.fault(platform="youtube", call="upload", kind="hang")
    here = Path(__file__).parent
    command = [sys.executable, "-c", UPLOADER, sandbox.address, str(state), str(here)]
    child = subprocess.Popen(command, cwd=here.parents[1])
    end = time.monotonic() + 60
    while time.monotonic() < end and child.poll() is None and not (state.exists() and "sent" in state.read_text()):
        time.sleep(0.02)
    assert child.poll() is None
    child.kill()
    child.wait()
    sandbox.forget()  # the second part may not have been on its way yet


async def test_a_process_that_is_killed_in_the_middle_of_an_upload_is_followed_by_one_that_goes_on(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    killed_in_the_middle(sandbox, state)
    whole, content = outgoing(SIZE)
    attempt, made = Memory(content, sandbox), youtube(sandbox)
    attempt.state = msgspec.json.decode(state.read_bytes())
    await made.prepare(whole, CREDENTIALS, attempt)
    await made.publish(whole, CREDENTIALS, attempt)
    assert [one["media"][0]["sha256"] for one in sandbox.posts()] == [whole.media[0].sha256]
    assert calls(sandbox, "session") == ["session"]


async def test_a_session_that_is_gone_leaves_its_video_to_be_found_by_its_mark(sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing()
    attempt = Memory(content, sandbox)
    sandbox.fault(platform="youtube", call="upload", kind="store-then-drop")
    with pytest.raises(Retryable):
        await made.prepare(whole, CREDENTIALS, attempt)
    sandbox.fault(platform="youtube", call="upload", kind="refuse", error="session-gone")
    await made.prepare(whole, CREDENTIALS, attempt)
    assert calls(sandbox, "session") == ["session"]
    assert await made.publish(whole, CREDENTIALS, attempt)


async def test_a_session_that_is_gone_without_a_video_is_begun_again(sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing(SIZE)
    attempt = Memory(content, sandbox)
    sandbox.fault(platform="youtube", call="upload", kind="refuse", error="session-gone", count=2)
    with pytest.raises(Retryable) as ended:
        await made.prepare(whole, CREDENTIALS, attempt)
    assert ended.value.code == "session-ended"
    await made.prepare(whole, CREDENTIALS, attempt)
    assert calls(sandbox, "session") == ["session", "session"]
    assert (
        len(ask(sandbox, "GET", f"/youtube/v3/playlistItems?part=snippet&playlistId={uploads()}").json()["items"]) == 1
    )


async def test_a_video_that_youtube_is_still_working_on_is_waited_for(sandbox: Sandbox) -> None:
    whole, content = outgoing()
    attempt = Memory(content, sandbox)
    sandbox.fault(platform="youtube", call="status", kind="refuse", error="processing")
    with pytest.raises(Retryable, match="video-not-ready"):
        await youtube(sandbox, deadline=4.0).prepare(whole, CREDENTIALS, attempt)
    with pytest.raises(Retryable, match="not-prepared"):
        await youtube(sandbox).publish(whole, CREDENTIALS, attempt)
    await youtube(sandbox).prepare(whole, CREDENTIALS, attempt)
    assert attempt.state["ready"]
    assert calls(sandbox, "caption") == ["caption", "caption"]


@pytest.mark.parametrize(
    ("call", "error", "code"),
    [
        ("status", "processing-failed", "video-refused"),
        ("status", "video-rejected", "video-refused"),
        ("caption", "caption-empty", "caption-refused"),
        ("session", "title", "invalid"),
    ],
)
async def test_what_youtube_refuses_stops_the_post_while_nobody_sees_it(
    call: str, error: str, code: str, sandbox: Sandbox
) -> None:
    whole, content = outgoing()
    sandbox.fault(platform="youtube", call=call, kind="refuse", error=error)
    with pytest.raises(Rejected) as refused:
        await youtube(sandbox).prepare(whole, CREDENTIALS, Memory(content, sandbox))
    assert refused.value.code == code
    assert sandbox.posts() == []


async def test_a_caption_that_is_there_already_was_ours(sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing()
    attempt = Memory(content, sandbox)
    sandbox.fault(platform="youtube", call="caption", kind="store-then-drop")
    with pytest.raises(Retryable):
        await made.prepare(whole, CREDENTIALS, attempt)
    await made.prepare(whole, CREDENTIALS, attempt)
    await made.publish(whole, CREDENTIALS, attempt)
    assert set(sandbox.posts()[0]["extra"]["captions"]) == {"cy", "en"}


@pytest.mark.parametrize(
    "words",
    [{"title": "x" * 101}, {"title": ""}, {"title": "a > b"}, {"text": "ŵ" * 2501}, {"text": "a < b"},
     {"localized": (Localized("en", "x" * 101, ""),)}],
)  # fmt: skip
async def test_words_that_do_not_fit_are_refused_before_a_byte_goes_up(words: dict[str, Any], sandbox: Sandbox) -> None:
    whole, content = outgoing(**words)
    with pytest.raises(Rejected, match="invalid"):
        await youtube(sandbox).prepare(whole, CREDENTIALS, Memory(content, sandbox))
    assert calls(sandbox, "upload") == []


async def test_anything_but_one_video_is_refused_before_any_call(sandbox: Sandbox) -> None:
    one, content = picture("red", "Nyrs")
    for media in ((), (one,), (outgoing()[0].media[0],) * 2):
        whole, _ = outgoing(media=media)
        with pytest.raises(Rejected, match="video-missing"):
            await youtube(sandbox).prepare(whole, CREDENTIALS, Memory({one.sha256: content}, sandbox))
    assert sandbox.calls() == []


def test_a_description_is_counted_in_bytes() -> None:
    taken = limits("youtube")
    assert taken.length("ŵŷ") == 4
    assert (taken.text, taken.title, taken.forbidden) == (5000, 100, "<>")


# becoming public


async def test_publishing_again_makes_no_second_video(sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing()
    attempt = Memory(content, sandbox)
    await made.prepare(whole, CREDENTIALS, attempt)
    first, second = [await made.publish(whole, CREDENTIALS, attempt) for _ in range(2)]
    assert first.id == second.id
    assert len(sandbox.posts()) == 1


async def test_an_unaudited_project_is_told_and_its_video_is_not_called_published(sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing()
    credentials = demo_credentials("youtube", "unaudited")
    attempt = Memory(content, sandbox)
    await made.prepare(whole, credentials, attempt)
    locked = attempt.state["video"]
    with pytest.raises(AuthExpired) as refused:
        await made.publish(whole, credentials, attempt)
    assert refused.value.code == "forced-private"
    assert attempt.state == {"locked": locked}
    assert not isinstance(await made.find(whole, credentials, attempt), Unsure)
    assert sandbox.posts() == []
    await made.prepare(whole, credentials, attempt)  # as it goes on once the project was audited
    assert attempt.state["video"] != locked
    listed = ask(sandbox, "GET", f"/youtube/v3/videos?part=status&id={locked}", "unaudited").json()
    assert listed["items"] == []


async def test_a_refusal_to_make_it_public_leaves_the_video_where_it_is(sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing()
    attempt = Memory(content, sandbox)
    await made.prepare(whole, CREDENTIALS, attempt)
    sandbox.fault(platform="youtube", call="create", kind="refuse", error="privacy")
    with pytest.raises(AuthExpired, match="forced-private"):
        await made.publish(whole, CREDENTIALS, attempt)
    await made.prepare(whole, CREDENTIALS, attempt)
    assert await made.publish(whole, CREDENTIALS, attempt)
    assert calls(sandbox, "session", "delete") == ["session"]


async def test_a_video_that_somebody_deleted_before_it_was_public_is_a_persons_question(sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing()
    attempt = Memory(content, sandbox)
    await made.prepare(whole, CREDENTIALS, attempt)
    assert isinstance(await made.find(whole, CREDENTIALS, attempt), Absent)
    assert ask(sandbox, "DELETE", f"/youtube/v3/videos?id={attempt.state['video']}").status_code == 204
    assert isinstance(await made.find(whole, CREDENTIALS, attempt), Unsure)
    with pytest.raises(Retryable, match="video-gone"):
        await made.prepare(whole, CREDENTIALS, attempt)
    with pytest.raises(Rejected, match="not-found"):
        await made.publish(whole, CREDENTIALS, attempt)


@pytest.mark.parametrize("call", ["verify", "upload", "create"])
async def test_a_token_that_has_ended_is_renewed_within_the_call(call: str, sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing()
    sandbox.fault(platform="youtube", call=call, kind="refuse", error="expired")
    attempt = Memory(content, sandbox)
    await made.prepare(whole, CREDENTIALS, attempt)
    assert await made.publish(whole, CREDENTIALS, attempt)
    assert calls(sandbox, "refresh") == ["refresh"]


async def test_a_renewal_that_fails_stops_the_account_or_is_tried_again(sandbox: Sandbox) -> None:
    made, (whole, content) = youtube(sandbox), outgoing()
    attempt = Memory(content, sandbox)
    await made.prepare(whole, CREDENTIALS, attempt)
    for refused, expected in (("revoked", AuthExpired), ("backend", Retryable)):
        sandbox.fault(platform="youtube", call="create", kind="refuse", error="expired")
        sandbox.fault(platform="youtube", call="refresh", kind="refuse", error=refused)
        with pytest.raises(expected):  # and never unknown: the update itself was refused
            await made.publish(whole, CREDENTIALS, attempt)
    assert sandbox.posts() == []


async def test_an_account_needs_no_access_token_of_its_own(sandbox: Sandbox) -> None:
    made, bare = youtube(sandbox), dict(CREDENTIALS.secrets) | {"access_token": ""}
    credentials = msgspec.structs.replace(CREDENTIALS, secrets=bare)
    assert (await made.verify(credentials)).account == CREDENTIALS.account
    await made.verify(credentials)
    assert calls(sandbox, "refresh") == ["refresh"]
    renewed = await made.refresh(credentials)
    assert renewed is not None
    assert renewed.secrets["access_token"]


# limits of the day


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-25T12:00:00+00:00", "2026-11-26T08:00:00+00:00"),
        ("2026-07-01T06:59:00+00:00", "2026-07-01T07:00:00+00:00"),
        ("2026-03-08T09:00:00+00:00", "2026-03-09T07:00:00+00:00"),  # the clocks go forward there
    ],
)
def test_a_quota_ends_at_midnight_pacific(now: str, until: str) -> None:
    assert midnight(datetime.fromisoformat(now)) == datetime.fromisoformat(until)


def sessions(sandbox: Sandbox, count: int) -> list[httpx.Response]:
    headers = {"X-Upload-Content-Length": "9", "X-Upload-Content-Type": "video/mp4"}
    body = {"snippet": {"title": "a"}, "status": {"privacyStatus": "private"}}
    path = "/upload/youtube/v3/videos?uploadType=resumable&part=snippet,status"
    with httpx.Client(base_url=sandbox.address, trust_env=False) as client:
        client.headers.update({"X-Porth-Host": "www.googleapis.com", "Authorization": "Bearer sandbox-youtube-bwrdd"})
        return [client.post(path, json=body, headers=headers) for _ in range(count)]


async def test_the_hundredth_video_of_a_day_is_the_last(sandbox: Sandbox) -> None:
    answers = sessions(sandbox, 101)
    assert [answer.status_code for answer in answers] == [200] * 100 + [403]
    assert answers[0].headers["location"].startswith("https://www.googleapis.com/upload/")
    whole, content = outgoing()
    with pytest.raises(RateLimited) as limited:
        await youtube(sandbox).prepare(whole, CREDENTIALS, Memory(content, sandbox))
    assert limited.value.until == midnight(datetime.now(UTC))
