"""Accounts of a channel: credentials typed once, the platform's own name for them confirmed, and only then kept."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.actions import organising, registering
from approvals.errors import Invalid, Refusal, Stale
from approvals.permissions import Actor, Permission
from approvals.queries import ChannelView
from connectors.contract import Language as Written
from connectors.registry import secret_names
from gateway import accounts
from gateway.accounts import CARRIED_FOR, OPEN_TO_SEE, OPTIONAL, Carried, Mode
from gateway.api.injected import Acting, Asked, Now, Porth, Session, Spoken
from gateway.api.routing import needs
from gateway.runtime import Runtime
from gateway.web import forms
from gateway.web.controllers.channels import HERE, act
from gateway.web.forms import Form
from gateway.web.pages import page, see_other
from i18n.messages import Language

MANAGE = Permission.CHANNEL_MANAGE
MANY_PAGES = frozenset({"linkedin"})
"""Platforms whose credentials can belong to several pages, so that the page has to be named."""
SERVERS: Mapping[str, str] = {"bluesky": "https://bsky.social"}
"""Where nearly everybody's account is."""


class Accounts(Controller):
    path = "/administration"

    @get("/channels/{channel:uuid}/accounts/new", **needs(MANAGE, refusals=()))
    async def form(
        self, channel: FromPath[UUID], request: Asked, session: Session, actor: Acting, now: Now
    ) -> Response[Any]:
        found = await queries.channel(session, actor, channel, now=now)
        known = SERVERS.get(found.platform)
        return _credentials_page(request, found, Form({"secret-server": [known]} if known else {}))

    @post("/channels/{channel:uuid}/accounts/new", status_code=200, **needs(MANAGE, refusals=()))
    async def ask(
        self, channel: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        """Ask the platform whose they are. Nothing is kept; the page that answers carries them sealed."""
        form = await forms.read(request)
        found = await _channel(porth, actor, channel, now)
        try:
            mode, secrets = _mode(form), secrets_in(form, found.platform)
            account = account_in(form, found.platform)
            identity = await accounts.identity(porth, found.platform, mode, account, secrets)
        except Refusal as refusal:
            form.refuse(refusal, spoken, at=field_of(refusal, found.platform))
            return _credentials_page(request, found, form, status=422)
        carried = Carried(now + CARRIED_FOR, mode, identity.account, secrets, identity)
        sealed = accounts.carry(porth, request.user.sign_in or b"", channel, carried)
        return _confirm_page(request, found, carried, Form({"carried": [sealed]}))

    @post("/channels/{channel:uuid}/accounts/confirm", status_code=200, **needs(MANAGE, refusals=()))
    async def confirm(
        self, channel: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        found = await _channel(porth, actor, channel, now)
        try:
            carried = accounts.carried(porth, request.user.sign_in or b"", channel, form.get("carried"), now)
        except Stale as stale:
            return _credentials_page(request, found, Form().refuse(stale, spoken), status=422)
        try:
            _typed(carried, form)
            async with porth.sessions.begin() as session:
                await accounts.register(
                    session, porth, actor, channel, carried.identity, carried.mode, carried.secrets,
                    _languages(found, form), now=now,
                )  # fmt: skip
        except Refusal as refusal:
            own = forms.field_of(refusal.field)
            form.refuse(refusal, spoken, at=own if own in {"languages", "typed"} else "")
            return _confirm_page(request, found, carried, form, status=422)
        return see_other(f"{HERE}/{channel}?done=account-registered")

    @get("/accounts/{account:uuid}/credentials", **needs(MANAGE, refusals=()))
    async def replace_form(
        self, account: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now
    ) -> Response[Any]:
        return await _replace_page(request, porth, actor, account, Form(), now)

    @post("/accounts/{account:uuid}/credentials", status_code=200, **needs(MANAGE, refusals=()))
    async def replace(
        self, account: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        kept = await accounts.account(porth, actor, account)
        platform = (await accounts.channel(porth, actor, kept.channel_id)).platform
        try:
            secrets = secrets_in(form, platform)
            identity = await accounts.replacement(porth, actor, account, secrets)
            async with porth.sessions.begin() as session:
                sealed = porth.sealed(account, secrets)
                await organising.replace_credentials(session, actor, account, sealed, identity.expires, now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, at=field_of(refusal, platform))
            return await _replace_page(request, porth, actor, account, form, now, status=422)
        return see_other(f"{HERE}/{kept.channel_id}?done=credentials-replaced")

    @post("/accounts/{account:uuid}/out-of-service", status_code=200, **needs(MANAGE, refusals=()))
    async def take_out(
        self, account: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        field = f"out-{account}"

        async def do(session: AsyncSession) -> None:
            await registering.take_out(session, actor, account, form.get(field), now=now)

        return await _act(request, porth, actor, account, form, do, field, "account-out", now, spoken)

    @post("/accounts/{account:uuid}/in-service", status_code=200, **needs(MANAGE, refusals=()))
    async def bring_back(
        self, account: FromPath[UUID], request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken
    ) -> Response[Any]:
        form = await forms.read(request)
        field = f"back-{account}"

        async def do(session: AsyncSession) -> None:
            await registering.bring_back(session, actor, account, form.get(field), now=now)

        return await _act(request, porth, actor, account, form, do, field, "account-back", now, spoken)


async def _channel(porth: Runtime, actor: Actor, channel: UUID, now: datetime) -> ChannelView:
    async with porth.sessions.begin() as session:
        return await queries.channel(session, actor, channel, now=now)


async def _act(
    request: Asked,
    porth: Runtime,
    actor: Actor,
    account: UUID,
    form: Form,
    do: Any,
    field: str,
    done: str,
    now: datetime,
    spoken: Language,
) -> Response[Any]:
    kept = await accounts.account(porth, actor, account)
    return await act(request, porth, actor, kept.channel_id, form, do, field, done, now, spoken)


def _mode(form: Form) -> Mode:
    if form.get("mode") not in {"sandbox", "live"}:
        raise Invalid("account-mode", "/mode")
    return "live" if form.get("mode") == "live" else "sandbox"


def secrets_in(form: Form, platform: str) -> dict[str, str]:
    return {name: form.get(f"secret-{name}").strip() for name in secret_names(platform)}


def account_in(form: Form, platform: str) -> str:
    """Most platforms say themselves whose credentials they are; where those can be for several pages, one is named."""
    typed = form.get("account").strip()
    if platform in MANY_PAGES and typed.isascii() and typed.isdecimal():
        return f"urn:li:organization:{typed}"
    return typed if platform in MANY_PAGES else ""


def field_of(refusal: Refusal, platform: str) -> str:
    """`/secrets/x` at the field of x; what is about all of them at the first."""
    own = forms.field_of(refusal.field)
    if own == "secrets":
        return f"secret-{next(name for name in secret_names(platform) if name not in _not_asked(platform))}"
    return own.replace("secrets-", "secret-", 1) if own.startswith("secrets-") else own


def _not_asked(platform: str) -> frozenset[str]:
    return OPEN_TO_SEE | OPTIONAL.get(platform, frozenset())


def _typed(carried: Carried, form: Form) -> None:
    """What is live is public: its name is typed, so that nobody makes it so by pressing on."""
    if carried.mode == "live":
        typed, name = (" ".join(text.casefold().split()) for text in (form.get("typed"), carried.identity.name))
        if not hmac.compare_digest(typed.encode(), name.encode()):
            raise Invalid("live-name", "/typed", name=carried.identity.name)


def _languages(channel: ChannelView, form: Form) -> tuple[Written, ...]:
    choices = registering.MODELS[channel.model]
    chosen = choices[0] if len(choices) == 1 else tuple(form.all("languages"))
    return cast("tuple[Written, ...]", chosen)


def _credentials_page(request: Asked, channel: ChannelView, form: Form, *, status: int = 200) -> Response[Any]:
    return page(request, "channels/credentials.html", status=status, channel=channel, account=None, form=_blank(form),
                **_asked(channel.platform))  # fmt: skip


async def _replace_page(
    request: Asked, porth: Runtime, actor: Actor, account: UUID, form: Form, now: datetime, *, status: int = 200
) -> Response[Any]:
    kept = await accounts.account(porth, actor, account)
    channel = await _channel(porth, actor, kept.channel_id, now)
    shown = next(one for one in channel.accounts if one.id == account)
    return page(
        request, "channels/credentials.html", status=status, channel=channel, account=shown, form=_blank(form),
        **_asked(channel.platform),
    )  # fmt: skip


def _confirm_page(
    request: Asked, channel: ChannelView, carried: Carried, form: Form, *, status: int = 200
) -> Response[Any]:
    return page(
        request, "channels/confirm.html", status=status, channel=channel, identity=carried.identity,
        mode=carried.mode, form=form, asks_language=len(registering.MODELS[channel.model]) > 1,
    )  # fmt: skip


def _asked(platform: str) -> Mapping[str, Any]:
    return {
        "names": secret_names(platform), "optional": OPTIONAL.get(platform, ()), "shown": OPEN_TO_SEE,
        "many_pages": platform in MANY_PAGES,
    }  # fmt: skip


def _blank(form: Form) -> Form:
    """The form without what is secret: that is typed again, and stands on no page."""
    kept = {
        name: form.all(name)
        for name in form.names()
        if not name.startswith("secret-") or name.removeprefix("secret-") in OPEN_TO_SEE
    }
    made = Form(kept)
    made.wrong = form.wrong
    return made
