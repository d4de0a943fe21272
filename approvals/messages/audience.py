"""Who is told: the people of an organisation, and each row's question to them. Nobody is told beyond their reach."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.errors import NotAllowed
from approvals.messages.cases import Case, PostCase
from approvals.messages.choices import Choices
from approvals.permissions import SIGNS, Actor, Permission, Role

P = Permission
Readers = frozenset[UUID]


class Reader(Struct, frozen=True):
    actor: Actor
    choices: Choices


class Circle:
    """Everybody who works in the organisation now."""

    def __init__(self, readers: Iterable[Reader]) -> None:
        self.readers = {reader.actor.person: reader for reader in readers}

    def who(self, permission: Permission, *, team: UUID | None = None, author: UUID | None = None) -> Readers:
        """Those who may do this to something of that team or author."""
        return frozenset(
            person for person, reader in self.readers.items() if _may(reader.actor, permission, team, author)
        )


def _may(actor: Actor, permission: Permission, team: UUID | None, author: UUID | None) -> bool:
    try:
        actor.require(permission, team=team, author=author)
    except NotAllowed:
        return False
    return True


async def circle(session: AsyncSession, organisation: UUID) -> Circle:
    """Whoever has left is not in it."""
    people = await session.execute(
        select(m.Person.id, m.MessageChoice)
        .outerjoin(m.MessageChoice, m.MessageChoice.person_id == m.Person.id)
        .where(m.Person.organisation_id == organisation, m.Person.left_at.is_(None))
        .execution_options(populate_existing=True)
    )
    roles: defaultdict[UUID, set[Role]] = defaultdict(set)
    granted = select(m.RoleGrant.person_id, m.RoleGrant.role).join(m.Person, m.Person.id == m.RoleGrant.person_id)
    for person, role in await session.execute(granted.where(m.Person.organisation_id == organisation)):
        roles[person].add(Role(role))
    teams: defaultdict[UUID, set[UUID]] = defaultdict(set)
    joined = select(m.Membership.person_id, m.Membership.team_id).join(m.Team, m.Team.id == m.Membership.team_id)
    for person, team in await session.execute(joined.where(m.Team.organisation_id == organisation)):
        teams[person].add(team)
    return Circle(
        Reader(Actor(person, organisation, frozenset(roles[person]), frozenset(teams[person])), choices_of(row))
        for person, row in people
    )


def choices_of(row: m.MessageChoice | None) -> Choices:
    if row is None:
        return Choices()
    return msgspec.convert({"groups": row.groups, "hour": row.hour, "days": row.days}, Choices)


To = Callable[[Case, Circle], Readers]


def signers(found: Case, people: Circle) -> Readers:
    """Who may sign the next step: never an author, nor whoever has signed another step (four eyes)."""
    of = found.of
    if of is None or of.next_step is None:
        return frozenset()
    able = people.who(SIGNS[of.next_step], team=of.post.team_id, author=of.post.created_by)
    if of.next_step == "line":
        able &= {of.line_manager} - {None}
    return able - of.authors - of.signed_by


def authors(found: Case, people: Circle) -> Readers:
    return (found.of.authors & _readers(found.of, people)) if found.of else frozenset()


def _readers(of: PostCase, people: Circle) -> Readers:
    return people.who(P.POST_READ, team=of.post.team_id, author=of.post.created_by)


def holders(*permissions: Permission) -> To:
    """Whoever has any of these; about a post only those who may read it."""

    def to(found: Case, people: Circle) -> Readers:
        able: Readers = frozenset().union(*(people.who(permission) for permission in permissions))
        return able & _readers(found.of, people) if found.of else able

    return to


def either(*audiences: To) -> To:
    def to(found: Case, people: Circle) -> Readers:
        return frozenset().union(*(audience(found, people) for audience in audiences))

    return to


translators = holders(P.SIGN_WELSH)
schedulers = holders(P.SCHEDULE)
resolvers = holders(P.DELIVERY_RESOLVE)
removers = holders(P.TAKEDOWN_APPROVE)
custodians = holders(P.CONSENT_DECIDE)
channel_managers = holders(P.CHANNEL_MANAGE)
account_resolvers = holders(P.CHANNEL_MANAGE, P.DELIVERY_RESOLVE)
consent_resolvers = holders(P.DELIVERY_RESOLVE, P.CONSENT_DECIDE, P.SIGN_PRIVACY)
in_charge = holders(P.PAUSE, P.PEOPLE_MANAGE)
log_keepers = holders(P.PEOPLE_MANAGE, P.LOG_READ)


def finders(found: Case, people: Circle) -> Readers:
    """Where nobody can sign the next step: administrators, who need not be able to read the post to find somebody."""
    return frozenset() if signers(found, people) else people.who(P.PEOPLE_MANAGE)
