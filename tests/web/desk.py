"""The pages over HTTP, in this process, for people who are signed in: what a browser without JavaScript would do."""

import html
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from approvals import models as m
from approvals.actions.organising import hash_secret
from approvals.permissions import Actor
from gateway import runtime
from gateway.app import create_app
from gateway.runtime import Runtime
from gateway.settings import Settings
from gateway.web import routers
from tests.api.conftest import Clock
from tests.approvals.conftest import NOW, Board, make_board

Fields = Mapping[str, str | Sequence[str]]


class Visitor:
    """Somebody at their browser."""

    def __init__(self, client: httpx.AsyncClient, token: str, csrf: str) -> None:
        self._client, self._csrf = client, csrf
        self.headers = {"Cookie": f"porth={token}; porth-language=en"}

    async def get(self, path: str) -> httpx.Response:
        return await self._client.get(path, headers=self.headers)

    async def post(self, path: str, fields: Fields | None = None, **more: Any) -> httpx.Response:
        sent = {"csrf": self._csrf, **(fields or {})}
        return await self._client.post(path, headers=self.headers, data=sent, **more)


@dataclass
class Desk:
    porth: Runtime
    client: httpx.AsyncClient
    board: Board
    clock: Clock

    async def visitor(self, who: Actor, token: str = "") -> Visitor:
        token = token or f"token-{who.person}"
        async with self.porth.sessions.begin() as session:
            session.add(
                m.SignIn(
                    token_hash=hash_secret(token), person_id=who.person, csrf="csrf", created_at=NOW,
                    seen_at=self.clock.now, expires_at=NOW.replace(year=NOW.year + 1), second_factor=True,
                    agent="Another browser",
                )
            )  # fmt: skip
        return Visitor(self.client, token, "csrf")


@asynccontextmanager
async def opened(database: str, home: Path, sandbox_port: int) -> AsyncIterator[Desk]:
    clock = Clock()
    settings = Settings(home=home, key_file=home / "keys", base_url="http://porth.test", sandbox_port=sandbox_port)
    async with runtime.opened(settings, database, clock=clock) as porth:
        async with porth.sessions.begin() as session:
            board = await make_board(session)
        transport = httpx.ASGITransport(app=create_app(porth, routers()), raise_app_exceptions=False)  # type: ignore[arg-type]  # ASGI is
        async with httpx.AsyncClient(transport=transport, base_url="http://porth.test") as client:
            yield Desk(porth, client, board, clock)


def hidden(page: httpx.Response, name: str) -> list[str]:
    """What the page's hidden fields of this name hold."""
    return [html.unescape(value) for value in re.findall(rf'type="hidden" name="{name}" value="([^"]*)"', page.text)]


def words(page: httpx.Response) -> str:
    """What stands on the page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.text)).split())
