"""Whether a post seen on a platform is the one that an attempt may have made."""

import unicodedata
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import regex

from connectors.contract import Absent, Attempt, Finding, Found, Outgoing, Receipt, Seen, Unsure
from connectors.counting import links
from connectors.errors import OutcomeUnknown, Rejected

CLOCKS = timedelta(seconds=2)
"""Platforms' times are in whole seconds, and their clock is not ours."""

_SCHEME = regex.compile(r"^https?://", regex.IGNORECASE)


def since(attempt: Attempt) -> datetime:
    """A post made earlier is another post."""
    return attempt.started.replace(microsecond=0) - CLOCKS


def alike(seen: Iterable[Seen], text: str) -> list[Receipt]:
    """Those of the posts seen that say `text`."""
    wanted = normal(text)
    return [one.receipt for one in seen if normal(one.text) == wanted]


def choose(candidates: Iterable[Receipt], attempt: Attempt, *, authoritative: bool = False) -> Finding:
    """One new post with this text is ours, several are a person's question, none proves nothing.

    `authoritative`: none does prove that there is no such post.
    """
    earliest = since(attempt)
    new = tuple(one for one in candidates if one.at >= earliest and one.id not in attempt.attached)
    if len(new) == 1:
        return Found(new[0])
    return Absent() if authoritative and not new else Unsure(new)


def has_its_pictures(shown: Sequence[str], outgoing: Outgoing) -> None:
    """Before descriptions are changed: which belongs to which picture, their order alone tells."""
    if len(shown) != len(outgoing.media):
        raise Rejected("pictures-changed", f"{len(shown)} pictures where there were {len(outgoing.media)}")


@asynccontextmanager
async def twin_aware(attempt: Attempt) -> AsyncIterator[None]:
    """Around the call that makes a post, on platforms that refuse a text they have just seen.

    After an unknown outcome "duplicate" proves nothing: the twin may be this attempt's own post, whose answer was lost.
    """
    try:
        yield
    except OutcomeUnknown:
        await attempt.save({**attempt.state, "unknown": True})
        raise
    except Rejected as refusal:
        if refusal.code == "duplicate" and attempt.state.get("unknown"):
            raise OutcomeUnknown("duplicate", refusal.detail) from None
        raise


def normal(text: str) -> str:
    """A text for comparison: NFC, one kind of space, links without scheme, case of host and final slash."""
    text = unicodedata.normalize("NFC", text)
    for start, end in reversed(links(text)):
        text = text[:start] + _bare(text[start:end]) + text[end:]
    return " ".join(text.split())


def _bare(url: str) -> str:
    host, slash, path = _SCHEME.sub("", url).partition("/")
    return (host.lower() + slash + path).rstrip("/")
