"""Posts that changed on the platform, and posts that did not come through Porth, until somebody has seen to it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from approvals import queries
from approvals.actions import watching
from approvals.permissions import Permission
from approvals.queries import DriftView
from gateway.api.injected import Acting, Now, Session
from gateway.api.paging import FEW, Limit, Page, page
from gateway.api.posts import Reason
from gateway.api.routing import needs


class Drifts(Controller):
    path = "/drifts"
    tags: Sequence[str] = ("Publishing",)

    @get(
        **needs(
            Permission.DELIVERY_RESOLVE, says="List posts that changed on the platform, or did not come through Porth"
        )
    )
    async def browse(
        self,
        session: Session,
        actor: Acting,
        limit: Limit = FEW,
        after: FromQuery[UUID | None] = None,
        settled: FromQuery[bool] = False,  # noqa: FBT002  # a query parameter
    ) -> Page[DriftView]:
        found = await queries.drifts(session, actor, settled=settled, after=after, limit=limit + 1)
        return page(found, limit)

    @post(
        "/{drift_id:uuid}/settlement",
        status_code=200,
        **needs(Permission.DELIVERY_RESOLVE, says="Say what was done about a changed or foreign post"),
    )
    async def settle(
        self, drift_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> dict[str, datetime | None]:
        made = await watching.settle(session, actor, drift_id, data.reason, now=now)
        return {"settled_at": made.settled_at}
