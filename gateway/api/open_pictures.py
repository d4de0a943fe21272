"""Answers the addresses that gateway/opening.py makes. Every refusal looks the same: there is nothing here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.errors import NotFound
from approvals.outgoing import unseal
from gateway.api.injected import Now, Porth, Session
from gateway.api.media import clean_picture
from gateway.api.routing import PUBLIC, needs
from gateway.opening import genuine

PLATFORMS = frozenset({"instagram", "threads"})


@get(
    "/open/{delivery:uuid}/{sha256:str}/{closes:int}/{signature:str}",
    include_in_schema=False,
    **needs(PUBLIC, refusals=()),
)
async def open_picture(
    delivery: FromPath[UUID],
    sha256: FromPath[str],
    closes: FromPath[int],
    signature: FromPath[str],
    session: Session,
    porth: Porth,
    now: Now,
) -> Response[Any]:
    if not genuine(porth, delivery, sha256, closes, signature):
        raise NotFound("no-such-picture")
    media_type = await _shown(session, delivery, sha256, now)
    if media_type is None:
        raise NotFound("no-such-picture")
    return await clean_picture(porth, sha256, media_type)


async def _shown(session: AsyncSession, delivery: UUID, sha256: str, now: datetime) -> str | None:
    """The type of the rendition, if this delivery is being worked on and its manifest has it."""
    row = (
        await session.execute(
            select(m.Delivery, m.Submission, m.Channel.platform)
            .join(m.Submission, m.Submission.version_id == m.Delivery.version_id)
            .join(m.Account, m.Account.id == m.Delivery.account_id)
            .join(m.Channel, m.Channel.id == m.Account.channel_id)
            .where(
                m.Delivery.id == delivery, m.Delivery.state.in_(("due", "sending", "unconfirmed")),
                m.Delivery.lease_until > now, m.Channel.platform.in_(PLATFORMS),
            )
        )
    ).first()  # fmt: skip
    if row is None:
        return None
    part = unseal(row.Submission.document, row.Submission.digest).manifest[row.Delivery.part]
    return next((picture.media_type for picture in part.outgoing.media if picture.sha256 == sha256), None)
