"""Who is asking: passwords, sign-ins kept on the server, and API keys. What they may do is `approvals.permissions`.

`authenticate` is the one door: single sign-on will put another way of signing in behind the same function.
"""

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import msgspec
from anyio import to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions.organising import hash_secret
from approvals.errors import Invalid
from approvals.permissions import SIGNS, Actor, Permission, Role
from approvals.policy import Policy
from i18n.messages import Language

COOKIE = "porth"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
UNATTENDED = "X-Porth-Unattended"
"""A page that looks for news by itself says so: nobody need be there, so the sign-in does not count as used."""
LIFE = timedelta(hours=12)
"""A sign-in ends after a shift, however busy."""
IDLE = timedelta(hours=1)
"""And earlier where nobody uses it."""
_SEEN_EVERY = timedelta(minutes=1)
LEAST_PASSWORD = 12
MOST_PASSWORD = 200

GUARDED = frozenset(
    {
        *SIGNS.values(),
        Permission.CONSENT_DECIDE,
        Permission.PEOPLE_MANAGE,
        Permission.CHANNEL_MANAGE,
        Permission.POLICY_EDIT,
    }
)
"""What an organisation can ask a second factor for."""

_hasher = PasswordHasher()


class NotSignedIn(Exception):  # noqa: N818  # an answer: sign in first
    """Nobody, or nobody any more. `code` is a key of the `refusals` catalogs."""

    def __init__(self, code: str = "not-signed-in") -> None:
        super().__init__(code)
        self.code = code


class TooManyTries(Exception):  # noqa: N818  # an answer: wait
    """Too many wrong passwords of late, for this account or from this address."""


class SignedIn(Struct, frozen=True):
    """Who is asking, as every handler gets it: `request.user`."""

    actor: Actor
    name: str
    language: Language
    csrf: str | None = None
    """What a page puts into its forms; `None` for a key, which no browser sends by itself."""
    sign_in: bytes | None = None
    """The hash under which the sign-in is kept; `None` for a key."""
    lacks_second_factor: bool = False
    """The organisation asks these roles for a one-time code, and the person has set none up."""


class NewSignIn(Struct, frozen=True):
    """`token` goes into the cookie and is kept nowhere else."""

    token: str
    csrf: str
    person: UUID
    expires: datetime


async def authenticate(
    session: AsyncSession, headers: Mapping[str, str], cookies: Mapping[str, str], *, now: datetime
) -> SignedIn:
    """Whoever the request's key or sign-in stands for. Raises `NotSignedIn`."""
    given = headers.get("authorization")
    if given is not None:
        scheme, _, key = given.partition(" ")
        if scheme.lower() != "bearer":
            raise NotSignedIn("key-unknown")
        return await _by_key(session, key.strip(), now)
    if token := cookies.get(COOKIE):
        return await _by_sign_in(session, token, now, attended=UNATTENDED not in headers)
    raise NotSignedIn


async def _by_key(session: AsyncSession, key: str, now: datetime) -> SignedIn:
    word, _, rest = key.partition("_")
    prefix, _, secret = rest.partition("_")
    row = (
        await session.execute(
            select(m.ApiKey, m.Person)
            .join(m.Person, m.Person.id == m.ApiKey.responsible_id)
            .where(m.ApiKey.prefix == prefix[:12])
        )
    ).first()
    kept = row[0].secret_hash if row else bytes(32)
    if not hmac.compare_digest(kept, hash_secret(secret)) or row is None or word != "porth":
        raise NotSignedIn("key-unknown")
    found, person = row
    if found.revoked_at is not None or person.left_at is not None:
        raise NotSignedIn("key-revoked")
    if found.expires_at <= now:
        raise NotSignedIn("key-expired")
    actor = Actor(
        person.id, found.organisation_id, frozenset({Role(found.role)}),
        frozenset({found.team_id} if found.team_id else ()), found.id,
    )  # fmt: skip
    return SignedIn(actor, found.name, _language(person))


async def _by_sign_in(session: AsyncSession, token: str, now: datetime, *, attended: bool) -> SignedIn:
    hashed = hash_secret(token)
    row = (
        await session.execute(
            select(m.SignIn, m.Person)
            .join(m.Person, m.Person.id == m.SignIn.person_id)
            .where(m.SignIn.token_hash == hashed)
        )
    ).first()
    if row is None:
        raise NotSignedIn
    found, person = row
    if person.left_at is not None or found.expires_at <= now or found.seen_at <= now - IDLE:
        raise NotSignedIn("sign-in-ended")
    if person.totp_secret is not None and not found.second_factor:
        raise NotSignedIn("second-factor-needed")
    if attended and found.seen_at <= now - _SEEN_EVERY:
        await session.execute(update(m.SignIn).where(m.SignIn.token_hash == hashed).values(seen_at=now))
    actor = await actor_of(session, person)
    lacks = person.totp_secret is None and await _asks_second_factor(session, actor)
    return SignedIn(actor, person.name, _language(person), found.csrf, hashed, lacks)


async def _asks_second_factor(session: AsyncSession, actor: Actor) -> bool:
    if not any(actor.may(permission) for permission in GUARDED):
        return False
    policy = await session.scalar(select(m.Organisation.policy).where(m.Organisation.id == actor.organisation))
    return msgspec.convert(policy, Policy).second_factor


