"""Accounts of channels: whose the credentials are is asked of the platform before anything is kept.

Between the question and the confirmation nothing is stored. A page carries the credentials sealed by the vault, for
one sign-in, one channel and a quarter of an hour: what a browser holds opens nowhere else.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals.actions import organising
from approvals.errors import Invalid, NotFound, Stale
from approvals.permissions import Actor, Permission
from connectors.contract import Credentials, Identity, Language
from connectors.errors import AuthExpired, PublishingError, Rejected
from connectors.registry import secret_names
from gateway.runtime import Runtime
from gateway.vault import CannotOpenError

Mode = Literal["sandbox", "live"]
CARRIED_FOR = timedelta(minutes=15)
OPTIONAL: Mapping[str, frozenset[str]] = {
    "facebook": frozenset({"app_secret"}),
    "linkedin": frozenset({"refresh_token", "client_id", "client_secret"}),
    "wordpress": frozenset({"language_field"}),
    "youtube": frozenset({"access_token"}),
}
"""Platform to those of its secrets that may be left empty."""
OPEN_TO_SEE = frozenset({"server", "handle", "username", "client_id", "language_field"})
"""Fields among the credentials that are no secrets: what is typed into them is shown."""
WRONG_KIND = "not-a-page-token"
"""A person's token in place of the page's: a mistake so common that it has words of its own."""


class Carried(Struct, frozen=True):
    """What a page carries, sealed, from the question to the confirmation."""

    until: datetime
    mode: Mode
    account: str
    secrets: dict[str, str]
    identity: Identity


async def channel(porth: Runtime, actor: Actor, wanted: UUID) -> m.Channel:
    """Raises `NotFound`."""
    async with porth.sessions() as session:
        found = await session.get(m.Channel, wanted)
    if found is None or found.organisation_id != actor.organisation:
        raise NotFound("no-such-channel")
    return found


async def account(porth: Runtime, actor: Actor, wanted: UUID) -> m.Account:
    """Raises `NotFound`."""
    async with porth.sessions() as session:
        found = await session.get(m.Account, wanted)
    if found is None or found.organisation_id != actor.organisation:
        raise NotFound("no-such-account")
    return found


async def identity(porth: Runtime, platform: str, mode: str, account: str, secrets: Mapping[str, str]) -> Identity:
    """Whose these credentials are, asked of the platform outside any transaction. Raises `Invalid`."""
    names = secret_names(platform)
    if set(secrets) != set(names):
        raise Invalid("credentials-needed", "/secrets", names=", ".join(names))
    for name in names:
        if not secrets[name].strip() and name not in OPTIONAL.get(platform, ()):
            raise Invalid("credential-empty", f"/secrets/{name}")
    try:
        return await porth.connector(platform, mode).verify(Credentials(account, secrets))
    except (AuthExpired, Rejected) as error:
        if error.code == WRONG_KIND:
            raise Invalid("credentials-not-a-page", "/secrets") from error
        raise Invalid("credentials-refused", "/secrets", said=error.code) from error
    except PublishingError as error:
        raise Invalid("platform-silent", "/secrets", said=error.code) from error


async def register(
    session: AsyncSession,
    porth: Runtime,
    actor: Actor,
    channel_id: UUID,
    found: Identity,
    mode: Mode,
    secrets: Mapping[str, str],
    languages: Sequence[Language],
    *,
    handle: str = "",
    now: datetime,
) -> m.Account:
    """Keep an account whose name a person has confirmed."""
    account_id = uuid7()
    return await organising.register_account(
        session, actor, channel_id, found.account, languages, porth.sealed(account_id, secrets), mode,
        handle=handle or found.name, expires=found.expires, account_id=account_id, now=now,
    )  # fmt: skip


async def replacement(porth: Runtime, actor: Actor, account_id: UUID, secrets: Mapping[str, str]) -> Identity:
    """Whose the new credentials of an account are, if they are that account's. Raises `Invalid`."""
    actor.require(Permission.CHANNEL_MANAGE)
    kept = await account(porth, actor, account_id)
    platform = (await channel(porth, actor, kept.channel_id)).platform
    found = await identity(porth, platform, kept.mode, kept.external_id, secrets)
    if found.account != kept.external_id:
        raise Invalid("account-other", "/secrets", name=found.name, account=found.account)
    return found


def carry(porth: Runtime, sign_in: bytes, channel_id: UUID, carried: Carried) -> str:
    sealed = porth.vault.seal(msgspec.json.encode(carried), _context(sign_in, channel_id))
    return base64.urlsafe_b64encode(sealed).decode()


def carried(porth: Runtime, sign_in: bytes, channel_id: UUID, text: str, now: datetime) -> Carried:
    """Raises `Stale` for what is too old, or what this sign-in was not given."""
    try:
        opened = porth.vault.open(base64.urlsafe_b64decode(text), _context(sign_in, channel_id))
        found = msgspec.json.decode(opened, type=Carried)
    except (CannotOpenError, binascii.Error, ValueError) as error:
        raise Stale("credentials-again") from error
    if found.until < now:
        raise Stale("credentials-again")
    return found


def _context(sign_in: bytes, channel_id: UUID) -> bytes:
    return b"account form" + sign_in + channel_id.bytes
