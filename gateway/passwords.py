"""A new password: by the person who knows the old one, or with a code, sent by e-mail or told by an administrator.

A link that lets whoever opens it choose a password is a secret in an address: it stays in histories and logs. So the
mail carries a short code that is typed into a form, with the address it was sent to. It works once, for a while, and
dies after a few wrong tries. It ends every sign-in, and the second factor is still asked for. Where mail does not reach
somebody, an administrator tells them a code; nobody but the person ever knows the password.
"""

import re
import secrets
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from anyio import to_thread
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals import quality_log
from approvals.actions import staffing
from approvals.errors import Invalid, NotFound, WrongState
from approvals.permissions import Actor, Permission
from gateway import access
from gateway.access import SignedIn
from gateway.vault import Vault

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""Nothing that is read as something else, and no vowels, so no words."""
LENGTH = 10
"""48 bits: with the few tries that a code allows, nobody guesses one."""
MOST_TRIES = 5
INVITED_FOR, TOLD_FOR, FORGOTTEN_FOR = timedelta(days=7), timedelta(hours=24), timedelta(minutes=30)
MOST_MAILS, WITHIN = 3, timedelta(hours=1)
"""However often a code is asked for: nobody's letter box is filled by somebody else."""


async def invite(session: AsyncSession, vault: Vault, actor: Actor, person_id: UUID, *, now: datetime) -> None:
    """Send somebody of the actor's organisation a code to set their password with. Raises `NotFound`."""
    actor.require(Permission.PEOPLE_MANAGE)
    person = await session.get(m.Person, person_id)
    if person is None or person.organisation_id != actor.organisation or person.left_at is not None:
        raise NotFound("no-such-person")
    code = new_code()
    await _mail(session, vault, person, "invitation", code, await hashed(code), now, INVITED_FOR)
    await quality_log.append(
        session, actor.organisation, "invited", {"person": str(person_id)}, now=now, actor=actor.person,
        retention="access",
    )  # fmt: skip


async def issue_code(session: AsyncSession, actor: Actor, person_id: UUID, *, now: datetime) -> str:
    """A code for this person, to be told to them and shown once; an earlier one counts no more."""
    found = await staffing.here(session, actor, person_id)
    if found.id == actor.person:
        raise WrongState("own-password")
    await staffing.not_both(session, actor, found, "second-factor-reset", now)
    code = new_code()
    session.add(_kept(found, await hashed(code), now, TOLD_FOR))
    await session.flush()
    await staffing.log(session, actor, "password-code-issued", {"person": str(person_id)}, now)
    return code


async def forgotten(session: AsyncSession, vault: Vault, email: str, *, now: datetime) -> None:
    """Send a code if this is the address of somebody who works here. To whoever asks, all addresses look the same."""
    code = new_code()
    kept = await hashed(code)  # also for nobody: it is what takes the time
    person = await _person(session, email)
    if person is None or await _enough(session, person.id, now):
        return
    await _mail(session, vault, person, "password-code", code, kept, now, FORGOTTEN_FOR)
    await quality_log.append(
        session, person.organisation_id, "password-code-sent", {"person": str(person.id)}, now=now, retention="access"
    )


async def redeem(session: AsyncSession, email: str, code: str, password: str, *, now: datetime) -> bool:
    """Set the password if this is the newest code of that address. False for every reason why it is not: commit then
    too, as the try counts. Raises `Invalid` for a password that is too short.
    """
    access.require_length(password)
    person = await _person(session, email)
    found = await _newest(session, person.id, now) if person else None
    right = await to_thread.run_sync(access.matches, found.code_hash if found else _nobodys(), plain(code))
    if person is None or found is None or not right:
        if found is not None:
            found.tries += 1
        return False
    person.password_hash = await access.hashed(password)
    await _end_codes(session, person.id, now)
    await session.execute(delete(m.SignIn).where(m.SignIn.person_id == person.id))
    session.add(_open(person, "password-changed", now))
    await session.flush()
    await _log_change(session, person, now)
    return True


