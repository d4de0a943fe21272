"""Accounts that somebody has to see to before they fail: weeks before, where it can be known (ACT-01, ACT-02, ACT-04).

Credentials that Porth can renew are renewed earlier than this announces them (gateway/renewing.py), so what is
announced as ending is what a person must renew.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m

SOON = timedelta(days=30)
REVIEWED_EVERY = timedelta(days=183)
"""Settings and privacy of an account are read through every six months (ACT-04)."""
REASONS = ("stopped", "expired", "expiring", "limited", "no-deputy", "review-due")
"""The most urgent first."""
WELL = "well"


class AccountAttention(Struct, frozen=True):
    """One account with everything that is the matter with it; never a secret."""

    account: UUID
    channel: UUID
    name: str
    """The channel's."""
    platform: str
    handle: str
    mode: str
    reasons: tuple[str, ...]
    """Of `REASONS`, the most urgent first."""
    expires_at: datetime | None
    stopped_at: datetime | None
    stopped_code: str | None
    limited_until: datetime | None
    reviewed: date | None
    """When its channel was last reviewed."""


def state(account: m.Account, now: datetime) -> str:
    """The most urgent thing that is the matter with the account itself, or `WELL`."""
    return next(_of_account(account, now), WELL)


async def accounts_needing_attention(
    session: AsyncSession, organisation: UUID, now: datetime
) -> tuple[AccountAttention, ...]:
    """The most urgent first. Channels that are closed need nothing."""
    left = await _left(session, organisation)
    rows = await session.execute(
        select(m.Account, m.Channel)
        .join(m.Channel, m.Channel.id == m.Account.channel_id)
        .where(m.Account.organisation_id == organisation)
        .order_by(m.Channel.name, m.Account.id)
    )
    found = [
        _attention(account, channel, reasons)
        for account, channel in rows
        if not channel.register.get("closed")
        and (reasons := (*_of_account(account, now), *_of_register(channel, left, now)))
    ]
    return tuple(sorted(found, key=lambda one: (REASONS.index(one.reasons[0]), one.expires_at or now + SOON)))


def _of_account(account: m.Account, now: datetime) -> Iterator[str]:
    if account.stopped_at is not None:
        yield "stopped"
    if account.expires_at is not None and account.expires_at < now + SOON:
        yield "expired" if account.expires_at <= now else "expiring"
    if account.limited_until is not None and account.limited_until > now:
        yield "limited"


def _of_register(channel: m.Channel, left: Collection[str], now: datetime) -> Iterator[str]:
    deputy = channel.register.get("deputy")
    if not deputy or str(deputy).lower() in left:
        yield "no-deputy"
    if (_reviewed(channel.register) or channel.created_at.date()) + REVIEWED_EVERY < now.date():
        yield "review-due"


def _reviewed(register: Mapping[str, Any]) -> date | None:
    """`None` also for what somebody wrote there that is no date."""
    try:
        return date.fromisoformat(str(register.get("reviewed", ""))[:10])
    except ValueError:
        return None


async def _left(session: AsyncSession, organisation: UUID) -> frozenset[str]:
    """Who is here no more, by id and by address: the register may name a person by either."""
    rows = await session.execute(
        select(m.Person.id, m.Person.email).where(
            m.Person.organisation_id == organisation, m.Person.left_at.is_not(None)
        )
    )
    return frozenset(name for id_, email in rows for name in (str(id_), email))


def _attention(account: m.Account, channel: m.Channel, reasons: tuple[str, ...]) -> AccountAttention:
    return AccountAttention(
        account=account.id, channel=channel.id, name=channel.name, platform=channel.platform, handle=account.handle,
        mode=account.mode, reasons=reasons, expires_at=account.expires_at, stopped_at=account.stopped_at,
        stopped_code=account.stopped_code, limited_until=account.limited_until, reviewed=_reviewed(channel.register),
    )  # fmt: skip
