"""Pictures of a post on their way in: rebuilt, proved, stored, and hidden parts hidden again from the original."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from anyio import to_thread

from approvals.actions import picturing
from approvals.actions.picturing import Taken
from approvals.errors import NotFound
from approvals.permissions import Actor, Permission
from gateway.api.rendering import platforms_of, render
from gateway.media.process import Clean
from gateway.media.protocol import Obscure, Recipe
from gateway.media.store import Quarantined
from gateway.runtime import Runtime


async def take_in(porth: Runtime, actor: Actor, team: UUID, file: bytes, *, now: datetime) -> UUID:
    """The id of a new picture. Raises `PictureRefused`, and what `picturing.allow` raises."""
    async with porth.sessions.begin() as session:
        await picturing.allow(session, actor, team)
    clean = await porth.decoder.clean(file, Recipe(people=True))
    original = await to_thread.run_sync(porth.quarantine.put, file)
    try:
        return await _keep(porth, actor, team, clean, original, regions=msgspec.to_builtins(clean.people), now=now)
    except BaseException:
        await to_thread.run_sync(porth.quarantine.delete, original.id)
        raise


async def hide(porth: Runtime, actor: Actor, media: UUID, hidden: Sequence[Obscure], *, now: datetime) -> UUID:
    """The id of a picture made anew from the same original, with exactly these regions destroyed."""
    async with porth.sessions.begin() as session:
        found = await picturing.item(session, actor, Permission.MEDIA_UPLOAD, media)
    if [msgspec.to_builtins(region) for region in hidden] == found.obscured:
        return media
    if found.original is None:
        raise NotFound("no-such-picture")
    file = await to_thread.run_sync(porth.quarantine.read, found.original)
    clean = await porth.decoder.clean(file, Recipe(obscure=tuple(hidden)))
    original = Quarantined(found.original, found.original_sha256, len(file))
    return await _keep(porth, actor, found.team_id, clean, original, regions=found.regions, hidden=hidden, now=now)


async def _keep(
    porth: Runtime,
    actor: Actor,
    team: UUID | None,
    clean: Clean,
    original: Quarantined,
    *,
    regions: Sequence[Any] | None,
    hidden: Sequence[Obscure] = (),
    now: datetime,
) -> UUID:
    await to_thread.run_sync(porth.clean.put, clean)
    await render(porth, clean.sha256, await platforms_of(porth, actor.organisation))
    taken = Taken(
        original_sha256=original.sha256, original=original.id, sha256=clean.sha256, media_type=clean.media_type,
        width=clean.width, height=clean.height, size=len(clean.data), removed=clean.removed, regions=regions,
        obscured=msgspec.to_builtins(hidden),
    )  # fmt: skip
    async with porth.sessions.begin() as session:
        return (await picturing.add(session, actor, team, taken, now=now)).id
