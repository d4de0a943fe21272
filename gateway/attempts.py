"""One delivery's memory across calls, crashes and restarts, on its own row."""

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from approvals import models as m
from gateway import opening
from gateway.runtime import Runtime


class LeaseLost(Exception):  # noqa: N818  # another worker has it: nothing of ours counts any more
    pass


class StoredAttempt:
    """`connectors.contract.Attempt` on the delivery's row. Every `save` is its own transaction."""

    def __init__(self, porth: Runtime, worker: str, delivery: m.Delivery, attached: frozenset[str]) -> None:
        self._porth = porth
        self._worker = worker
        self._id = delivery.id
        self.key = delivery.id.hex
        self.state: Mapping[str, Any] = delivery.attempt
        self.begun = porth.clock()
        self.started = delivery.started_at or self.begun
        self.attached = attached

    async def save(self, state: Mapping[str, Any]) -> None:
        async with self._porth.sessions() as session:
            done = await session.execute(
                update(m.Delivery)
                .where(m.Delivery.id == self._id, m.Delivery.leased_by == self._worker)
                .values(attempt=dict(state), lease_until=self._porth.clock() + self._porth.settings.lease)
                .returning(m.Delivery.id)
            )
            if done.first() is None:
                raise LeaseLost
            await session.commit()
        self.state = dict(state)

    async def read(self, sha256: str) -> bytes:
        return await asyncio.to_thread(self._porth.clean.read, sha256)

    def address(self, sha256: str) -> str:
        return opening.address(self._porth, self._id, sha256)
