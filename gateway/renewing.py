"""Renews credentials before they end. A chore of the worker.

    claim     transaction: this process exchanges these credentials, and until `renewing_until` no other
    exchange  no transaction: the platform gives new ones; some of them make the old refresh token worthless with this
    keep      transaction, at once and before anything else: the new ones, sealed, beside the old ones
    try       no transaction: do they work?
    change    transaction: the new ones take the place of the old ones

The old credentials stay until the new ones have worked, and the new ones are never only in memory but for the moment
between the platform's answer and `keep`, which tries again while the database is away. What was kept and not tried,
because the process died, is tried by the next. A person's own new credentials are never overwritten.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log
from connectors.contract import Connector, Credentials
from connectors.errors import AuthExpired, PublishingError
from gateway.runtime import Runtime

log = logging.getLogger(__name__)

RENEW_BEFORE = timedelta(days=35)
"""Before people are told (approvals/queries/attention_views.py): who is told has nothing that renews itself."""
EVERY = timedelta(hours=6)
"""Between two tries to exchange the same credentials."""
KEEP_TRIES = 60
"""Seconds for which the database may be away while new credentials are in memory."""


class Ending(NamedTuple):
    """An account whose renewal this process has claimed."""

    account: UUID
    old: Credentials
    renewed: Credentials | None
    """Kept by a process that did not come to trying them."""
    connector: Connector


async def renew_credentials(porth: Runtime, session: AsyncSession, now: datetime) -> None:
    """Exchange what ends within weeks, and try what was exchanged before and not tried."""
    last = m.Account.renewing_until
    ends = and_(
        m.Account.expires_at < now + RENEW_BEFORE,
        m.Account.expires_at > now,
        m.Account.stopped_at.is_(None),
        or_(last.is_(None), last < now - EVERY),
    )
    accounts = await session.scalars(select(m.Account.id).where(or_(m.Account.renewed.is_not(None), ends)))
    ending = list(accounts)
    await session.commit()
    for account in ending:
        try:
            await _renew(porth, session, account, now)
        except PublishingError as error:
            await session.rollback()
            log.warning("renewing the credentials of account %s: %s", account, error.code)


async def _renew(porth: Runtime, session: AsyncSession, account: UUID, now: datetime) -> None:
    ending = await _claim(porth, session, account, now)
    if ending is None:
        return
    new = ending.renewed
    if new is None:
        new = await ending.connector.refresh(ending.old)
        if new is None or not await _keep(porth, ending, new):
            return
    try:
        identity = await ending.connector.verify(new)
    except AuthExpired:
        await ending.connector.verify(ending.old)  # where these are refused too, the new ones are kept for another try
        await _forget(porth, session, ending, new)
        raise
    await _change(porth, session, ending, new, new.expires or identity.expires, now)


async def _claim(porth: Runtime, session: AsyncSession, account_id: UUID, now: datetime) -> Ending | None:
    """`None` where another process is at it: the lock of the chores is lost with the database's connection."""
    account, platform = (
        await session.execute(
            select(m.Account, m.Channel.platform)
            .join(m.Channel, m.Channel.id == m.Account.channel_id)
            .where(m.Account.id == account_id)
            .with_for_update(of=m.Account)
            .execution_options(populate_existing=True)
        )
    ).one()
    if account.renewing_until is not None and account.renewing_until > now:
        await session.rollback()
        return None
    account.renewing_until = now + 2 * porth.settings.lease + timedelta(seconds=KEEP_TRIES)
    old, renewed = porth.credentials(account), porth.renewed(account)
    found = Ending(account_id, old, renewed, porth.connector(platform, account.mode))
    await session.commit()
    return found


async def _keep(porth: Runtime, ending: Ending, new: Credentials) -> bool:
    """Store them before anything else is done with them. False where a person has put in others meanwhile."""
    for _ in range(KEEP_TRIES):
        try:
            async with porth.sessions.begin() as session:
                account = await _same(porth, session, ending)
                if account is not None:
                    account.renewed = porth.sealed(ending.account, new.secrets)
                return account is not None
        except (DBAPIError, OSError) as error:
            log.error("new credentials of account %s cannot be kept yet (%s)", ending.account, type(error).__name__)  # noqa: TRY400  # a traceback may carry them
            await asyncio.sleep(1)
    log.error("new credentials of account %s are lost: the old ones may be worthless now", ending.account)
    return False


async def _same(porth: Runtime, session: AsyncSession, ending: Ending) -> m.Account | None:
    """The account, locked, if its credentials are still those that were exchanged, under whichever key."""
    account = await session.get_one(m.Account, ending.account, with_for_update=True, populate_existing=True)
    return account if porth.credentials(account).secrets == ending.old.secrets else None


async def _forget(porth: Runtime, session: AsyncSession, ending: Ending, new: Credentials) -> None:
    """The platform refuses what it gave, and the old ones work: these stay, and are exchanged again the next time."""
    account = await _same(porth, session, ending)
    kept = porth.renewed(account) if account is not None else None
    if account is not None and kept is not None and kept.secrets == new.secrets:
        account.renewed = None
    await session.commit()


async def _change(
    porth: Runtime, session: AsyncSession, ending: Ending, new: Credentials, expires: datetime | None, now: datetime
) -> None:
    """What has worked takes the place of the old, unless a person has put in other credentials meanwhile."""
    account = await _same(porth, session, ending)
    if account is None:
        await session.rollback()
        return
    account.credentials = porth.sealed(ending.account, new.secrets)
    account.expires_at = expires or account.expires_at  # not known after a crash: the next exchange says it
    account.renewed = account.renewing_until = None
    await session.flush()
    await quality_log.append(
        session, account.organisation_id, "credentials-renewed", {"account": str(ending.account)}, now=now,
        retention="access",
    )  # fmt: skip
    await session.commit()
