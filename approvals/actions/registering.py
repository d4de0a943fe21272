"""The register of channels (ACT-01 to ACT-05), and taking an account out of service and back. All of it is logged."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log, register
from approvals.content import LONDON
from approvals.errors import Invalid, NotFound, WrongState
from approvals.permissions import Actor, Permission
from approvals.register import BY_HAND, CLOSED, Entry
from approvals.rules import PACK

MODELS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "bilingual": (("cy", "en"),), "paired": (("cy",), ("en",)), "cy": (("cy",),), "en": (("en",),),
}  # fmt: skip
"""Language model of a channel to the languages that one of its accounts may speak (WEL-05)."""


async def checked(session: AsyncSession, actor: Actor, entry: Entry) -> dict[str, Any]:
    """What the row keeps of an entry. Raises `Invalid` with the field that cannot stand so."""
    if not entry.purpose.strip():
        raise Invalid("register-purpose", "/register/purpose")
    for field in ("owner", "deputy"):
        await _somebody(session, actor, getattr(entry, field), f"/register/{field}")
    if entry.owner is not None and entry.owner == entry.deputy:
        raise Invalid("register-same", "/register/deputy")
    if entry.recovery.rpartition("@")[2].strip().lower() in PACK.lists.personal_domains:
        raise Invalid("register-recovery", "/register/recovery")
    found: dict[str, Any] = msgspec.to_builtins(entry)
    return found


async def set_register(session: AsyncSession, actor: Actor, channel: UUID, entry: Entry, *, now: datetime) -> m.Channel:
    """Write what the register says; reviews and the closure stay as they were recorded."""
    found = await _channel(session, actor, channel)
    before = register.read(found.register)
    kept = await checked(session, actor, entry)
    done = {"reviewed", "reviewed_by", "closed", "closing_reason"}
    found.register = kept | {name: value for name, value in found.register.items() if name in done}
    payload = {"channel": found.name, "before": msgspec.to_builtins(before), "after": found.register}
    await _log(session, actor, "register-set", payload, now)
    return found


async def record_review(session: AsyncSession, actor: Actor, channel: UUID, on: date, *, now: datetime) -> m.Channel:
    """On that day somebody read through the account's settings, privacy, name and standing text (ACT-04, WEL-06)."""
    found = await _channel(session, actor, channel)
    last = register.read(found.register).reviewed
    if on > now.astimezone(LONDON).date():
        raise Invalid("review-to-come", "/reviewed")
    if last is not None and on < last:
        raise Invalid("review-earlier", "/reviewed", last=last.isoformat())
    found.register = found.register | {"reviewed": on.isoformat(), "reviewed_by": str(actor.person)}
    await _log(session, actor, "channel-reviewed", {"channel": found.name, "on": on.isoformat()}, now)
    return found


async def close_channel(session: AsyncSession, actor: Actor, channel: UUID, reason: str, *, now: datetime) -> m.Channel:
    """No post can choose the channel any more, and what is due on it is held. Public posts can still be taken down."""
    _reasoned(reason)
    found = await _channel(session, actor, channel)
    accounts = await session.scalars(select(m.Account).where(m.Account.channel_id == channel).order_by(m.Account.id))
    held = 0
    for account in accounts:
        held += await _stop(session, account, CLOSED, now)
    closed = {"closed": now.astimezone(LONDON).date().isoformat(), "closing_reason": reason}
    found.register = found.register | closed
    await _log(session, actor, "channel-closed", {"channel": found.name, "reason": reason, "held": held}, now)
    return found


async def take_out(session: AsyncSession, actor: Actor, account: UUID, reason: str, *, now: datetime) -> int:
    """Nothing more is sent to the account until it is brought back. Returns how many deliveries that holds.

    The organisation is locked as for a pause, so a send either began before this or sees it.
    """
    _reasoned(reason)
    found = await _account(session, actor, account)
    if found.stopped_at is not None:
        raise WrongState("account-stopped")
    held = await _stop(session, found, BY_HAND, now)
    payload = {"account": str(account), "name": found.handle, "reason": reason, "held": held}
    await _log(session, actor, "account-taken-out", payload, now)
    return held


async def bring_back(session: AsyncSession, actor: Actor, account: UUID, reason: str, *, now: datetime) -> m.Account:
    """The account takes deliveries again. What was held stays held until Communications releases it."""
    _reasoned(reason)
    found = await _account(session, actor, account)
    if found.stopped_code != BY_HAND:
        raise WrongState("account-not-taken-out")
    found.stopped_code = found.stopped_at = None
    payload = {"account": str(account), "name": found.handle, "reason": reason}
    await _log(session, actor, "account-brought-back", payload, now)
    return found


async def not_closed(session: AsyncSession, actor: Actor, channel: UUID) -> m.Channel:
    """A channel that can get accounts and credentials, locked with its organisation."""
    return await _channel(session, actor, channel)


async def taken(session: AsyncSession, channel: m.Channel, external_id: str, mode: str) -> bool:
    """Whether a channel that is not closed has this very account: it would get every post twice."""
    rows = await session.scalars(
        select(m.Account.stopped_code)
        .join(m.Channel, m.Channel.id == m.Account.channel_id)
        .where(
            m.Account.organisation_id == channel.organisation_id, m.Channel.platform == channel.platform,
            m.Account.external_id == external_id, m.Account.mode == mode,
        )
    )  # fmt: skip
    return any(code != CLOSED for code in rows)


async def _stop(session: AsyncSession, account: m.Account, code: str, now: datetime) -> int:
    waiting = await session.scalars(
        select(m.Delivery)
        .where(m.Delivery.account_id == account.id, m.Delivery.state == "due")
        .order_by(m.Delivery.id)
        .with_for_update()
    )
    held = 0
    for delivery in waiting:
        delivery.state, delivery.code = "held", f"account-{code}"
        held += 1
    account.stopped_code, account.stopped_at = code, now
    await session.flush()
    return held


async def _lock(session: AsyncSession, actor: Actor) -> None:
    actor.require(Permission.CHANNEL_MANAGE)
    await session.get_one(m.Organisation, actor.organisation, with_for_update={"key_share": True})


async def _channel(session: AsyncSession, actor: Actor, channel: UUID) -> m.Channel:
    await _lock(session, actor)
    found = await session.get(m.Channel, channel, populate_existing=True)
    if found is None or found.organisation_id != actor.organisation:
        raise NotFound("no-such-channel")
    if register.read(found.register).closed is not None:
        raise WrongState("channel-closed")
    return found


async def _account(session: AsyncSession, actor: Actor, account: UUID) -> m.Account:
    await _lock(session, actor)
    found = await session.get(m.Account, account, populate_existing=True)
    if found is None or found.organisation_id != actor.organisation:
        raise NotFound("no-such-account")
    return found


async def _somebody(session: AsyncSession, actor: Actor, person: UUID | None, field: str) -> None:
    found = await session.get(m.Person, person) if person is not None else None
    if person is not None and (
        found is None or found.organisation_id != actor.organisation or found.left_at is not None
    ):
        raise Invalid("register-person", field)


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise Invalid("reason-needed", "/reason")


async def _log(session: AsyncSession, actor: Actor, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
    by = None if actor.person == actor.organisation else actor.person
    await quality_log.append(session, actor.organisation, kind, payload, now=now, actor=by, retention="access")
