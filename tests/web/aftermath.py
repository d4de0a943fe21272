"""What workers leave behind, for the pages about it: each outcome through the functions that workers call."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import delivering, scheduling, watching
from approvals.permissions import Actor
from connectors.contract import Limits, Receipt

WORKER = "scene"
NUMBERS = count(1)


@dataclass(frozen=True)
class Sent:
    """Deliveries by what became of them."""

    published: UUID
    asks: UUID
    """Unconfirmed, and a person has to say which of two posts it is."""
    half: UUID
    """The English of a pair whose Welsh is public: refused for good."""
    missed: UUID
    by_hand: UUID
    """To be taken down, and the platform will not."""
    due: UUID
    """Any moment now; no worker runs here."""
    due_too: UUID
    unseen: UUID
    """Unconfirmed, and the look-ups saw nothing that it could be."""


def receipt(account: str, at: datetime) -> Receipt:
    number = 1990000000000000000 + next(NUMBERS)
    return Receipt(str(number), f"http://127.0.0.1:9/{account}/{number}", at)


async def ended(session: AsyncSession, delivery: m.Delivery, end: Callable[[Any], Awaitable[None]]) -> None:
    """One delivery, through `sending`, to its end."""
    delivery.leased_by = WORKER
    await session.flush()
    found = await delivering.case(session, delivery.id, WORKER)
    assert found
    if delivery.state == "due":
        delivering.begin(found, now=delivery.publish_at)
        await session.flush()
    await end(found)
    await session.flush()


async def aftermath(
    session: AsyncSession,
    people: Mapping[str, Actor],
    approved: Callable[[int], Awaitable[tuple[UUID, str]]],
    limits: Mapping[str, Limits],
    now: datetime,
) -> Sent:
    tom = people["tom"]

    async def due(number: int) -> list[m.Delivery]:
        post, digest = await approved(number)
        await scheduling.schedule(session, tom, post, digest, now, limits, now=now)
        rows = await session.scalars(select(m.Delivery).where(m.Delivery.post_id == post).order_by(m.Delivery.part))
        return list(rows)

    async def publish(delivery: m.Delivery) -> None:
        await ended(session, delivery, lambda c: delivering.published(session, c, receipt("glan-hafren", now), now=now))

    whole = await due(1007)
    for delivery in whole:
        await publish(delivery)
    await watching.drifted(session, whole[0].id, "Mae clinig ffliw rhif 1007 ar gau heddiw.", now=now)
    await watching.drifted(session, whole[1].id, None, now=now)

    facebook, welsh, english = await due(1008)
    seen = [receipt("glan-hafren", now), receipt("glan-hafren", now - timedelta(minutes=1))]
    await ended(session, facebook, lambda c: delivering.unconfirmed(session, c, "no-known-answer", now=now))
    for _ in delivering.LOOKUPS:
        await ended(session, facebook, lambda c: delivering.looked(session, c, seen, now=now))
    await publish(welsh)
    await ended(session, english, lambda c: delivering.failed(session, c, "duplicate", now=now))

    late, *_ = await due(1009)
    late.leased_by = WORKER
    await session.flush()
    found = await delivering.case(session, late.id, WORKER)
    assert found
    await delivering.stop(session, found, delivering.Stop("missed", "late"), now=now)

    leaving, *others = await due(1010)
    for delivery in (leaving, *others):
        await publish(delivery)
    await scheduling.take_down(session, people["sara"], leaving.post_id, "A person in it asked", now=now)
    await ended(session, leaving, lambda c: delivering.retract_refused(session, c, "forbidden", now=now))
    await ended(session, others[0], lambda c: delivering.retracted(session, c, now=now))
    soon, soon_too, *_ = await due(1011)
    unseen, *_ = await due(1012)
    await ended(session, unseen, lambda c: delivering.unconfirmed(session, c, "worker-died", now=now))
    return Sent(whole[0].id, facebook.id, english.id, late.id, leaving.id, soon.id, soon_too.id, unseen.id)
