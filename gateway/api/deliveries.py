"""Deliveries: what is to be sent, what was, and what a person must decide; and publishing jobs."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct

from approvals import queries
from approvals.actions import scheduling
from approvals.permissions import Permission
from approvals.queries import DeliveryFilter, DeliveryView
from connectors.contract import Receipt
from gateway import due
from gateway.api.injected import Acting, Now, Porth, Session
from gateway.api.paging import FEW, MOST, Limit, Page, page
from gateway.api.posts import Reason
from gateway.api.routing import needs
from gateway.api.times import moment
from gateway.publishing import Outcome


class Release(Struct, frozen=True, forbid_unknown_fields=True):
    reason: str
    at: str | None = None
    """Local London time or with an offset; at once if it is left out."""


class FoundPost(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    url: str
    at: str


class Resolution(Struct, frozen=True, forbid_unknown_fields=True):
    reason: str
    found: FoundPost | None
    """The post as the person found it on the platform; `null`: they looked, and it is not there."""


class PublishRequest(Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=MOST)] = FEW
    dry_run: bool = False
    """List what is due, and whether the last look would let it go; nothing is sent."""


class Published(Struct, frozen=True):
    deliveries: tuple[Outcome, ...]


class Deliveries(Controller):
    tags: Sequence[str] = ("Publishing",)

    @get("/deliveries", **needs(Permission.DELIVERY_READ, says="List deliveries, the newest first"))
    async def browse(
        self,
        session: Session,
        actor: Acting,
        limit: Limit = FEW,
        after: FromQuery[UUID | None] = None,
        states: Annotated[list[str] | None, QueryParameter(name="state")] = None,
        since: Annotated[str | None, QueryParameter(description="Due at or after this.")] = None,
        until: Annotated[str | None, QueryParameter(description="Due before this.")] = None,
    ) -> Page[DeliveryView]:
        wanted = DeliveryFilter(
            tuple(states or ()),
            moment(since, "/since") if since else None,
            moment(until, "/until") if until else None,
        )
        return page(await queries.deliveries(session, actor, wanted, after=after, limit=limit + 1), limit)

    @get("/deliveries/{delivery_id:uuid}", **needs(Permission.DELIVERY_READ, says="Read one delivery"))
    async def read(self, delivery_id: FromPath[UUID], session: Session, actor: Acting) -> DeliveryView:
        return await queries.delivery(session, actor, delivery_id)

    @post(
        "/deliveries/{delivery_id:uuid}/hold",
        status_code=200,
        **needs(Permission.SCHEDULE, says="Keep a delivery from going out"),
    )
    async def hold(
        self, delivery_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> DeliveryView:
        await scheduling.hold(session, actor, delivery_id, data.reason, now=now)
        return await _again(session, actor, delivery_id)

    @post(
        "/deliveries/{delivery_id:uuid}/release",
        status_code=200,
        **needs(Permission.DELIVERY_RESOLVE, says="Let a held, missed or failed delivery go out"),
    )
    async def release(
        self,
        delivery_id: FromPath[UUID],
        data: JSONBody[Release],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
    ) -> DeliveryView:
        at = moment(data.at, "/at") if data.at else None
        await scheduling.release(session, actor, delivery_id, data.reason, porth.limits, at=at, now=now)
        return await _again(session, actor, delivery_id)

    @post(
        "/deliveries/{delivery_id:uuid}/resolution",
        status_code=200,
        **needs(Permission.DELIVERY_RESOLVE, says="Say what became of a delivery whose outcome nobody knows"),
    )
    async def resolve(
        self, delivery_id: FromPath[UUID], data: JSONBody[Resolution], session: Session, actor: Acting, now: Now
    ) -> DeliveryView:
        found = data.found
        receipt = Receipt(found.id, found.url, moment(found.at, "/found/at")) if found else None
        await scheduling.resolve(session, actor, delivery_id, receipt, data.reason, now=now)
        return await _again(session, actor, delivery_id)

    @post(
        "/publish-due",
        status_code=200,
        **needs(Permission.PUBLISH, says="Publish what is due now; safe when two run at once"),
    )
    async def publish_due(self, data: JSONBody[PublishRequest], porth: Porth, actor: Acting) -> Published:
        if data.dry_run:
            listed = await due.due(porth, organisation=actor.organisation, limit=data.limit)
            return Published(tuple(listed))
        outcomes = await due.publish_due(
            porth,
            organisation=actor.organisation,
            limit=data.limit,
            worker=f"api-{actor.key or actor.person}",
            concurrency=porth.settings.worker_concurrency,
        )
        return Published(tuple(outcomes))


async def _again(session: Session, actor: Acting, delivery_id: UUID) -> DeliveryView:
    await session.flush()
    return await queries.delivery(session, actor, delivery_id)
