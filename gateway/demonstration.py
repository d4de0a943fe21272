"""A demonstration organisation: an invented health board with one person in each role, on sandbox accounts only."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals.actions import organising
from approvals.permissions import Actor, Role
from approvals.register import Entry
from connectors.contract import Language
from connectors.sandbox import demo_credentials
from gateway.runtime import Runtime

SLUG = "glan-hafren"
NAME_CY = "Bwrdd Iechyd Glan Hafren"
NAME_EN = "Glan Hafren Health Board"
TEAM = "Clinig Ffliw / Flu Clinic"


class Somebody(NamedTuple):
    """`email` before the @, name, role, language."""

    account: str
    name: str
    role: Role
    language: Language


PEOPLE = (
    Somebody("nia", "Nia Prys", Role.SUBMITTER, "cy"),
    Somebody("rhian", "Rhian Morgan", Role.LINE_MANAGER, "en"),
    Somebody("elin", "Elin Gwyn", Role.WELSH, "cy"),
    Somebody("dafydd", "Dafydd Rees", Role.WELSH, "cy"),
    Somebody("tom", "Tom Bevan", Role.COMMS, "en"),
    Somebody("sara", "Sara Khan", Role.PRIVACY, "en"),
    Somebody("gwen", "Gwen Parry", Role.CUSTODIAN, "cy"),
    Somebody("huw", "Huw Adams", Role.ADMIN, "en"),
    Somebody("mari", "Mari Lloyd", Role.AUDITOR, "cy"),
)
CHANNELS: Mapping[str, tuple[str, str, tuple[tuple[Language, ...], ...]]] = {
    "facebook": ("facebook", "bilingual", (("cy", "en"),)),
    "x": ("x", "paired", (("cy",), ("en",))),
}
"""Channel name: platform, model, and the languages of each account."""


class Demonstration(NamedTuple):
    """What was made, for whoever tells people how to sign in."""

    organisation: UUID
    team: UUID
    actors: dict[str, Actor]
    """By the part of the address before the @."""


def address(account: str) -> str:
    return f"{account}@{SLUG}.example"


async def found(session: AsyncSession) -> UUID | None:
    """The demonstration organisation's id, if it is there."""
    return await session.scalar(select(m.Organisation.id).where(m.Organisation.slug == SLUG))


async def seed(
    session: AsyncSession, porth: Runtime, password_hash: str | None, *, now: datetime, slug: str = SLUG
) -> Demonstration:
    """Found the organisation, its people (one password for all) and its channels. The caller commits."""
    organisation = await organising.found_organisation(session, slug, NAME_CY, NAME_EN, now=now)
    root = Actor(organisation.id, organisation.id, frozenset({Role.ADMIN}))
    team = await organising.add_team(session, root, TEAM, now=now)
    actors: dict[str, Actor] = {}
    for somebody in PEOPLE:
        person = await organising.add_person(
            session, root, f"{somebody.account}@{slug}.example", somebody.name, {somebody.role}, teams=(team.id,),
            language=somebody.language, password_hash=password_hash, now=now,
        )  # fmt: skip
        actors[somebody.account] = Actor(person.id, organisation.id, frozenset({somebody.role}), frozenset({team.id}))
    await _line_manager(session, actors)
    for name, (platform, model, accounts) in CHANNELS.items():
        await _channel(session, porth, root, actors, slug, name, platform, model, accounts, now)
    return Demonstration(organisation.id, team.id, actors)


async def _line_manager(session: AsyncSession, actors: Mapping[str, Actor]) -> None:
    nurse = await session.get_one(m.Person, actors["nia"].person)
    nurse.line_manager_id = actors["rhian"].person
    await session.flush()


async def _channel(
    session: AsyncSession,
    porth: Runtime,
    root: Actor,
    people: Mapping[str, Actor],
    slug: str,
    name: str,
    platform: str,
    model: str,
    accounts: tuple[tuple[Language, ...], ...],
    now: datetime,
) -> None:
    register = Entry("Rhoi gwybod i'r cyhoedd / To tell the public", people["tom"].person, people["rhian"].person)
    channel = await organising.register_channel(session, root, name, platform, model, register=register, now=now)
    for languages in accounts:
        handle = f"{slug}-{'-'.join(languages)}"
        credentials, account_id = demo_credentials(platform, handle), uuid7()
        await organising.register_account(
            session, root, channel.id, credentials.account, languages,
            porth.sealed(account_id, credentials.secrets), "sandbox",
            handle=handle, account_id=account_id, now=now,
        )  # fmt: skip
