"""Gathers from the database what the checks may know: channels, consents, pictures, renditions."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import originals, terms
from approvals.checks.context import Account, Channel, Context, Model, Picture, Region
from approvals.content import Content
from approvals.originals import Correction
from approvals.outgoing import Part, Rendition, render
from approvals.policy import Policy
from connectors.contract import Language, Limits


async def context(
    session: AsyncSession,
    organisation: UUID,
    content: Content,
    platforms: Mapping[str, Limits],
    *,
    now: datetime,
    publish_at: datetime | None = None,
    lock: bool = False,
    pictures: bool = True,
    correction: Correction | None = None,
) -> tuple[Context, tuple[Part, ...]]:
    """The context of every check of `content`, and what its channels would get; `correction` where it is one.

    Without `pictures` neither they nor what would be sent is looked up: enough for the checks that time can change.

    With `lock`, the consents it relies on are taken `FOR SHARE` in the order of their ids, so that none can be
    withdrawn before this transaction ends.
    """
    channels = await _channels(session, organisation, content.channels, platforms)
    policy = msgspec.convert(
        await session.scalar(select(m.Organisation.policy).where(m.Organisation.id == organisation)), Policy
    )
    consents = await relied_on(session, organisation, content, lock=lock)
    uploads = [media.upload or "" for media in content.media] if pictures else []
    items = await _media(session, organisation, uploads)
    renditions = await _renditions(session, [item.sha256 for item in items.values()])
    correcting = await originals.correcting(session, correction, platforms) if correction else None
    manifest: list[Part] = []
    plain: list[Part] = []
    for channel in channels.values() if pictures else ():
        made = [renditions.get((items[u].sha256, channel.platform)) if u in items else None for u in uploads]
        if all(r is not None and r.sha256 for r in made):
            rendered = [_rendition(r) for r in made if r is not None]
            manifest += render(content, channel, rendered, correcting)
            plain += render(content, channel, rendered) if correcting else ()
    known = Context(
        now=now,
        publish_at=publish_at,
        channels=channels,
        consents={record.ref: record.consent() for record in consents},
        pictures={upload: _picture(item, renditions, channels) for upload, item in items.items()},
        manifest=tuple((part.channel, part.outgoing) for part in manifest),
        correcting=correcting,
        plain=tuple((part.channel, part.outgoing) for part in plain),
        terms=await terms.standing(session, organisation, small_number=policy.small_number),
        never_patients=policy.never_patients,
    )
    return known, tuple(manifest)


async def relied_on(
    session: AsyncSession, organisation: UUID, content: Content, *, lock: bool = False
) -> list[m.ConsentRecord]:
    """The consent records that a post refers to, by id."""
    refs = {p.consent for p in content.people} | {p.consent for media in content.media for p in media.people or ()}
    if not refs - {None}:
        return []
    query = (
        select(m.ConsentRecord)
        .where(m.ConsentRecord.organisation_id == organisation, m.ConsentRecord.ref.in_(refs - {None}))
        .order_by(m.ConsentRecord.id)
        .execution_options(populate_existing=True)
    )
    return list(await session.scalars(query.with_for_update(read=True) if lock else query))


async def _channels(
    session: AsyncSession, organisation: UUID, names: tuple[str, ...], platforms: Mapping[str, Limits]
) -> dict[str, Channel]:
    rows = await session.execute(
        select(m.Channel, m.Account)
        .join(m.Account, m.Account.channel_id == m.Channel.id)
        .where(m.Channel.organisation_id == organisation, m.Channel.name.in_(names))
        .order_by(m.Channel.name, m.Account.id)
    )
    found: dict[str, Channel] = {}
    for channel, account in rows:
        known = found.get(channel.name) or Channel(
            channel.name, channel.platform, cast("Model", channel.model), platforms[channel.platform]
        )
        found[channel.name] = msgspec.structs.replace(
            known,
            accounts=(
                *known.accounts,
                Account(str(account.id), cast("tuple[Language, ...]", tuple(account.languages)), account.handle),
            ),
            suspended=known.suspended or account.stopped_at is not None,
        )
    return {name: found[name] for name in names if name in found}


async def _media(session: AsyncSession, organisation: UUID, uploads: list[str]) -> dict[str, m.MediaItem]:
    ids = [UUID(upload) for upload in uploads if _is_uuid(upload)]
    rows = await session.scalars(
        select(m.MediaItem).where(m.MediaItem.organisation_id == organisation, m.MediaItem.id.in_(ids))
    )
    return {str(item.id): item for item in rows}


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


async def _renditions(session: AsyncSession, sources: list[str]) -> dict[tuple[str, str], m.Rendition]:
    if not sources:
        return {}
    rows = await session.scalars(select(m.Rendition).where(m.Rendition.source.in_(sources)))
    return {(row.source, row.platform): row for row in rows}


def _rendition(row: m.Rendition) -> Rendition:
    return msgspec.convert(row, Rendition, from_attributes=True)


def _picture(
    item: m.MediaItem, renditions: Mapping[tuple[str, str], m.Rendition], channels: Mapping[str, Channel]
) -> Picture:
    made = {name: renditions.get((item.sha256, channel.platform)) for name, channel in channels.items()}
    return Picture(
        clean=True,
        width=item.width,
        height=item.height,
        removed=tuple(item.removed),
        regions=None if item.regions is None else tuple(msgspec.convert(item.regions, list[Region])),
        obscured=tuple(tuple(hidden["box"]) for hidden in item.obscured),
        unfit={name: r.unfit for name, r in made.items() if r is not None and r.unfit},
    )
