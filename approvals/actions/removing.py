"""A person who is shown or named rings up with the address of a post: nobody should need Porth's own number for it."""

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import scheduling
from approvals.errors import Invalid, NotFound
from approvals.permissions import Actor, Permission

_NUMBER = re.compile(r"[\w:.-]{6,}")
MOST_NUMBERS = 20


async def ask_removal_at(
    session: AsyncSession, actor: Actor, address: str, reason: str, *, now: datetime
) -> tuple[UUID, int]:
    """`scheduling.ask_removal` for the post at this address of a platform, or with its number there in the address.

    Returns the post, and how many posts of platforms will be removed.
    """
    actor.require(Permission.TAKEDOWN_REQUEST, author=actor.person)
    given = address.strip()
    if not given:
        raise Invalid("address-needed", "/address")
    post_id = await session.scalar(
        select(m.Delivery.post_id)
        .where(
            m.Delivery.organisation_id == actor.organisation,
            m.Delivery.published_at.is_not(None),
            or_(m.Delivery.url == given, m.Delivery.platform_id.in_(_numbers(given))),
        )
        .order_by(m.Delivery.published_at.desc())
        .limit(1)
    )
    if post_id is None:
        raise NotFound("no-post-there", "/address")
    return post_id, await scheduling.ask_removal(session, actor, post_id, reason, now=now)


def _numbers(address: str) -> list[str]:
    """What of an address may be a post's number: platforms write the same post's address in several ways."""
    return [given for given in _NUMBER.findall(address) if any(map(str.isdigit, given))][:MOST_NUMBERS]
