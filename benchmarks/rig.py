"""A whole installation to measure or to break: PostgreSQL, the sandbox, worker processes, one organisation.

Posts are approved by the very actions that people use; only their number is unusual.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import psycopg
from psycopg.rows import dict_row
from uuid_utils.compat import uuid7

from approvals.actions import drafting, organising, picturing, reviewing, scheduling
from approvals.content import Bilingual, Content, Media, Rights, Window
from approvals.permissions import Actor, Role
from approvals.policy import Policy
from connectors.contract import Language
from connectors.http import Wire
from connectors.sandbox import demo_credentials, serve
from gateway import embedded, runtime, settings
from gateway.api.rendering import platforms_of, render
from gateway.database import migrate
from gateway.embedded import Cluster
from gateway.media.protocol import Recipe
from gateway.runtime import Clock, Runtime, utc_now

START_LIMIT = 60.0
ROOT = Path(__file__).resolve().parents[1]
ANSWERS = drafting.Declaration(right="yes", audience="everyone", privacy="no", reflects="well")
BILINGUAL: tuple[tuple[Language, ...], ...] = (("cy", "en"),)
PAIRED: tuple[tuple[Language, ...], ...] = (("cy",), ("en",))


class Sent(NamedTuple):
    """One post that a platform has."""

    platform: str
    account: str
    id: str
    text: str
    at: datetime
    received: str
    """When the platform was told, in a form that sorts; `at` is what it shows."""
    gone: bool


class Rig:
    def __init__(self, cluster: Cluster, home: Path, port: int, call_seconds: int) -> None:
        self.cluster = cluster
        self.home = home
        self.database = cluster.url("porth")
        self.environ = {
            "PORTH_HOME": str(home), "PORTH_PORT": str(serve.free_port()), "PORTH_SANDBOX_PORT": str(port),
            "DATABASE_URL": self.database, "PORTH_CALL_SECONDS": str(call_seconds), "PORTH_LOG_LEVEL": "error",
        }  # fmt: skip
        self.settings = settings.load(self.environ)
        self.control = httpx.Client(base_url=f"http://127.0.0.1:{port}/_control", trust_env=False, timeout=60)
        self.workers: list[subprocess.Popen[bytes]] = []
        self.servers: list[subprocess.Popen[bytes]] = []

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A worker as it is run in earnest."""
        worker = self.command("worker")
        self.workers.append(worker)
        return worker

    def start_server(self) -> subprocess.Popen[bytes]:
        """The pages and the interface, where platforms fetch pictures; returns when it answers."""
        server = self.command("serve")
        self.servers.append(server)
        end = time.monotonic() + START_LIMIT
        while not self._answers():
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError("porth serve did not start")
            time.sleep(0.1)
        return server

    def _answers(self) -> bool:
        try:
            return bool(httpx.get(f"{self.settings.base_url}/health", trust_env=False, timeout=10).content)
        except httpx.TransportError:
            return False

    def command(self, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PORTH_", "DATABASE_"))}
        python_path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        return subprocess.Popen(
            [sys.executable, "-m", "gateway", *words],
            env={**inherited, **self.environ, "PYTHONPATH": python_path},
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            **options,
        )

    def stop_workers(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.wait(60)
        self.workers.clear()

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """As the owner, past the application."""
        with psycopg.connect(self.database, autocommit=True, row_factory=dict_row) as connection:
            done = connection.execute(query, values or None)
            return done.fetchall() if done.description else []

    def sent(self) -> list[Sent]:
        """What the platforms were made to publish, oldest first, removed posts included."""
        posts = self.control.get("/posts").raise_for_status().json()["posts"]
        return [
            Sent(
                p["platform"],
                p["account"],
                p["id"],
                p["text"],
                datetime.fromisoformat(p["at"]),
                p["received"],
                p["deleted_at"] is not None,
            )
            for p in reversed(posts)
        ]

    def wire(self) -> Wire:
        return runtime.wire(self.settings, "sandbox")

    @asynccontextmanager
    async def porth(self, *, pictures: bool = False, clock: Clock = utc_now) -> AsyncIterator[Runtime]:
        async with runtime.opened(self.settings, self.database, pictures=pictures, clock=clock) as made:
            yield made


@contextmanager
def rig(
    *,
    latency_ms: float = 0,
    chaos: float = 0,
    seed: int = 0,
    call_seconds: int = 30,
) -> Iterator[Rig]:
    """Durable, as in earnest: a database that is killed must find again what it had confirmed."""
    port = serve.free_port()
    # not under a folder that is closed to others: root runs the server as another user
    with tempfile.TemporaryDirectory(prefix="porth-") as folder:
        home = Path(folder)
        with (
            serve.running(port, latency_ms=latency_ms, chaos=chaos, seed=seed),
            embedded.cluster(home) as cluster,
        ):
            cluster.ensure_database("porth")
            migrate(cluster.url("porth"))
            made = Rig(cluster, home, port, call_seconds)
            made.control.post("/limits/lift").raise_for_status()
            try:
                yield made
            finally:
                for process in (*made.workers, *made.servers):
                    process.kill()
                    process.wait()
                made.control.close()


class Office:
    """One organisation, with just the people whom a post needs."""

    def __init__(self, porth: Runtime, slug: str = "mainc") -> None:
        self.porth = porth
        self.slug = slug
        self.actors: dict[str, Actor] = {}
        self.channels: list[str] = []
        self.written = 0

    async def found(self) -> None:
        now = self.porth.clock()
        async with self.porth.sessions() as session:
            board = await organising.found_organisation(session, self.slug, "Bwrdd Iechyd", "Health Board", now=now)
            self.root = Actor(board.id, board.id, frozenset({Role.ADMIN}))
            # what is measured here is how much goes through, not how calmly
            await organising.set_policy(session, self.root, policy=Policy(spacing_seconds=0), now=now)
            self.team = (await organising.add_team(session, self.root, "Ward 4", now=now)).id
            for name, role in (("nurse", Role.SUBMITTER), ("welsh", Role.WELSH), ("comms", Role.COMMS)):
                person = await organising.add_person(
                    session, self.root, f"{name}@{self.slug}.example", name, {role}, teams=(self.team,), now=now
                )
                self.actors[name] = Actor(person.id, board.id, frozenset({role}), frozenset({self.team}))
            await session.commit()

    async def channel(self, platform: str, languages: Sequence[Sequence[Language]]) -> str:
        """A channel on sandbox accounts of its own, one for each group of languages. Its name."""
        name, now = f"{platform}-{len(self.channels)}", self.porth.clock()
        model = "bilingual" if len(languages) == 1 else "paired"
        async with self.porth.sessions() as session:
            made = await organising.register_channel(session, self.root, name, platform, model, now=now)
            for spoken in languages:
                handle = f"{self.slug}-{name}-{'-'.join(spoken)}"
                credentials, account = demo_credentials(platform, handle), uuid7()
                await organising.register_account(
                    session, self.root, made.id, credentials.account, list(spoken),
                    self.porth.sealed(account, credentials.secrets), "sandbox",
                    handle=handle, account_id=account, now=now,
                )  # fmt: skip
            await session.commit()
        self.channels.append(name)
        return name

    async def picture(self, file: bytes) -> Media:
        """Taken in, cleaned, proved and made ready for the channels that there are, as an upload is."""
        clean = await self.porth.decoder.clean(file, Recipe(people=True))
        original = self.porth.quarantine.put(file)
        self.porth.clean.put(clean)
        await render(self.porth, clean.sha256, await platforms_of(self.porth, self.root.organisation))
        taken = picturing.Taken(
            original_sha256=original.sha256, original=original.id, sha256=clean.sha256, media_type=clean.media_type,
            width=clean.width, height=clean.height, size=len(clean.data), removed=clean.removed, regions=(),
        )  # fmt: skip
        async with self.porth.sessions.begin() as session:
            made = await picturing.add(session, self.actors["nurse"], self.team, taken, now=self.porth.clock())
            return Media(
                upload=str(made.id), alt=Bilingual("Arwydd glas y clinig", "The blue sign of the clinic"),
                words=Bilingual("", ""), rights=Rights("Y Bwrdd", "own", "Y Bwrdd"), people=(),
                nobody="It shows a sign.",
            )  # fmt: skip

    def words(self, channels: Sequence[str] | None = None) -> Content:
        """Words that no other post has: X refuses the same text twice."""
        self.written += 1
        now = datetime.now(UTC)
        return Content(
            text=Bilingual(
                cy=f"Mae clinig ffliw rhif {10_000 + self.written} ar agor heddiw. Croeso i bawb.",
                en=f"Flu clinic number {10_000 + self.written} is open today. Everyone is welcome.",
            ),
            channels=tuple(self.channels if channels is None else channels),
            window=Window(now - timedelta(minutes=5), now + timedelta(hours=6)),
        )

    async def approved(self, content: Content, corrects: UUID | None = None) -> tuple[UUID, str]:
        now, limits = self.porth.clock(), self.porth.limits
        async with self.porth.sessions() as session:
            post = await drafting.create(session, self.actors["nurse"], self.team, content, now=now, corrects=corrects)
            outcome = await drafting.submit(session, self.actors["nurse"], post.id, ANSWERS, limits, seen=1, now=now)
            if outcome.digest is None:
                raise RuntimeError(f"refused: {outcome.findings}")
            for step in ("welsh", "comms"):
                await reviewing.sign_off(
                    session,
                    self.actors[step],
                    post.id,
                    step,
                    outcome.digest,
                    limits,
                    now=now,  # type: ignore[arg-type]  # two of the steps
                )
            await session.commit()
        return post.id, outcome.digest

    async def schedule(self, post: UUID, digest: str, at: datetime) -> None:
        async with self.porth.sessions() as session:
            await scheduling.schedule(
                session, self.actors["comms"], post, digest, at, self.porth.limits, now=self.porth.clock()
            )
            await session.commit()

    async def schedule_all(self, posts: Sequence[tuple[UUID, str]], at: datetime) -> None:
        for post, digest in posts:
            await self.schedule(post, digest, at)


def now() -> datetime:
    return datetime.now(UTC)


async def until(moment: datetime) -> None:
    await asyncio.sleep(max((moment - now()).total_seconds(), 0))
