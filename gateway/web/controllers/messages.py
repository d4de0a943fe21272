"""How one is told by e-mail, chosen on one's account; and for administrators the mails that could not be sent."""

from typing import Any, cast

from litestar import Controller, Response, get, post
from sqlalchemy.ext.asyncio import AsyncSession

from approvals.actions import choosing
from approvals.errors import Refusal
from approvals.messages.choices import GROUPS, Choices, Group, How
from approvals.permissions import Actor, Permission
from approvals.queries.message_views import message_choices, troubled_mails
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import SIGNED_IN, needs
from gateway.web import forms
from gateway.web.forms import Form
from gateway.web.lists import cursor, next_address
from gateway.web.pages import page, see_other

ON_A_PAGE = 25
HOWS: tuple[How, ...] = ("at-once", "digest", "off")
BY_DEFAULT = "default"


class Messages(Controller):
    path = "/"

    @get("/account/messages", **needs(SIGNED_IN, refusals=()))
    async def show(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        return await _page(request, session, actor, None)

    @post("/account/messages", status_code=200, **needs(SIGNED_IN, refusals=()))
    async def choose(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                await choosing.choose(session, actor, _chosen(form), now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken)
            async with porth.sessions.begin() as session:
                return await _page(request, session, actor, form, status=422)
        return see_other("/account/messages?done=messages-chosen")

    @get("/administration/messages", **needs(Permission.PEOPLE_MANAGE, refusals=()))
    async def troubled(self, request: Asked, session: Session, porth: Porth, actor: Acting) -> Response[Any]:
        found = await troubled_mails(session, actor, after=cursor(request), limit=ON_A_PAGE + 1)
        return page(
            request, "messages/troubled.html", mails=found[:ON_A_PAGE], next=next_address(request, found, ON_A_PAGE),
            server=porth.settings.smtp_host is not None,
        )  # fmt: skip


def _chosen(form: Form) -> Choices:
    groups = {group: form.get(f"groups-{group}") for group in GROUPS}
    return Choices(
        cast("dict[Group, How]", {group: how for group, how in groups.items() if how in HOWS}),
        int(hour) if (hour := form.get("hour")).isascii() and hour.isdecimal() and len(hour) < 3 else 24,  # noqa: PLR2004  # no such hour
        "all" if form.get("days") == "all" else "working",
    )


async def _page(
    request: Asked, session: AsyncSession, actor: Actor, form: Form | None, *, status: int = 200
) -> Response[Any]:
    found = await message_choices(session, actor)
    if form is None:
        values = {f"groups-{g.group}": [g.how or BY_DEFAULT] for g in found.groups}
        form = Form({**values, "hour": [str(found.hour)], "days": [found.days]})
    return page(
        request, "messages/choices.html", status=status, form=form, groups=found.groups, hows=(BY_DEFAULT, *HOWS),
        hours=range(24),
    )  # fmt: skip
