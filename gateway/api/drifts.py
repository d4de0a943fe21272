"""Posts that changed on the platform after they were published, until somebody has seen to it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct
from sqlalchemy import select, true

from approvals import models as m
from approvals.actions import watching
from approvals.permissions import Permission
from gateway.api.injected import Acting, Now, Session
from gateway.api.paging import FEW, Limit, Page, page
from gateway.api.posts import Reason
from gateway.api.routing import needs


class DriftView(Struct, frozen=True):
    id: UUID
    post: UUID
    delivery: UUID
    channel: str
    url: str | None
    kind: str
    """edited or deleted."""
    reads: str
    seen_at: datetime
    settled_at: datetime | None
    reason: str | None


class Drifts(Controller):
    path = "/drifts"
    tags: Sequence[str] = ("Publishing",)

    @get(**needs(Permission.DELIVERY_RESOLVE, says="List posts that changed after they were published"))
    async def browse(
        self,
        session: Session,
        actor: Acting,
        limit: Limit = FEW,
        after: FromQuery[UUID | None] = None,
        settled: FromQuery[bool] = False,  # noqa: FBT002  # a query parameter
    ) -> Page[DriftView]:
        rows = await session.execute(
            select(m.Drift, m.Delivery, m.Channel.name)
            .join(m.Delivery, m.Delivery.id == m.Drift.delivery_id)
            .join(m.Account, m.Account.id == m.Delivery.account_id)
            .join(m.Channel, m.Channel.id == m.Account.channel_id)
            .where(
                m.Delivery.organisation_id == actor.organisation,
                m.Drift.settled_at.is_not(None) if settled else m.Drift.settled_at.is_(None),
                m.Drift.id < after if after else true(),
            )
            .order_by(m.Drift.id.desc())
            .limit(limit + 1)
        )
        return page([_view(*row) for row in rows], limit)

    @post(
        "/{drift_id:uuid}/settlement",
        status_code=200,
        **needs(Permission.DELIVERY_RESOLVE, says="Say what was done about a changed post"),
    )
    async def settle(
        self, drift_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> dict[str, datetime | None]:
        made = await watching.settle(session, actor, drift_id, data.reason, now=now)
        return {"settled_at": made.settled_at}


def _view(drift: m.Drift, delivery: m.Delivery, channel: str) -> DriftView:
    return DriftView(
        id=drift.id, post=delivery.post_id, delivery=delivery.id, channel=channel, url=delivery.url, kind=drift.kind,
        reads=drift.reads, seen_at=drift.seen_at, settled_at=drift.settled_at, reason=drift.reason,
    )  # fmt: skip