async def actor_of(session: AsyncSession, person: m.Person) -> Actor:
    """What this person's roles and service teams make of them today."""
    roles = await session.scalars(select(m.RoleGrant.role).where(m.RoleGrant.person_id == person.id))
    teams = await session.scalars(select(m.Membership.team_id).where(m.Membership.person_id == person.id))
    return Actor(person.id, person.organisation_id, frozenset(Role(role) for role in roles), frozenset(teams))


def _language(person: m.Person) -> Language:
    return "en" if person.language == "en" else "cy"


async def sign_in(session: AsyncSession, email: str, password: str, *, agent: str = "", now: datetime) -> NewSignIn:
    """Raises `NotSignedIn`, the same for an unknown address, a wrong password and somebody who has left."""
    person = await session.scalar(select(m.Person).where(m.Person.email == email.strip().lower()))
    kept = person.password_hash if person and person.left_at is None else None
    right = await to_thread.run_sync(matches, kept or _nobody(), password)
    if not right or kept is None or person is None:
        raise NotSignedIn("wrong-password")
    if _hasher.check_needs_rehash(kept):
        person.password_hash = await hashed(password)
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    session.add(
        m.SignIn(
            token_hash=hash_secret(token), person_id=person.id, csrf=csrf, created_at=now, seen_at=now,
            expires_at=now + LIFE, agent=agent[:200],
        )
    )  # fmt: skip
    await session.execute(delete(m.SignIn).where(m.SignIn.person_id == person.id, m.SignIn.expires_at <= now))
    return NewSignIn(token, csrf, person.id, now + LIFE)


async def sign_out(session: AsyncSession, signed_in: SignedIn) -> None:
    await session.execute(delete(m.SignIn).where(m.SignIn.token_hash == signed_in.sign_in))


async def hashed(password: str) -> str:
    """argon2id. Raises `Invalid` where it is no password."""
    require_length(password)
    return await to_thread.run_sync(hash_of, password)


def require_length(password: str) -> None:
    """Raises `Invalid` for what is too short to be a password, or so long that it is an attack."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise Invalid("password-length", "/password", least=LEAST_PASSWORD, most=MOST_PASSWORD)


def hash_of(secret: str) -> str:
    """argon2id of something a person types. It takes its time: in a thread."""
    return _hasher.hash(secret)


def matches(kept: str, password: str) -> bool:
    """Slow by design: call it in a thread."""
    try:
        return _hasher.verify(kept, password[: MOST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """A hash that no password has: an unknown address takes as long as a wrong password."""
    return _hasher.hash(secrets.token_urlsafe(32))


def csrf_matches(signed_in: SignedIn, given: str | None) -> bool:
    return signed_in.csrf is not None and hmac.compare_digest(signed_in.csrf.encode(), (given or "").encode())


class Throttle:
    """Failed sign-ins per account and address. In this process's memory: a restart forgets, several processes add up.

    The limit for one address alone is higher, as a whole hospital may come from one; the limit for one account alone
    is high enough that nobody can easily lock another person out.
    """

    WINDOW = timedelta(minutes=15)
    MOST_REMEMBERED = 10_000

    def __init__(self) -> None:
        self._failures: dict[tuple[str, ...], list[datetime]] = {}

    def refused(self, email: str, address: str, now: datetime) -> bool:
        return any(len(self._recent(key, now)) >= most for key, most in _counted(email, address))

    def failed(self, email: str, address: str, now: datetime) -> None:
        for key, _ in _counted(email, address):
            recent = [*self._recent(key, now), now]
            self._failures.pop(key, None)
            self._failures[key] = recent
        while len(self._failures) > self.MOST_REMEMBERED:
            self._failures.pop(next(iter(self._failures)))

    def succeeded(self, email: str, address: str) -> None:
        self._failures.pop(("both", email.strip().lower(), address), None)

    def _recent(self, key: tuple[str, ...], now: datetime) -> list[datetime]:
        return [at for at in self._failures.get(key, ()) if at > now - self.WINDOW]


def _counted(email: str, address: str) -> tuple[tuple[tuple[str, ...], int], ...]:
    account = email.strip().lower()[:320]
    return (("both", account, address), 5), (("account", account), 50), (("address", address), 100)


async def sign_ins_of(session: AsyncSession, person: UUID, *, now: datetime) -> list[m.SignIn]:
    """Where this person is signed in, the newest first."""
    rows = await session.scalars(
        select(m.SignIn)
        .where(m.SignIn.person_id == person, m.SignIn.expires_at > now, m.SignIn.seen_at > now - IDLE)
        .order_by(m.SignIn.created_at.desc())
    )
    return list(rows)


async def end_sign_in(session: AsyncSession, person: UUID, token_hash: str) -> bool:
    """End one of the person's own sign-ins by its hash in hexadecimal digits; false where there is none such."""
    ended = delete(m.SignIn).where(m.SignIn.person_id == person, func.encode(m.SignIn.token_hash, "hex") == token_hash)
    return (await session.execute(ended.returning(m.SignIn.person_id))).first() is not None
