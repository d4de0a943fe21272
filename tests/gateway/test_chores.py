"""What the worker does now and then goes on, whatever one of it runs into."""

import asyncio

import pytest

from gateway import worker
from gateway.chores import Round
from gateway.runtime import Runtime
from tests.gateway.conftest import House

pytestmark = pytest.mark.anyio


class Failing(Round):
    made = 0

    async def make(self, porth: Runtime) -> None:  # noqa: ARG002 - as every round is asked
        self.made += 1
        raise KeyError("whatever a chore did not expect")


async def test_a_chore_that_fails_does_not_end_the_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "CHORES", 0.01)
    chores = Failing()
    task = asyncio.create_task(worker.Worker(house.porth)._tidy(chores))
    while chores.made < 3 and not task.done():  # noqa: ASYNC110 - nobody says when it is done
        await asyncio.sleep(0.01)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
