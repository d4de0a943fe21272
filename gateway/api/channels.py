"""Channels and their accounts. Credentials come in, are shown to the platform, sealed, and never go out again."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from approvals import queries
from approvals.actions import organising, registering
from approvals.errors import Invalid
from approvals.permissions import Permission
from approvals.queries import AccountAttention, AccountView, ChannelView
from approvals.register import Entry
from connectors.contract import Identity, Language
from connectors.registry import NOT_OFFERED, PLATFORMS
from gateway import accounts
from gateway.accounts import Mode
from gateway.api.idempotency import Key, Once
from gateway.api.injected import Acting, Asked, Now, Porth, Session
from gateway.api.posts import Reason
from gateway.api.routing import needs


class NewChannel(Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=63)]
    platform: str
    model: Literal["bilingual", "paired", "cy", "en"]
    register: Entry | None = None


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


class Reviewed(Struct, frozen=True, forbid_unknown_fields=True):
    reviewed: date


class HeldBack(Struct, frozen=True):
    held: int
    """Deliveries that were due on the account. Communications releases them once it is back."""


class Channels(Controller):
    tags: Sequence[str] = ("Channels",)

    @get("/channels", **needs(Permission.CHANNEL_READ, says="List channels with their accounts"))
    async def browse(self, session: Session, actor: Acting, now: Now) -> list[ChannelView]:
        return await queries.channels(session, actor, now=now)

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
        found = await accounts.channel(porth, actor, channel_id)
        return await accounts.identity(porth, found.platform, data.mode, data.account, data.secrets)

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
        found, given = await accounts.channel(porth, actor, channel_id), data.credentials
        identity = await accounts.identity(porth, found.platform, given.mode, given.account, given.secrets)
        if identity.account != data.confirmed:
            raise Invalid("account-other", "/confirmed", name=identity.name, account=identity.account)
        async with porth.sessions.begin() as session:

            async def create() -> AccountView:
                made = await accounts.register(
                    session, porth, actor, channel_id, identity, given.mode, given.secrets, data.languages,
                    handle=data.handle, now=now,
                )  # fmt: skip
                return queries.account_view(made)

            return await Once(porth, idempotency_key, request, actor, data).run(session, AccountView, create)

    @put(
        "/accounts/{account_id:uuid}/credentials",
        **needs(Permission.CHANNEL_MANAGE, says="Give an account new credentials; it takes deliveries again"),
    )
    async def replace(
        self, account_id: FromPath[UUID], data: JSONBody[Replacement], porth: Porth, actor: Acting, now: Now
    ) -> AccountView:
        identity = await accounts.replacement(porth, actor, account_id, data.secrets)
        async with porth.sessions.begin() as session:
            sealed = porth.sealed(account_id, data.secrets)
            made = await organising.replace_credentials(session, actor, account_id, sealed, identity.expires, now=now)
            return queries.account_view(made)

    @post(
        "/accounts/{account_id:uuid}/out-of-service",
        status_code=200,
        **needs(Permission.CHANNEL_MANAGE, says="Send nothing more to an account until it is brought back"),
    )
    async def take_out(
        self, account_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> HeldBack:
        return HeldBack(await registering.take_out(session, actor, account_id, data.reason, now=now))

    @post(
        "/accounts/{account_id:uuid}/in-service",
        status_code=200,
        **needs(Permission.CHANNEL_MANAGE, says="Bring back an account that a person took out of service"),
    )
    async def bring_back(
        self, account_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> AccountView:
        return queries.account_view(await registering.bring_back(session, actor, account_id, data.reason, now=now))

    @put(
        "/channels/{channel_id:uuid}/register",
        **needs(Permission.CHANNEL_MANAGE, says="Write what the register says of a channel"),
    )
    async def set_register(
        self, channel_id: FromPath[UUID], data: JSONBody[Entry], session: Session, actor: Acting, now: Now
    ) -> ChannelView:
        await registering.set_register(session, actor, channel_id, data, now=now)
        return await queries.channel(session, actor, channel_id, now=now)

    @post(
        "/channels/{channel_id:uuid}/reviews",
        status_code=200,
        **needs(Permission.CHANNEL_MANAGE, says="Record that a channel's settings and standing text were read through"),
    )
    async def review(
        self, channel_id: FromPath[UUID], data: JSONBody[Reviewed], session: Session, actor: Acting, now: Now
    ) -> ChannelView:
        await registering.record_review(session, actor, channel_id, data.reviewed, now=now)
        return await queries.channel(session, actor, channel_id, now=now)

    @post(
        "/channels/{channel_id:uuid}/closure",
        status_code=200,
        **needs(Permission.CHANNEL_MANAGE, says="Close a channel for good; what is due on it is held"),
    )
    async def close(
        self, channel_id: FromPath[UUID], data: JSONBody[Reason], session: Session, actor: Acting, now: Now
    ) -> ChannelView:
        await registering.close_channel(session, actor, channel_id, data.reason, now=now)
        return await queries.channel(session, actor, channel_id, now=now)
