"""Removals: asked for by anybody, carried out by workers, confirmed by a person where a platform cannot."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from approvals import queries
from approvals.actions import removing, scheduling
from approvals.permissions import Permission
from approvals.queries import DeliveryView, TakedownView
from gateway.api.injected import Acting, Now, Session
from gateway.api.paging import FEW, Limit, Page, page
from gateway.api.posts import Reason
from gateway.api.routing import needs


class Removal(Struct, frozen=True):
    post: UUID
    posts: int
    """How many published posts are being removed."""


class RemovalAt(Struct, frozen=True, forbid_unknown_fields=True):
    address: str
    """Of the post on its platform, as a person copies it from there."""
    reason: str


class Takedowns(Controller):
    tags: Sequence[str] = ("Publishing",)

    @get("/takedowns", **needs(Permission.POST_READ, says="What is to be removed, and since when"))
    async def browse(
        self,
        session: Session,
        actor: Acting,
        now: Now,
        limit: Limit = FEW,
        after: FromQuery[UUID | None] = None,
        only_open: Annotated[bool, QueryParameter(name="open", description="Only what is not yet gone.")] = True,  # noqa: FBT002  # a query parameter
        consent: Annotated[str | None, QueryParameter(description="Only of posts that relied on this one.")] = None,
    ) -> Page[TakedownView]:
        found = await queries.takedowns(
            session, actor, now=now, only_open=only_open, consent=consent, after=after, limit=limit + 1
        )
        return page(found, limit, lambda takedown: takedown.delivery)

    @post(
        "/posts/{post_id:uuid}/removal-request",
        status_code=202,
        **needs(Permission.TAKEDOWN_REQUEST, says="Somebody shown or named asks to be removed"),
    )
    async def ask(
        self, post_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> Removal:
        return Removal(post_id, await scheduling.ask_removal(session, actor, post_id, data.reason, now=now))

    @post(
        "/removal-requests",
        status_code=202,
        **needs(
            Permission.TAKEDOWN_REQUEST, says="The same, for whoever knows only the post's address on its platform"
        ),
    )
    async def ask_at(self, data: JSONBody[RemovalAt], session: Session, actor: Acting, now: Now) -> Removal:
        return Removal(*await removing.ask_removal_at(session, actor, data.address, data.reason, now=now))

    @post(
        "/deliveries/{delivery_id:uuid}/removal",
        status_code=200,
        **needs(Permission.TAKEDOWN_APPROVE, says="Say that a post was deleted on the platform by hand"),
    )
    async def removed(
        self, delivery_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> DeliveryView:
        await scheduling.removed_by_hand(session, actor, delivery_id, data.reason, now=now)
        await session.flush()
        return await queries.delivery(session, actor, delivery_id)
