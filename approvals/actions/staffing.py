"""What administrators do for people who are here: details, sign-ins, a lost second factor; and a key's new secret."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log
from approvals.actions import organising
from approvals.actions.organising import KEY_LIFE, NewKey
from approvals.errors import Invalid, NotAllowed, NotFound, WrongState
from approvals.permissions import Actor, Permission, Role
from connectors.contract import Language

OVERLAP = timedelta(days=7)
"""The longest that the old secret of a rotated key still works, so that nothing stops meanwhile."""
APART = timedelta(days=7)
"""Within this, a new password and a new second factor of one person are two administrators' work."""


async def set_details(
    session: AsyncSession,
    actor: Actor,
    person: UUID,
    *,
    name: str,
    language: Language,
    line_manager: UUID | None,
    now: datetime,
) -> m.Person:
    """The person's name, language and line manager, who signs the line step of what this person writes."""
    found = await here(session, actor, person)
    if not name.strip():
        raise Invalid("name-needed", "/name")
    if line_manager is not None:
        await _manager(session, actor, found, line_manager)
    before = {"name": found.name, "language": found.language, "line_manager": _text(found.line_manager_id)}
    found.name, found.language, found.line_manager_id = name.strip(), language, line_manager
    after = {"name": found.name, "language": found.language, "line_manager": _text(line_manager)}
    if after != before:
        await log(session, actor, "details-set", {"person": str(person), "before": before, "after": after}, now)
    return found


async def end_sign_ins(session: AsyncSession, actor: Actor, person: UUID, reason: str, *, now: datetime) -> int:
    """Sign somebody out everywhere: a lost telephone, a computer left open. Returns how many sign-ins that ended."""
    _reasoned(reason)
    found = await here(session, actor, person)
    ended = await _end_all(session, found.id)
    await log(session, actor, "sign-ins-ended", {"person": str(person), "reason": reason, "n": ended}, now)
    return ended


async def reset_second_factor(session: AsyncSession, actor: Actor, person: UUID, reason: str, *, now: datetime) -> None:
    """Somebody has lost their telephone and their recovery codes. They are signed out, and set codes up again.

    Whoever gave them a code for a new password does not do this as well: the two together would let one
    administrator sign in as somebody else.
    """
    _reasoned(reason)
    found = await here(session, actor, person)
    if found.id == actor.person:
        raise WrongState("own-second-factor")
    if found.totp_secret is None:
        raise WrongState("no-second-factor")
    await not_both(session, actor, found, "password-code-issued", now)
    found.totp_secret, found.recovery_hashes = None, []
    ended = await _end_all(session, found.id)
    payload = {"person": str(person), "reason": reason, "sign_ins": ended}
    await log(session, actor, "second-factor-reset", payload, now)


async def rotate_key(
    session: AsyncSession,
    actor: Actor,
    key: UUID,
    *,
    overlap: timedelta = OVERLAP,
    expires: datetime | None = None,
    now: datetime,
) -> NewKey:
    """A new secret for the same system, role and team. The old one works for `overlap` more, at most to its end."""
    actor.require(Permission.PEOPLE_MANAGE)
    old = await session.get(m.ApiKey, key, with_for_update=True)
    if old is None or old.organisation_id != actor.organisation:
        raise NotFound("no-such-key")
    if old.revoked_at is not None or old.expires_at <= now:
        raise WrongState("key-ended")
    if not timedelta() <= overlap <= OVERLAP:
        raise Invalid("key-overlap", "/overlap_days", most=OVERLAP.days)
    made = await organising.create_key(
        session, actor, old.name, Role(old.role), old.responsible_id, team=old.team_id,
        expires=expires or min(now + KEY_LIFE, now + (old.expires_at - old.created_at)), now=now,
    )  # fmt: skip
    old.expires_at = min(old.expires_at, now + overlap)
    payload = {"key": old.prefix, "new": made.row.prefix, "until": old.expires_at.isoformat()}
    await log(session, actor, "key-rotated", payload, now)
    return made


async def not_both(session: AsyncSession, actor: Actor, person: m.Person, other: str, now: datetime) -> None:
    """Raises `NotAllowed` where this administrator has lately done the other half (its kind in the log)."""
    rows = await session.scalars(
        select(m.LogPayload.payload)
        .join(
            m.LogEntry,
            and_(
                m.LogEntry.organisation_id == m.LogPayload.organisation_id, m.LogEntry.number == m.LogPayload.number
            ),
        )
        .where(
            m.LogEntry.organisation_id == actor.organisation, m.LogEntry.kind == other,
            m.LogEntry.actor_id == actor.person, m.LogEntry.at > now - APART,
        )
    )  # fmt: skip
    if any(msgspec.json.decode(payload).get("person") == str(person.id) for payload in rows):
        raise NotAllowed("another-administrator")


async def here(session: AsyncSession, actor: Actor, person: UUID) -> m.Person:
    """Somebody of the actor's organisation who has not left, locked."""
    actor.require(Permission.PEOPLE_MANAGE)
    found = await session.get(m.Person, person, with_for_update={"key_share": True}, populate_existing=True)
    if found is None or found.organisation_id != actor.organisation:
        raise NotFound("no-such-person")
    if found.left_at is not None:
        raise WrongState("has-left")
    return found


async def _manager(session: AsyncSession, actor: Actor, found: m.Person, manager: UUID) -> None:
    role = await session.scalar(
        select(m.Person.id)
        .join(m.RoleGrant, m.RoleGrant.person_id == m.Person.id)
        .where(
            m.Person.id == manager, m.Person.organisation_id == actor.organisation, m.Person.left_at.is_(None),
            m.RoleGrant.role == Role.LINE_MANAGER,
        )
    )  # fmt: skip
    if role is None or manager == found.id:
        raise Invalid("line-manager", "/line_manager")


async def _end_all(session: AsyncSession, person: UUID) -> int:
    ended = delete(m.SignIn).where(m.SignIn.person_id == person).returning(m.SignIn.person_id)
    return len((await session.execute(ended)).all())


def _text(person: UUID | None) -> str | None:
    return str(person) if person else None


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise Invalid("reason-needed", "/reason")


async def log(session: AsyncSession, actor: Actor, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
    by = None if actor.person == actor.organisation else actor.person
    await quality_log.append(session, actor.organisation, kind, payload, now=now, actor=by, retention="access")
