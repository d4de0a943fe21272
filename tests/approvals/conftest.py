"""A small health board on a real database, and posts of it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import consenting, organising
from approvals.consent import Consent
from approvals.content import Bilingual, Content
from approvals.permissions import Actor, Role
from connectors.contract import Limits

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PLATFORMS = {
    "facebook": Limits(text=63206, counting="code-points", pictures=10),
    "x": Limits(text=280, counting="weighted", pictures=4, alt=1000),
}


@dataclass
class Board:
    """A health board with one person in each role."""

    id: UUID
    team: UUID
    actors: dict[str, Actor] = field(default_factory=dict)
    channels: dict[str, m.Channel] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Actor:
        try:
            return self.actors[name]
        except KeyError:
            raise AttributeError(name) from None


ROLES = {
    "nurse": Role.SUBMITTER, "manager": Role.LINE_MANAGER, "comms": Role.COMMS, "welsh": Role.WELSH,
    "privacy": Role.PRIVACY, "custodian": Role.CUSTODIAN, "admin": Role.ADMIN, "auditor": Role.AUDITOR,
}  # fmt: skip


async def make_board(session: AsyncSession, slug: str = "bwrdd") -> Board:
    organisation = await organising.found_organisation(session, slug, "Bwrdd Iechyd", "Health Board", now=NOW)
    root = Actor(organisation.id, organisation.id, frozenset({Role.ADMIN}))
    team = await organising.add_team(session, root, "Ward 4", now=NOW)
    board = Board(organisation.id, team.id)
    for name, role in ROLES.items():
        person = await organising.add_person(
            session, root, f"{name}@{slug}.example", name.title(), {role}, teams=[team.id], now=NOW
        )
        board.actors[name] = Actor(person.id, organisation.id, frozenset({role}), frozenset({team.id}))
    for name, model, languages in (("facebook", "bilingual", [["cy", "en"]]), ("x", "paired", [["cy"], ["en"]])):
        channel = await organising.register_channel(session, root, name, name, model, now=NOW)
        board.channels[name] = channel
        for spoken in languages:
            await organising.register_account(
                session, root, channel.id, f"{slug}-{name}-{'-'.join(spoken)}", spoken, b"sealed", "sandbox", now=NOW
            )
    return board


@pytest.fixture
async def board(session: AsyncSession) -> Board:
    return await make_board(session)


def words(**changes: object) -> Content:
    """A post with nothing to object to, for the afternoon of 23 November 2026."""
    return Content(
        **{
            "text": Bilingual(
                cy="Mae clinig ffliw ar agor ddydd Mawrth 1 Rhagfyr 2026 yn y ganolfan iechyd. Croeso i bawb.",
                en="A flu clinic is open on Tuesday 1 December 2026 at the health centre. Everyone is welcome.",
            ),
            "channels": ("facebook", "x"),
            "publish_at": "2026-11-23T14:00",
            **changes,
        }
    )


def consent(**changes: object) -> Consent:
    return Consent(
        **{
            "ref": "C-1024", "category": "patient", "signatory": "Y claf", "authority": "self",
            "covers": ("image", "name", "story"), "channels": ("facebook", "x"), "starts": date(2026, 11, 1),
            "expires": date(2028, 11, 1), "publication_approved": date(2026, 11, 2), **changes,
        }
    )  # fmt: skip


async def recorded(session: AsyncSession, board: Board, **changes: object) -> m.ConsentRecord:
    return await consenting.record(session, board.custodian, consent(**changes), now=NOW)
