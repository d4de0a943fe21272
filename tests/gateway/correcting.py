"""Corrections as people make them, from the published post to the queue."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from approvals import models as m
from approvals import queries
from approvals.actions import drafting, reviewing, scheduling
from approvals.content import Bilingual, Content, Window
from approvals.outgoing import Part
from tests.gateway.conftest import ANSWERS, House


def put_right(content: Content) -> Content:
    """The same post on another day."""
    return msgspec.structs.replace(
        content,
        text=Bilingual(
            cy=content.text.get("cy").replace("heddiw", "yfory"), en=content.text.get("en").replace("today", "tomorrow")
        ),
    )


async def drafted(house: House, original: UUID, **changes: Any) -> UUID:
    nia, now = house.demo.actors["nia"], house.clock()
    async with house.porth.sessions() as session:
        before = await queries.content_of(session, nia, original)
        fields = {"window": Window(now - timedelta(minutes=5), now + timedelta(days=2)), **changes}
        content = msgspec.structs.replace(put_right(before), **fields)
        made = await drafting.create(session, nia, house.demo.team, content, corrects=original, now=now)
        await session.commit()
        return made.id


async def submitted(house: House, post: UUID, *, seen: int = 1) -> drafting.Outcome:
    async with house.porth.sessions() as session:
        outcome = await drafting.submit(
            session, house.demo.actors["nia"], post, ANSWERS, house.porth.limits, seen=seen, now=house.clock()
        )
        await session.commit()
        return outcome


async def signed(house: House, post: UUID, digest: str, *, people: bool = False) -> None:
    """Every step, and before the last whatever comms must decide."""
    tom, limits, now = house.demo.actors["tom"], house.porth.limits, house.clock()
    steps = (("welsh", "elin"), *((("privacy", "sara"),) if people else ()), ("comms", "tom"))
    async with house.porth.sessions() as session:
        seen = await queries.post(session, tom, post)
        for finding in (f for one in seen.outstanding for f in one.undecided):
            await reviewing.decide(session, tom, post, digest, finding.key, "agreed", limits, now=now)
        for step, who in steps:
            await reviewing.sign_off(session, house.demo.actors[who], post, step, digest, limits, now=now)
        await session.commit()


async def scheduled(house: House, post: UUID, digest: str) -> None:
    async with house.porth.sessions() as session:
        await scheduling.schedule(
            session, house.demo.actors["tom"], post, digest, house.clock(), house.porth.limits, now=house.clock()
        )
        await session.commit()


async def correction(house: House, original: UUID, **changes: Any) -> m.Post:
    """Written, signed off by everybody and due now."""
    post = await drafted(house, original, **changes)
    outcome = await submitted(house, post)
    assert outcome.digest, outcome.findings
    await signed(house, post, outcome.digest, people=bool(changes.get("people")))
    await scheduled(house, post, outcome.digest)
    async with house.porth.sessions() as session:
        return await session.get_one(m.Post, post)


async def manifest(house: House, post: UUID) -> tuple[Part, ...]:
    async with house.porth.sessions() as session:
        found = await queries.post(session, house.demo.actors["tom"], post)
        assert found.submission is not None
        return found.submission.manifest
