"""A new password: by the person who knows the old one, or with a code that an administrator has given them.

The code is told, not sent: it is typed beside the e-mail address, stands in no address, counts once and for a day. An
administrator never learns the password, and it does not take the place of a second factor.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from anyio import to_thread
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log
from approvals.actions import staffing
from approvals.actions.organising import hash_secret
from approvals.errors import Invalid, WrongState
from approvals.permissions import Actor
from gateway import access
from gateway.access import NotSignedIn, SignedIn

CODE_LIFE = timedelta(hours=24)
_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without those that are taken for one another when somebody reads them out."""
_GROUPS, _IN_A_GROUP = 3, 5


async def issue_code(session: AsyncSession, actor: Actor, person: UUID, *, now: datetime) -> str:
    """A code for this person, shown once; an earlier one counts no more."""
    found = await staffing.here(session, actor, person)
    if found.id == actor.person:
        raise WrongState("own-password")
    await staffing.not_both(session, actor, found, "second-factor-reset", now)
    code = "-".join("".join(secrets.choice(_SIGNS) for _ in range(_IN_A_GROUP)) for _ in range(_GROUPS))
    found.password_code, found.password_code_until = _hash(code), now + CODE_LIFE
    await session.flush()
    await staffing.log(session, actor, "password-code-issued", {"person": str(person)}, now)
    return code


async def set_with_code(session: AsyncSession, email: str, code: str, password: str, *, now: datetime) -> None:
    """Raises `NotSignedIn`, the same for an unknown address and a wrong or used code."""
    person = await session.scalar(
        select(m.Person).where(m.Person.email == email.strip().lower(), m.Person.left_at.is_(None)).with_for_update()
    )
    kept = person.password_code if person is not None else None
    right = hmac.compare_digest(kept or bytes(32), _hash(code))
    if person is None or kept is None or not right or (person.password_code_until or now) <= now:
        raise NotSignedIn("password-code-wrong")
    person.password_hash = await access.hashed(password)
    person.password_code = person.password_code_until = None
    await session.execute(delete(m.SignIn).where(m.SignIn.person_id == person.id))
    await _log(session, person, "password-set-with-code", now)


async def change(session: AsyncSession, signed_in: SignedIn, current: str, password: str, *, now: datetime) -> None:
    """Every other sign-in of this person ends. Raises `Invalid`."""
    person = await session.get_one(m.Person, signed_in.actor.person, with_for_update=True)
    if person.password_hash is None or not await to_thread.run_sync(access.matches, person.password_hash, current):
        raise Invalid("password-current", "/current")
    if current == password:
        raise Invalid("password-same", "/password")
    person.password_hash = await access.hashed(password)
    person.password_code = person.password_code_until = None
    await end_others(session, signed_in)
    await _log(session, person, "password-changed", now)


async def end_others(session: AsyncSession, signed_in: SignedIn) -> int:
    """Sign the person out everywhere but here. Returns how many sign-ins that ended."""
    ended = (
        delete(m.SignIn)
        .where(m.SignIn.person_id == signed_in.actor.person, m.SignIn.token_hash != signed_in.sign_in)
        .returning(m.SignIn.person_id)
    )
    return len((await session.execute(ended)).all())


def _hash(code: str) -> bytes:
    return hash_secret("".join(code.lower().replace("-", " ").split()))


async def _log(session: AsyncSession, person: m.Person, kind: str, now: datetime) -> None:
    await quality_log.append(session, person.organisation_id, kind, {}, now=now, actor=person.id, retention="access")
