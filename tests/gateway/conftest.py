"""A runtime on a real database with the sandbox on a real socket, and posts that are ready to go."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select

from approvals import models as m
from approvals.actions import drafting, reviewing, scheduling
from approvals.content import Bilingual, Content, Window
from connectors.sandbox.serve import running
from gateway import demonstration, runtime, settings
from gateway.demonstration import Demonstration
from gateway.due import publish_due
from gateway.publishing import Outcome
from gateway.runtime import Runtime

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANSWERS = drafting.Declaration(right="yes", audience="everyone", privacy="no", reflects="well")


@dataclass
class Clock:
    """Time, as the test says."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **delta: float) -> None:
        self.now += timedelta(**delta)


class Platforms:
    """The control endpoints of a running sandbox."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._client = httpx.Client(base_url=f"{address}/_control", trust_env=False)

    def reset(self) -> None:
        self._client.post("/reset").raise_for_status()
        self._client.post("/limits/lift").raise_for_status()  # a test makes a day's calls in a second

    def fault(self, **fault: Any) -> None:
        self._client.post("/faults", json=fault).raise_for_status()

    def forget_faults(self) -> None:
        self._client.delete("/faults").raise_for_status()

    def posts(self, platform: str | None = None) -> list[dict[str, Any]]:
        """Posts that are public now, oldest first."""
        found = self._client.get("/posts").raise_for_status().json()["posts"]
        return [p for p in reversed(found) if p["deleted_at"] is None and platform in {None, p["platform"]}]

    def edit(self, post: dict[str, Any], text: str) -> None:
        """As somebody does by hand, past Porth."""
        body = {"platform": post["platform"], "id": post["id"], "text": text}
        self._client.post("/posts/edit", json=body).raise_for_status()

    def remove(self, post: dict[str, Any]) -> None:
        body = {"platform": post["platform"], "id": post["id"]}
        self._client.post("/posts/delete", json=body).raise_for_status()

    def plant(self, platform: str, account: str, text: str, **more: Any) -> dict[str, Any]:
        """A post that somebody made by hand."""
        body = {"platform": platform, "account": account, "text": text, **more}
        made: dict[str, Any] = self._client.post("/posts", json=body).raise_for_status().json()
        return made

    def calls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._client.get("/log").raise_for_status().json()
        return found

    def scripted(self) -> list[dict[str, Any]]:
        """The faults that no call has met yet."""
        found: list[dict[str, Any]] = self._client.get("/faults").raise_for_status().json()
        return found

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[Platforms]:
    with running() as address:
        platforms = Platforms(address)
        yield platforms
        platforms.close()


@pytest.fixture
def platforms(sandbox_process: Platforms) -> Platforms:
    sandbox_process.reset()
    return sandbox_process


@dataclass
class House:
    """The demonstration health board, a clock, and short words for what its people do."""

    porth: Runtime
    demo: Demonstration
    clock: Clock
    made: int = field(default=0)

    async def approved(self, **changes: Any) -> tuple[m.Post, str]:
        """A post that everybody has signed off."""
        self.made += 1
        async with self.porth.sessions() as session:
            nia, now, limits = self.demo.actors["nia"], self.clock(), self.porth.limits
            post = await drafting.create(session, nia, self.demo.team, content(self.made, now, **changes), now=now)
            outcome = await drafting.submit(session, nia, post.id, ANSWERS, limits, seen=1, now=now)
            assert outcome.digest, outcome.findings
            for step, who in (("welsh", "elin"), ("privacy", "sara"), ("comms", "tom")):
                if step == "privacy" and not changes.get("people"):
                    continue
                await reviewing.sign_off(session, self.demo.actors[who], post.id, step, outcome.digest, limits, now=now)
            await session.commit()
        return post, outcome.digest

    async def scheduled(self, at: datetime | None = None, **changes: Any) -> m.Post:
        post, digest = await self.approved(**changes)
        async with self.porth.sessions() as session:
            await scheduling.schedule(
                session,
                self.demo.actors["tom"],
                post.id,
                digest,
                at or self.clock(),
                self.porth.limits,
                now=self.clock(),
            )
            await session.commit()
        return post

    async def publish(self, worker: str = "test") -> list[Outcome]:
        return await publish_due(self.porth, worker=worker)

    async def deliveries(self, post: m.Post) -> list[m.Delivery]:
        async with self.porth.sessions() as session:
            rows = await session.scalars(
                select(m.Delivery).where(m.Delivery.post_id == post.id).order_by(m.Delivery.part)
            )
            return list(rows)

    async def states(self, post: m.Post) -> list[str]:
        return [delivery.state for delivery in await self.deliveries(post)]


def content(number: int, now: datetime, **changes: Any) -> Content:
    """Distinct words each time: X refuses the same text twice."""
    fields: dict[str, Any] = {
        "text": Bilingual(
            cy=f"Mae clinig ffliw rhif {1000 + number} ar agor heddiw. Croeso i bawb.",
            en=f"Flu clinic number {1000 + number} is open today. Everyone is welcome.",
        ),
        "channels": ("facebook", "x"),
        "window": Window(now - timedelta(minutes=5), now + timedelta(days=2)),
        **changes,
    }
    return Content(**fields)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
async def porth(database: str, tmp_path: Path, platforms: Platforms, clock: Clock) -> AsyncIterator[Runtime]:
    environ = {"PORTH_HOME": str(tmp_path), "PORTH_SANDBOX_PORT": str(urlsplit(platforms.address).port)}
    async with runtime.opened(settings.load(environ), database, clock=clock) as made:
        yield made


@pytest.fixture
async def house(porth: Runtime, clock: Clock) -> House:
    async with porth.sessions() as session:
        demo = await demonstration.seed(session, porth, None, now=clock())
        await session.commit()
    return House(porth, demo, clock)
