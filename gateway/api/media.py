"""Pictures: taken in, rebuilt, looked at, obscured. The original is seen by few, and every look is logged."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from anyio import to_thread
from litestar import Controller, Response, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy import select

from approvals import models as m
from approvals.actions import picturing
from approvals.actions.picturing import Taken
from approvals.errors import Invalid, NotFound
from approvals.permissions import Actor, Permission
from gateway.api.idempotency import Key, Once
from gateway.api.injected import Acting, Asked, Now, Porth, Session
from gateway.api.rendering import platforms_of, render
from gateway.api.routing import file_answer, needs
from gateway.api.uploads import FORM, receive
from gateway.media.intake import IntakeLimits
from gateway.media.process import Clean
from gateway.media.protocol import Obscure, Recipe
from gateway.media.store import Quarantined
from gateway.runtime import Runtime

MOST = IntakeLimits().bytes
FILE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
}


class RenditionView(Struct, frozen=True):
    platform: str
    sha256: str | None
    width: int | None
    height: int | None
    unfit: str | None
    """Why the platform cannot have this picture."""


class MediaView(Struct, frozen=True):
    id: UUID
    """What a post's `media[].upload` says."""
    sha256: str
    media_type: str
    width: int
    height: int
    size: int
    removed: tuple[str, ...]
    """Kinds of what was taken out of the original, never the values."""
    regions: tuple[Any, ...] | None
    """Where people seem to be. `null`: nobody has looked."""
    obscured: tuple[Any, ...]
    team: UUID | None
    uploaded_at: datetime
    renditions: tuple[RenditionView, ...]


class Obscuring(Struct, frozen=True, forbid_unknown_fields=True):
    regions: Annotated[tuple[Obscure, ...], Meta(max_length=1000)]
    """Everything to be hidden, over the original: what an earlier picture hid must be named again."""


def _picture(permission: Permission, says: str) -> dict[str, Any]:
    return file_answer(needs(permission, says=says), "image/*")


class Media(Controller):
    path = "/media"
    tags: Sequence[str] = ("Pictures",)

    @post(
        request_max_body_size=MOST + FORM,
        **needs(Permission.MEDIA_UPLOAD, says="Upload a picture: multipart with `file`, and `team`", streamed=True),
    )
    async def upload(
        self, porth: Porth, actor: Acting, now: Now, request: Asked, idempotency_key: Key = None
    ) -> MediaView:
        sent = await receive(request, porth.decoder.limits.bytes)
        team = _team(sent.fields.get("team"))
        sha256 = await to_thread.run_sync(_sha256, sent.file)
        once = Once(porth, idempotency_key, request, actor, {"file": sha256, "team": team})
        async with porth.sessions.begin() as session:
            await picturing.allow(session, actor, team)
            before = await once.remembered(session, MediaView)
        if before is not None:
            return before
        clean = await porth.decoder.clean(sent.file, Recipe(people=True))
        original = await to_thread.run_sync(porth.quarantine.put, sent.file)
        try:
            return await _keep(porth, actor, team, clean, original, once=once, now=now)
        except BaseException:
            await to_thread.run_sync(porth.quarantine.delete, original.id)
            raise

    @get("/{media_id:uuid}", **needs(Permission.MEDIA_READ, says="What is known of a picture"))
    async def read(self, media_id: FromPath[UUID], session: Session, actor: Acting) -> MediaView:
        return await view(session, await picturing.item(session, actor, Permission.MEDIA_READ, media_id))

    @get("/{media_id:uuid}/picture", **_picture(Permission.MEDIA_READ, "The clean picture"))
    async def picture(self, media_id: FromPath[UUID], session: Session, porth: Porth, actor: Acting) -> Response[bytes]:
        found = await picturing.item(session, actor, Permission.MEDIA_READ, media_id)
        return await clean_picture(porth, found.sha256, found.media_type)

    @get("/{media_id:uuid}/renditions/{platform:str}",
         **_picture(Permission.MEDIA_READ, "The picture as one platform gets it"))  # fmt: skip
    async def rendition(
        self, media_id: FromPath[UUID], platform: FromPath[str], session: Session, porth: Porth, actor: Acting
    ) -> Response[bytes]:
        found = await picturing.item(session, actor, Permission.MEDIA_READ, media_id)
        made = await session.get(m.Rendition, (found.sha256, platform))
        if made is None or made.sha256 is None or made.media_type is None:
            raise NotFound("no-such-picture")
        return await clean_picture(porth, made.sha256, made.media_type)

    @get("/{media_id:uuid}/original", **_picture(Permission.ORIGINAL_READ, "The original; every look is logged"))
    async def original(self, media_id: FromPath[UUID], porth: Porth, actor: Acting, now: Now) -> Response[bytes]:
        async with porth.sessions.begin() as session:  # the look is in the log before anything is shown
            found = await picturing.view_original(session, actor, media_id, now=now)
        data = await to_thread.run_sync(porth.quarantine.read, found.original or "")
        headers = FILE_HEADERS | {"Content-Disposition": "attachment"}
        return Response(data, media_type="application/octet-stream", headers=headers)

    @post("/{media_id:uuid}/obscured", **needs(Permission.MEDIA_UPLOAD, says="Hide regions: a new picture is made"))
    async def obscure(
        self,
        media_id: FromPath[UUID],
        data: JSONBody[Obscuring],
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
        idempotency_key: Key = None,
    ) -> MediaView:
        once = Once(porth, idempotency_key, request, actor, [media_id, data])
        async with porth.sessions.begin() as session:
            found = await picturing.item(session, actor, Permission.MEDIA_UPLOAD, media_id)
            before = await once.remembered(session, MediaView)
        if before is not None:
            return before
        if found.original is None:
            raise NotFound("no-such-picture")
        file = await to_thread.run_sync(porth.quarantine.read, found.original)
        clean = await porth.decoder.clean(file, Recipe(obscure=data.regions))
        original = Quarantined(found.original, found.original_sha256, len(file))
        return await _keep(
            porth, actor, found.team_id, clean, original,
            obscured=data.regions, regions=found.regions, once=once, now=now,
        )  # fmt: skip


