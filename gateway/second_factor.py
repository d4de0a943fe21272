"""One-time codes (TOTP, RFC 6238) and recovery codes, for those whose sign-in opens more than their own drafts.

The seed lies sealed beside the last time step that was used, so a code that somebody overheard works no second time.
"""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pyotp
from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log
from approvals.actions.organising import hash_secret
from approvals.errors import Invalid
from gateway.access import NotSignedIn, SignedIn
from gateway.vault import Vault

STEP = 30
"""Seconds that a code lasts; the ones before and after are taken too, for clocks that are a little off."""
RECOVERY_CODES = 10
ISSUER = "Porth"


class Seed(Struct, frozen=True):
    secret: str
    """Base32, as authenticator apps take it."""
    used: int = 0
    """The last time step whose code was taken."""


def new_seed() -> Seed:
    return Seed(pyotp.random_base32())


def address(seed: Seed, name: str) -> str:
    """The `otpauth:` address that apps open or read from a picture."""
    return pyotp.TOTP(seed.secret, name=name, issuer=ISSUER).provisioning_uri()


def sealed(vault: Vault, person: UUID, seed: Seed) -> bytes:
    return vault.seal(msgspec.json.encode(seed), b"totp" + person.bytes)


def opened(vault: Vault, person: UUID, kept: bytes) -> Seed:
    return msgspec.json.decode(vault.open(kept, b"totp" + person.bytes), type=Seed)


def taken(seed: Seed, code: str, now: datetime) -> Seed | None:
    """The seed with this code used up; `None` for a wrong code, or one that was used before."""
    given = "".join(code.split())
    current = int(now.timestamp()) // STEP
    for step in range(max(current - 1, seed.used + 1), current + 2):
        if hmac.compare_digest(pyotp.TOTP(seed.secret).at(step * STEP).encode(), given.encode()):
            return Seed(seed.secret, step)
    return None


async def set_up(
    session: AsyncSession, vault: Vault, signed_in: SignedIn, seed: Seed, code: str, *, now: datetime
) -> tuple[str, ...]:
    """From now on this person signs in with codes too. The recovery codes, shown once. Raises `Invalid`."""
    used = taken(seed, code, now)
    if used is None:
        raise Invalid("code-wrong", "/code")
    person = await session.get_one(m.Person, signed_in.actor.person, with_for_update=True)
    codes = tuple(f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _ in range(RECOVERY_CODES))
    person.totp_secret = sealed(vault, person.id, used)
    person.recovery_hashes = [_hash(one) for one in codes]
    await _passed(session, signed_in.sign_in)
    await _log(session, person, "second-factor-set", {}, now)
    return codes


async def remove(session: AsyncSession, signed_in: SignedIn, *, now: datetime) -> None:
    person = await session.get_one(m.Person, signed_in.actor.person, with_for_update=True)
    person.totp_secret, person.recovery_hashes = None, []
    await _log(session, person, "second-factor-removed", {}, now)


async def verify(session: AsyncSession, vault: Vault, token: str, code: str, *, now: datetime) -> None:
    """Complete a sign-in that waits for a code, or a recovery code, which is then used up. Raises `NotSignedIn`."""
    person = await session.scalar(
        select(m.Person)
        .join(m.SignIn, m.SignIn.person_id == m.Person.id)
        .where(m.SignIn.token_hash == hash_secret(token), m.SignIn.expires_at > now)
        .with_for_update(of=m.Person)
    )
    if person is None or person.totp_secret is None:
        raise NotSignedIn
    used = taken(opened(vault, person.id, person.totp_secret), code, now)
    if used is not None:
        person.totp_secret = sealed(vault, person.id, used)
    elif (recovery := _hash(code.strip().lower())) in person.recovery_hashes:
        person.recovery_hashes = [kept for kept in person.recovery_hashes if kept != recovery]
        await _log(session, person, "recovery-code-used", {"left": len(person.recovery_hashes)}, now)
    else:
        raise NotSignedIn("code-wrong")
    await _passed(session, hash_secret(token))


async def _passed(session: AsyncSession, token_hash: bytes | None) -> None:
    await session.execute(update(m.SignIn).where(m.SignIn.token_hash == token_hash).values(second_factor=True))


async def _log(session: AsyncSession, person: m.Person, kind: str, payload: dict[str, Any], now: datetime) -> None:
    await quality_log.append(
        session, person.organisation_id, kind, payload, now=now, actor=person.id, retention="access"
    )


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
