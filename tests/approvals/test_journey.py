"""One post through the domain: written, submitted, reviewed, scheduled. No web, real PostgreSQL."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log
from approvals.actions import consenting, drafting, reviewing, scheduling
from approvals.content import Bilingual, Named, instant
from approvals.errors import Blocked, Invalid, NotAllowed, NotFound, Stale, WrongState
from approvals.findings import blocks
from tests.approvals.conftest import NOW, PLATFORMS, Board, make_board, recorded, words

pytestmark = pytest.mark.anyio

ANSWERS = drafting.Declaration(right="yes", audience="everyone", privacy="no", reflects="well")
AT = instant("2026-11-23T14:00")


async def submitted(session: AsyncSession, board: Board, **changes: object) -> tuple[m.Post, str]:
    post = await drafting.create(session, board.nurse, board.team, words(**changes), now=NOW)
    outcome = await drafting.submit(session, board.nurse, post.id, ANSWERS, PLATFORMS, seen=1, now=NOW)
    assert outcome.digest, outcome.findings
    return post, outcome.digest


async def approved(session: AsyncSession, board: Board, **changes: object) -> tuple[m.Post, str]:
    post, digest = await submitted(session, board, **changes)
    await reviewing.sign_off(session, board.welsh, post.id, "welsh", digest, PLATFORMS, now=NOW)
    if changes.get("people"):
        await reviewing.sign_off(session, board.privacy, post.id, "privacy", digest, PLATFORMS, now=NOW)
    await reviewing.sign_off(session, board.comms, post.id, "comms", digest, PLATFORMS, now=NOW)
    return post, digest


async def test_a_post_goes_from_draft_to_due_deliveries_welsh_first(session: AsyncSession, board: Board) -> None:
    post, digest = await approved(session, board)
    made = await scheduling.schedule(session, board.comms, post.id, digest, AT, PLATFORMS, now=NOW)
    assert [d.state for d in made] == ["due"] * 3
    assert [d.follows_id for d in made] == [None, None, made[1].id]
    assert {d.publish_at for d in made} == {AT}


async def test_a_date_that_differs_between_the_languages_is_refused_and_logged(
    session: AsyncSession, board: Board
) -> None:
    wrong = words(text=Bilingual(cy=words().text.cy, en=words().text.en.replace("1 December", "2 December")))
    post = await drafting.create(session, board.nurse, board.team, wrong, now=NOW)
    outcome = await drafting.submit(session, board.nurse, post.id, ANSWERS, PLATFORMS, seen=1, now=NOW)
    assert not outcome.accepted
    assert "WEL-FACT" in {f.code for f in blocks(outcome.findings)}
    assert post.state == "draft"
    kinds = list(await session.scalars(select(m.LogEntry.kind).where(m.LogEntry.post_id == post.id)))
    assert "submission-refused" in kinds


async def test_nothing_is_scheduled_before_both_have_signed(session: AsyncSession, board: Board) -> None:
    post, digest = await submitted(session, board)
    with pytest.raises(WrongState) as refusal:
        await scheduling.schedule(session, board.comms, post.id, digest, AT, PLATFORMS, now=NOW)
    assert refusal.value.params["steps"] == "welsh, comms"


async def test_comms_cannot_sign_before_the_welsh_reviewer(session: AsyncSession, board: Board) -> None:
    post, digest = await submitted(session, board)
    with pytest.raises(WrongState):
        await reviewing.sign_off(session, board.comms, post.id, "comms", digest, PLATFORMS, now=NOW)


async def test_an_edit_voids_every_sign_off_and_an_undone_edit_revives_none(
    session: AsyncSession, board: Board
) -> None:
    post, digest = await approved(session, board)
    await scheduling.schedule(session, board.comms, post.id, digest, AT, PLATFORMS, now=NOW)
    await drafting.save(session, board.nurse, post.id, words(purpose="other"), seen=1, now=NOW)
    await drafting.save(session, board.nurse, post.id, words(), seen=2, now=NOW)
    outcome = await drafting.submit(session, board.nurse, post.id, ANSWERS, PLATFORMS, seen=3, now=NOW)
    assert outcome.digest not in {None, digest}
    states = set(await session.scalars(select(m.Delivery.state).where(m.Delivery.post_id == post.id)))
    assert states == {"cancelled"}
    with pytest.raises(Stale):
        await scheduling.schedule(session, board.comms, post.id, digest, AT, PLATFORMS, now=NOW)
    with pytest.raises(WrongState):
        await scheduling.schedule(session, board.comms, post.id, outcome.digest or "", AT, PLATFORMS, now=NOW)


async def test_an_author_signs_off_nothing_of_their_own_and_the_database_agrees(
    session: AsyncSession, board: Board
) -> None:
    post, digest = await submitted(session, board)
    await drafting.save(session, board.comms, post.id, words(purpose="p"), seen=1, now=NOW)
    outcome = await drafting.submit(session, board.nurse, post.id, ANSWERS, PLATFORMS, seen=2, now=NOW)
    digest = outcome.digest or ""
    await reviewing.sign_off(session, board.welsh, post.id, "welsh", digest, PLATFORMS, now=NOW)
    with pytest.raises(NotAllowed) as refusal:
        await reviewing.sign_off(session, board.comms, post.id, "comms", digest, PLATFORMS, now=NOW)
    assert refusal.value.code == "own-work"
    version = await session.scalar(select(m.Version.id).where(m.Version.post_id == post.id, m.Version.number == 2))
    session.add(m.SignOff(version_id=version, step="comms", person_id=board.comms.person, digest=digest, signed_at=NOW))
    with pytest.raises(DBAPIError, match="nobody approves what they wrote"):
        await session.flush()


async def test_one_person_cannot_sign_two_steps(session: AsyncSession, board: Board) -> None:
    post, digest = await submitted(session, board)
    both = type(board.welsh)(board.welsh.person, board.id, board.welsh.roles | board.comms.roles)
    await reviewing.sign_off(session, both, post.id, "welsh", digest, PLATFORMS, now=NOW)
    with pytest.raises(NotAllowed) as refusal:
        await reviewing.sign_off(session, both, post.id, "comms", digest, PLATFORMS, now=NOW)
    assert refusal.value.code == "second-step"


async def test_the_database_refuses_a_delivery_without_two_sign_offs(session: AsyncSession, board: Board) -> None:
    post, _ = await submitted(session, board)
    version = await session.scalar(select(m.Version.id).where(m.Version.post_id == post.id))
    account = await session.scalar(select(m.Account.id))
    session.add(
        m.Delivery(
            organisation_id=board.id, post_id=post.id, version_id=version, part=0, account_id=account,
            publish_at=NOW, next_attempt_at=NOW, created_at=NOW,
        )
    )  # fmt: skip
    with pytest.raises(DBAPIError, match="Welsh and comms"):
        await session.flush()


@pytest.mark.parametrize("table", ["versions", "submissions", "sign_offs", "log_entries"])
async def test_the_application_cannot_rewrite_the_record(session: AsyncSession, board: Board, table: str) -> None:
    await approved(session, board)
    with pytest.raises(DBAPIError, match="permission denied"):
        await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608  # the four names above


async def test_a_withdrawn_consent_holds_what_is_due(session: AsyncSession, board: Board) -> None:
    await recorded(session, board)
    named = (Named(name="Mair Puw", consent="C-1024"),)
    post, digest = await approved(session, board, people=named)
    await scheduling.schedule(session, board.comms, post.id, digest, AT, PLATFORMS, now=NOW)
    withdrawal = await consenting.withdraw(session, board.custodian, "C-1024", "asked", now=NOW)
    assert withdrawal == consenting.Withdrawal(held=3, takedowns=0)
    delivery = await session.scalar(select(m.Delivery).where(m.Delivery.post_id == post.id))
    assert delivery is not None
    assert (delivery.state, delivery.code) == ("held", "CON-WITHDRAWN")
    with pytest.raises(Blocked):
        await scheduling.release(session, board.comms, delivery.id, "please", PLATFORMS, now=NOW)


async def test_a_named_person_without_consent_blocks_submission(session: AsyncSession, board: Board) -> None:
    post = await drafting.create(
        session, board.nurse, board.team, words(people=(Named(name="Mair Puw", consent="C-9"),)), now=NOW
    )
    outcome = await drafting.submit(session, board.nurse, post.id, ANSWERS, PLATFORMS, seen=1, now=NOW)
    assert "CON-MISSING" in {f.code for f in blocks(outcome.findings)}


async def test_a_time_outside_the_window_needs_a_new_version(session: AsyncSession, board: Board) -> None:
    post, digest = await approved(session, board)
    with pytest.raises(Invalid) as refusal:
        await scheduling.schedule(session, board.comms, post.id, digest, AT + timedelta(days=1), PLATFORMS, now=NOW)
    assert refusal.value.code == "outside-window"


async def test_a_translator_is_an_author_and_another_reviewer_signs(session: AsyncSession, board: Board) -> None:
    english = words(text=Bilingual(en=words().text.en))
    post = await drafting.create(session, board.nurse, board.team, english, now=NOW)
    await drafting.ask_for_translation(session, board.nurse, post.id, NOW + timedelta(hours=2), now=NOW)
    await drafting.return_translation(
        session, board.welsh, post.id, words(), "cy", drafting.Origins("translated"), now=NOW
    )
    outcome = await drafting.submit(session, board.nurse, post.id, ANSWERS, PLATFORMS, seen=2, now=NOW)
    assert outcome.digest
    with pytest.raises(NotAllowed):
        await reviewing.sign_off(session, board.welsh, post.id, "welsh", outcome.digest, PLATFORMS, now=NOW)


async def test_another_organisation_sees_nothing(session: AsyncSession, board: Board) -> None:
    post, digest = await submitted(session, board)
    other = await make_board(session, "arall")
    with pytest.raises(NotFound):
        await reviewing.sign_off(session, other.welsh, post.id, "welsh", digest, PLATFORMS, now=NOW)


async def test_the_log_of_a_journey_verifies_and_a_changed_payload_is_named(
    session: AsyncSession, board: Board
) -> None:
    await approved(session, board)
    chain = [entry async for entry in quality_log.entries(session, board.id, batch=7)]
    assert quality_log.verify(chain).entries == len(chain)
    forged = [
        *chain[:4],
        type(chain[4])(**{f: getattr(chain[4], f) for f in chain[4].__struct_fields__} | {"payload": "{}"}),
        *chain[5:],
    ]
    with pytest.raises(quality_log.Broken) as broken:
        quality_log.verify(forged)
    assert (broken.value.number, broken.value.reason) == (5, "payload-changed")
