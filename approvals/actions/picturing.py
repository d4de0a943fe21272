"""Pictures as records: what was taken in, what was made of it, and who looked at an original."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log
from approvals.errors import Invalid, NotFound, WrongState
from approvals.permissions import Actor, Permission


class Taken(Struct, frozen=True):
    """One picture that was rebuilt and proved clean, and the original it was made of."""

    original_sha256: str
    original: str
    """Its name in quarantine."""
    sha256: str
    media_type: str
    width: int
    height: int
    size: int
    removed: tuple[str, ...]
    regions: Sequence[Any] | None
    """`approvals.checks.context.Region` each, as JSON values."""
    obscured: Sequence[Any] = ()


async def add(session: AsyncSession, actor: Actor, team: UUID | None, taken: Taken, *, now: datetime) -> m.MediaItem:
    """Record a picture of one of the actor's service teams, or of the actor alone."""
    await allow(session, actor, team)
    made = m.MediaItem(
        organisation_id=actor.organisation, team_id=team, uploaded_by=actor.person, uploaded_at=now,
        original_sha256=taken.original_sha256, original=taken.original, sha256=taken.sha256,
        media_type=taken.media_type, width=taken.width, height=taken.height, size=taken.size,
        removed=list(taken.removed), regions=None if taken.regions is None else list(taken.regions),
        obscured=list(taken.obscured),
    )  # fmt: skip
    session.add(made)
    await session.flush()
    await quality_log.append(
        session, actor.organisation, "picture-added",
        {"media": str(made.id), "sha256": made.sha256, "removed": made.removed, "obscured": len(made.obscured)},
        now=now, actor=actor.person,
    )  # fmt: skip
    return made


async def allow(session: AsyncSession, actor: Actor, team: UUID | None) -> None:
    """Before any work is done: may the actor add a picture for this team? Raises `Invalid`, `NotAllowed`."""
    if team is not None:
        known = select(m.Team.id).where(m.Team.id == team, m.Team.organisation_id == actor.organisation)
        if await session.scalar(known) is None:
            raise Invalid("no-such-team", "/team")
    actor.require(Permission.MEDIA_UPLOAD, team=team, author=actor.person if team is None else None)


async def item(session: AsyncSession, actor: Actor, permission: Permission, media: UUID) -> m.MediaItem:
    """Raises `NotFound` and `NotAllowed`."""
    found = await session.scalar(
        select(m.MediaItem).where(m.MediaItem.id == media, m.MediaItem.organisation_id == actor.organisation)
    )
    if found is None:
        raise NotFound("no-such-picture")
    actor.require(permission, team=found.team_id, author=found.uploaded_by)
    return found


async def view_original(session: AsyncSession, actor: Actor, media: UUID, *, now: datetime) -> m.MediaItem:
    """Every look at an original is logged, before it is given (MET-06). Raises `WrongState` once it was deleted."""
    found = await item(session, actor, Permission.ORIGINAL_READ, media)
    if found.original is None:
        raise WrongState("original-deleted")
    await quality_log.append(
        session, actor.organisation, "original-viewed", {"media": str(found.id)}, now=now, actor=actor.person
    )
    return found


async def add_rendition(session: AsyncSession, rendition: m.Rendition) -> None:
    """What one platform gets of a clean picture. The first one stays: sealed posts name it."""
    values = {
        name: getattr(rendition, name)
        for name in ("source", "platform", "sha256", "media_type", "width", "height", "size", "unfit")
    }
    await session.execute(insert(m.Rendition).values(values).on_conflict_do_nothing())
