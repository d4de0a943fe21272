"""Who is asked for a one-time code."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import organising
from approvals.actions.organising import hash_secret
from approvals.policy import Policy
from gateway.access import authenticate
from tests.approvals.conftest import make_board

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.anyio
async def test_an_organisation_that_asks_for_codes_asks_those_who_approve_and_no_others(
    session: AsyncSession,
) -> None:
    board = await make_board(session)
    await organising.set_policy(session, board.admin, policy=Policy(second_factor=True), now=NOW)
    asked = {}
    for name in ("nurse", "comms", "welsh", "admin", "custodian", "auditor"):
        person = board.actors[name].person
        session.add(
            m.SignIn(
                token_hash=hash_secret(name), person_id=person, csrf="csrf", created_at=NOW, seen_at=NOW,
                expires_at=NOW + timedelta(hours=1),
            )
        )  # fmt: skip
        found = await authenticate(session, {}, {"porth": name}, now=NOW)
        asked[name] = found.lacks_second_factor
    assert asked == {
        "nurse": False, "comms": True, "welsh": True, "admin": True, "custodian": True, "auditor": False,
    }  # fmt: skip
