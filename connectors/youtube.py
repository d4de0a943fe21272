"""YouTube, over its Data API. Source: platforms.md 7 and 12, specs/youtube.

The platform makes a video when its last byte arrives, and captions can only be added to a video that exists. So
everything goes up *private* in `prepare`: the video through a resumable session whose address is saved before any
byte goes, then the captions, then YouTube's processing. What makes the post is one `videos.update` to public:

* it can be repeated, and asking the video whether it is public is authoritative, so nothing is uploaded twice to
  find out, and no outcome stays unknown;
* captions that are refused stop the post while nobody sees it: no video is public without them (ACC-07);
* every check of Porth runs again after hours of upload, right before the update. `publishAt` is not used: a time
  left with YouTube would pass although a consent was withdrawn meanwhile.

It costs 50 of the day's 10,000 units. Uploads of a project that Google has not audited are locked as private, which
only the update shows: what is not public in its answer is never reported as published.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import requests

from connectors import youtube_answers as answers
from connectors.contract import (
    Absent,
    Attempt,
    Caption,
    Credentials,
    Finding,
    Found,
    Identity,
    Outgoing,
    Receipt,
    Seen,
    Unsure,
)
from connectors.errors import AuthExpired, Rejected, Retryable
from connectors.http import Line, Unreadable, Wire
from connectors.limits import LIMITS
from connectors.youtube_answers import FORCED_PRIVATE, TOKEN_REFUSED, Resource, classify
from connectors.youtube_bodies import CATEGORY, PRIVATE, PUBLIC, mark, related, words

HOSTS = ("youtube.googleapis.com", "www.googleapis.com", "oauth2.googleapis.com")
"""Sessions are at either of the first two."""
API = "https://youtube.googleapis.com/youtube/v3"
UPLOAD = "https://youtube.googleapis.com/upload/youtube/v3"
TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
UNIT = 256 * 1024
"""Every part of an upload but the last is a multiple of this."""
POLL = 5.0
"""Seconds between two looks at a video that is being processed; each costs a unit."""
PAGE = 50

T = TypeVar("T")


class YouTube:
    platform = "youtube"
    limits = LIMITS["youtube"]
    secret_names = ("refresh_token", "client_id", "client_secret", "access_token")
    """The last may be empty: it ends after an hour, and the connector gets another."""
    repeat_safe_for: timedelta | None = timedelta(hours=1)
    """It can make no second video, ever; but somebody may have hidden this one by hand, and that should last."""
    edits = True
    part = 32 * UNIT
    """Bytes of a video in one request."""

    def __init__(self, wire: Wire) -> None:
        self._line = Line(wire, HOSTS, classify)
        self._tokens: dict[tuple[str, str], str] = {}

    async def verify(self, credentials: Credentials) -> Identity:
        with self._line.deadline():
            channel = await self._ask(credentials, self._channel)
        public = f"https://www.youtube.com/channel/{channel['id']}"
        return Identity(account=channel["id"], name=channel["snippet"]["title"], url=public)

    async def prepare(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> None:
        if [one.media_type for one in outgoing.media] != ["video/mp4"]:
            raise Rejected("video-missing", "one video/mp4 is needed")
        with self._line.deadline():
            channel = await self._ask(credentials, self._channel)
            if channel["id"] != credentials.account:
                raise AuthExpired("other-account", f"these are the credentials of {channel['id']}")
            if locked := attempt.state.get("locked"):
                await self._ask(credentials, self._delete, locked)
                await attempt.save({})
            at = attempt.state.get("video") or await self._begun(outgoing, credentials, attempt)
        video = await self._sent(at, outgoing, credentials, attempt) if isinstance(at, int) else at
        if "video" not in attempt.state:
            await attempt.save({"video": video})
        with self._line.deadline():
            await self._add_captions(outgoing, credentials, attempt)
            await self._until_processed(credentials, attempt)

    async def publish(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Receipt:  # noqa: ARG002  # the contract has it
        """The words went up with the video."""
        if not attempt.state.get("ready"):
            raise Retryable("not-prepared")
        video = attempt.state["video"]
        with self._line.deadline():
            now = await self._ask(credentials, self._make_public, video, making=True)
        if now != "public":  # for good: with other credentials another video must go up in its place
            await attempt.save({"locked": video})
            raise AuthExpired(FORCED_PRIVATE, f"it stays {now}: has Google audited the project?")
        return self._receipt(video, datetime.now(UTC))

    async def find(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Finding:  # noqa: ARG002  # the contract has it
        """By its id, which is known before it can become public."""
        video = attempt.state.get("video")
        if video is None:
            return Absent()
        if video in attempt.attached:
            return Unsure()
        with self._line.deadline():
            there, public_since = await self._ask(credentials, self._state, video)
        if not there:  # somebody has deleted it, so nobody but a person may send it again
            return Unsure()
        return Absent() if public_since is None else Found(self._receipt(video, public_since))

    async def read(self, receipt: Receipt, credentials: Credentials) -> Outgoing | None:
        """A video that was made private is gone, for its readers."""
        with self._line.deadline():
            return await self._ask(credentials, self._read, receipt.id)

    async def edit(self, receipt: Receipt, outgoing: Outgoing, credentials: Credentials) -> Receipt:
        with self._line.deadline():
            await self._ask(credentials, self._reword, receipt.id, outgoing)
            tracks = await self._ask(credentials, self._tracks, receipt.id) if outgoing.captions else {}
            for caption in outgoing.captions:
                await self._ask(credentials, self._write_caption, receipt.id, caption, tracks.get(caption.language))
        return receipt

    async def recent(self, credentials: Credentials, since: datetime) -> tuple[Seen, ...]:
        with self._line.deadline():
            playlist = await self._ask(credentials, self._uploads)
            first, following = await self._ask(credentials, self._page, playlist, None)
            items = list(first)
            if following:
                items += (await self._ask(credentials, self._page, playlist, following))[0]
        seen = (Seen(self._receipt(one.video, one.at), one.text) for one in items if one.at is not None)
        return tuple(one for one in seen if one.receipt.at >= since)

    async def retract(self, receipt: Receipt, credentials: Credentials) -> None:
        with self._line.deadline():
            await self._ask(credentials, self._delete, receipt.id)

    async def refresh(self, credentials: Credentials) -> Credentials | None:
        if not credentials.secrets.get("refresh_token"):
            return None
        with self._line.deadline():
            token = await self._renewed(credentials, "")
        return Credentials(credentials.account, {**credentials.secrets, "access_token": token})

    # The steps of `prepare`.

    async def _begun(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> int | str:
        """How much the session of this attempt has, or the video that it finished.

        A session that is gone does not say whether its video was finished, so the video is looked for by its mark.
        """
        total = outgoing.media[0].size
        at: int | str | None = None
        if session := attempt.state.get("session"):
            at = await self._ask(credentials, self._put, session, b"", 0, total)
            if at is None:
                at = await self._ask(credentials, self._marked, attempt.key)
        if at is None:
            session = await self._ask(credentials, self._open, outgoing, attempt.key, total)
            await attempt.save({"session": session})
        return at or 0

    async def _sent(self, at: int, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> str:
        """The video, sent in parts from `at` on. What arrived is kept there, so each part has a deadline of its own."""
        content = await attempt.read(outgoing.media[0].sha256)
        while True:
            part = content[at : at + self.part]
            with self._line.deadline():
                after = await self._ask(credentials, self._put, attempt.state["session"], part, at, len(content))
            if isinstance(after, str):
                return after
            if after is None:
                raise Retryable("session-ended")
            if after <= at:
                raise Retryable("upload-stalled")
            await attempt.save({**attempt.state, "sent": after})
            at = after

    async def _add_captions(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> None:
        for caption in outgoing.captions:
            there = attempt.state.get("captions", [])
            if caption.language not in there:
                await self._ask(credentials, self._write_caption, attempt.state["video"], caption, None)
                await attempt.save({**attempt.state, "captions": [*there, caption.language]})

    async def _until_processed(self, credentials: Credentials, attempt: Attempt) -> None:
        """Until the deadline, and then with the next call. A public video that says "processing" would help nobody."""
        while not (done := await self._ask(credentials, self._processed, attempt.state["video"])):
            if done is None:  # by somebody's hand: it is not sent up again
                raise Retryable("video-gone")
            if self._line.left() < POLL:
                raise Retryable("video-not-ready")
            await asyncio.sleep(POLL)
        await attempt.save({**attempt.state, "ready": True})

    # Tokens.

    async def _ask(self, credentials: Credentials, fn: Callable[..., T], *what: Any, making: bool = False) -> T:
        """`fn` with a token; once more with a new one where that has ended, for then nothing was done."""
        kept = self._tokens.get(_key(credentials)) or credentials.secrets["access_token"]
        token = kept or await self._renewed(credentials, "")
        try:
            return await self._line.call(fn, token, *what, making=making)
        except AuthExpired as refused:
            if refused.code != TOKEN_REFUSED:
                raise
        token = await self._renewed(credentials, token)
        return await self._line.call(fn, token, *what, making=making)

    async def _renewed(self, credentials: Credentials, ended: str) -> str:
        """Another token than `ended`; a call beside this one may have got it already."""
        key = _key(credentials)
        kept = self._tokens.get(key, "")
        if ended and kept not in {"", ended}:
            return kept
        self._tokens[key] = token = await self._line.call(self._renew, credentials)
        return token

    # Below: in the pool, blocking.

    def _renew(self, credentials: Credentials) -> str:
        names = ("refresh_token", "client_id", "client_secret")
        form = {"grant_type": "refresh_token", **{name: credentials.secrets[name] for name in names}}
        return str(answers.whole(self._line.session().post(TOKEN, data=form), "access_token")["access_token"])

    def _send(self, token: str, method: str, url: str, **what: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", **what.pop("headers", {})}
        return self._line.session().request(method, url, headers=headers, **what)

    def _list(self, token: str, kind: str, **params: Any) -> tuple[list[Resource], str | None]:
        """One page, and the mark of the next. An answer without items is an empty page."""
        body = answers.whole(self._send(token, "GET", f"{API}/{kind}", params=params), "kind")
        return answers.items(body), body.get("nextPageToken")

    def _channel(self, token: str) -> Resource:
        found, _ = self._list(token, "channels", part="snippet,contentDetails", mine="true")
        if not found:
            raise AuthExpired("permission", "these credentials have no channel")
        return answers.channel(found[0])

    def _uploads(self, token: str) -> str:
        """The list in which the channel's uploads stand, the newest first."""
        return str(self._channel(token)["contentDetails"]["relatedPlaylists"]["uploads"])

    def _video(self, token: str, video: str, part: str) -> Resource | None:
        found, _ = self._list(token, "videos", part=part, id=video)
        return found[0] if found else None

    def _state(self, token: str, video: str) -> tuple[bool, datetime | None]:
        """Whether it is there, and since when it is public."""
        found = self._video(token, video, "snippet,status")
        if found is None or not answers.is_public(found):
            return found is not None, None
        return True, answers.moment(found["snippet"]["publishedAt"])

    def _read(self, token: str, video: str) -> Outgoing | None:
        found = self._video(token, video, "snippet,status,localizations")
        return None if found is None or answers.privacy(found) == "private" else answers.outgoing(found)

    def _page(self, token: str, playlist: str, page: str | None) -> tuple[list[answers.Upload], str | None]:
        params = {"part": "snippet,contentDetails,status", "playlistId": playlist, "maxResults": PAGE}
        found, following = self._list(token, "playlistItems", **params, **({"pageToken": page} if page else {}))
        return [answers.upload(one) for one in found], following

    def _marked(self, token: str, key: str) -> str | None:
        page, _ = self._page(token, self._uploads(token), None)
        ids = ",".join(one.video for one in page)
        found = self._list(token, "videos", part="snippet", id=ids)[0] if ids else []
        return next((str(one["id"]) for one in found if mark(key) in one["snippet"].get("tags", ())), None)

    def _open(self, token: str, outgoing: Outgoing, key: str, total: int) -> str:
        body = {**words(outgoing, {"categoryId": CATEGORY, "tags": [mark(key)]}), "status": PRIVATE}
        headers = {"X-Upload-Content-Length": str(total), "X-Upload-Content-Type": outgoing.media[0].media_type}
        params = {"uploadType": "resumable", "part": "snippet,status,localizations"}
        answer = self._send(token, "POST", f"{UPLOAD}/videos", params=params, json=body, headers=headers)
        if answer.status_code != requests.codes.ok or "location" not in answer.headers:
            raise Unreadable("without a session")
        return answer.headers["location"]

    def _put(self, token: str, session: str, part: bytes, at: int, total: int) -> int | str | None:
        """What the session has after `part`, in bytes; the id of the finished video; `None`: it is gone.

        Without bytes the session is only asked.
        """
        where = f"{at}-{at + len(part) - 1}" if part else "*"
        answer = self._send(token, "PUT", session, data=part, headers={"Content-Range": f"bytes {where}/{total}"})
        if answer.status_code == requests.codes.permanent_redirect:
            return answers.received(answer.headers.get("range"))
        if answer.status_code in {requests.codes.not_found, requests.codes.gone}:
            return None
        return str(answers.whole(answer, "id")["id"])

    def _write_caption(self, token: str, video: str, caption: Caption, track: str | None) -> None:
        """A new track, or other words in one. One that is there already was added by a call whose answer was lost."""
        snippet = {"videoId": video, "language": caption.language, "name": "", "isDraft": False}
        about = {"snippet": snippet} if track is None else {"id": track, "snippet": {"isDraft": False}}
        body, kind = related(about, caption)
        answer = self._send(
            token, "POST" if track is None else "PUT", f"{UPLOAD}/captions", data=body,
            params={"uploadType": "multipart", "part": "snippet"}, headers={"Content-Type": kind},
        )  # fmt: skip
        if track is None and answers.reason(answer) == "captionExists":
            return
        made = answers.whole(answer, "id", "snippet")["snippet"]
        if made.get("status") == "failed":
            raise Rejected("caption-refused", str(made.get("failureReason")))

    def _tracks(self, token: str, video: str) -> dict[str, str]:
        """The tracks that people wrote, by language."""
        found, _ = self._list(token, "captions", part="snippet", videoId=video)
        return {one["snippet"]["language"]: one["id"] for one in found if one["snippet"].get("trackKind") != "ASR"}

    def _processed(self, token: str, video: str) -> bool | None:
        found = self._video(token, video, "status")
        status = found["status"] if found else {"uploadStatus": "deleted"}
        match status["uploadStatus"]:
            case "failed" | "rejected":
                why = status.get("failureReason") or status.get("rejectionReason")
                raise Rejected("video-refused", str(why))
            case "deleted":
                return None
            case done:
                return bool(done == "processed")

    def _make_public(self, token: str, video: str) -> str:
        """What the video is after that."""
        body = {"id": video, "status": PUBLIC}
        answer = answers.whole(
            self._send(token, "PUT", f"{API}/videos", params={"part": "status"}, json=body), "status"
        )
        if answer.get("id") != video or answers.privacy(answer) not in {"public", "unlisted", "private"}:
            raise Unreadable("another video")
        return answers.privacy(answer)

    def _reword(self, token: str, video: str, outgoing: Outgoing) -> None:
        """An update takes back what it does not name."""
        found = self._video(token, video, "snippet")
        if found is None:
            raise Rejected("not-found", "the video is gone")
        there = found["snippet"]
        kept = {name: there[name] for name in ("categoryId", "tags", "defaultAudioLanguage") if name in there}
        body = {"id": video, **words(outgoing, kept)}
        params = {"part": "snippet,localizations"}
        answers.whole(self._send(token, "PUT", f"{API}/videos", params=params, json=body), "id", "snippet")

    def _delete(self, token: str, video: str) -> None:
        answer = self._send(token, "DELETE", f"{API}/videos", params={"id": video})
        if answer.status_code != requests.codes.no_content and answers.reason(answer) != "videoNotFound":
            raise Unreadable("not deleted")

    def _receipt(self, video: str, at: datetime) -> Receipt:
        public = f"https://www.youtube.com/watch?v={video}"
        return Receipt(id=video, url=self._line.wire.link("youtube", video, public), at=at)


def _key(credentials: Credentials) -> tuple[str, str]:
    return credentials.account, credentials.secrets["refresh_token"]
