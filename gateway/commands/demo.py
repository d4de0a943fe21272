"""`porth demo`: the main job, played in the terminal against the real stack in a database of its own."""

import argparse
import asyncio
import contextlib
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from rich.console import Console

from approvals.actions import organising
from approvals.permissions import Role
from gateway import demonstration, installation, runtime, settings
from gateway.access import hashed
from gateway.commands import Parsers
from gateway.journey import Journey, Stage, Step, Unexpected
from gateway.supervision import Household
from i18n.messages import Language, say


def add(parsers: Parsers) -> None:
    parser = parsers.command("demo")
    parser.add_argument("--json", action="store_true", help=parsers.words("demo.json"))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0 only if every step showed what it should."""
    steps: list[Step] = []
    unexpected: Unexpected | None = None
    with _stage(arguments.language) as stage:
        journey = Journey(stage)
        with contextlib.closing(journey):
            try:
                for step in journey.play():
                    steps.append(step)
                    if not arguments.json:
                        _show(step, arguments.language)
            except Unexpected as found:
                unexpected = found
    if arguments.json:
        _print_json(steps, journey, unexpected, stage)
    elif unexpected is not None:
        Console(stderr=True).print(say(arguments.language, "demo.unexpected", _told(unexpected)), markup=False)
    else:
        Console().print(say(arguments.language, "demo.done", {"wall": stage.sandbox}), markup=False)
    return 0 if unexpected is None else 1


@contextlib.contextmanager
def _stage(language: Language) -> Iterator[Stage]:
    """The real stack: database, web, worker and sandbox in processes of their own, gone in the end."""
    base = installation.prepared(os.environ)
    mark = secrets.token_hex(4)
    with (
        tempfile.TemporaryDirectory(prefix="porth-demo-") as home,
        installation.temporary_database(base, f"porth_demo_{mark}") as url,
        Household() as household,
    ):
        web_port, sandbox_port = _free_port(), _free_port()
        environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PORTH_", "DATABASE_URL"))},
            "PORTH_HOME": home, "DATABASE_URL": url, "PORTH_PORT": str(web_port),
            "PORTH_SANDBOX_PORT": str(sandbox_port), "PORTH_LOG_LEVEL": "error",
        }  # fmt: skip
        slug = f"{demonstration.SLUG}-{mark}"
        password = secrets.token_urlsafe(12)
        key, team = asyncio.run(_seeded(settings.load(environ), url, slug, password))
        household.add(("sandbox", "--port", str(sandbox_port), "--state", str(Path(home, "wall"))), environ)
        household.add(("serve",), environ)
        household.add(("worker",), environ)
        web, sandbox = f"http://127.0.0.1:{web_port}", f"http://127.0.0.1:{sandbox_port}"
        for address in (f"{sandbox}/_control/health", f"{web}/health"):
            household.wait_for(address)
        yield Stage(web, sandbox, key, password, slug, team, language)


async def _seeded(found: settings.Settings, url: str, slug: str, password: str) -> tuple[str, str]:
    """The demonstration organisation, and a key for its service team's system."""
    async with runtime.opened(found, url) as porth, porth.sessions() as session:
        demo = await demonstration.seed(session, porth, await hashed(password), now=porth.clock(), slug=slug)
        made = await organising.create_key(
            session, demo.actors["huw"], "Clinic system", Role.SUBMITTER, demo.actors["nia"].person, team=demo.team,
            now=porth.clock(),
        )  # fmt: skip
        await session.commit()
        return made.secret, str(demo.team)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _show(step: Step, language: Language) -> None:
    console = Console()
    params = {**step.params}
    if "step" in params:
        params["step"] = say(language, f"step.{params['step']}")
    console.print(say(language, f"demo.{step.key}", params), markup=False, highlight=False, soft_wrap=True)
    for line in step.shows or ():
        if "message" in line:
            console.print(f"    {line['code']}: {line['message']}", markup=False, highlight=False, soft_wrap=True)
        else:
            told = f"    {line['channel']} ({'+'.join(line['languages'])}) {line['url']}"
            console.print(told, markup=False, highlight=False, soft_wrap=True)


def _told(found: Unexpected) -> dict[str, str]:
    return {"step": found.step, "wanted": found.wanted, "got": found.got}


def _print_json(steps: list[Step], journey: Journey, unexpected: Unexpected | None, stage: Stage) -> None:
    answer = {
        "ok": unexpected is None, "steps": steps, "receipts": journey.receipts, "log": journey.log,
        "wall": stage.sandbox, "unexpected": _told(unexpected) if unexpected else None,
    }  # fmt: skip
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
