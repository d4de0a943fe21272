"""`porth run`: everything on this machine — database, sandbox, web and worker — and where to go."""

import argparse
import asyncio
import os
import secrets
import socket
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway import demonstration, installation, runtime
from gateway.access import hashed
from gateway.commands import Parsers
from gateway.faults import Fault
from gateway.media.store import write_whole
from gateway.runtime import Runtime
from gateway.settings import Settings
from gateway.supervision import Household
from i18n.messages import Language, say

SIGN_IN = "demonstration.json"
"""Under `PORTH_HOME`, closed to others: how to sign in to the demonstration organisation."""


class SignIn(Struct, frozen=True):
    password: str


def add(parsers: Parsers) -> None:
    parsers.command("run").set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = installation.prepared(os.environ)
    for name, port in (("PORTH_PORT", settings.port), ("PORTH_SANDBOX_PORT", settings.sandbox_port)):
        _require_free(name, settings.host, port)
    with installation.database(settings) as (url, cluster), Household() as household:
        password = asyncio.run(_seeded(settings, url))
        environ = {**os.environ, "DATABASE_URL": url, "PORTH_HOME": str(settings.home)}
        environ.pop("DATABASE_URL_FILE", None)
        wall = settings.home / "sandbox.sqlite"
        household.add(("sandbox", "--port", str(settings.sandbox_port), "--state", str(wall)), environ)
        household.add(("serve",), environ)
        household.add(("worker",), environ)
        household.wait_for(f"{_address(settings)}/health")
        _welcome(arguments.language, settings, password)
        household.keep(cluster.tend if cluster else lambda: None)
        print(say(arguments.language, "run.stopping"), flush=True)  # noqa: T201  # a command line prints
    return 0


def _require_free(name: str, host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Fault("run.port-taken", name=name, port=port) from error


async def _seeded(settings: Settings, url: str) -> str | None:
    """The password of the demonstration's people, made at the first start; `None` if it is not our demonstration."""
    path = settings.home / SIGN_IN
    async with runtime.opened(settings, url) as porth, porth.sessions() as session:
        if await demonstration.found(session) is None:
            return await _seed(porth, path)
    return _password(path)


async def _seed(porth: Runtime, path: Path) -> str:
    password = secrets.token_urlsafe(9)
    async with porth.sessions() as session:
        await demonstration.seed(session, porth, await hashed(password), now=porth.clock())
        write_whole(path, msgspec.json.encode(SignIn(password)))
        await session.commit()
    return password


def _password(path: Path) -> str | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=SignIn).password
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _address(settings: Settings) -> str:
    """Ours, whatever address people know Porth by."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104  # compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _welcome(language: Language, settings: Settings, password: str | None) -> None:
    lines = [say(language, "run.ready", {"address": settings.base_url})]
    lines.append(say(language, "run.wall", {"address": f"http://127.0.0.1:{settings.sandbox_port}/"}))
    if password is not None:
        lines.append(say(language, "run.sign-in", {"password": password}))
        lines += [
            f"    {demonstration.address(p.account):28} {p.name:14} {say(language, f'role.{p.role}')}"
            for p in demonstration.PEOPLE
        ]
    lines.append(say(language, "run.stop"))
    print("\n".join(lines), flush=True)  # noqa: T201  # a command line prints
