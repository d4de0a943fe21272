"""A process that sends mail dies in the middle, with kill -9: the mail comes, and both times under one name."""

import asyncio
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from approvals import models as m
from tests.gateway.conftest import House
from tests.messages.conftest import Letters, serving
from tests.messages.test_telling import submitted

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


class Slow(Letters):
    """Takes the first mail and then says nothing until it is told to."""

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        answer = await super().handle_DATA(server, _session, envelope)
        if len(self.taken) == 1:
            reached.set()
            await asyncio.sleep(60)
        return answer


reached = threading.Event()


async def _run(house: House, database: str, environ: dict[str, str]) -> asyncio.subprocess.Process:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PORTH_", "DATABASE_URL"))}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "mail", "send", cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        env={**plain, **environ, "DATABASE_URL": database, "PORTH_HOME": str(house.porth.settings.home)},
    )  # fmt: skip


@pytest.mark.slow
async def test_a_mail_survives_the_death_of_whoever_was_sending_it(house: House, database: str, tmp_path: Path) -> None:
    reached.clear()
    letters = Slow()
    with serving(letters, tmp_path) as environ:
        await submitted(house)
        process = await _run(house, database, environ)
        await asyncio.to_thread(reached.wait, 60)
        process.kill()
        await process.wait()
        async with house.porth.sessions.begin() as session:  # as if the lease had run out
            await session.execute(update(m.Mail).values(next_attempt_at=house.clock()))
        again = await _run(house, database, environ)
        said, _ = await again.communicate()
    assert again.returncode == 0, said
    names = [str(mail["Message-ID"]) for mail in letters.taken]
    assert sorted(str(mail["To"]).split("@")[0] for mail in letters.taken) in (
        ["dafydd", "elin", "elin"],
        ["dafydd", "dafydd", "elin"],
    )
    assert len(set(names)) == 2
    async with house.porth.sessions() as session:
        assert set(await session.scalars(select(m.Mail.state))) == {"sent"}
