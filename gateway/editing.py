"""A delivery that edits a public post, as publishing sees it: in the shape of the connector that it stands before.

To prepare it is to read what is to be edited; to find it after an unknown outcome is to read it back, and the words
tell. Editing again is harmless, so what reads as before is simply due again.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import correcting, watching
from approvals.actions.delivering import Case
from connectors.contract import Absent, Attempt, Connector, Credentials, Found, Outgoing, Receipt, Unsure
from connectors.errors import Rejected, Retryable
from connectors.matching import normal
from gateway.runtime import Runtime

NOT_SEEN = "original-not-seen"
"""The post to be edited was missing once."""


class Edit:
    repeat_safe_for: timedelta | None = None
    """It is read back before it is repeated."""

    def __init__(self, porth: Runtime, connector: Connector, edits: UUID, origin: m.Delivery, *, missed: bool) -> None:
        self._porth = porth
        self._connector = connector
        self._edits = edits
        self._missed = missed
        self._original = Receipt(origin.platform_id or "", origin.url or "", origin.published_at or porth.clock())

    async def prepare(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> None:  # noqa: ARG002  # the pictures stay
        """The post is there. One that is missing twice is gone, and found so before anything is changed."""
        if await self._connector.read(self._original, credentials) is not None:
            return
        if not self._missed:
            raise Retryable(NOT_SEEN)
        async with self._porth.sessions() as session:
            await watching.drifted(session, self._edits, None, now=self._porth.clock())
            await session.commit()
        raise Rejected(correcting.GONE)

    async def publish(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Receipt:  # noqa: ARG002  # it is the same post
        await self._connector.edit(self._original, outgoing, credentials)
        return self._now()

    async def find(self, outgoing: Outgoing, credentials: Credentials, attempt: Attempt) -> Found | Absent | Unsure:  # noqa: ARG002  # the same
        there = await self._connector.read(self._original, credentials)
        edited = there is not None and normal(there.text) == normal(outgoing.text)
        return Found(self._now()) if edited else Absent()

    async def read(self, receipt: Receipt, credentials: Credentials) -> Outgoing | None:
        return await self._connector.read(receipt, credentials)

    async def retract(self, receipt: Receipt, credentials: Credentials) -> None:
        await self._connector.retract(receipt, credentials)

    def _now(self) -> Receipt:
        """The post keeps its id and its address; the time is that of its new words."""
        return Receipt(self._original.id, self._original.url, self._porth.clock())


Sender = Connector | Edit


async def sender(porth: Runtime, session: AsyncSession, found: Case) -> Sender:
    """What a delivery is sent with: its platform's connector, or one that edits in place of publishing."""
    connector = porth.connector(found.channel.platform, found.account.mode)
    delivery = found.delivery
    if delivery.edits_id is None:
        return connector
    origin = await correcting.origin_of(session, delivery)
    first = await session.get(m.Delivery, delivery.follows_id) if delivery.follows_id else None
    missed = NOT_SEEN in {delivery.code, first.code if first else None}
    return Edit(porth, connector, delivery.edits_id, origin, missed=missed)
