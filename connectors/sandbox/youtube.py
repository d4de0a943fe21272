"""YouTube: shapes from specs/youtube, platforms.md 7 and 12.3.

An account whose name contains `unaudited` belongs to a project that Google has not audited: its videos stay private.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import msgspec
import regex

from connectors.sandbox.calls import HTML_UNAVAILABLE, Answer, Call, Handler, Platform, Route, answer, fixed
from connectors.sandbox.store import Account, Store, now
from connectors.sandbox.youtube_videos import Video, add, change, find, remove, resource, uploaded
from connectors.youtube_answers import PACIFIC

UNIT = 256 * 1024
UNITS, VIDEOS = 10_000, 100
"""A day's quota of a project: for calls, and in a bucket of their own for videos."""
_RANGE = regex.compile(r"bytes (?:\*|(\d+)-(\d+))/(\d+)")


def _error(status: int, why: str, message: str, domain: str = "youtube.video", **more: str) -> Answer:
    first = {"message": message, "domain": domain, "reason": why, **more}
    return answer(status, {"error": {"code": status, "message": message, "errors": [first]}})


UNAUTHORIZED = _error(401, "authError", "Request had invalid authentication credentials.", "global",
                      location="Authorization", locationType="header")  # fmt: skip
NOT_FOUND = _error(404, "videoNotFound", "The video that you are trying to access cannot be found.")
SESSION_GONE = Answer(404, b"Not Found", {}, "text/plain")
QUOTA = _error(403, "quotaExceeded", "The request cannot be completed because you have exceeded your quota.",
               "youtube.quota")  # fmt: skip
