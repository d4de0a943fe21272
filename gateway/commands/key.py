"""`porth key create`: a key for a service team's system or a publishing job. Its secret is printed once."""

import argparse
import asyncio
import os
import sys
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import organising
from approvals.permissions import Role
from gateway import installation, runtime
from gateway.commands import Parsers
from gateway.commands.organisations import chosen, root, said
from gateway.faults import Fault
from gateway.settings import Settings
from i18n.messages import say

ROLES = (Role.SUBMITTER, Role.PUBLISHER, Role.AUDITOR)


def add(parsers: Parsers) -> None:
    commands = parsers.command("key").add_subparsers(required=True)
    parser = commands.add_parser("create", help=parsers.words("cli.key.create"))
    parser.add_argument("--organisation", help=parsers.words("cli.user.organisation"))
    parser.add_argument("--name", required=True, help=parsers.words("cli.key.name"))
    parser.add_argument("--role", choices=ROLES, type=Role, required=True, help=parsers.words("cli.key.role"))
    parser.add_argument("--responsible", required=True, help=parsers.words("cli.key.responsible"))
    parser.add_argument("--team", help=parsers.words("cli.key.team"))
    parser.add_argument("--days", type=int, default=organising.KEY_LIFE.days, help=parsers.words("cli.key.days"))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = installation.prepared(os.environ)
    with installation.database(settings) as (url, _cluster), said():
        made = asyncio.run(_create(settings, url, arguments))
    expires = made.row.expires_at.date().isoformat()
    print(say(arguments.language, "key.created", {"expires": expires}), file=sys.stderr)  # noqa: T201  # beside the key
    print(made.secret)  # noqa: T201  # alone on standard output
    return 0


async def _create(settings: Settings, url: str, arguments: argparse.Namespace) -> organising.NewKey:
    async with runtime.opened(settings, url) as porth, porth.sessions.begin() as session:
        organisation, now = await chosen(session, arguments.organisation), porth.clock()
        return await organising.create_key(
            session, root(organisation), arguments.name, arguments.role,
            await _person(session, organisation, arguments.responsible),
            team=await _team(session, organisation, arguments.team),
            expires=now + timedelta(days=arguments.days), now=now,
        )  # fmt: skip


async def _person(session: AsyncSession, organisation: m.Organisation, email: str) -> UUID:
    found = await session.scalar(
        select(m.Person.id).where(m.Person.organisation_id == organisation.id, m.Person.email == email.lower())
    )
    if found is None:
        raise Fault("key.no-person", organisation=organisation.slug, email=email)
    return found


async def _team(session: AsyncSession, organisation: m.Organisation, name: str | None) -> UUID | None:
    if name is None:
        return None
    rows = await session.execute(
        select(m.Team.name, m.Team.id).where(m.Team.organisation_id == organisation.id).order_by(m.Team.name)
    )
    teams: dict[str, UUID] = {row.name: row.id for row in rows}
    if name not in teams:
        raise Fault("key.no-team", organisation=organisation.slug, team=name, known=", ".join(teams))
    return teams[name]
