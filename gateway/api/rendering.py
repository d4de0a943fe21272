"""Pictures made ready for the organisation's channels: in the decoding process, outside any transaction."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from uuid import UUID

from anyio import to_thread
from sqlalchemy import select

from approvals import models as m
from approvals.actions import picturing
from gateway.media.errors import PictureRefused
from gateway.runtime import Runtime

PASSING = frozenset({"MEDIA-TIME", "MEDIA-MEMORY", "MEDIA-PROOF"})
"""Refusals that another try may not meet: they are not kept."""


async def render_missing(porth: Runtime, organisation: UUID, uploads: Iterable[str], channels: Collection[str]) -> None:
    """Whatever renditions these uploads still lack for these channels."""
    ids = list(_ids(uploads))
    if not ids:
        return
    async with porth.sessions() as session:
        sources = set(
            await session.scalars(
                select(m.MediaItem.sha256).where(m.MediaItem.organisation_id == organisation, m.MediaItem.id.in_(ids))
            )
        )
        platforms = set(
            await session.scalars(
                select(m.Channel.platform).where(
                    m.Channel.organisation_id == organisation, m.Channel.name.in_(channels)
                )
            )
        )
    for source in sources:
        await render(porth, source, platforms)


def _ids(uploads: Iterable[str]) -> Iterator[UUID]:
    """What is no id names no picture; the checks say so."""
    for upload in uploads:
        with suppress(ValueError):
            yield UUID(upload)


async def platforms_of(porth: Runtime, organisation: UUID) -> set[str]:
    async with porth.sessions() as session:
        query = select(m.Channel.platform).where(m.Channel.organisation_id == organisation).distinct()
        return set(await session.scalars(query))


async def render(porth: Runtime, source: str, platforms: Collection[str]) -> None:
    """Make and keep what each platform gets of one clean picture, or why it gets nothing."""
    async with porth.sessions() as session:
        made = set(await session.scalars(select(m.Rendition.platform).where(m.Rendition.source == source)))
    missing: Sequence[str] = sorted(set(platforms) - made)
    if not missing:
        return
    data = await to_thread.run_sync(porth.clean.read, source)
    for platform in missing:
        rendition = await _rendition(porth, source, platform, data)
        async with porth.sessions.begin() as session:
            await picturing.add_rendition(session, rendition)


async def _rendition(porth: Runtime, source: str, platform: str, data: bytes) -> m.Rendition:
    try:
        made = await porth.decoder.rendition(data, porth.limits[platform])
    except PictureRefused as refused:
        if refused.code in PASSING or refused.params.get("kind") == "died":
            raise  # this machine's bad moment says nothing about the picture
        return m.Rendition(source=source, platform=platform, unfit=refused.code)
    await to_thread.run_sync(porth.clean.put, made)
    return m.Rendition(
        source=source, platform=platform, sha256=made.sha256, media_type=made.media_type, width=made.width,
        height=made.height, size=len(made.data),
    )  # fmt: skip
