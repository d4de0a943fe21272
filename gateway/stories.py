"""What the quality log says, in words: one entry, and one post from its first line to what became of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from approvals.content import LONDON
from approvals.queries import EntryView, PostView
from i18n.dates import say_local
from i18n.messages import Language, known, say


def sentence(entry: EntryView, spoken: Language) -> str:
    """What happened, in words. A kind of entry that is newer than the catalog is named by itself."""
    key = f"log.{entry.kind.removeprefix('delivery-')}"
    payload = entry.payload or {}
    params = {
        **payload, **payload.get("receipt", {}), "who": entry.actor.name if entry.actor else "Porth",
        "why": payload.get("reason") or payload.get("code"),
    }  # fmt: skip
    if "step" in payload:
        params["step"] = say(spoken, f"step.{payload['step']}")
    return say(spoken, key, params) if known(spoken, key) else entry.kind


def story(post: PostView, entries: Sequence[EntryView], spoken: Language, now: datetime) -> str:
    """Plain text. `entries` are the newest first, as queries answer them."""
    return "\n".join(_lines(post, entries, spoken, now)) + "\n"


def _lines(post: PostView, entries: Sequence[EntryView], spoken: Language, now: datetime) -> Iterator[str]:
    yield say(spoken, "bundle.title", {"post": post.id})
    yield say(spoken, "bundle.made", {"at": _moment(now, spoken), "status": say(spoken, f"status.{post.status}")})
    for language in ("cy", "en"):
        yield from ("", say(spoken, f"page.language-{language}"), post.content.text.get(language))
    yield from ("", say(spoken, "post.sign-offs"))
    for signed in post.sign_offs:
        step, at = say(spoken, f"step.{signed.step}"), _moment(signed.signed_at, spoken)
        yield say(
            spoken, "bundle.signed", {"step": step, "name": signed.person.name, "at": at, "digest": signed.digest}
        )
    yield from ("", say(spoken, "post.deliveries"))
    for sent in post.deliveries:
        state, at = say(spoken, f"delivery.{sent.state}"), _moment(sent.published_at or sent.publish_at, spoken)
        yield say(spoken, "bundle.sent", {"channel": sent.channel, "state": state, "at": at, "url": sent.url or ""})
    yield from ("", say(spoken, "log-page.title"))
    for entry in reversed(entries):
        yield f"{entry.number}. {_moment(entry.at, spoken)}: {sentence(entry, spoken)}"


def _moment(value: datetime, spoken: Language) -> str:
    return say_local(value.astimezone(LONDON), spoken)
