"""What tests and rehearsals may change about the sandbox's world: its clock, what platforms allow, and credentials."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from litestar import get, post
from litestar.datastructures import State
from litestar.exceptions import ClientException
from msgspec import Meta, Struct

from connectors.sandbox import rules, tokens
from connectors.sandbox.clock import CLOCK
from connectors.sandbox.rules import Kind, Rules
from connectors.sandbox.store import Account, Store

A_CENTURY = 100 * 366 * 86_400


class Ahead(Struct, frozen=True, forbid_unknown_fields=True):
    ahead_seconds: Annotated[float, Meta(ge=0, le=A_CENTURY)]
    """Before the machine's clock."""


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """What is named changes; `null` takes a limit or an end away."""

    platform: str
    content: dict[str, Any] = {}
    rates: dict[str, Annotated[int, Meta(ge=0)] | None] = {}
    """How many calls, by the name of the rate."""
    lives: dict[str, Annotated[float, Meta(ge=0)] | None] = {}
    """Seconds. Credentials that were issued before keep their end."""


class Whose(Struct, frozen=True, forbid_unknown_fields=True):
    platform: str
    account: Annotated[str, Meta(pattern="^[^#]+$")]


class NewToken(Whose, frozen=True, forbid_unknown_fields=True):
    kind: Kind | None = None
    """`None`: what the account's first credentials are."""


class Token(Struct, frozen=True):
    token: str
    ends: datetime | None


@get("/clock", sync_to_thread=False)
def clock() -> dict[str, Any]:
    return {"now": CLOCK.now(), "ahead_seconds": CLOCK.ahead.total_seconds()}


@post("/clock", sync_to_thread=False)
def set_clock(data: Ahead) -> dict[str, Any]:
    CLOCK.ahead = timedelta(seconds=data.ahead_seconds)
    return {"now": CLOCK.now(), "ahead_seconds": data.ahead_seconds}


@get("/limits", sync_to_thread=False)
def limits() -> dict[str, Rules]:
    """What is in force, by platform."""
    return rules.RULES


@post("/limits", sync_to_thread=False)
def change_limits(data: Change) -> Rules:
    _known(data.platform)
    try:
        rules.change(data.platform, data.content, data.rates, data.lives)
    except ValueError as error:
        raise ClientException(str(error)) from None
    return rules.RULES[data.platform]


@post("/limits/lift", sync_to_thread=False)
def lift() -> None:
    """No call is counted any more, on any platform: for load."""
    rules.lift()


@post("/tokens", sync_to_thread=False)
def issue(state: State, data: NewToken) -> Token:
    """Another credential of an account, as after signing in once more."""
    account = _account(state.stand.store, data)
    token = f"{account.token}#{state.stand.store.number()}"
    kinds = (data.kind,) if data.kind else rules.rules(data.platform).first
    ends = [tokens.issue(state.stand.store, account, token, kind).ends for kind in kinds]
    return Token(token, datetime.fromtimestamp(ends[0], UTC) if ends[0] else None)


@post("/tokens/revoke", sync_to_thread=False)
def revoke(state: State, data: Whose) -> None:
    """Everything that the account has been issued until now is refused from now on."""
    tokens.revoke(state.stand.store, data.platform, _account(state.stand.store, data).name)


def _account(store: Store, whose: Whose) -> Account:
    _known(whose.platform)
    first = f"sandbox-{whose.platform}-{whose.account}"
    return store.account(whose.platform, whose.account) or store.declare(whose.platform, whose.account, first)


def _known(platform: str) -> None:
    if platform not in rules.RULES:
        raise ClientException(f"platform: one of {', '.join(rules.RULES)}")


def start_again() -> None:
    """The clock and the rules as they were at the beginning."""
    CLOCK.ahead = timedelta()
    rules.restore()


CONDITIONS = (clock, set_clock, limits, change_limits, lift, issue, revoke)
