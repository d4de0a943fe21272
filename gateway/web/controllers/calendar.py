"""The week and the month: what goes out when, what clashes, what waits for a time, and moving posts about."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.actions import scheduling
from approvals.content import LONDON
from approvals.errors import Invalid, Refusal
from approvals.permissions import Actor, Permission
from approvals.queries import CalendarEntry
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.web import choices, drafts, forms, live, moments, planner
from gateway.web.forms import Form
from gateway.web.pages import page, see_other
from i18n.dates import say_month, say_short_day
from i18n.messages import Language

READ = Permission.POST_READ


class View(Struct, frozen=True):
    """What part of the calendar somebody looks at."""

    name: str
    chosen: date
    channel: str
    grouped: bool

    def address(self, **changes: Any) -> str:
        name, chosen = changes.get("name", self.name), changes.get("chosen", self.chosen)
        asked = {"from": str(chosen)}
        if channel := changes.get("channel", self.channel):
            asked["channel"] = channel
        if changes.get("grouped", self.grouped):
            asked["group"] = "channel"
        return f"/deliveries/{name}?{urlencode(asked)}"


class Calendar(Controller):
    path = "/deliveries"

    @get("/week", **needs(READ, refusals=()))
    async def week(self, request: Asked, session: Session, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        return await _calendar(request, session, actor, _view("week", request.query_params.get, now), now, spoken)

    @get("/month", **needs(READ, refusals=()))
    async def month(self, request: Asked, session: Session, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        return await _calendar(request, session, actor, _view("month", request.query_params.get, now), now, spoken)

    @post("/near", status_code=200, **needs(READ, refusals=()))
    async def near(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        """What else goes out on the day that is in the form now. Nothing is kept."""
        form = await forms.read(request)
        try:
            at = drafts.moment(form, "earliest" if form.has("earliest-day") else "at")
            post = UUID(form.get("post")) if form.get("post") else None
        except (Refusal, ValueError):  # a date that is being typed
            at = post = None
        found = await planner.near(session, actor, at, form.all("channels"), post)
        return page(request, "calendar/near.html", near=found)

    @post("/move", status_code=200, **needs(Permission.SCHEDULE, refusals=()))
    async def move(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        """From a calendar and back to it; what is refused stands where it was."""
        form = await forms.read(request)
        view = _view(form.get("view"), form.get, now)
        card = f"card-{form.get('post')}"
        try:
            at = moments.on("at", form.get("day"), form.get("time"))
            async with porth.sessions.begin() as session:
                await scheduling.move(
                    session, actor, _id(form.get("post")), at, porth.limits, was=_was(form.get("was")), now=now
                )
        except Refusal as refusal:
            answer = Form()
            for wrong in Form().refuse(refusal, spoken).wrong:
                answer.say(card, wrong.words)
            async with porth.sessions.begin() as session:
                return await _calendar(request, session, actor, view, now, spoken, form=answer, status=422)
        return see_other(f"{view.address()}&done=moved")


def _view(name: str, asked: Callable[[str, str], str | None], now: datetime) -> View:
    try:
        chosen = date.fromisoformat(asked("from", "") or "")
    except ValueError:
        chosen = now.astimezone(LONDON).date()
    chosen = min(max(chosen, date(2000, 1, 1)), date(2999, 12, 31))
    grouped = asked("group", "") == "channel"
    return View("month" if name == "month" else "week", chosen, asked("channel", "") or "", grouped)


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise Invalid("no-such-post", "/post") from None


def _was(given: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        return None
    return found if found.tzinfo else None


async def _calendar(
    request: Asked,
    session: AsyncSession,
    actor: Actor,
    view: View,
    now: datetime,
    spoken: Language,
    *,
    form: Form | None = None,
    status: int = 200,
) -> Response[Any]:
    days = planner.days_of(view.name, view.chosen)
    entries = await queries.calendar(
        session, actor, planner.midnight(days[0]), planner.midnight(days[-1] + planner.DAY),
        channels=(view.channel,) if view.channel else (),
    )  # fmt: skip
    moves = actor.may(Permission.SCHEDULE)
    piece = live.piece(
        request, "calendar/grid.html", every=live.pace((d for entry in entries for d in entry.deliveries), now),
        plans=_plans(entries, days, view, now), view=view, moves=moves,
        short=lambda day: say_short_day(day, spoken),
    )  # fmt: skip
    if live.asks(request):
        return live.answer(request, piece)
    before, after = planner.neighbours(view.name, view.chosen)
    return page(
        request, "calendar/show.html", status=status, live=piece, view=view, moves=moves, before=before, after=after,
        days=days, today=now.astimezone(LONDON).date(), month=say_month(view.chosen, spoken), form=form or Form(),
        channels=[channel.name for channel in await choices.channels(session, actor)],
        waiting=await queries.waiting_for_a_time(session, actor) if moves else [],
    )  # fmt: skip


def _plans(entries: list[CalendarEntry], days: tuple[date, ...], view: View, now: datetime) -> list[planner.Plan]:
    names = planner.channels_of(entries) if view.grouped and entries else [""]
    month = view.chosen.month if view.name == "month" else None
    today = now.astimezone(LONDON).date()
    return [planner.plan(entries, days, each, n, today=today, month=month) for n, each in enumerate(names)]
