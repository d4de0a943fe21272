"""The schedule as people plan with it: each post once at its time, and those that still wait for one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions.scheduling import can_move
from approvals.content import Content, window
from approvals.models.deliveries import STATES
from approvals.permissions import Actor
from approvals.queries.delivery_views import DeliveryFilter, DeliveryView, deliveries
from approvals.queries.post_lists import PostFilter, posts

CLASH = timedelta(minutes=30)
"""Two posts on one account closer together than this take each other's readers."""
MOST = 1000
"""Deliveries in one calendar: several times what the busiest board sends in a month."""
_STANDING = tuple(state for state in STATES if state != "cancelled")
Words = Mapping[str, str]


class CalendarEntry(Struct, frozen=True):
    """One post at one time: on every channel, and in Welsh and English, together."""

    post: UUID
    version: int
    at: datetime
    text: Words
    deliveries: tuple[DeliveryView, ...]
    clash: bool
    """Another post is close to it on one of its accounts."""
    movable: bool
    """It still waits for its time, or has missed it."""
    earliest: datetime | None
    latest: datetime | None
    """The approved window, inside which it can be moved."""


class WaitingPost(Struct, frozen=True):
    """Approved, and not yet scheduled."""

    post: UUID
    version: int
    text: Words
    channels: tuple[str, ...]
    earliest: datetime | None
    latest: datetime | None


async def calendar(
    session: AsyncSession,
    actor: Actor,
    since: datetime,
    until: datetime,
    *,
    channels: tuple[str, ...] = (),
) -> list[CalendarEntry]:
    """What is due, or was, from `since` until before `until`, in the order of time."""
    wanted = DeliveryFilter(states=_STANDING, since=since - CLASH, until=until + CLASH, channels=channels)
    found = await deliveries(session, actor, wanted, limit=MOST)
    close = clashes(found)
    contents = await _contents(session, {(each.post, each.version) for each in found})
    grouped: dict[tuple[UUID, int, datetime], list[DeliveryView]] = defaultdict(list)
    for each in sorted(found, key=lambda each: (each.publish_at, each.post, each.part)):
        if since <= each.publish_at < until:
            grouped[each.post, each.version, each.publish_at].append(each)
    return [_entry(key, parts, contents[key[:2]], close) for key, parts in grouped.items()]


def _entry(
    key: tuple[UUID, int, datetime], parts: Sequence[DeliveryView], content: Content, close: frozenset[UUID]
) -> CalendarEntry:
    post, version, at = key
    earliest, latest = _window(content)
    return CalendarEntry(
        post=post, version=version, at=at, text=_words(content), deliveries=tuple(parts),
        clash=any(part.id in close for part in parts), movable=all(can_move(part.state, part.code) for part in parts),
        earliest=earliest, latest=latest,
    )  # fmt: skip


def clashes(found: Iterable[DeliveryView]) -> frozenset[UUID]:
    """Deliveries of different posts on one account, close together."""
    clashing: set[UUID] = set()
    standing = sorted((d for d in found if d.state != "cancelled"), key=lambda d: (d.channel, d.account, d.publish_at))
    for one, other in pairwise(standing):
        together = (one.channel, one.account) == (other.channel, other.account)
        if together and one.post != other.post and other.publish_at - one.publish_at < CLASH:
            clashing |= {one.id, other.id}
    return frozenset(clashing)


async def waiting_for_a_time(session: AsyncSession, actor: Actor, *, limit: int = 25) -> list[WaitingPost]:
    """The newest approved posts that nobody has scheduled."""
    found = await posts(session, actor, PostFilter(status="approved"), limit=limit)
    contents = await _contents(session, {(each.id, each.version) for each in found})
    return [
        WaitingPost(each.id, each.version, each.text, each.channels, *_window(contents[each.id, each.version]))
        for each in found
    ]


def _words(content: Content) -> Words:
    return {language: words for language in ("cy", "en") if (words := getattr(content.text, language))}


def _window(content: Content) -> tuple[datetime | None, datetime | None]:
    try:
        return window(content) or (None, None)
    except ValueError:  # a draft's may be no time at all; an approved one's is
        return None, None


async def _contents(session: AsyncSession, wanted: set[tuple[UUID, int]]) -> dict[Any, Content]:
    if not wanted:
        return {}
    rows = await session.execute(
        select(m.Version.post_id, m.Version.number, m.Version.content).where(
            tuple_(m.Version.post_id, m.Version.number).in_(wanted)
        )
    )
    return {(post, number): msgspec.convert(content, Content) for post, number, content in rows}
