"""What has to disappear from the platforms, how long ago that was asked for, and what is still there (CON-06)."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, exists, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from approvals import models as m
from approvals.actions.delivering import CANNOT_RETRACT
from approvals.permissions import Actor, Permission
from approvals.queries.reach import within_reach

WITHIN = timedelta(hours=24)
"""From the moment a removal was asked for until the post is gone."""
OPEN = ("sending", "unconfirmed", "published")


class TakedownView(Struct, frozen=True):
    """One removal: open until the post was read back as gone, or a person has said that it is."""

    delivery: UUID
    post: UUID
    channel: str
    handle: str
    state: str
    """`retracted` once it is gone."""
    code: str | None
    """Why the last try did not remove it."""
    reason: str | None
    """`CON-WITHDRAWN`, `removal-asked` or `takedown`."""
    url: str | None
    asked_at: datetime
    overdue_at: datetime
    overdue: bool
    age_seconds: int
    """Until it was gone, or until now."""
    needs_person: bool
    """Porth cannot remove it: delete it on the platform, then say so."""
    retracted_at: datetime | None


async def takedowns(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    only_open: bool = True,
    consent: str | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[TakedownView]:
    """The newest deliveries first, as in every list. `consent`: only of posts that relied on this reference.

    A post that was edited stands there once, but where a consent is asked about that only some of its words rely on.
    """
    origin = aliased(m.Delivery)
    origin_is_listed = exists().where(origin.id == m.Delivery.origin_id, origin.takedown_at.is_not(None))
    rows = await session.execute(
        select(m.Delivery, m.Channel.name, m.Account.handle)
        .join(m.Post, m.Post.id == m.Delivery.post_id)
        .join(m.Account, m.Account.id == m.Delivery.account_id)
        .join(m.Channel, m.Channel.id == m.Account.channel_id)
        .where(
            within_reach(actor, Permission.POST_READ),
            m.Delivery.takedown_at.is_not(None),
            true() if consent else ~origin_is_listed,
            m.Delivery.state.in_(OPEN if only_open else (*OPEN, "retracted")),
            m.Delivery.version_id.in_(_relying_on(consent)) if consent else true(),
            m.Delivery.id < after if after else true(),
        )
        .order_by(m.Delivery.id.desc())
        .limit(limit)
    )
    return [_view(found, channel, handle, now) for found, channel, handle in rows]


def _relying_on(ref: str) -> Select[UUID]:
    """Versions; `within_reach` keeps them to the actor's organisation."""
    return (
        select(m.ConsentUse.version_id)
        .join(m.ConsentRecord, m.ConsentRecord.id == m.ConsentUse.consent_id)
        .where(m.ConsentRecord.ref == ref)
    )


def _view(found: m.Delivery, channel: str, handle: str, now: datetime) -> TakedownView:
    asked = found.takedown_at
    assert asked is not None  # noqa: S101  # the query's condition
    until = found.retracted_at or now
    return TakedownView(
        delivery=found.id, post=found.post_id, channel=channel, handle=handle, state=found.state, code=found.code,
        reason=found.takedown_reason, url=found.url, asked_at=asked, overdue_at=asked + WITHIN,
        overdue=until > asked + WITHIN, age_seconds=int((until - asked).total_seconds()),
        needs_person=_needs_person(found), retracted_at=found.retracted_at,
    )  # fmt: skip


def _needs_person(found: m.Delivery) -> bool:
    refused = found.state == "published" and (found.code or "").startswith(CANNOT_RETRACT)
    return refused or (found.state == "unconfirmed" and found.code == "ask-a-person")
