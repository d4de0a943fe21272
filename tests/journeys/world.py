"""Two health boards on one database and one sandbox, and a synchronous hand on all of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import consenting, drafting, organising, reviewing, scheduling
from approvals.consent import Consent
from approvals.content import Bilingual, Content, Named, Window
from approvals.errors import Refusal
from approvals.permissions import Actor, Role
from connectors import registry
from connectors.http import Wire
from gateway import demonstration, runtime, settings
from gateway.demonstration import Demonstration
from gateway.due import publish_due
from gateway.publishing import Outcome
from gateway.runtime import Runtime
from tests.gateway.conftest import ANSWERS, Clock, Platforms

T = TypeVar("T")

ALL_ROLES = frozenset(Role) - {Role.PUBLISHER}
CONSENT = "C-1024"
CALL_SECONDS = 5.0
"""One platform call's deadline here: nothing hangs for half a minute in a test."""


@contextmanager
def opened(database: str, home: Path, platforms: Platforms, clock: Clock) -> Iterator["World"]:
    environ = {"PORTH_HOME": str(home), "PORTH_SANDBOX_PORT": str(urlsplit(platforms.address).port)}
    with asyncio.Runner() as runner:
        context = runtime.opened(settings.load(environ), database, clock=clock)
        porth = runner.run(context.__aenter__())
        try:
            yield World(porth, runner, clock)
        finally:
            runner.run(context.__aexit__(None, None, None))


class World:
    """Runs actions in transactions of their own and tells refusals, which are answers, from failures."""

    def __init__(self, porth: Runtime, runner: asyncio.Runner, clock: Clock) -> None:
        self.porth = porth
        self.clock = clock
        self.run: Callable[[Any], Any] = runner.run
        self.made = 0
        wire = Wire(sandbox=f"http://127.0.0.1:{porth.settings.sandbox_port}", deadline=CALL_SECONDS)
        for platform in registry.PLATFORMS:
            porth._connectors[platform, "sandbox"] = registry.connector(platform, wire)

    async def act(self, action: Callable[[AsyncSession], Awaitable[T]]) -> T | Refusal:
        """One unit of work. A refusal changes nothing and is given back; anything else that goes wrong is a bug."""
        async with self.porth.sessions() as session:
            try:
                done = await action(session)
            except Refusal as refusal:
                await session.rollback()
                return refusal
            await session.commit()
            return done

    async def publish(self, worker: str, limit: int | None = None) -> list[Outcome]:
        return await publish_due(self.porth, worker=worker, limit=limit)

    async def found(self, slug: str) -> "Board":
        """The demonstration's people, and one greedy person who has every role."""
        async with self.porth.sessions() as session:
            demo = await demonstration.seed(session, self.porth, None, now=self.clock(), slug=slug)
            root = Actor(demo.organisation, demo.organisation, frozenset({Role.ADMIN}))
            greedy = await organising.add_person(
                session, root, f"ann@{slug}.example", "Ann", ALL_ROLES, teams=(demo.team,), now=self.clock()
            )
            await session.commit()
        demo.actors["ann"] = Actor(greedy.id, demo.organisation, ALL_ROLES, frozenset({demo.team}))
        return Board(self, slug, demo)


class Board:
    """One organisation, with what its people do in the ordinary course."""

    def __init__(self, world: World, slug: str, demo: Demonstration) -> None:
        self.world = world
        self.slug = slug
        self.demo = demo
        self.consents = 0

    @property
    def id(self) -> UUID:
        return self.demo.organisation

    def actor(self, name: str) -> Actor:
        return self.demo.actors[name]

    def content(self, number: int, **changes: Any) -> Content:
        now = self.world.clock()
        fields: dict[str, Any] = {
            "text": Bilingual(
                cy=f"Mae clinig ffliw rhif {10_000 + number} ar agor heddiw. Croeso i bawb.",
                en=f"Flu clinic number {10_000 + number} is open today. Everyone is welcome.",
            ),
            "channels": ("facebook", "x"),
            "window": Window(now - timedelta(minutes=5), now + timedelta(hours=6)),
            **changes,
        }
        return Content(**fields)

    def words(self, people: str | None = None, **changes: Any) -> Content:
        """New words: no two posts of a test have the same."""
        self.world.made += 1
        if people is not None:
            changes["people"] = (Named(name="Mair Puw", consent=people),)
        return self.content(self.world.made, **changes)

    async def approved(self, content: Content, corrects: UUID | None = None) -> tuple[UUID, str]:
        """Written by the nurse and signed off by everybody who must."""
        act, now, limits = self.world.act, self.world.clock(), self.world.porth.limits
        nia = self.actor("nia")
        post = await act(lambda s: drafting.create(s, nia, self.demo.team, content, now=now, corrects=corrects))
        assert isinstance(post, m.Post), post
        outcome = await act(lambda s: drafting.submit(s, nia, post.id, ANSWERS, limits, seen=1, now=now))
        assert isinstance(outcome, drafting.Outcome), outcome
        assert outcome.digest, outcome.findings
        digest = outcome.digest
        await self.review(post.id, digest, content)
        return post.id, digest

    async def review(self, post: UUID, digest: str, content: Content) -> None:
        steps = (("welsh", "elin"), ("privacy", "sara"), ("comms", "tom"))
        for step, who in steps:
            if step == "privacy" and not content.people:
                continue
            signed = await self.world.act(
                lambda s, who=who, step=step: reviewing.sign_off(
                    s, self.actor(who), post, step, digest, self.world.porth.limits, now=self.world.clock()
                )
            )
            assert isinstance(signed, m.SignOff), signed

    async def scheduled(self, content: Content, at: datetime | None = None, corrects: UUID | None = None) -> UUID:
        post, digest = await self.approved(content, corrects)
        made = await self.world.act(
            lambda s: scheduling.schedule(
                s,
                self.actor("tom"),
                post,
                digest,
                at or self.world.clock(),
                self.world.porth.limits,
                now=self.world.clock(),
            )
        )
        assert isinstance(made, list), made
        return post

    async def consented(self) -> str:
        """A new verified consent to be named on every channel; its reference."""
        self.consents += 1
        ref = f"C-{self.consents}"
        made = await self.world.act(
            lambda s: consenting.record(
                s, self.actor("gwen"), consent(ref, self.world.clock().date()), now=self.world.clock()
            )
        )
        assert isinstance(made, m.ConsentRecord), made
        return ref

    async def deliveries(self, post: UUID | None = None) -> list[m.Delivery]:
        async with self.world.porth.sessions() as session:
            query = select(m.Delivery).where(m.Delivery.organisation_id == self.id).order_by(m.Delivery.id)
            return list(await session.scalars(query if post is None else query.where(m.Delivery.post_id == post)))


def consent(ref: str, today: date, **changes: Any) -> Consent:
    fields: dict[str, Any] = {
        "ref": ref,
        "category": "volunteer",
        "signatory": "Mair Puw",
        "authority": "self",
        "covers": ("name", "image", "story"),
        "channels": ("facebook", "x"),
        "starts": today - timedelta(days=1),
        "expires": today + timedelta(days=300),
        "captured": today,
        "publication_approved": today,
        **changes,
    }
    return Consent(**fields)


def behind() -> datetime:
    """A clock that starts half a day ago: the sandbox's own clock never falls behind it, however much time passes."""
    return (datetime.now(UTC) - timedelta(hours=12)).replace(microsecond=0)
