"""When an approved post goes out, and taking down what is public."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Controller, post
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from approvals import queries
from approvals.actions import scheduling
from approvals.permissions import Permission
from approvals.queries import DeliveryView
from gateway.api.injected import Acting, Now, Porth, Session
from gateway.api.posts import PostRef, Reason, ref
from gateway.api.routing import needs
from gateway.api.times import moment


class ScheduleRequest(Struct, frozen=True, forbid_unknown_fields=True):
    digest: str
    at: str
    """`2027-01-04T09:00` in London, or with an offset where that hour happens twice."""


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    at: str
    """`2027-01-04T09:00` in London, or with an offset where that hour happens twice."""
    was: str | None = None
    """The time that you saw: if somebody has moved the post since, the answer is 409 and nothing moves."""


class Takedown(Struct, frozen=True):
    post: UUID
    posts: int
    """How many published posts are being removed; workers read back until they are gone."""


class Schedule(Controller):
    path = "/posts/{post_id:uuid}"
    tags: Sequence[str] = ("Publishing",)

    @post("/schedule", status_code=200, **needs(Permission.SCHEDULE, says="Schedule an approved post in its window"))
    async def schedule(
        self,
        post_id: FromPath[UUID],
        data: JSONBody[ScheduleRequest],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
    ) -> list[DeliveryView]:
        at = moment(data.at, "/at")
        await scheduling.schedule(session, actor, post_id, data.digest, at, porth.limits, now=now)
        return list(await queries.deliveries_of(session, post_id))

    @post(
        "/move", status_code=200, **needs(Permission.SCHEDULE, says="Give a scheduled post another time in its window")
    )
    async def move(
        self, post_id: FromPath[UUID], data: JSONBody[Move], session: Session, porth: Porth, actor: Acting, now: Now
    ) -> list[DeliveryView]:
        at, was = moment(data.at, "/at"), moment(data.was, "/was") if data.was else None
        await scheduling.move(session, actor, post_id, at, porth.limits, was=was, now=now)
        return list(await queries.deliveries_of(session, post_id))

    @post("/cancellation", status_code=200, **needs(Permission.SCHEDULE, says="Take an approved post off the schedule"))
    async def cancel(
        self, post_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> PostRef:
        return ref(await scheduling.cancel(session, actor, post_id, data.reason, now=now))

    @post("/takedown", status_code=202, **needs(Permission.TAKEDOWN_APPROVE, says="Remove what is public of a post"))
    async def take_down(
        self, post_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> Takedown:
        return Takedown(post_id, await scheduling.take_down(session, actor, post_id, data.reason, now=now))