REVOKED = answer(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
TITLE = _error(400, "invalidTitle", "The request metadata specifies an invalid or empty video title.")
DESCRIPTION = _error(400, "invalidDescription", "The request metadata specifies an invalid video description.")
METADATA = _error(400, "invalidVideoMetadata", "The request metadata is invalid.")
CAPTION_EXISTS = _error(409, "captionExists", "The specified video already has a caption track with the given "
                        "language and name.", "youtube.caption")  # fmt: skip
CAPTION_EMPTY = _error(400, "contentRequired", "The request does not contain the caption track contents.",
                       "youtube.caption")  # fmt: skip


def _status(**status: str) -> Answer:
    item = {"kind": "youtube#video", "etag": "-", "id": "AAAAAAAAAAA", "status": {"privacyStatus": "private", **status}}
    return _listed("video", [item])


def _listed(kind: str, items: list[dict[str, Any]], following: str | None = None) -> Answer:
    body: dict[str, Any] = {"kind": f"youtube#{kind}ListResponse", "etag": "-", "items": items}
    if kind != "caption":  # that list has no pages
        body["pageInfo"] = {"totalResults": len(items), "resultsPerPage": len(items)}
    return answer(200, body | ({"nextPageToken": following} if following else {}))


def _spent(account: Account, store: Store, units: int, bucket: str, most: int) -> bool:
    """Whether the day of this account's project can bear the call; if so it is counted."""
    key = f"{bucket}/{account.name}/{datetime.now(PACIFIC).date()}"
    used = (store.get("youtube-quota", key) or {"used": 0})["used"] + units
    if used <= most:
        store.put("youtube-quota", key, {"used": used})
    return bool(used > most)


def _costs(units: int, handler: Handler) -> Handler:
    def charged(call: Call, account: Account, store: Store) -> Any:
        return QUOTA if _spent(account, store, units, "units", UNITS) else handler(call, account, store)

    return charged


# who


def _channels(_call: Call, account: Account, _store: Store) -> Answer:
    item = {
        "kind": "youtube#channel", "etag": "-", "id": account.id,
        "snippet": {"title": account.name, "description": "", "customUrl": f"@{account.name}"},
        "contentDetails": {"relatedPlaylists": {"likes": "LL", "uploads": _playlist(account)}},
    }  # fmt: skip
    return _listed("channel", [item])


def _playlist(account: Account) -> str:
    return "UU" + account.id.removeprefix("UC")


def _token(call: Call) -> str:
    return call.form()[0].get("refresh_token", "") if call.path == "/token" else call.bearer()


def _renew(call: Call, account: Account, store: Store) -> Answer:
    """The old token stays good, as Google's does for its hour."""
    if not account.token or call.form()[0].get("grant_type") != "refresh_token":
        return REVOKED
    token = f"{account.token}#{store.number()}"
    store.alias(account, token)
    scope = "https://www.googleapis.com/auth/youtube.force-ssl"
    return answer(200, {"access_token": token, "expires_in": 3599, "scope": scope, "token_type": "Bearer"})


# uploads


def _open(call: Call, account: Account, store: Store) -> Answer:
    body, size = call.json(), call.headers.get("x-upload-content-length", "")
    kind = call.headers.get("x-upload-content-type", "")
    if call.query.get("uploadType") != "resumable" or not size.isdecimal():
        return _error(400, "uploadTypeRequired", "The uploadType and the length of the upload are required.", "global")
    if not (kind.startswith("video/") or kind == "application/octet-stream"):
        return _error(400, "badContent", f"Media type '{kind}' is not supported.", "global")
    if _spent(account, store, 1, "videos", VIDEOS):
        return QUOTA
    if refused := _words_refused(body) or _status_refused(body.get("status", {})):
        return refused
    upload = store.number()
    session = {"owner": account.id, "total": int(size), "type": kind, "words": body, "parts": [], "sent": 0}
    store.put("youtube-session", upload, session)
    # the host that it was for, which leads to the sandbox again
    address = f"https://{call.host}{call.path}?uploadType=resumable&upload_id={upload}"
    return Answer(200, b"", {"location": address, "x-guploader-uploadid": upload}, "")


def _words_refused(body: Mapping[str, Any]) -> Answer | None:
    snippet, localizations = body.get("snippet", {}), body.get("localizations", {})
    for words in (snippet, *localizations.values()):
        title, description = str(words.get("title", "")), str(words.get("description", ""))
        if not 0 < len(title) <= 100 or set(title) & set("<>"):  # noqa: PLR2004 - platforms.md 7
            return TITLE
        if len(description.encode()) > 5000 or set(description) & set("<>"):  # noqa: PLR2004 - the same
            return DESCRIPTION
    if localizations and not snippet.get("defaultLanguage"):
        return _error(400, "defaultLanguageNotSet", "The request sets localizations without a default language.")
    if len(",".join(snippet.get("tags", []))) > 500:  # noqa: PLR2004 - the same
        return _error(400, "invalidTags", "The request metadata specifies invalid video keywords.")
    return None


def _status_refused(status: Mapping[str, Any]) -> Answer | None:
    return None if status.get("privacyStatus", "public") in {"public", "unlisted", "private"} else METADATA


def _part(call: Call, account: Account, store: Store) -> Answer:
    """A part of a video, or the question how much is there. What arrives is kept, even of a part that is cut off."""
    upload = call.query.get("upload_id", "")
    session = store.get("youtube-session", upload)
    if session is None or session["owner"] != account.id:
        return SESSION_GONE
    if video := session.get("video"):
        return answer(200, resource(account, find(store, account, video), ("snippet", "status")))
    found = _RANGE.fullmatch(call.headers.get("content-range", ""))
    if found is None or int(found[3]) != session["total"]:
        return _error(400, "badRequest", "Invalid Content-Range.", "global")
    if found[1] is not None:
        start, end = int(found[1]), int(found[2])
        uneven = end + 1 < session["total"] and (end + 1 - start) % UNIT
        if start != session["sent"] or len(call.body) > end + 1 - start or uneven:
            return _error(400, "badRequest", "Invalid Content-Range.", "global")
        parts = [*session["parts"], store.keep(call.body, "application/octet-stream").sha256]
        session = {**session, "parts": parts, "sent": start + len(call.body)}
    if session["sent"] < session["total"]:
        store.put("youtube-session", upload, session)
        got = {"range": f"bytes=0-{session['sent'] - 1}"} if session["sent"] else {}
        return Answer(308, b"", got, "")
    return _finish(upload, session, account, store)


def _finish(upload: str, session: dict[str, Any], account: Account, store: Store) -> Answer:
    content = b"".join((store.blob(part) or ("", b""))[1] for part in session["parts"])
    words = session["words"]
    video = Video(
        id=video_id(upload), owner=account.id, at=now(), medium=store.keep(content, session["type"]),
        snippet=words["snippet"], localizations=words.get("localizations", {}),
        status={"privacyStatus": "public", **words.get("status", {})},
    )  # fmt: skip
    store.put("youtube-session", upload, {**session, "video": video.id})
    add(store, account, _audited(account, video))
    return answer(200, resource(account, find(store, account, video.id), ("snippet", "status", "localizations")))


def video_id(number: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(number.encode()).digest()[:8]).decode().rstrip("=")


def _audited(account: Account, video: Video) -> Video:
    if "unaudited" not in account.name:
        return video
    return msgspec.structs.replace(video, status={**video.status, "privacyStatus": "private"})


# videos


def _update(call: Call, account: Account, store: Store) -> Answer:
    """What a part that is named does not set is taken back."""
    body, parts = call.json(), call.query.get("part", "").split(",")
    video = find(store, account, str(body.get("id")))
    if video is None:
        return NOT_FOUND
    if "snippet" in parts:
        if refused := _words_refused(body):
            return refused
        if not body.get("snippet", {}).get("categoryId"):
            return _error(400, "invalidCategoryId", "The snippet.categoryId property specifies an invalid category ID.")
        video = msgspec.structs.replace(video, snippet=body["snippet"])
    if "localizations" in parts:
        if body.get("localizations") and not video.snippet.get("defaultLanguage"):
            return _error(400, "defaultLanguageNotSet", "The request sets localizations without a default language.")
        video = msgspec.structs.replace(video, localizations=body.get("localizations", {}))
    if "status" in parts:
        if refused := _status_refused(body.get("status", {})):
            return refused
        video = msgspec.structs.replace(video, status={"privacyStatus": "public", **body.get("status", {})})
    change(store, account, _audited(account, video))
    return answer(200, resource(account, find(store, account, video.id), parts))


def _videos(call: Call, account: Account, store: Store) -> Answer:
    parts = call.query.get("part", "").split(",")
    found = (find(store, account, one) for one in call.query.get("id", "").split(","))
    return _listed("video", [resource(account, video, parts) for video in found if video])


def _uploads(call: Call, account: Account, store: Store) -> Answer:
    if call.query.get("playlistId") != _playlist(account):
        return _error(404, "playlistNotFound", "The playlist cannot be found.", "youtube.playlistItem")
    start, size = int(call.query.get("pageToken", "0")), int(call.query.get("maxResults", "5"))
    videos = uploaded(store, account)
    items = [_item(account, video, place) for place, video in enumerate(videos)][start : start + size]
    return _listed("playlistItem", items, str(start + size) if len(videos) > start + size else None)


def _item(account: Account, video: Video, place: int) -> dict[str, Any]:
    details = {"videoId": video.id} | ({"videoPublishedAt": _instant(video.at)} if video.public else {})
    return {
        "kind": "youtube#playlistItem", "etag": "-", "id": f"{_playlist(account)}.{video.id}",
        "snippet": {
            "publishedAt": _instant(video.at), "channelId": account.id, "channelTitle": account.name,
            "title": video.snippet["title"], "description": video.snippet.get("description", ""),
            "playlistId": _playlist(account), "position": place,
            "resourceId": {"kind": "youtube#video", "videoId": video.id},
        },
        "contentDetails": details,
        "status": {"privacyStatus": video.status["privacyStatus"]},
    }  # fmt: skip


def _instant(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _delete(call: Call, account: Account, store: Store) -> Answer:
    video = find(store, account, call.query.get("id", ""))
    if video is None:
        return NOT_FOUND
    remove(store, account, video)
    return Answer(204, b"", {}, "")


# captions


def _write_caption(call: Call, account: Account, store: Store) -> Answer:
    about, text = _two_parts(call)
    if call.method == "PUT":
        owner, _, language = str(about.get("id", "")).rpartition(".")
    else:
        owner, language = str(about.get("snippet", {}).get("videoId")), str(about["snippet"].get("language", ""))
    video = find(store, account, owner)
    if video is None:
        return NOT_FOUND
    if not text.strip():
        return CAPTION_EMPTY
    if call.method == "POST" and language in video.captions:
        return CAPTION_EXISTS
    video = msgspec.structs.replace(video, captions={**video.captions, language: text})
    change(store, account, video)
    return answer(200, _track(video, language))


def _two_parts(call: Call) -> tuple[dict[str, Any], str]:
    """Of `multipart/related`: the JSON, and the text of the track."""
    head = f"Content-Type: {call.headers.get('content-type', '')}\r\n\r\n".encode()
    parts = [bytes(part.get_payload(decode=True) or b"") for part in message_from_bytes(head + call.body).walk()][1:]
    if len(parts) != 2:  # noqa: PLR2004 - that many
        return {"snippet": {}}, ""
    return msgspec.json.decode(parts[0]), parts[1].decode().strip("\r\n")


def _track(video: Video, language: str) -> dict[str, Any]:
    snippet = {"videoId": video.id, "lastUpdated": _instant(video.at), "trackKind": "standard", "language": language,
               "name": "", "isDraft": False, "status": "serving"}  # fmt: skip
    return {"kind": "youtube#caption", "etag": "-", "id": f"{video.id}.{language}", "snippet": snippet}


def _tracks(call: Call, account: Account, store: Store) -> Answer:
    video = find(store, account, call.query.get("videoId", ""))
    return _listed("caption", [_track(video, language) for language in video.captions]) if video else NOT_FOUND


def _asks_status(call: Call) -> bool:
    return call.query.get("part") == "status"


YOUTUBE = Platform(
    name="youtube",
    hosts=("youtube.googleapis.com", "www.googleapis.com", "oauth2.googleapis.com"),
    token=_token,
    routes=(
        Route("POST", r"/token", "refresh", _renew, public=True),
        Route("GET", r"/youtube/v3/channels", "verify", _costs(1, _channels)),
        Route("POST", r"/upload/youtube/v3/videos", "session", _open),
        Route("PUT", r"/upload/youtube/v3/videos", "upload", _part),
        Route("GET", r"/youtube/v3/videos", "status", _costs(1, _videos), when=_asks_status),
        Route("PUT", r"/youtube/v3/videos", "create", _costs(50, _update), when=_asks_status),
        Route("GET", r"/youtube/v3/videos", "read", _costs(1, _videos)),
        Route("PUT", r"/youtube/v3/videos", "edit", _costs(50, _update)),
        Route("DELETE", r"/youtube/v3/videos", "delete", _costs(50, _delete)),
        Route("GET", r"/youtube/v3/playlistItems", "find", _costs(1, _uploads)),
        Route("POST", r"/upload/youtube/v3/captions", "caption", _costs(400, _write_caption)),
        Route("PUT", r"/upload/youtube/v3/captions", "caption", _costs(450, _write_caption)),
        Route("GET", r"/youtube/v3/captions", "captions", _costs(50, _tracks)),
    ),
    unauthorized=UNAUTHORIZED,
    no_route=answer(404, {"error": {"code": 404, "message": "Not Found", "errors": []}}),
    errors={
        "invalid": fixed(METADATA),
        "title": fixed(TITLE),
        "description": fixed(DESCRIPTION),
        "expired": fixed(UNAUTHORIZED),
        "revoked": fixed(REVOKED),
        "no-channel": fixed(_error(401, "youtubeSignupRequired", "Unauthorized", "youtube.header")),
        "permission": fixed(_error(403, "insufficientPermissions", "Request had insufficient authentication scopes.",
                                   "global")),
        "forbidden": fixed(_error(403, "forbidden", "Access forbidden.", "youtube.common")),
        "suspended": fixed(_error(403, "authenticatedUserAccountSuspended", "The account is suspended.",
                                  "youtube.common")),
        "privacy": fixed(_error(403, "forbiddenPrivacySetting", "The request specifies an invalid privacy setting.")),
        "rate-limited": fixed(_error(403, "rateLimitExceeded", "Rate Limit Exceeded", "usageLimits")),
        "quota": fixed(QUOTA),
        "upload-limit": fixed(_error(400, "uploadLimitExceeded", "The user has exceeded the number of videos they may "
                                     "upload.")),
        "not-found": fixed(NOT_FOUND),
        "session-gone": fixed(SESSION_GONE),
        "caption-exists": fixed(CAPTION_EXISTS),
        "caption-empty": fixed(CAPTION_EMPTY),
        "processing": fixed(_status(uploadStatus="uploaded")),
        "processing-failed": fixed(_status(uploadStatus="failed", failureReason="codec")),
        "video-rejected": fixed(_status(uploadStatus="rejected", rejectionReason="duplicate")),
        "backend": fixed(_error(503, "backendError", "Backend Error", "global")),
        "unavailable": fixed(HTML_UNAVAILABLE),
    },
    passing=("rate-limited", "backend", "unavailable"),
    post_id=lambda _account, number: video_id(number),
)  # fmt: skip
