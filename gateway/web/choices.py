"""What forms offer: the service teams one may write for, the organisation's channels."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.permissions import Actor, Permission, Reach


class TeamChoice(Struct, frozen=True):
    id: UUID
    name: str


class ChannelChoice(Struct, frozen=True):
    name: str
    platform: str
    model: str
    works: bool
    """All its accounts take deliveries."""


async def teams(session: AsyncSession, actor: Actor) -> list[TeamChoice]:
    """The actor's own; for whoever writes for everybody, all."""
    query = select(m.Team.id, m.Team.name).where(m.Team.organisation_id == actor.organisation).order_by(m.Team.name)
    if actor.reach(Permission.POST_EDIT) is not Reach.ALL:
        query = query.where(m.Team.id.in_(actor.teams))
    return [TeamChoice(*row) for row in await session.execute(query)]


async def channels(session: AsyncSession, actor: Actor) -> list[ChannelChoice]:
    stopped = exists().where(m.Account.channel_id == m.Channel.id, m.Account.stopped_at.is_not(None))
    query = (
        select(m.Channel.name, m.Channel.platform, m.Channel.model, ~stopped)
        .where(m.Channel.organisation_id == actor.organisation, ~m.Channel.register.has_key("closed"))
        .order_by(m.Channel.name)
    )
    return [ChannelChoice(*row) for row in await session.execute(query)]
