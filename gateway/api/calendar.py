"""The schedule as a calendar: each post once at its time, with clashes, and what still waits for a time."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter
from msgspec import Struct

from approvals import queries
from approvals.errors import Invalid
from approvals.permissions import Permission
from approvals.queries import CalendarEntry, WaitingPost
from gateway.api.injected import Acting, Session
from gateway.api.routing import needs
from gateway.api.times import moment

LONGEST = timedelta(days=62)
"""Two months at once; ask for the next ones after them."""


class Planned(Struct, frozen=True):
    entries: tuple[CalendarEntry, ...]
    to_schedule: tuple[WaitingPost, ...]
    """Approved, and waiting for a time; empty for those who may not schedule."""


class Calendar(Controller):
    path = "/calendar"
    tags: Sequence[str] = ("Publishing",)

    @get(**needs(Permission.POST_READ, says="The posts of some days, each at its time, and what waits for one"))
    async def browse(
        self,
        session: Session,
        actor: Acting,
        since: Annotated[str, QueryParameter(description="Local London time, or with an offset.")],
        until: Annotated[str, QueryParameter(description="Before this; at most 62 days later.")],
        channels: Annotated[list[str] | None, QueryParameter(name="channel")] = None,
    ) -> Planned:
        first, last = moment(since, "/since"), moment(until, "/until")
        if not first < last <= first + LONGEST:
            raise Invalid("calendar-too-long", "/until", days=LONGEST.days)
        found = await queries.calendar(session, actor, first, last, channels=tuple(channels or ()))
        waiting = await queries.waiting_for_a_time(session, actor) if actor.may(Permission.SCHEDULE) else []
        return Planned(tuple(found), tuple(waiting))
