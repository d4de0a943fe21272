"""The organisation itself: teams, people and their roles, keys, channels and accounts. All of it is logged."""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals import quality_log
from approvals.actions import registering
from approvals.errors import Invalid, NotFound, Stale, WrongState
from approvals.mailbox import MAILBOX
from approvals.permissions import Actor, Permission, Role
from approvals.policy import MOST_SPACING, Policy
from approvals.register import STOPPED_BY_PEOPLE, Entry
from approvals.route import decode
from approvals.rules import PACK
from connectors.contract import Language

MOST_LATE = 24 * 60
"""Minutes: what is later than a day is another day's post."""
MOST_SMALL = 10
"""The highest threshold of small numbers that bodies use (IDP-06)."""
KEY_LIFE = timedelta(days=365)
"""The longest that a key lives: access is renewed yearly (APR-03)."""


class NewKey(NamedTuple):
    """A key and its secret, which is shown once and kept nowhere."""

    row: m.ApiKey
    secret: str


async def found_organisation(
    session: AsyncSession, slug: str, name_cy: str, name_en: str, *, now: datetime
) -> m.Organisation:
    """A new organisation with the default route. Only the command line founds one: nobody in it could yet."""
    made = m.Organisation(slug=slug, name_cy=name_cy, name_en=name_en, created_at=now)
    session.add(made)
    await session.flush()
    await quality_log.append(session, made.id, "organisation-founded", {"slug": slug}, now=now)
    return made


async def add_team(session: AsyncSession, actor: Actor, name: str, *, now: datetime) -> m.Team:
    actor.require(Permission.PEOPLE_MANAGE)
    if not name.strip():
        raise Invalid("name-needed", "/name")
    made = m.Team(organisation_id=actor.organisation, name=name)
    await _add(session, made, "team-taken", "/name")
    await _log(session, actor, "team-added", {"team": str(made.id), "name": name}, now)
    return made


async def add_person(
    session: AsyncSession,
    actor: Actor,
    email: str,
    name: str,
    roles: Collection[Role],
    *,
    teams: Sequence[UUID] = (),
    language: Language = "cy",
    password_hash: str | None = None,
    line_manager: UUID | None = None,
    now: datetime,
) -> m.Person:
    """Somebody new, with their roles and service teams."""
    actor.require(Permission.PEOPLE_MANAGE)
    if not MAILBOX.fullmatch(email.strip()):
        raise Invalid("email-wrong", "/email")
    if not name.strip():
        raise Invalid("name-needed", "/name")
    await _own_teams(session, actor, teams, "/teams")
    if line_manager is not None:
        await _person(session, actor, line_manager)
    made = m.Person(
        organisation_id=actor.organisation, email=email.strip().lower(), name=name, language=language,
        password_hash=password_hash, line_manager_id=line_manager, created_at=now,
    )  # fmt: skip
    await _add(session, made, "email-taken", "/email")
    for role in roles:
        session.add(m.RoleGrant(person_id=made.id, role=role, granted_by=_granter(actor), granted_at=now))
    for team in teams:
        session.add(m.Membership(team_id=team, person_id=made.id))
    await session.flush()
    await _log(session, actor, "person-added", {"person": str(made.id), "roles": sorted(roles)}, now)
    return made


def _granter(actor: Actor) -> UUID | None:
    """The command line acts for the organisation itself before anybody is in it."""
    return None if actor.person == actor.organisation else actor.person


async def set_roles(
    session: AsyncSession, actor: Actor, person: UUID, roles: Collection[Role], *, now: datetime
) -> m.Person:
    """Give a person exactly these roles. Nobody gives roles to themselves."""
    actor.require(Permission.PEOPLE_MANAGE)
    found = await _person(session, actor, person)
    if found.id == actor.person:
        raise WrongState("own-roles")
    if found.left_at is not None:
        raise WrongState("has-left")
    for grant in await session.scalars(select(m.RoleGrant).where(m.RoleGrant.person_id == person)):
        await session.delete(grant)
    await session.flush()
    for role in roles:
        session.add(m.RoleGrant(person_id=person, role=role, granted_by=_granter(actor), granted_at=now))
    await session.flush()
    await _log(session, actor, "roles-set", {"person": str(person), "roles": sorted(roles)}, now)
    return found


async def set_teams(
    session: AsyncSession, actor: Actor, person: UUID, teams: Collection[UUID], *, now: datetime
) -> m.Person:
    """Make a person a member of exactly these service teams."""
    actor.require(Permission.PEOPLE_MANAGE)
    found = await _person(session, actor, person)
    await _own_teams(session, actor, teams, "/teams")
    for membership in await session.scalars(select(m.Membership).where(m.Membership.person_id == person)):
        await session.delete(membership)
    await session.flush()
    session.add_all(m.Membership(team_id=team, person_id=person) for team in set(teams))
    await session.flush()
    await _log(session, actor, "teams-set", {"person": str(person), "teams": sorted(map(str, teams))}, now)
    return found


