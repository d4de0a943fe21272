"""A post and its corrections, each as seen from the other, and what an edit changes (PUB-01)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.content import Content
from approvals.outgoing import Document, Part, unseal
from approvals.permissions import Actor, Permission
from approvals.queries.reach import PersonRef, within_reach


class CorrectionView(Struct, frozen=True):
    """A post that corrects the one that is looked at."""

    id: UUID
    state: str
    public: bool
    """Something of it is published."""
    author: PersonRef
    created_at: datetime


class Edited(Struct, frozen=True):
    """What a part of a correction edits, as it was last approved."""

    url: str | None
    text: str
    content: Content


async def original_of(session: AsyncSession, actor: Actor, post: UUID) -> UUID | None:
    """The post that this one corrects, if it corrects one."""
    query = select(m.Post.corrects_id).where(m.Post.id == post, within_reach(actor, Permission.POST_READ))
    return await session.scalar(query)


async def corrections_of(session: AsyncSession, actor: Actor, post: UUID) -> tuple[CorrectionView, ...]:
    """As far as the actor may read them, the oldest first."""
    rows = await session.execute(
        select(m.Post, m.Person.id, m.Person.name)
        .join(m.Person, m.Person.id == m.Post.created_by)
        .where(m.Post.corrects_id == post, within_reach(actor, Permission.POST_READ))
        .order_by(m.Post.id)
    )
    found = rows.all()
    public = await _with_something_public(session, [made.id for made, *_ in found])
    return tuple(
        CorrectionView(made.id, made.state, made.id in public, PersonRef(person, name), made.created_at)
        for made, person, name in found
    )


async def _with_something_public(session: AsyncSession, posts: Sequence[UUID]) -> frozenset[UUID]:
    if not posts:
        return frozenset()
    query = select(m.Delivery.post_id).where(m.Delivery.post_id.in_(posts), m.Delivery.state == "published")
    return frozenset(await session.scalars(query))


async def put_right(session: AsyncSession, posts: Sequence[UUID]) -> frozenset[UUID]:
    """Those of the posts of which a correction is public."""
    if not posts:
        return frozenset()
    rows = await session.scalars(
        select(m.Post.corrects_id)
        .join(m.Delivery, m.Delivery.post_id == m.Post.id)
        .where(m.Post.corrects_id.in_(posts), m.Delivery.state == "published")
    )
    return frozenset(found for found in rows if found)


async def edited_by(session: AsyncSession, manifest: Iterable[Part]) -> Mapping[str, Edited]:
    """By delivery: the public words that these parts replace. The posts are of one organisation, as its parts are."""
    wanted = [UUID(part.edits) for part in manifest if part.edits]
    if not wanted:
        return {}
    rows = await session.execute(
        select(m.Delivery, m.Submission)
        .join(m.Submission, m.Submission.version_id == m.Delivery.version_id)
        .where(m.Delivery.id.in_(wanted))
    )
    return {str(delivery.id): _edited(delivery, unseal(found.document, found.digest)) for delivery, found in rows}


def _edited(delivery: m.Delivery, document: Document) -> Edited:
    return Edited(delivery.url, document.manifest[delivery.part].outgoing.text, document.content)
