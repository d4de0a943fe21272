"""The videos of the sandbox's YouTube. Only a public one is a post; a private one waits beside the wall."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from connectors.sandbox.store import Account, Medium, Post, Store, now


class Video(Struct, frozen=True, kw_only=True):
    id: str
    owner: str
    at: str
    """When it was uploaded, or became public."""
    snippet: Mapping[str, Any]
    status: Mapping[str, Any]
    localizations: Mapping[str, Any] = {}
    captions: Mapping[str, str] = {}
    """By language."""
    medium: Medium | None = None
    """`None` for a post that was planted."""

    @property
    def public(self) -> bool:
        return bool(self.status["privacyStatus"] == "public")


def add(store: Store, account: Account, video: Video) -> None:
    uploads = store.get("youtube-uploads", account.id) or {"ids": []}
    store.put("youtube-uploads", account.id, {"ids": [*uploads["ids"], video.id]})
    change(store, account, video)


def change(store: Store, account: Account, video: Video) -> None:
    """Keep it, and let the wall follow."""
    before = find(store, account, video.id)
    shown = before is not None and before.public
    if video.public and not shown:
        video = msgspec.structs.replace(video, at=now())
    store.put("youtube-video", video.id, msgspec.to_builtins(video))
    if not (video.public or shown):
        return
    post = next((one for one in store.posts() if (one.platform, one.id) == ("youtube", video.id)), None)
    if post is None:
        store.add(account, video.id, at=video.at, **_posted(video))
    else:  # hidden, shown again, or with other words
        store.change(post, deleted_at=None if video.public else now(), **_posted(video))


def _posted(video: Video) -> dict[str, Any]:
    language = video.snippet.get("defaultLanguage")
    return {
        "text": video.snippet.get("description", ""),
        "title": video.snippet["title"],
        "languages": (language,) if language else (),
        "media": (video.medium,) if video.medium else (),
        "extra": {"localizations": video.localizations, "captions": video.captions, "tags": video.snippet.get("tags")},
    }


def find(store: Store, account: Account, video_id: str) -> Video | None:
    """A video of this account that is still there. What was done to its post by hand counts."""
    post, kept = store.post("youtube", video_id), store.get("youtube-video", video_id)
    video = msgspec.convert(kept, Video) if kept else None
    if post is not None:
        return _as_posted(account, post, video) if post.account == account.name else None
    return video if video and video.owner == account.id and not video.public else None


def _as_posted(account: Account, post: Post, video: Video | None) -> Video:
    video = video or Video(
        id=post.id, owner=account.id, at=post.at, snippet={"categoryId": "22", "title": post.title or "Fideo"},
        status={"privacyStatus": "public"},
    )  # fmt: skip
    return msgspec.structs.replace(video, snippet={**video.snippet, "description": post.text})


def uploaded(store: Store, account: Account) -> list[Video]:
    """Newest first."""
    ids = {*(store.get("youtube-uploads", account.id) or {"ids": []})["ids"]}
    ids |= {post.id for post in store.latest(account, -1)}
    videos = (find(store, account, one) for one in ids)
    return sorted((video for video in videos if video), key=lambda video: video.at, reverse=True)


def remove(store: Store, account: Account, video: Video) -> None:
    post = store.post(account.platform, video.id)
    if post is not None:
        store.delete(post)
    store.drop("youtube-video", video.id)


def resource(account: Account, video: Video | None, parts: Iterable[str]) -> dict[str, Any]:
    """As the API shows it, with the parts that were asked for."""
    if video is None:
        return {}
    words = {"title": video.snippet["title"], "description": video.snippet.get("description", "")}
    at = datetime.fromisoformat(video.at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    first = video.snippet.get("defaultLanguage")
    whole = {
        "snippet": {**video.snippet, **words, "publishedAt": at, "channelId": account.id, "channelTitle": account.name,
                    "liveBroadcastContent": "none", "localized": words},
        "status": {"uploadStatus": "processed", "madeForKids": False, **video.status},
        "localizations": {**({first: words} if first else {}), **video.localizations},
    }  # fmt: skip
    named = {part: whole[part] for part in parts if whole.get(part)}
    return {"kind": "youtube#video", "etag": "-", "id": video.id, **named}