async def leave(session: AsyncSession, actor: Actor, person: UUID, *, now: datetime) -> m.Person:
    """The person has left: no more sign-in, no roles, no keys they answer for (ACT-03)."""
    actor.require(Permission.PEOPLE_MANAGE)
    found = await _person(session, actor, person)
    if found.id == actor.person:
        raise WrongState("own-leaving")
    if found.left_at is not None:
        raise WrongState("has-left")
    found.left_at = now
    for row in await session.scalars(select(m.RoleGrant).where(m.RoleGrant.person_id == person)):
        await session.delete(row)
    for sign_in in await session.scalars(select(m.SignIn).where(m.SignIn.person_id == person)):
        await session.delete(sign_in)
    for key in await session.scalars(select(m.ApiKey).where(m.ApiKey.responsible_id == person)):
        key.revoked_at = key.revoked_at or now
    await session.flush()
    await _log(session, actor, "person-left", {"person": str(person)}, now)
    return found


async def create_key(
    session: AsyncSession,
    actor: Actor,
    name: str,
    role: Role,
    responsible: UUID,
    *,
    team: UUID | None = None,
    expires: datetime | None = None,
    now: datetime,
) -> NewKey:
    """A key for a service team's system (a submitter) or a publishing job (a publisher)."""
    actor.require(Permission.PEOPLE_MANAGE)
    if role not in {Role.SUBMITTER, Role.PUBLISHER, Role.AUDITOR}:
        raise Invalid("key-role", "/role")
    if role is Role.SUBMITTER and team is None:
        raise Invalid("key-needs-team", "/team")
    expires = expires or now + KEY_LIFE
    if not now < expires <= now + KEY_LIFE:
        raise Invalid("key-life", "/expires", days=KEY_LIFE.days)
    await _person(session, actor, responsible)
    await _own_teams(session, actor, [team] if team else [], "/team")
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    made = m.ApiKey(
        organisation_id=actor.organisation, prefix=prefix, secret_hash=hash_secret(secret), name=name, role=role,
        team_id=team, responsible_id=responsible, created_at=now, expires_at=expires,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await _log(session, actor, "key-created", {"key": prefix, "role": role, "responsible": str(responsible)}, now)
    return NewKey(made, f"porth_{prefix}_{secret}")


def hash_secret(secret: str) -> bytes:
    """Enough for 256 random bits; passwords, which people choose, get argon2 (gateway/access.py)."""
    return hashlib.sha256(secret.encode()).digest()


async def revoke_key(session: AsyncSession, actor: Actor, key: UUID, *, now: datetime) -> m.ApiKey:
    actor.require(Permission.PEOPLE_MANAGE)
    found = await session.get(m.ApiKey, key)
    if found is None or found.organisation_id != actor.organisation:
        raise NotFound("no-such-key")
    found.revoked_at = found.revoked_at or now
    await _log(session, actor, "key-revoked", {"key": found.prefix}, now)
    return found


async def register_channel(
    session: AsyncSession,
    actor: Actor,
    name: str,
    platform: str,
    model: str,
    *,
    register: Entry | None = None,
    now: datetime,
) -> m.Channel:
    """A channel and what the register says of it: purpose, owner, deputy (ACT-01)."""
    actor.require(Permission.CHANNEL_MANAGE)
    if model not in registering.MODELS:
        raise Invalid("channel-model", "/model")
    if not name.strip():
        raise Invalid("name-needed", "/name")
    kept = await registering.checked(session, actor, register) if register is not None else {}
    made = m.Channel(
        organisation_id=actor.organisation, name=name, platform=platform, model=model, register=kept, created_at=now
    )
    await _add(session, made, "channel-taken", "/name")
    payload = {"channel": name, "platform": platform, "model": model, "register": kept}
    await _log(session, actor, "channel-registered", payload, now)
    return made


async def register_account(
    session: AsyncSession,
    actor: Actor,
    channel: UUID,
    external_id: str,
    languages: Sequence[Language],
    sealed_credentials: bytes,
    mode: str,
    *,
    handle: str = "",
    expires: datetime | None = None,
    account_id: UUID | None = None,
    now: datetime,
) -> m.Account:
    """One account of a channel. Its mode, sandbox or live, is for good, and logged.

    `account_id` is given where the credentials were sealed for that id.
    """
    actor.require(Permission.CHANNEL_MANAGE)
    found = await registering.not_closed(session, actor, channel)
    if mode not in {"sandbox", "live"}:
        raise Invalid("account-mode", "/mode")
    if tuple(sorted(set(languages))) not in registering.MODELS[found.model]:
        raise Invalid("account-languages", "/languages", model=found.model)
    if await registering.taken(session, found, external_id, mode):
        raise Invalid("account-taken", "/confirmed", name=handle or external_id)
    made = m.Account(
        id=account_id or uuid7(), organisation_id=actor.organisation, channel_id=channel, external_id=external_id,
        handle=handle, languages=list(languages), mode=mode, credentials=sealed_credentials, expires_at=expires,
        created_at=now,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    payload = {"channel": found.name, "account": external_id, "mode": mode, "languages": list(languages)}
    await _log(session, actor, "account-registered", payload, now)
    return made


async def replace_credentials(
    session: AsyncSession, actor: Actor, account: UUID, sealed: bytes, expires: datetime | None, *, now: datetime
) -> m.Account:
    """New credentials, verified by the edge before. The account takes deliveries again, unless people stopped it."""
    actor.require(Permission.CHANNEL_MANAGE)
    found = await session.get(m.Account, account, with_for_update=True)
    if found is None or found.organisation_id != actor.organisation:
        raise NotFound("no-such-account")
    found.credentials, found.expires_at = sealed, expires
    found.renewed = found.renewing_until = None  # what was exchanged for others is of no use now
    if found.stopped_code not in STOPPED_BY_PEOPLE:
        found.stopped_code = found.stopped_at = None
    await _log(session, actor, "credentials-replaced", {"account": str(account)}, now)
    return found


async def set_policy(
    session: AsyncSession,
    actor: Actor,
    *,
    policy: Policy | None = None,
    route: Sequence[Any] | None = None,
    seen: Sequence[Any] | None = None,
    now: datetime,
) -> m.Organisation:
    """The organisation's choices. The database refuses a route without Welsh and comms.

    `seen`: the route that the person looked at before changing it; another one there by now raises `Stale`.
    """
    actor.require(Permission.POLICY_EDIT)
    found = await session.get_one(
        m.Organisation, actor.organisation, with_for_update={"key_share": True}, populate_existing=True
    )
    if seen is not None and decode(seen) != decode(found.route):
        raise Stale("route-changed")
    before = {"policy": found.policy, "route": found.route}
    if route is not None:
        whole_route(route)
        found.route = list(route)
    if policy is not None:
        _sensible(policy)
        found.policy = msgspec.to_builtins(policy)
    await session.flush()
    after = {"policy": found.policy, "route": found.route}
    if after != before:
        await _log(session, actor, "policy-set", {**after, "before": before}, now)
    return found


def _sensible(policy: Policy) -> None:
    if policy.late_after_minutes is not None and not 1 <= policy.late_after_minutes <= MOST_LATE:
        raise Invalid("policy-late", "/policy/late_after_minutes", most=MOST_LATE)
    if policy.spacing_seconds is not None and not 0 <= policy.spacing_seconds <= MOST_SPACING:
        raise Invalid("policy-spacing", "/policy/spacing_seconds", most=MOST_SPACING)
    if policy.small_number is not None and not PACK.figures.small_number <= policy.small_number <= MOST_SMALL:
        least = PACK.figures.small_number
        raise Invalid("policy-small", "/policy/small_number", least=least, most=MOST_SMALL)


def whole_route(route: Sequence[Any]) -> None:
    """Raises `Invalid` for a route that lacks Welsh or does not end with comms."""
    try:
        steps = decode(route)
    except msgspec.ValidationError as error:
        raise Invalid("route-wrong", "/route") from error
    always = {s.step for s in steps if s.when == "always"}
    if not {"welsh", "comms"} <= always or len({s.step for s in steps}) != len(steps) or steps[-1].step != "comms":
        raise Invalid("route-needs-welsh-and-comms", "/route")


async def _own_teams(session: AsyncSession, actor: Actor, teams: Collection[UUID], field: str) -> None:
    """Nobody joins another organisation's team."""
    known = select(m.Team.id).where(m.Team.organisation_id == actor.organisation, m.Team.id.in_(teams))
    if set(teams) - set(await session.scalars(known)):
        raise Invalid("no-such-team", field)


async def _person(session: AsyncSession, actor: Actor, person: UUID) -> m.Person:
    found = await session.get(m.Person, person)
    if found is None or found.organisation_id != actor.organisation:
        raise NotFound("no-such-person")
    return found


async def _add(session: AsyncSession, row: m.Base, taken: str, field: str) -> None:
    """Insert a row whose name must be new; the database is the referee."""
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Invalid(taken, field) from error


async def _log(session: AsyncSession, actor: Actor, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
    by = None if actor.person == actor.organisation else actor.person
    await quality_log.append(session, actor.organisation, kind, payload, now=now, actor=by, retention="access")
