"""Everything that a process of Porth holds open, put together in one place from its settings."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from approvals import models as m
from connectors import registry
from connectors.contract import Connector, Credentials, Limits
from connectors.http import Wire
from connectors.limits import LIMITS
from gateway import vault
from gateway.database import create_engine, create_sessions
from gateway.media.process import Decoder
from gateway.media.store import CleanStore, Quarantine
from gateway.settings import Settings

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Runtime:
    settings: Settings
    database_url: str
    sessions: async_sessionmaker[AsyncSession]
    vault: vault.Vault
    clean: CleanStore
    quarantine: Quarantine
    decoder: Decoder
    """Started only where pictures are taken in."""
    clock: Clock = utc_now
    limits: Mapping[str, Limits] = field(default_factory=lambda: LIMITS)
    _connectors: dict[tuple[str, str], Connector] = field(default_factory=dict)

    def connector(self, platform: str, mode: str) -> Connector:
        """The connector that serves accounts of this mode; a sandbox account cannot reach anything else."""
        made = self._connectors.get((platform, mode))
        if made is None:
            made = self._connectors[platform, mode] = registry.connector(platform, wire(self.settings, mode))
        return made

    def credentials(self, account: m.Account) -> Credentials:
        """Opened for the moment of use; never kept, logged or returned."""
        secrets = msgspec.json.decode(self.vault.open(account.credentials, account.id.bytes), type=dict[str, str])
        return Credentials(account.external_id, secrets)

    def renewed(self, account: m.Account) -> Credentials | None:
        """What the platform gave in exchange and nobody has tried, if anything (gateway/renewing.py)."""
        if account.renewed is None:
            return None
        secrets = msgspec.json.decode(self.vault.open(account.renewed, account.id.bytes), type=dict[str, str])
        return Credentials(account.external_id, secrets)

    def sealed(self, account_id: UUID, secrets: Mapping[str, str]) -> bytes:
        """What `Account.credentials` holds."""
        return self.vault.seal(msgspec.json.encode(dict(secrets)), account_id.bytes)


def wire(settings: Settings, mode: str) -> Wire:
    """The way out for accounts of one mode: to the platforms, or to the sandbox on this machine and nowhere else."""
    deadline = float(settings.call_seconds)
    if mode == "live":
        ca_bundle = str(settings.ca_bundle) if settings.ca_bundle else None
        return Wire(proxy=settings.proxy, ca_bundle=ca_bundle, deadline=deadline)
    return Wire(sandbox=f"http://127.0.0.1:{settings.sandbox_port}", deadline=deadline)


@asynccontextmanager
async def opened(
    settings: Settings, database_url: str, *, pictures: bool = False, clock: Clock = utc_now
) -> AsyncIterator[Runtime]:
    """A runtime on this database. With `pictures`, decoding processes are started; all is closed in the end."""
    async with AsyncExitStack() as stack:
        engine = create_engine(database_url, pool_size=settings.worker_concurrency + 5)
        stack.push_async_callback(engine.dispose)
        decoder = Decoder()
        if pictures:
            await stack.enter_async_context(decoder)
        keys = vault.load(settings)
        yield Runtime(
            settings, database_url, create_sessions(engine), keys, CleanStore(settings.home),
            Quarantine.following(settings.home, lambda: keys.derive("quarantine")), decoder, clock,
        )  # fmt: skip
