"""A health board behind a real server, with posts at every stage: for the browser tests and the screenshots."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import corrections
from approvals import models as m
from approvals.actions import consenting, drafting, organising, registering, requesting, reviewing, scheduling, wording
from approvals.consent import Consent
from approvals.consent_request import Asked
from approvals.content import Bilingual, Content, Named, Window
from approvals.permissions import Actor
from approvals.term_table import Entry
from gateway import demonstration, runtime, settings
from gateway.access import hashed
from tests.web.aftermath import Sent, aftermath
from tests.web.visiting import PASSWORD

ROOT = Path(__file__).parents[2]
ANSWERS = drafting.Declaration(right="Yes", audience="Everybody", privacy="No", reflects="Well")
START_LIMIT = 30


@dataclass(frozen=True)
class Scene:
    """What stands in the database before anybody looks."""

    draft: UUID
    in_review: UUID
    to_decide: UUID
    approved: UUID
    scheduled: UUID
    delivery: UUID
    translating: UUID
    corrected: UUID
    """Published, with a correction in review."""
    correction: UUID
    consent: str
    person: UUID
    channel: UUID
    account: UUID
    sent: Sent
    asked: str
    """The reference of a consent that was asked for."""
    disputed: str


@dataclass(frozen=True)
class Site:
    address: str
    database: str
    home: Path
    scene: Scene
    sandbox: int
    """Where the server looks for the platforms' stand-in; a test that needs one starts it."""


def words(number: int, **changes: object) -> Content:
    now = datetime.now(UTC)
    fields = {
        "text": Bilingual(
            cy=f"Mae clinig ffliw rhif {number} ar agor heddiw. Croeso i bawb.",
            en=f"Flu clinic number {number} is open today. Everyone is welcome.",
        ),
        "channels": ("facebook", "x"),
        "window": Window(now - timedelta(minutes=5), now + timedelta(days=3)),
        **changes,
    }
    return Content(**fields)  # type: ignore[arg-type]  # as the tests give them


@contextlib.contextmanager
def opened(url: str, home: Path) -> Iterator[Site]:
    """The site on this migrated database, until the block ends."""
    port, sandbox = _free_port(), _free_port()
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PORTH_", "DATABASE_URL"))},
        "PORTH_HOME": str(home), "PORTH_PORT": str(port), "PORTH_SANDBOX_PORT": str(sandbox),
        "DATABASE_URL": url, "PORTH_LOG_LEVEL": "warning",
    }  # fmt: skip
    scene = asyncio.run(seeded(environ, url))
    with _serving(environ, port) as address:
        yield Site(address, url, home, scene, sandbox)


