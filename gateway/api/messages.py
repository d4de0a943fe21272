"""How one is told by e-mail, and which mails could not be sent."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from litestar import Controller, get, put
from litestar.params import FromQuery, JSONBody
from msgspec import Struct

from approvals.actions import choosing
from approvals.messages.choices import Choices, Days, Group, How
from approvals.permissions import Permission
from approvals.queries.message_views import ChoicesView, MailView, message_choices, troubled_mails
from gateway.api.injected import Acting, Now, Session
from gateway.api.paging import FEW, Limit, Page, page
from gateway.api.routing import SIGNED_IN, needs


class ChoicesRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """All of them: a group that is left out is as by default."""

    groups: Mapping[Group, How] = {}
    hour: int = 8
    """Of the digest, 0 to 23 on London's clock."""
    days: Days = "working"


class Messages(Controller):
    tags: Sequence[str] = ("Messages",)

    @get("/me/messages", **needs(SIGNED_IN, says="How you are told by e-mail"))
    async def read(self, session: Session, actor: Acting) -> ChoicesView:
        return await message_choices(session, actor)

    @put("/me/messages", **needs(SIGNED_IN, says="Choose how you are told by e-mail, and when the digest comes"))
    async def choose(self, data: JSONBody[ChoicesRequest], session: Session, actor: Acting, now: Now) -> ChoicesView:
        await choosing.choose(session, actor, Choices(data.groups, data.hour, data.days), now=now)
        return await message_choices(session, actor)

    @get("/mails", **needs(Permission.PEOPLE_MANAGE, says="List mails that failed, or whose last try failed"))
    async def troubled(
        self, session: Session, actor: Acting, limit: Limit = FEW, after: FromQuery[UUID | None] = None
    ) -> Page[MailView]:
        return page(await troubled_mails(session, actor, after=after, limit=limit + 1), limit)