async def change(session: AsyncSession, signed_in: SignedIn, current: str, password: str, *, now: datetime) -> None:
    """Every other sign-in of this person ends, and every code. Raises `Invalid`."""
    person = await session.get_one(m.Person, signed_in.actor.person, with_for_update=True)
    if person.password_hash is None or not await to_thread.run_sync(access.matches, person.password_hash, current):
        raise Invalid("password-current", "/current")
    if current == password:
        raise Invalid("password-same", "/password")
    person.password_hash = await access.hashed(password)
    await _end_codes(session, person.id, now)
    await end_others(session, signed_in)
    await _log_change(session, person, now)


async def end_others(session: AsyncSession, signed_in: SignedIn) -> int:
    """Sign the person out everywhere but here. Returns how many sign-ins that ended."""
    ended = (
        delete(m.SignIn)
        .where(m.SignIn.person_id == signed_in.actor.person, m.SignIn.token_hash != signed_in.sign_in)
        .returning(m.SignIn.person_id)
    )
    return len((await session.execute(ended)).all())


def new_code() -> str:
    made = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{made[: LENGTH // 2]}-{made[LENGTH // 2 :]}"


def plain(code: str) -> str:
    """As it is kept: however it was typed."""
    return re.sub(r"[^A-Z0-9]", "", code.upper())[: 2 * LENGTH]


async def hashed(code: str) -> str:
    return await to_thread.run_sync(access.hash_of, plain(code))


@cache
def _nobodys() -> str:
    """A hash that no code has: an unknown address takes as long as a wrong code."""
    return access.hash_of(secrets.token_urlsafe(32))


async def _person(session: AsyncSession, email: str) -> m.Person | None:
    return await session.scalar(
        select(m.Person).where(m.Person.email == email.strip().lower(), m.Person.left_at.is_(None))
    )


async def _newest(session: AsyncSession, person: UUID, now: datetime) -> m.PasswordCode | None:
    """The last code that was sent, if it still works; an earlier one ended with it."""
    found = await session.scalar(
        select(m.PasswordCode)
        .where(m.PasswordCode.person_id == person)
        .order_by(m.PasswordCode.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    works = found is not None and found.used_at is None and found.expires_at > now and found.tries < MOST_TRIES
    return found if works else None


async def _enough(session: AsyncSession, person: UUID, now: datetime) -> bool:
    sent = await session.scalar(
        select(func.count())
        .select_from(m.PasswordCode)
        .where(m.PasswordCode.person_id == person, m.PasswordCode.made_at > now - WITHIN)
    )
    return (sent or 0) >= MOST_MAILS


async def _mail(
    session: AsyncSession,
    vault: Vault,
    person: m.Person,
    kind: str,
    code: str,
    kept: str,
    now: datetime,
    life: timedelta,
) -> None:
    """The code's hash stays; the code itself lies sealed with its mail until that is sent."""
    session.add(_kept(person, kept, now, life))
    mail = _open(person, kind, now)
    mail.sealed, mail.expires_at = vault.seal(code.encode(), mail.id.bytes), now + life
    session.add(mail)
    await session.flush()


def _kept(person: m.Person, code_hash: str, now: datetime, life: timedelta) -> m.PasswordCode:
    return m.PasswordCode(person_id=person.id, code_hash=code_hash, made_at=now, expires_at=now + life)


async def _end_codes(session: AsyncSession, person: UUID, now: datetime) -> None:
    await session.execute(
        update(m.PasswordCode)
        .where(m.PasswordCode.person_id == person, m.PasswordCode.used_at.is_(None))
        .values(used_at=now)
    )


async def _log_change(session: AsyncSession, person: m.Person, now: datetime) -> None:
    await quality_log.append(
        session, person.organisation_id, "password-changed", {}, now=now, actor=person.id, retention="access"
    )


def _open(person: m.Person, kind: str, now: datetime) -> m.Mail:
    return m.Mail(
        id=uuid7(), organisation_id=person.organisation_id, person_id=person.id, kind=kind, made_at=now,
        next_attempt_at=now, state="open",
    )  # fmt: skip
