"""Looks through each account for posts that did not come through Porth (PUB-06). A chore of the worker."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import foreign
from connectors.errors import PublishingError
from connectors.matching import normal
from gateway.runtime import Runtime
from gateway.vault import CannotOpenError

log = logging.getLogger(__name__)

AT_ONCE = 500
"""Accounts in one round; the others have their turn in the next, the longest unseen first."""
OVERLAP = timedelta(hours=1)
"""Looked through again each time: platforms list some posts late."""


async def look_for_foreign(porth: Runtime, session: AsyncSession, now: datetime) -> None:
    """No transaction is open during a call; an account that fails is looked at again in the next round."""
    accounts = await foreign.to_look_at(session, AT_ONCE)
    await session.commit()
    for account in accounts:
        try:
            await _look(porth, session, account, now)
        except PublishingError as error:
            log.warning("listing the posts of account %s: %s", account, error.code)
        except CannotOpenError:
            await session.rollback()
            log.warning("listing the posts of account %s: its credentials were sealed with another key", account)


async def _look(porth: Runtime, session: AsyncSession, account_id: UUID, now: datetime) -> None:
    account, platform = (
        await session.execute(
            select(m.Account, m.Channel.platform)
            .join(m.Channel, m.Channel.id == m.Account.channel_id)
            .where(m.Account.id == account_id)
        )
    ).one()
    credentials, connector = porth.credentials(account), porth.connector(platform, account.mode)
    since = max((account.listed_at or account.created_at) - OVERLAP, account.created_at)
    await session.commit()
    seen = await connector.recent(credentials, since)
    await foreign.compared(session, account_id, seen, normal, now=now)
    await session.commit()
