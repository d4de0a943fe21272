"""Accounts that somebody has to see to, weeks before they fail."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import organising
from approvals.queries import accounts_needing_attention
from tests.approvals.conftest import NOW, Board, make_board

pytestmark = pytest.mark.anyio
WELL = {"deputy": "manager@bwrdd.example", "reviewed": NOW.date().isoformat()}


@pytest.fixture
async def register(board: Board, session: AsyncSession) -> Board:
    await session.execute(update(m.Channel).values(register=WELL))
    return board


async def reasons(session: AsyncSession, board: Board) -> list[tuple[str, ...]]:
    session.expire_all()
    return [found.reasons for found in await accounts_needing_attention(session, board.id, NOW)]


async def test_where_all_is_well_there_is_nothing(register: Board, session: AsyncSession) -> None:
    await session.execute(update(m.Account).values(expires_at=NOW + timedelta(days=31)))
    assert await reasons(session, register) == []


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"stopped_at": NOW, "stopped_code": "token-refused"}, "stopped"),
        ({"expires_at": NOW + timedelta(days=29)}, "expiring"),
        ({"expires_at": NOW}, "expired"),
        ({"limited_until": NOW + timedelta(minutes=1)}, "limited"),
    ],
)
async def test_what_is_the_matter_with_an_account_is_said(
    register: Board, session: AsyncSession, values: dict[str, Any], reason: str
) -> None:
    await session.execute(update(m.Account).values(**values))
    assert await reasons(session, register) == [(reason,)] * 3


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"reviewed": WELL["reviewed"]}, "no-deputy"),
        ({"deputy": "manager@bwrdd.example", "reviewed": "2026-05-01"}, "review-due"),
    ],
)
async def test_what_the_register_lacks_is_said(
    register: Board, session: AsyncSession, entry: dict[str, str], reason: str
) -> None:
    await session.execute(update(m.Channel).where(m.Channel.name == "facebook").values(register=entry))
    assert await reasons(session, register) == [(reason,)]


async def test_a_channel_is_reviewed_half_a_year_after_it_was_registered_and_not_on_its_first_day(
    register: Board, session: AsyncSession
) -> None:
    await session.execute(update(m.Channel).values(register={"deputy": "manager@bwrdd.example", "reviewed": "soon"}))
    assert await reasons(session, register) == []
    await session.execute(update(m.Channel).values(created_at=NOW - timedelta(days=184)))
    assert await reasons(session, register) == [("review-due",)] * 3


async def test_a_deputy_who_has_left_is_none_by_whichever_name(register: Board, session: AsyncSession) -> None:
    deputies = (str(register.manager.person), "Manager@bwrdd.example")
    for name, deputy in zip(("facebook", "x"), deputies, strict=True):
        await session.execute(
            update(m.Channel).where(m.Channel.name == name).values(register=WELL | {"deputy": deputy})
        )
    assert await reasons(session, register) == []
    await session.execute(update(m.Person).where(m.Person.id == register.manager.person).values(left_at=NOW))
    assert await reasons(session, register) == [("no-deputy",)] * 3


async def test_the_most_urgent_stands_first_and_a_closed_channel_needs_nothing(
    register: Board, session: AsyncSession
) -> None:
    on_x = m.Account.channel_id == register.channels["x"].id
    await session.execute(update(m.Account).values(expires_at=NOW + timedelta(days=3)))
    await session.execute(update(m.Account).where(on_x).values(stopped_at=NOW, stopped_code="token-refused"))
    assert await reasons(session, register) == [("stopped", "expiring")] * 2 + [("expiring",)]
    await session.execute(update(m.Channel).where(m.Channel.name == "x").values(register={"closed": "2026-11-01"}))
    assert await reasons(session, register) == [("expiring",)]


async def test_nobody_sees_another_organisations_accounts(register: Board, session: AsyncSession) -> None:
    other = await make_board(session, "arall")
    await session.execute(update(m.Account).where(m.Account.organisation_id == register.id).values(stopped_at=NOW))
    await session.execute(update(m.Channel).values(register=WELL))
    assert await reasons(session, other) == []
    assert len(await reasons(session, register)) == 3


async def test_new_credentials_end_the_trouble(register: Board, session: AsyncSession) -> None:
    await session.execute(update(m.Account).values(stopped_at=NOW, stopped_code="token-refused"))
    for found in await accounts_needing_attention(session, register.id, NOW):
        await organising.replace_credentials(session, register.admin, found.account, b"new", None, now=NOW)
    assert await reasons(session, register) == []
