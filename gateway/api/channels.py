"""Channels and their accounts. Credentials come in, are shown to the platform, sealed, and never go out again."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals import queries
from approvals.actions import organising
from approvals.errors import Invalid, NotFound
from approvals.permissions import Actor, Permission
from approvals.queries import AccountAttention, AccountView, ChannelView
from connectors.contract import Credentials, Identity, Language
from connectors.errors import AuthExpired, PublishingError, Rejected
from connectors.registry import NOT_OFFERED, PLATFORMS, secret_names
from gateway.api.idempotency import Key, Once
from gateway.api.injected import Acting, Asked, Now, Porth, Session
from gateway.api.routing import needs
from gateway.runtime import Runtime

Mode = Literal["sandbox", "live"]


class NewChannel(Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=63)]
    platform: str
    model: Literal["bilingual", "paired", "cy", "en"]
    register: dict[str, Any] = {}
    """Purpose, owner, deputy, last review."""


class CreatedChannel(Struct, frozen=True):
    id: UUID


class GivenCredentials(Struct, frozen=True, forbid_unknown_fields=True):
    account: str
    """The account's id on the platform."""
    secrets: dict[str, str]
    mode: Mode

    def __repr__(self) -> str:
        return f"GivenCredentials(account={self.account!r}, mode={self.mode!r})"


class NewAccount(Struct, frozen=True, forbid_unknown_fields=True):
    credentials: GivenCredentials
    languages: tuple[Language, ...]
    confirmed: str
    """The account id that the platform answered and that the person has confirmed."""
    handle: str = ""


class Replacement(Struct, frozen=True, forbid_unknown_fields=True):
    secrets: dict[str, str]


class Channels(Controller):
    tags: Sequence[str] = ("Channels",)

    @get("/channels", **needs(Permission.CHANNEL_READ, says="List channels with their accounts"))
    async def browse(self, session: Session, actor: Acting) -> list[ChannelView]:
        return await queries.channels(session, actor)

    @get(
        "/accounts/attention",
        **needs(Permission.CHANNEL_READ, says="List accounts that somebody has to see to, and why"),
    )
    async def attention(self, session: Session, actor: Acting, now: Now) -> tuple[AccountAttention, ...]:
        return await queries.accounts_needing_attention(session, actor.organisation, now)

    @post("/channels", **needs(Permission.CHANNEL_MANAGE, says="Register a channel"))
    async def register(
        self,
        data: JSONBody[NewChannel],
        session: Session,
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
        idempotency_key: Key = None,
    ) -> CreatedChannel:
        if data.platform not in PLATFORMS:
            key = "platform-not-offered" if data.platform in NOT_OFFERED else "no-such-platform"
            raise Invalid(key, "/platform", platforms=", ".join(PLATFORMS))

        async def create() -> CreatedChannel:
            made = await organising.register_channel(
                session, actor, data.name, data.platform, data.model, register=data.register, now=now
            )
            return CreatedChannel(made.id)

        return await Once(porth, idempotency_key, request, actor, data).run(session, CreatedChannel, create)

    @post(
        "/channels/{channel_id:uuid}/accounts/check",
        status_code=200,
        **needs(Permission.CHANNEL_MANAGE, says="Ask the platform whose credentials these are; nothing is stored"),
    )
    async def check(
        self, channel_id: FromPath[UUID], data: JSONBody[GivenCredentials], porth: Porth, actor: Acting
    ) -> Identity:
        found = await _channel(porth, actor, channel_id)
        return await _identity(porth, found.platform, data.mode, data.account, data.secrets)

    @post(
        "/channels/{channel_id:uuid}/accounts",
        **needs(Permission.CHANNEL_MANAGE, says="Register an account whose name was confirmed"),
    )
    async def add_account(
        self,
        channel_id: FromPath[UUID],
        data: JSONBody[NewAccount],
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
        idempotency_key: Key = None,
    ) -> AccountView:
        found, given = await _channel(porth, actor, channel_id), data.credentials
        _fitting(found.model, data.languages)
        identity = await _identity(porth, found.platform, given.mode, given.account, given.secrets)
        if identity.account != data.confirmed:
            raise Invalid("account-other", "/confirmed", name=identity.name, account=identity.account)
        account_id = uuid7()
        async with porth.sessions.begin() as session:

            async def create() -> AccountView:
                made = await organising.register_account(
                    session,
                    actor,
                    channel_id,
                    identity.account,
                    data.languages,
                    porth.sealed(account_id, given.secrets),
                    given.mode,
                    handle=data.handle or identity.name,
                    expires=identity.expires,
                    account_id=account_id,
                    now=now,
                )
                return queries.account_view(made)

            return await Once(porth, idempotency_key, request, actor, data).run(session, AccountView, create)

    @put(
        "/accounts/{account_id:uuid}/credentials",
        **needs(Permission.CHANNEL_MANAGE, says="Give an account new credentials; it takes deliveries again"),
    )
    async def replace(
        self, account_id: FromPath[UUID], data: JSONBody[Replacement], porth: Porth, actor: Acting, now: Now
    ) -> AccountView:
        async with porth.sessions() as session:
            account = await session.get(m.Account, account_id)
        if account is None or account.organisation_id != actor.organisation:
            raise NotFound("no-such-account")
        found = await _channel(porth, actor, account.channel_id)
        identity = await _identity(porth, found.platform, account.mode, account.external_id, data.secrets)
        if identity.account != account.external_id:
            raise Invalid("account-other", "/secrets", name=identity.name, account=identity.account)
        async with porth.sessions.begin() as session:
            sealed = porth.sealed(account_id, data.secrets)
            made = await organising.replace_credentials(session, actor, account_id, sealed, identity.expires, now=now)
            return queries.account_view(made)


async def _channel(porth: Runtime, actor: Actor, channel_id: UUID) -> m.Channel:
    async with porth.sessions() as session:
        found = await session.get(m.Channel, channel_id)
    if found is None or found.organisation_id != actor.organisation:
        raise NotFound("no-such-channel")
    return found


def _fitting(model: str, languages: Sequence[Language]) -> None:
    """A bilingual channel's account speaks both languages; every other account speaks one, its channel's."""
    spoken = sorted(set(languages))
    fits = {"bilingual": [["cy", "en"]], "paired": [["cy"], ["en"]], "cy": [["cy"]], "en": [["en"]]}
    if spoken not in fits[model]:
        raise Invalid("account-languages", "/languages", model=model)


async def _identity(porth: Runtime, platform: str, mode: str, account: str, secrets: Mapping[str, str]) -> Identity:
    """Asked of the platform, outside any transaction."""
    names = secret_names(platform)
    if set(secrets) != set(names):
        raise Invalid("credentials-needed", "/secrets", names=", ".join(names))
    try:
        return await porth.connector(platform, mode).verify(Credentials(account, secrets))
    except (AuthExpired, Rejected) as error:
        raise Invalid("credentials-refused", "/secrets", said=error.code) from error
    except PublishingError as error:
        raise Invalid("platform-silent", "/secrets", said=error.code) from error
