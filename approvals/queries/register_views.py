"""The organisation as people read it: itself, teams, people, keys, channels with their accounts. Never a secret."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import register
from approvals.content import LONDON
from approvals.errors import NotFound
from approvals.permissions import Actor
from approvals.policy import Policy
from approvals.queries.reach import PersonRef
from approvals.register import Register
from approvals.route import RouteStep, decode


class OrganisationView(Struct, frozen=True):
    id: UUID
    slug: str
    names: Mapping[str, str]
    route: tuple[RouteStep, ...]
    policy: Policy
    paused_at: datetime | None
    pause_reason: str | None


class TeamView(Struct, frozen=True):
    id: UUID
    name: str


class PersonView(Struct, frozen=True):
    id: UUID
    email: str
    name: str
    language: str
    roles: tuple[str, ...]
    teams: tuple[UUID, ...]
    line_manager: UUID | None
    left_at: datetime | None


class KeyView(Struct, frozen=True):
    id: UUID
    prefix: str
    name: str
    role: str
    team: UUID | None
    responsible: PersonRef
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class AccountView(Struct, frozen=True):
    id: UUID
    external_id: str
    handle: str
    languages: tuple[str, ...]
    mode: str
    expires_at: datetime | None
    """When the credentials run out, where the platform says so."""
    stopped_code: str | None
    stopped_at: datetime | None
    limited_until: datetime | None


class ChannelView(Struct, frozen=True):
    id: UUID
    name: str
    platform: str
    model: str
    register: Register
    owner: PersonRef | None
    deputy: PersonRef | None
    reviewed_by: PersonRef | None
    lacks: tuple[str, ...]
    """What the register lacks or somebody has to see to: purpose, owner, deputy, recovery, review."""
    accounts: tuple[AccountView, ...]


async def organisation(session: AsyncSession, actor: Actor) -> OrganisationView:
    found = await session.get_one(m.Organisation, actor.organisation)
    return OrganisationView(
        id=found.id, slug=found.slug, names={"cy": found.name_cy, "en": found.name_en}, route=decode(found.route),
        policy=msgspec.convert(found.policy, Policy), paused_at=found.paused_at, pause_reason=found.pause_reason,
    )  # fmt: skip


async def teams(session: AsyncSession, actor: Actor) -> list[TeamView]:
    rows = await session.scalars(
        select(m.Team).where(m.Team.organisation_id == actor.organisation).order_by(m.Team.name)
    )
    return [TeamView(team.id, team.name) for team in rows]


async def people(
    session: AsyncSession,
    actor: Actor,
    *,
    words: str = "",
    role: str | None = None,
    left: bool | None = None,
    only: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[PersonView]:
    """Those whose name or address has `words` in it, who hold `role`, who have left or who have not."""
    query = select(m.Person).where(m.Person.organisation_id == actor.organisation)
    if words:
        named = (m.Person.name.icontains(words, autoescape=True), m.Person.email.icontains(words, autoescape=True))
        query = query.where(or_(*named))
    if role is not None:
        query = query.where(m.Person.id.in_(select(m.RoleGrant.person_id).where(m.RoleGrant.role == role)))
    if left is not None:
        query = query.where(m.Person.left_at.is_not(None) if left else m.Person.left_at.is_(None))
    if only is not None:
        query = query.where(m.Person.id == only)
    if after is not None:
        query = query.where(m.Person.id < after)
    rows = list(await session.scalars(query.order_by(m.Person.id.desc()).limit(limit)))
    roles = await _by_person(session, m.RoleGrant.person_id, m.RoleGrant.role, rows)
    in_teams = await _by_person(session, m.Membership.person_id, m.Membership.team_id, rows)
    return [
        PersonView(
            p.id, p.email, p.name, p.language, tuple(sorted(roles[p.id])), tuple(sorted(in_teams[p.id])),
            p.line_manager_id, p.left_at,
        )
        for p in rows
    ]  # fmt: skip


async def _by_person(session: AsyncSession, person: Any, value: Any, rows: list[m.Person]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for owner, what in await session.execute(select(person, value).where(person.in_([row.id for row in rows]))):
        found[owner].append(what)
    return found


async def keys(session: AsyncSession, actor: Actor, *, after: UUID | None = None, limit: int = 50) -> list[KeyView]:
    rows = await session.execute(
        select(m.ApiKey, m.Person.id, m.Person.name)
        .join(m.Person, m.Person.id == m.ApiKey.responsible_id)
        .where(m.ApiKey.organisation_id == actor.organisation, m.ApiKey.id < after if after else true())
        .order_by(m.ApiKey.id.desc())
        .limit(limit)
    )
    return [key_view(key, PersonRef(person, name)) for key, person, name in rows]


def key_view(key: m.ApiKey, responsible: PersonRef) -> KeyView:
    return KeyView(
        key.id, key.prefix, key.name, key.role, key.team_id, responsible, key.created_at, key.expires_at,
        key.revoked_at,
    )  # fmt: skip


async def channels(session: AsyncSession, actor: Actor, *, now: datetime) -> list[ChannelView]:
    """Every channel with its accounts, those that are closed last."""
    accounts: dict[UUID, list[AccountView]] = defaultdict(list)
    for account in await session.scalars(
        select(m.Account).where(m.Account.organisation_id == actor.organisation).order_by(m.Account.id)
    ):
        accounts[account.channel_id].append(account_view(account))
    rows = await session.scalars(
        select(m.Channel).where(m.Channel.organisation_id == actor.organisation).order_by(m.Channel.name)
    )
    known = [(channel, register.read(channel.register)) for channel in rows]
    named = await _people_of(session, [entry for _, entry in known])
    today = now.astimezone(LONDON).date()
    found = [_channel_view(channel, entry, named, accounts[channel.id], today) for channel, entry in known]
    return sorted(found, key=lambda channel: channel.register.closed is not None)


async def channel(session: AsyncSession, actor: Actor, wanted: UUID, *, now: datetime) -> ChannelView:
    """Raises `NotFound`."""
    found = next((one for one in await channels(session, actor, now=now) if one.id == wanted), None)
    if found is None:
        raise NotFound("no-such-channel")
    return found


def _channel_view(
    channel: m.Channel, entry: Register, named: Mapping[UUID, m.Person], accounts: list[AccountView], today: date
) -> ChannelView:
    def ref(person: UUID | None) -> PersonRef | None:
        return PersonRef(person, named[person].name) if person is not None and person in named else None

    left = {person for person, row in named.items() if row.left_at is not None}
    return ChannelView(
        channel.id, channel.name, channel.platform, channel.model, entry, ref(entry.owner), ref(entry.deputy),
        ref(entry.reviewed_by), register.lacking(entry, left, today), tuple(accounts),
    )  # fmt: skip


async def _people_of(session: AsyncSession, entries: Sequence[Register]) -> dict[UUID, m.Person]:
    wanted = {person for e in entries for person in (e.owner, e.deputy, e.reviewed_by)} - {None}
    return {found.id: found for found in await session.scalars(select(m.Person).where(m.Person.id.in_(wanted)))}


def account_view(account: m.Account) -> AccountView:
    return AccountView(
        account.id, account.external_id, account.handle, tuple(account.languages), account.mode, account.expires_at,
        account.stopped_code, account.stopped_at, account.limited_until,
    )  # fmt: skip
