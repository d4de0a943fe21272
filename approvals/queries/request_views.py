"""Consents that were asked for, as whoever asked and the custodian read them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.consent_request import Asked
from approvals.errors import NotFound
from approvals.permissions import Actor, Permission, Reach


class ConsentRequestView(Struct, frozen=True):
    id: UUID
    ref: str
    asked: Asked
    status: Literal["requested", "recorded"]
    requested_at: datetime


async def consent_requests(
    session: AsyncSession, actor: Actor, *, after: UUID | None = None, limit: int = 50
) -> list[ConsentRequestView]:
    """The newest first; the custodian's list has everybody's."""
    rows = await session.scalars(
        select(m.ConsentRequest)
        .where(_reach(actor), m.ConsentRequest.id < after if after else true())
        .order_by(m.ConsentRequest.id.desc())
        .limit(limit)
    )
    return [_view(row) for row in rows]


async def consent_request(session: AsyncSession, actor: Actor, ref: str) -> ConsentRequestView:
    row = await session.scalar(select(m.ConsentRequest).where(_reach(actor), m.ConsentRequest.ref == ref))
    if row is None:
        raise NotFound("no-such-consent")
    return _view(row)


def _reach(actor: Actor) -> ColumnElement[bool]:
    own = m.ConsentRequest.organisation_id == actor.organisation
    if actor.reach(Permission.CONSENT_REQUEST) is Reach.ALL:
        return own
    return own & (m.ConsentRequest.requested_by == actor.person)


def _view(row: m.ConsentRequest) -> ConsentRequestView:
    status: Literal["requested", "recorded"] = "recorded" if row.consent_id else "requested"
    return ConsentRequestView(row.id, row.ref, msgspec.convert(row.asked, Asked), status, row.requested_at)
