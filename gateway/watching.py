"""Reads back what was published. A chore of the worker."""

import logging
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import watching
from approvals.outgoing import unseal
from connectors.contract import Receipt
from connectors.errors import PublishingError
from connectors.matching import normal
from gateway.runtime import Runtime

log = logging.getLogger(__name__)

AT_ONCE = 50


async def look_for_drift(porth: Runtime, session: AsyncSession, now: datetime) -> None:
    """Compare what is public with what was approved; no transaction is open during a call."""
    deliveries = [delivery.id for delivery in await watching.to_look_at(session, now, AT_ONCE)]
    await session.commit()
    for delivery in deliveries:
        try:
            await _compare(porth, session, delivery, now)
        except PublishingError as error:
            log.warning("reading delivery %s back: %s", delivery, error.code)


async def _compare(porth: Runtime, session: AsyncSession, delivery_id: UUID, now: datetime) -> None:
    delivery, submission, account, platform = (
        await session.execute(
            select(m.Delivery, m.Submission, m.Account, m.Channel.platform)
            .join(m.Submission, m.Submission.version_id == m.Delivery.version_id)
            .join(m.Account, m.Account.id == m.Delivery.account_id)
            .join(m.Channel, m.Channel.id == m.Account.channel_id)
            .where(m.Delivery.id == delivery_id)
        )
    ).one()
    approved = unseal(submission.document, submission.digest).manifest[delivery.part].outgoing
    receipt = Receipt(delivery.platform_id or "", delivery.url or "", delivery.published_at or now)
    credentials, connector = porth.credentials(account), porth.connector(platform, account.mode)
    await session.commit()
    there = await connector.read(receipt, credentials)
    if there is None or normal(there.text) != normal(approved.text):
        await watching.drifted(session, delivery_id, there.text if there else None, now=now)
        await session.commit()