async def seeded(environ: dict[str, str], url: str) -> Scene:
    found = settings.load({name: value for name, value in environ.items() if name.startswith("PORTH_")})
    async with runtime.opened(found, url) as porth, porth.sessions.begin() as session:
        now = porth.clock()
        demo = await demonstration.seed(session, porth, await hashed(PASSWORD), now=now)
        people = demo.actors
        nia, limits = people["nia"], porth.limits

        async def draft(number: int, **changes: object) -> UUID:
            return (await drafting.create(session, nia, demo.team, words(number, **changes), now=now)).id

        async def submitted(number: int, **changes: object) -> tuple[UUID, str]:
            post = await draft(number, **changes)
            outcome = await drafting.submit(session, nia, post, ANSWERS, limits, seen=1, now=now)
            assert outcome.digest, outcome.findings
            return post, outcome.digest

        async def approved(number: int) -> tuple[UUID, str]:
            post, digest = await submitted(number)
            for step, who in (("welsh", "elin"), ("comms", "tom")):
                await reviewing.sign_off(session, people[who], post, step, digest, limits, now=now)  # type: ignore[arg-type]  # two steps
            return post, digest

        await consenting.record(session, people["gwen"], _consent(now.date()), now=now)
        await session.execute(update(m.Account).values(expires_at=now + timedelta(days=20)))
        await consenting.record(
            session,
            people["gwen"],
            msgspec.structs.replace(_consent(now.date()), ref="C-1025", category="staff"),
            now=now,
        )
        await consenting.dispute(session, people["gwen"], "C-1025", "She says no", now=now)
        asked = await requesting.request(
            session, nia, Asked(category="patient", covers=("image",), channels=("facebook",)), now=now
        )
        translating = await draft(1003, text=Bilingual(en="Flu clinic number 1003 is open today."))
        await drafting.ask_for_translation(session, nia, translating, now + timedelta(days=1), now=now)
        scheduled, digest = await approved(1005)
        deliveries = await scheduling.schedule(
            session, people["tom"], scheduled, digest, now + timedelta(days=2), limits, now=now
        )
        stopped = await _administered(session, people, now)
        corrected, digest = await approved(1007)
        for number, delivery in enumerate(
            await scheduling.schedule(session, people["tom"], corrected, digest, now, limits, now=now)
        ):
            delivery.state = "sending"
            await session.flush()
            delivery.state, delivery.platform_id, delivery.published_at = "published", str(number), now
            delivery.url = f"https://social.example/posts/{number}"
        correction = await drafting.create(
            session, nia, demo.team, corrections.begun(words(1007)), now=now, corrects=corrected
        )
        put_right = words(
            1007,
            text=Bilingual(
                cy="Mae clinig ffliw rhif 1007 ar gau heddiw ac ar agor yfory. Croeso i bawb.",
                en="Flu clinic number 1007 is closed today and open tomorrow. Everyone is welcome.",
            ),
        )
        await drafting.save(session, nia, correction.id, put_right, seen=1, now=now)
        outcome = await drafting.submit(session, nia, correction.id, ANSWERS, limits, seen=2, now=now)
        assert outcome.digest, outcome.findings
        return Scene(
            corrected=corrected,
            correction=correction.id,
            draft=await draft(1001),
            in_review=(await submitted(1002))[0],
            to_decide=(await submitted(1006, people=(Named("Sian Hughes", category="staff"),)))[0],
            approved=(await approved(1004))[0],
            scheduled=scheduled,
            delivery=deliveries[0].id,
            translating=translating,
            consent="C-1024",
            person=nia.person,
            channel=stopped.channel_id,
            account=stopped.id,
            sent=await aftermath(session, people, approved, limits, now),
            asked=asked.ref,
            disputed="C-1025",
        )


async def _administered(session: AsyncSession, people: Mapping[str, Actor], now: datetime) -> m.Account:
    """A term that counts, one that waits and one whose removal waits; an account that is out of service."""
    names = [
        Entry({"cy": cy, "en": en}, "Arwydd y dref") for cy, en in (("Cwm Hafren", "Severn Vale"), ("Y Foel", "Foel"))
    ]
    made = await wording.propose(session, people["elin"], "names", names, now=now)
    await wording.confirm(session, people["dafydd"], [term.id for term in made], now=now)
    await wording.propose_removal(session, people["dafydd"], made[1].id, now=now)
    await wording.propose_one(session, people["tom"], "names", {"cy": "Aber", "en": "Mouth"}, now=now)
    channel = await organising.register_channel(session, people["huw"], "gwefan", "wordpress", "bilingual", now=now)
    given = m.Account(
        organisation_id=people["huw"].organisation, channel_id=channel.id, external_id="https://a.example",
        handle="https://a.example", languages=["cy", "en"], mode="live", credentials=b"", created_at=now,
    )  # fmt: skip
    session.add(given)
    await session.flush()
    await registering.take_out(session, people["huw"], given.id, "Rehearsal", now=now)
    return given


def _consent(today: date) -> Consent:
    return Consent(
        ref="C-1024", category="patient", signatory="Y claf", authority="self", covers=("image", "name"),
        channels=("facebook", "x"), starts=today, expires=today + timedelta(days=700), publication_approved=today,
    )  # fmt: skip


@contextlib.contextmanager
def _serving(environ: dict[str, str], port: int) -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", "gateway", "serve"], env=environ, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_LIMIT
    while time.monotonic() < until:
        assert process.poll() is None, "the server has ended"
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{address}/sign-in", trust_env=False)
            return
        time.sleep(0.1)
    raise AssertionError("the server does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
