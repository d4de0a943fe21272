"""The route of approval and the organisation's choices. What a change does to posts under way is said first."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Controller, Response, get, post

from approvals import queries
from approvals.actions import organising
from approvals.errors import Invalid, Refusal
from approvals.permissions import Permission
from approvals.policy import Policy
from approvals.queries import OrganisationView, RouteEffects
from approvals.route import RouteStep, decode
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.organisation import built
from gateway.api.routing import needs
from gateway.web import forms
from gateway.web.forms import Form
from gateway.web.pages import page, see_other

EDIT = Permission.POLICY_EDIT
ALWAYS_THERE = frozenset({"welsh", "comms"})
USUAL = "usual"
"""The rule pack's own threshold of small numbers."""
_MOST_STEPS = 8


class Rules(Controller):
    path = "/administration"

    @get("/route", **needs(EDIT, refusals=()))
    async def route(self, request: Asked, session: Session, actor: Acting) -> Response[Any]:
        found = await queries.organisation(session, actor)
        return _route_page(request, found, found.route, Form())

    @post("/route", status_code=200, **needs(EDIT, refusals=()))
    async def change_route(
        self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        """Each press answers with the route as it would be; only the last, after what it does was said, sets it."""
        form = await forms.read(request)
        do = form.get("do")
        seen, steps = steps_in(form.all("seen")), changed(steps_in(form.all("steps")), do)
        effects: RouteEffects | None = None
        async with porth.sessions.begin() as session:
            found = await queries.organisation(session, actor)
        try:
            if do in {"look", "save"}:
                organising.whole_route(built(steps))
                async with porth.sessions.begin() as session:
                    if do == "save":
                        await organising.set_policy(session, actor, route=built(steps), seen=built(seen), now=now)
                    else:
                        effects = await queries.route_effects(session, actor, found.route, steps)
        except Refusal as refusal:
            form.refuse(refusal, spoken, at="route")
            return _route_page(request, found, steps, form, status=422)
        if do == "save":
            return see_other("/administration/route?done=route-set")
        return _route_page(request, found, steps, form, effects=effects)

    @get("/policy", **needs(EDIT, refusals=()))
    async def policy(self, request: Asked, session: Session, porth: Porth, actor: Acting) -> Response[Any]:
        kept = (await queries.organisation(session, actor)).policy
        form = Form(
            {
                "never_patients": ["yes" if kept.never_patients else "no"],
                "late": [str(kept.late_after_minutes or "")],
                "spacing": ["" if kept.spacing_seconds is None else str(kept.spacing_seconds)],
                "small": [str(kept.small_number or USUAL)],
                "second_factor": ["yes" if kept.second_factor else "no"],
            }
        )
        return _policy_page(request, porth.settings.late_after, form)

    @post("/policy", status_code=200, **needs(EDIT, refusals=()))
    async def set_policy(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        form = await forms.read(request)
        try:
            async with porth.sessions.begin() as session:
                kept = (await queries.organisation(session, actor)).policy
                await organising.set_policy(session, actor, policy=policy_in(form, kept), now=now)
        except Refusal as refusal:
            fields = {
                "policy-late_after_minutes": "late",
                "policy-spacing_seconds": "spacing",
                "policy-small_number": "small",
            }
            own = forms.field_of(refusal.field)
            form.refuse(refusal, spoken, at=fields.get(own, own))
            return _policy_page(request, porth.settings.late_after, form, status=422)
        return see_other("/administration/policy?done=policy-set")


def steps_in(sent: Sequence[str]) -> tuple[RouteStep, ...]:
    """`step:when` of each, as the page's hidden fields hold the route that is being changed."""
    pairs = [text.partition(":") for text in sent[:_MOST_STEPS]]
    try:
        return decode([{"step": step, "when": when} for step, _, when in pairs])
    except msgspec.ValidationError as error:
        raise Invalid("route-wrong", "/route") from error


def changed(steps: Sequence[RouteStep], do: str) -> tuple[RouteStep, ...]:
    """The route after one press: `up-1`, `down-0`, `drop-0`, `when-0`, `add-line`. What cannot be changes nothing."""
    act, _, of = do.partition("-")
    route = list(steps)
    if act == "add" and of in {"line", "privacy"} and of not in {s.step for s in route}:
        route.insert(
            max(0, len(route) - 1), decode([{"step": of, "when": "people" if of == "privacy" else "always"}])[0]
        )
        return tuple(route)
    at = int(of) if of.isascii() and of.isdecimal() and len(of) == 1 else len(route)
    if at >= len(route):
        return tuple(route)
    step = route[at]
    if act == "drop" and step.step not in ALWAYS_THERE:
        del route[at]
    elif act == "when" and step.step not in ALWAYS_THERE:
        route[at] = RouteStep(step.step, "people" if step.when == "always" else "always")
    elif act in {"up", "down"}:
        other = at + (1 if act == "down" else -1)
        if 0 <= other < len(route) and "comms" not in {step.step, route[other].step}:
            route[at], route[other] = route[other], step
    return tuple(route)


def policy_in(form: Form, kept: Policy) -> Policy:
    """The choices of the form in place of those that are kept; choices that the form does not have stay."""
    return msgspec.structs.replace(
        kept,
        never_patients=form.get("never_patients") == "yes",
        second_factor=form.get("second_factor") == "yes",
        late_after_minutes=_number(form, "late"),
        spacing_seconds=_number(form, "spacing"),
        small_number=_small(form, kept),
    )


def _small(form: Form, kept: Policy) -> int | None:
    """A threshold that the page does not offer, set through the API, stays where nothing else is chosen."""
    if not form.has("small"):
        return kept.small_number
    return None if form.get("small") == USUAL else _number(form, "small")


def _number(form: Form, name: str) -> int | None:
    typed = form.get(name).strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 6):  # noqa: PLR2004  # more digits than any choice has
        raise Invalid("not-a-number", f"/{name}")
    return int(typed)


def _route_page(
    request: Asked,
    organisation: OrganisationView,
    steps: Sequence[RouteStep],
    form: Form,
    *,
    effects: RouteEffects | None = None,
    status: int = 200,
) -> Response[Any]:
    there = {s.step for s in steps}
    return page(
        request, "administration/route.html", status=status, now_there=organisation.route, steps=tuple(steps),
        form=form, effects=effects, fixed=ALWAYS_THERE, others=[s for s in ("line", "privacy") if s not in there],
        changed=tuple(steps) != organisation.route,
    )  # fmt: skip


def _policy_page(request: Asked, late: timedelta, form: Form, *, status: int = 200) -> Response[Any]:
    return page(request, "administration/policy.html", status=status, form=form, late=int(late.total_seconds() // 60))
