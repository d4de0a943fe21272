"""Reads back what was published, and renews credentials before they end. Chores of the worker."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log
from approvals.actions import watching
from approvals.outgoing import unseal
from connectors.contract import Credentials, Receipt
from connectors.errors import PublishingError
from connectors.matching import normal
from gateway.runtime import Runtime

log = logging.getLogger(__name__)

AT_ONCE = 50
RENEW_BEFORE = timedelta(days=14)


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


async def renew_credentials(porth: Runtime, session: AsyncSession, now: datetime) -> None:
    """Refresh what ends within two weeks. The old credentials stay until the new ones have worked."""
    accounts = await session.scalars(
        select(m.Account.id).where(
            m.Account.expires_at < now + RENEW_BEFORE, m.Account.expires_at > now, m.Account.stopped_at.is_(None)
        )
    )
    ending = list(accounts)
    await session.commit()
    for account in ending:
        try:
            await _renew(porth, session, account, now)
        except PublishingError as error:
            await session.rollback()
            log.warning("renewing the credentials of account %s: %s", account, error.code)


async def _renew(porth: Runtime, session: AsyncSession, account_id: UUID, now: datetime) -> None:
    """Chores run one at a time in one process (their lock), so nobody else renews meanwhile."""
    account, platform = (
        await session.execute(
            select(m.Account, m.Channel.platform)
            .join(m.Channel, m.Channel.id == m.Account.channel_id)
            .where(m.Account.id == account_id)
        )
    ).one()
    before, old = account.credentials, porth.credentials(account)
    connector = porth.connector(platform, account.mode)
    await session.commit()
    new = await connector.refresh(old)
    if new is None:
        return
    identity = await connector.verify(new)
    await _keep(porth, session, account_id, before, new, new.expires or identity.expires, now)


async def _keep(
    porth: Runtime,
    session: AsyncSession,
    account_id: UUID,
    before: bytes,
    new: Credentials,
    expires: datetime | None,
    now: datetime,
) -> None:
    """Store what has worked, unless a person has put in other credentials meanwhile."""
    account = await session.get_one(m.Account, account_id, with_for_update=True, populate_existing=True)
    if account.credentials != before:
        await session.rollback()
        return
    account.credentials, account.expires_at = porth.sealed(account_id, new.secrets), expires
    await session.flush()
    await quality_log.append(
        session,
        account.organisation_id,
        "credentials-renewed",
        {"account": str(account_id)},
        now=now,
        retention="access",
    )
    await session.commit()
