"""Posts that are not on the platforms as they were approved: what was approved beside what stands there."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import queries
from approvals.actions import watching
from approvals.errors import Refusal
from approvals.outgoing import unseal
from approvals.permissions import Actor, Permission
from approvals.queries import DriftView
from connectors.contract import Outgoing
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.web import changes, forms
from gateway.web.forms import Form
from gateway.web.lists import cursor, next_address
from gateway.web.pages import page, see_other

RESOLVE = Permission.DELIVERY_RESOLVE
ON_A_PAGE = 20
Approved = dict[UUID | None, Outgoing]
"""What was approved, by delivery."""


class Drifts(Controller):
    path = "/deliveries/drifts"

    @get(**needs(RESOLVE, refusals=()))
    async def browse(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        return await _list(request, session, actor, Form())

    @post("/{drift_id:uuid}/settlement", status_code=200, **needs(RESOLVE, refusals=()))
    async def settle(
        self, drift_id: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        field = f"reason-{drift_id}"
        try:
            async with porth.sessions.begin() as session:
                await watching.settle(session, actor, drift_id, form.get(field), now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, at=field)
            async with porth.sessions.begin() as session:
                return await _list(request, session, actor, form, status=422)
        return see_other("/deliveries/drifts?done=drift-settled")


async def approved_of(session: AsyncSession, found: Iterable[DriftView]) -> Approved:
    """What each delivery was to say, to the letter. A post that no delivery made has none."""
    rows = await session.execute(
        select(m.Delivery.id, m.Delivery.part, m.Submission.document, m.Submission.digest)
        .join(m.Submission, m.Submission.version_id == m.Delivery.version_id)
        .where(m.Delivery.id.in_([each.delivery for each in found if each.delivery]))
    )
    return {key: unseal(document, digest).manifest[part].outgoing for key, part, document, digest in rows}


async def _list(request: Asked, session: AsyncSession, actor: Actor, form: Form, *, status: int = 200) -> Response[Any]:
    settled = request.query_params.get("show") == "settled"
    found = await queries.drifts(session, actor, settled=settled, after=cursor(request), limit=ON_A_PAGE + 1)
    shown = found[:ON_A_PAGE]
    approved = await approved_of(session, shown)
    return page(
        request, "drifts/list.html", status=status, drifts=shown, approved=approved, settled=settled, form=form,
        runs={each.id: _runs(approved[each.delivery], each) for each in shown if each.kind == "edited"},
        next=next_address(request, found, ON_A_PAGE),
    )  # fmt: skip


def _runs(approved: Outgoing, found: DriftView) -> tuple[changes.Run, ...]:
    return tuple(changes.runs(approved.text, found.reads))
