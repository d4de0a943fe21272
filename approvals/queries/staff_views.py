"""One person as administrators see them: where they are signed in, and what is theirs that somebody must take over."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.errors import NotFound
from approvals.permissions import Actor, Permission, Role
from approvals.queries.reach import PersonRef
from approvals.queries.register_views import PersonView, people


class HeldView(Struct, frozen=True):
    """What a leaver leaves behind."""

    keys: tuple[str, ...]
    """Names of the API keys they answer for: they stop working."""
    channels: tuple[str, ...]
    """Names of channels that they own or are the deputy of."""
    manages: tuple[PersonRef, ...]
    """People whose line manager they are."""
    drafts: int
    """Posts that nobody has submitted yet."""
    in_review: int
    """Submitted posts of theirs that nothing has been published of."""

    @property
    def nothing(self) -> bool:
        return not (self.keys or self.channels or self.manages or self.drafts or self.in_review)


class SignInView(Struct, frozen=True):
    agent: str
    created_at: datetime
    seen_at: datetime


class StaffView(Struct, frozen=True):
    """One person, whole."""

    person: PersonView
    second_factor: bool
    has_password: bool
    code_until: datetime | None
    """Until when a code for a new password counts that was given and not used."""
    sign_ins: tuple[SignInView, ...]
    holds: HeldView


async def staff(session: AsyncSession, actor: Actor, person: UUID, *, now: datetime) -> StaffView:
    """Raises `NotFound`."""
    actor.require(Permission.PEOPLE_MANAGE)
    found = await session.get(m.Person, person)
    if found is None or found.organisation_id != actor.organisation:
        raise NotFound("no-such-person")
    (line,) = await people(session, actor, only=person)
    waits = await session.scalar(
        select(m.PasswordCode.expires_at)
        .where(m.PasswordCode.person_id == person, m.PasswordCode.used_at.is_(None), m.PasswordCode.expires_at > now)
        .order_by(m.PasswordCode.id.desc())
        .limit(1)
    )
    sign_ins = await session.scalars(
        select(m.SignIn)
        .where(m.SignIn.person_id == person, m.SignIn.expires_at > now)
        .order_by(m.SignIn.created_at.desc())
        .limit(50)
    )
    return StaffView(
        line, found.totp_secret is not None, found.password_hash is not None, waits,
        tuple(SignInView(s.agent, s.created_at, s.seen_at) for s in sign_ins),
        await _held(session, actor, person),
    )  # fmt: skip


async def _held(session: AsyncSession, actor: Actor, person: UUID) -> HeldView:
    keys = await session.scalars(
        select(m.ApiKey.name)
        .where(m.ApiKey.responsible_id == person, m.ApiKey.revoked_at.is_(None), m.ApiKey.expires_at > func.now())
        .order_by(m.ApiKey.name)
    )
    channels = await session.scalars(
        select(m.Channel.name)
        .where(
            m.Channel.organisation_id == actor.organisation, ~m.Channel.register.has_key("closed"),
            or_(m.Channel.register["owner"].astext == str(person), m.Channel.register["deputy"].astext == str(person)),
        )
        .order_by(m.Channel.name)
    )  # fmt: skip
    manages = await session.execute(
        select(m.Person.id, m.Person.name)
        .where(m.Person.line_manager_id == person, m.Person.left_at.is_(None))
        .order_by(m.Person.name)
    )
    states = await session.execute(
        select(m.Post.state, func.count())
        .where(m.Post.created_by == person, m.Post.state.in_(("draft", "translating", "in_review")))
        .where(~select(m.Delivery.id).where(m.Delivery.post_id == m.Post.id, m.Delivery.state == "published").exists())
        .group_by(m.Post.state)
    )
    count: dict[str, int] = {state: n for state, n in states}  # noqa: C416  # typed rows, which `dict` does not take
    return HeldView(
        tuple(keys), tuple(channels), tuple(PersonRef(*row) for row in manages),
        count.get("draft", 0) + count.get("translating", 0), count.get("in_review", 0),
    )  # fmt: skip


async def line_managers(session: AsyncSession, actor: Actor) -> list[PersonRef]:
    """Who can be somebody's line manager."""
    return await with_role(session, actor, Role.LINE_MANAGER)


async def with_role(session: AsyncSession, actor: Actor, role: Role | None = None) -> list[PersonRef]:
    """People who are here, by name; of one role, or all. For a choice in a form, so at most 500."""
    query = (
        select(m.Person.id, m.Person.name)
        .where(m.Person.organisation_id == actor.organisation, m.Person.left_at.is_(None))
        .order_by(m.Person.name)
        .limit(500)
    )
    if role is not None:
        query = query.join(m.RoleGrant, m.RoleGrant.person_id == m.Person.id).where(m.RoleGrant.role == role)
    return [PersonRef(*row) for row in await session.execute(query)]
