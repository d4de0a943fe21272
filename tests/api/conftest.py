"""The real application over HTTP on a real database, with a small health board's people signed in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions.organising import create_key, hash_secret
from approvals.permissions import Actor, Role
from gateway import runtime
from gateway.app import create_app
from gateway.runtime import Runtime
from gateway.settings import Settings
from tests.approvals.conftest import NOW, Board, make_board, words

ANSWERS = {"right": "yes", "audience": "everyone", "privacy": "no", "reflects": "well"}
AT = "2026-11-23T14:00"


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


class Caller:
    """One person's or key's way to the API: `await nurse.post("/posts", {...})`."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        headers = self.headers | more.pop("headers", {})
        if body is not None:
            more["content"] = msgspec.json.encode(body)
            headers.setdefault("Content-Type", "application/json")
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.call("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return await self.call("POST", path, body, **more)

    async def put(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return await self.call("PUT", path, body, **more)

    async def delete(self, path: str, **more: Any) -> httpx.Response:
        return await self.call("DELETE", path, **more)


@dataclass
class House:
    """A health board behind the API. `house.nurse`, `house.comms` ... are `Caller`s."""

    porth: Runtime
    app: Litestar
    client: httpx.AsyncClient
    board: Board
    clock: Clock
    callers: dict[str, Caller] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Caller:
        try:
            return self.callers[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def nobody(self) -> Caller:
        return Caller(self.client, {})

    async def signed_in(self, actor: Actor) -> Caller:
        """A sign-in of this person, as `access.sign_in` leaves it (tests/api/test_sign_in.py uses that itself)."""
        token, csrf = f"token-{actor.person}", f"csrf-{actor.person}"
        async with self.porth.sessions.begin() as session:
            session.add(
                m.SignIn(
                    token_hash=hash_secret(token), person_id=actor.person, csrf=csrf, created_at=NOW, seen_at=NOW,
                    expires_at=NOW.replace(year=NOW.year + 1),
                )
            )  # fmt: skip
        return Caller(self.client, {"Cookie": f"porth={token}", "X-CSRF-Token": csrf})

    async def key(self, role: Role, *, responsible: str = "nurse") -> Caller:
        team = self.board.team if role is Role.SUBMITTER else None
        async with self.porth.sessions.begin() as session:
            made = await create_key(
                session, self.board.admin, "A system", role, self.board.actors[responsible].person, team=team, now=NOW
            )
        return Caller(self.client, {"Authorization": f"Bearer {made.secret}"})

    async def draft(self, **changes: Any) -> str:
        answer = await self.nurse.post("/posts", {"team": self.board.team, "content": words(**changes)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def submitted(self, **changes: Any) -> tuple[str, str]:
        post = await self.draft(**changes)
        answer = await self.nurse.post(f"/posts/{post}/submission", {"seen": 1, "declaration": ANSWERS})
        assert answer.status_code == 200, answer.text
        return post, answer.json()["digest"]

    async def approved(self, **changes: Any) -> tuple[str, str]:
        post, digest = await self.submitted(**changes)
        for step in ("welsh", "comms"):
            answer = await self.callers[step].post(f"/posts/{post}/sign-offs", {"step": step, "digest": digest})
            assert answer.status_code == 201, answer.text
        return post, digest

    async def count(self, table: type[m.Base]) -> int:
        from sqlalchemy import func, select  # noqa: PLC0415  # for this one question

        async with self.porth.sessions() as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pictures() -> bool:
    """Whether decoding processes are started; tests of pictures say yes."""
    return False


@pytest.fixture
def sandbox_port() -> int:
    """Where the platforms' stand-in listens; tests that call a platform start one."""
    return 1


@pytest.fixture
async def house(database: str, tmp_path: Path, clock: Clock, pictures: bool, sandbox_port: int) -> AsyncIterator[House]:  # noqa: FBT001  # a fixture
    settings = Settings(
        home=tmp_path, key_file=tmp_path / "keys", base_url="http://porth.test", sandbox_port=sandbox_port
    )
    async with runtime.opened(settings, database, pictures=pictures, clock=clock) as porth:
        async with porth.sessions.begin() as session:
            board = await make_board(session)
        app = create_app(porth)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]  # ASGI is
        async with httpx.AsyncClient(transport=transport, base_url="http://porth.test") as client:
            found = House(porth, app, client, board, clock)
            for name, actor in board.actors.items():
                found.callers[name] = await found.signed_in(actor)
            yield found


async def another(house: House, slug: str = "arall") -> tuple[Board, dict[str, Caller]]:
    """A second organisation on the same database."""
    async with house.porth.sessions.begin() as session:
        board = await make_board(session, slug)
    return board, {name: await house.signed_in(actor) for name, actor in board.actors.items()}


__all__ = ["AT", "NOW", "UUID", "AsyncSession", "House", "another", "words"]
