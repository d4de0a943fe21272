"""`Idempotency-Key` on creation: the same key and request give the same answer, and nothing is created twice.

The key's lock and its row belong to the transaction of the creation itself: either both are there or neither is.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from litestar.params import HeaderParameter
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.errors import Invalid
from approvals.permissions import Actor
from connectors.contract import canonical
from gateway.api.injected import Asked
from gateway.runtime import Runtime

HEADER = "Idempotency-Key"
MOST = 255
T = TypeVar("T", bound=Struct)

Key: TypeAlias = Annotated[str | None, HeaderParameter(name=HEADER, description="Makes a repeat harmless.")]


class Once:
    """One request's key, if it has one."""

    def __init__(self, porth: Runtime, key: str | None, request: Asked, actor: Actor, body: Any) -> None:
        """`body` is what the request says, decoded: two encodings of the same are the same request."""
        self._porth, self._actor = porth, actor
        self.key = key
        if self.key is not None and not (0 < len(self.key) <= MOST and self.key.isprintable()):
            raise Invalid("idempotency-key-wrong", f"/headers/{HEADER}", most=MOST)
        asked = canonical([request.method, request.url.path, body])
        self._hash = hashlib.sha256(asked).hexdigest()

    async def remembered(self, session: AsyncSession, kind: type[T]) -> T | None:
        """The answer already given, if any. Until the commit no other request with this key passes here."""
        if self.key is None:
            return None
        owner = f"{self._actor.organisation}/{self._actor.person}/{self.key}"
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(owner, 0))))
        found = await session.get(m.RememberedAnswer, (self._actor.organisation, self._actor.person, self.key))
        if found is None:
            return None
        if found.request_hash != self._hash:
            raise Invalid("idempotency-key-reused", f"/headers/{HEADER}")
        sealed = bytes.fromhex(found.body["sealed"])
        return msgspec.json.decode(self._porth.vault.open(sealed, self._hash.encode()), type=kind)

    async def remember(self, session: AsyncSession, given: Struct, status: int = 201) -> None:
        """Sealed, as an answer may hold a new key's secret or what a person wrote."""
        if self.key is None:
            return
        sealed = self._porth.vault.seal(msgspec.json.encode(given), self._hash.encode())
        session.add(
            m.RememberedAnswer(
                organisation_id=self._actor.organisation, person_id=self._actor.person, key=self.key,
                request_hash=self._hash, status=status, body={"sealed": sealed.hex()}, created_at=self._porth.clock(),
            )
        )  # fmt: skip
        await session.flush()

    async def run(self, session: AsyncSession, kind: type[T], create: Callable[[], Awaitable[T]]) -> T:
        """The remembered answer, or that of `create`, remembered."""
        before = await self.remembered(session, kind)
        if before is not None:
            return before
        made = await create()
        await self.remember(session, made)
        return made
