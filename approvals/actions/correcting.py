"""Corrections on their way out (PUB-01), and the two deliveries that name one post once it has been edited.

An edit (`Delivery.edits_id`) replaces the words of a public post; `origin_id` is the delivery that made it. Removing
one removes them all: they are the same post, and platforms show what it said before.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import originals, quality_log
from approvals.errors import Invalid, WrongState
from approvals.originals import LIVE, Correction
from approvals.outgoing import Part

GONE = "original-gone"
"""The post that is corrected cannot be seen any more: nothing to edit, nothing to link to."""
TOO_LATE = "corrected-meanwhile"
"""Another correction of it was quicker: this one would correct words that are not there."""
CORRECTED = "corrected"
"""A correction of its post is public: these are the wrong words."""
REFUSED = "edit-refused"
"""The platform has refused to edit the post since this was approved."""


class SamePost(NamedTuple):
    own: list[m.Delivery]
    others: list[m.Delivery]
    """Further deliveries that name the same public post as one of `own`."""


async def nothing_to_correct(session: AsyncSession, original: UUID) -> None:
    """Raise `WrongState` unless something of the post is public and nobody else's correction is."""
    public = select(m.Delivery.id).where(m.Delivery.post_id == original, originals.public()).limit(1)
    if await session.scalar(public) is None:
        raise WrongState("nothing-to-correct")
    if await originals.superseded(session, Correction(original, original)):
        raise WrongState("corrected-already")


# -- before sending ----------------------------------------------------------------------------------------------------


async def lock(session: AsyncSession, delivery: UUID, original: UUID) -> None:
    """The delivery of a correction with every one that it depends on, in the order of their ids.

    Two corrections of one post meet here, and so do a correction and a removal of what it corrects.
    """
    row = select(m.Delivery.origin_id, m.Delivery.edits_id).where(m.Delivery.id == delivery)
    origin, edits = (await session.execute(row)).one()
    ids = {delivery, origin, edits} - {None}
    await session.scalars(
        select(m.Delivery)
        .where(or_(m.Delivery.id.in_(ids), m.Delivery.post_id == original))
        .order_by(m.Delivery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def why_not(session: AsyncSession, post: m.Post, part: Part, own: UUID | None = None) -> str | None:
    """Why this part must not go out: of a post that was corrected since, or of a correction that corrects nothing any
    more. `own` is its delivery.
    """
    if await originals.superseded(session, Correction(post.id, post.id)):
        return CORRECTED
    correction = originals.correction_of(post)
    if correction is None:
        return None
    if await originals.superseded(session, correction):
        return TOO_LATE
    wanted = {UUID(one) for one in ((part.edits,) if part.edits else part.corrects)}
    there = await session.scalar(
        select(func.count()).where(m.Delivery.id.in_(wanted), originals.public()).select_from(m.Delivery)
    )
    if there != len(wanted):
        return GONE
    return await _why_not_edit(session, UUID(part.edits), own) if part.edits else None


async def _why_not_edit(session: AsyncSession, edits: UUID, own: UUID | None) -> str | None:
    quicker = select(m.Delivery.id).where(m.Delivery.edits_id == edits, m.Delivery.state.in_(LIVE))
    if own is not None:
        quicker = quicker.where(m.Delivery.id != own)
    if await session.scalar(quicker.limit(1)) is not None:
        return TOO_LATE
    origin = await origin_of(session, await session.get_one(m.Delivery, edits))
    return REFUSED if origin.uneditable is not None else None


async def origin_of(session: AsyncSession, delivery: m.Delivery) -> m.Delivery:
    """The delivery that made the platform's post: itself, but for an edit."""
    return delivery if delivery.origin_id is None else await session.get_one(m.Delivery, delivery.origin_id)


async def linked(session: AsyncSession, made: m.Delivery, part: Part) -> None:
    """Give a new delivery the one that it edits, as its part was sealed."""
    if part.edits is not None:
        edited = await session.get_one(m.Delivery, UUID(part.edits))
        made.edits_id, made.origin_id = edited.id, (await origin_of(session, edited)).id


# -- after it ----------------------------------------------------------------------------------------------------------


async def settled(
    session: AsyncSession, delivery: m.Delivery, post: m.Post, part: Part, digest: str, *, now: datetime
) -> None:
    """A part of a correction is public: the corrected post's log says so."""
    if post.corrects_id is None:
        return
    before = await session.scalars(
        select(m.Submission.digest)
        .join(m.Delivery, m.Delivery.version_id == m.Submission.version_id)
        .where(m.Delivery.id.in_([UUID(one) for one in ((part.edits,) if part.edits else part.corrects)]))
    )
    await session.flush()
    await quality_log.append(
        session, post.organisation_id, "corrected",
        {
            "by": str(post.id), "delivery": str(delivery.id), "channel": part.channel,
            "how": "edited" if part.edits else "followed", "edits": part.edits, "before": sorted(set(before)),
            "after": digest,
        },
        now=now, post=post.corrects_id,
    )  # fmt: skip


async def refused(session: AsyncSession, delivery: m.Delivery, code: str) -> None:
    """The platform does not edit this post: the next version of the correction will follow it up."""
    if delivery.origin_id is not None:
        (await origin_of(session, delivery)).uneditable = code


async def found(session: AsyncSession, delivery: m.Delivery, platform_id: str) -> None:
    """A person says where the post of a delivery is; that of an edit is known, and is no other."""
    if delivery.origin_id is not None and (await origin_of(session, delivery)).platform_id != platform_id:
        raise Invalid("edits-another-post", "/found/id")


# -- removing ----------------------------------------------------------------------------------------------------------


async def same_post(session: AsyncSession, condition: ColumnElement[bool]) -> SamePost:
    """The deliveries that meet the condition and whatever else names their posts, locked in the order of their ids."""
    named = select(func.coalesce(m.Delivery.origin_id, m.Delivery.id)).where(condition).correlate(None)
    rows = await session.execute(
        select(m.Delivery, condition)
        .where(or_(m.Delivery.id.in_(named), m.Delivery.origin_id.in_(named), condition))
        .order_by(m.Delivery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    own: list[m.Delivery] = []
    others: list[m.Delivery] = []
    for delivery, meets in rows:
        (own if meets else others).append(delivery)
    return SamePost(own, others)


def public_with(found: SamePost) -> Sequence[m.Delivery]:
    """The others whose post is that of one of its own that is, or may be, public."""
    posts = {name(delivery) for delivery in found.own if delivery.state in LIVE}
    return [other for other in found.others if name(other) in posts]


def name(delivery: m.Delivery) -> UUID:
    """What all deliveries of one public post have in common."""
    return delivery.origin_id or delivery.id


async def retracted_with(session: AsyncSession, delivery: m.Delivery, *, now: datetime) -> list[m.Delivery]:
    """The post is gone, and with it what every other delivery of it had published."""
    gone = await session.scalars(
        select(m.Delivery)
        .where(or_(m.Delivery.id == name(delivery), m.Delivery.origin_id == name(delivery)))
        .where(m.Delivery.id != delivery.id, m.Delivery.state == "published")
        .order_by(m.Delivery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    others = list(gone)
    for other in others:
        other.state, other.code, other.retracted_at = "retracted", delivery.code, now
        other.takedown_at = other.takedown_at or now
        other.takedown_reason = other.takedown_reason or delivery.takedown_reason
        other.leased_by = other.lease_until = None
    return others
