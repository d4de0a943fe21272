"""`porth user add`: somebody new, with a password that never stands on a command line."""

import argparse
import asyncio
import getpass
import os
import sys
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import organising
from approvals.permissions import Actor, Role
from gateway import installation, runtime
from gateway.access import hashed
from gateway.commands import Parsers
from gateway.commands.organisations import root, said, slugs
from gateway.faults import Fault
from gateway.settings import Settings
from i18n.messages import Language, say


def add(parsers: Parsers) -> None:
    parser = parsers.command("user").add_subparsers(required=True).add_parser("add", help=parsers.words("cli.user.add"))
    parser.add_argument("--organisation", required=True, help=parsers.words("cli.user.organisation"))
    parser.add_argument("--found", action="store_true", help=parsers.words("cli.user.found"))
    parser.add_argument("--name-cy")
    parser.add_argument("--name-en")
    parser.add_argument("--email", required=True, help=parsers.words("cli.user.email"))
    parser.add_argument("--name", required=True, help=parsers.words("cli.user.name"))
    parser.add_argument(
        "--role", action="append", choices=[*Role], type=Role, required=True, help=parsers.words("cli.user.role")
    )
    parser.add_argument("--team", action="append", default=[], help=parsers.words("cli.user.team"))
    parser.add_argument("--speaks", choices=("cy", "en"), default="cy", help=parsers.words("cli.user.language"))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = installation.prepared(os.environ)
    password = ask(settings.password_file, arguments.email, arguments.language)
    with installation.database(settings) as (url, _cluster), said():
        names = asyncio.run(_add(settings, url, arguments, password))
    print(say(arguments.language, "user.added", names))  # noqa: T201  # a command line prints
    return 0


def ask(file: Path | None, email: str, language: Language) -> str:
    """From the file that the settings name, else twice from the terminal. Raises `Fault`."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise Fault("user.password-file", said=error.strerror) from error
    if not sys.stdin.isatty():
        raise Fault("user.no-terminal")
    first = getpass.getpass(say(language, "user.password", {"email": email}))
    if getpass.getpass(say(language, "user.again")) != first:
        raise Fault("user.differ")
    return first


async def _add(settings: Settings, url: str, arguments: argparse.Namespace, password: str) -> dict[str, str]:
    password_hash = await hashed(password)
    async with runtime.opened(settings, url) as porth, porth.sessions.begin() as session:
        now = porth.clock()
        organisation = await session.scalar(select(m.Organisation).where(m.Organisation.slug == arguments.organisation))
        if organisation is None:
            if not arguments.found:
                known = ", ".join(await slugs(session))
                raise Fault("user.no-organisation", slug=arguments.organisation, known=known)
            if not (arguments.name_cy and arguments.name_en):
                raise Fault("user.names-needed")
            organisation = await organising.found_organisation(
                session, arguments.organisation, arguments.name_cy, arguments.name_en, now=now
            )
        actor = root(organisation)
        teams = [await _team(session, actor, name) for name in arguments.team]
        person = await organising.add_person(
            session, actor, arguments.email, arguments.name, set(arguments.role), teams=[team.id for team in teams],
            language=arguments.speaks, password_hash=password_hash, now=now,
        )  # fmt: skip
        return {"name": person.name, "email": person.email, "organisation": organisation.slug}


async def _team(session: AsyncSession, actor: Actor, name: str) -> m.Team:
    found = await session.scalar(
        select(m.Team).where(m.Team.organisation_id == actor.organisation, m.Team.name == name)
    )
    return found or await organising.add_team(session, actor, name, now=runtime.utc_now())