async def _keep(
    porth: Runtime,
    actor: Actor,
    team: UUID | None,
    clean: Clean,
    original: Quarantined,
    *,
    obscured: Sequence[Obscure] = (),
    regions: Sequence[Any] | None = None,
    once: Once,
    now: datetime,
) -> MediaView:
    """Store a proved picture, make its renditions, and record it all in one transaction."""
    await to_thread.run_sync(porth.clean.put, clean)
    await render(porth, clean.sha256, await platforms_of(porth, actor.organisation))
    taken = Taken(
        original_sha256=original.sha256, original=original.id, sha256=clean.sha256, media_type=clean.media_type,
        width=clean.width, height=clean.height, size=len(clean.data), removed=clean.removed,
        regions=msgspec.to_builtins(clean.people) if regions is None else regions,
        obscured=msgspec.to_builtins(obscured),
    )  # fmt: skip
    async with porth.sessions.begin() as session:

        async def create() -> MediaView:
            return await view(session, await picturing.add(session, actor, team, taken, now=now))

        return await once.run(session, MediaView, create)


async def view(session: Any, found: m.MediaItem) -> MediaView:
    rows = await session.scalars(select(m.Rendition).where(m.Rendition.source == found.sha256))
    renditions = tuple(RenditionView(r.platform, r.sha256, r.width, r.height, r.unfit) for r in rows)
    return MediaView(
        id=found.id, sha256=found.sha256, media_type=found.media_type, width=found.width, height=found.height,
        size=found.size, removed=tuple(found.removed), regions=None if found.regions is None else tuple(found.regions),
        obscured=tuple(found.obscured), team=found.team_id, uploaded_at=found.uploaded_at, renditions=renditions,
    )  # fmt: skip


async def clean_picture(porth: Runtime, sha256: str, media_type: str) -> Response[bytes]:
    """A proved picture, which stays private all the same: it is not cached, sniffed or run."""
    data = await to_thread.run_sync(porth.clean.read, sha256)
    return Response(data, media_type=media_type, headers=FILE_HEADERS)


def _team(given: str | None) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError as error:
        raise Invalid("no-such-team", "/team") from error


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
