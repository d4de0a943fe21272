"""Lists by status and queues by step, which the database narrows: the same posts that a look at every post finds."""

from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import queries
from approvals.actions import drafting, reviewing, scheduling
from approvals.content import Bilingual, Named
from approvals.queries import PostFilter, PostSummary
from approvals.status import Status
from tests.approvals.conftest import NOW, PLATFORMS, Board, words
from tests.approvals.test_journey import AT, approved, submitted

pytestmark = pytest.mark.anyio


async def scheduled(session: AsyncSession, board: Board, *states: str) -> UUID:
    """A post whose deliveries came to these states, as workers leave them."""
    post, digest = await approved(session, board)
    made = await scheduling.schedule(session, board.comms, post.id, digest, AT, PLATFORMS, now=NOW)
    for number, (delivery, state) in enumerate(zip(made, states, strict=True)):
        delivery.platform_id = f"{post.id}-{number}"
        for step in {"due": (), "held": ("held",), "missed": ("missed",)}.get(state, ("sending", state)):
            delivery.state = step
            await session.flush()
    return post.id


@pytest.fixture
async def everything(session: AsyncSession, board: Board) -> None:
    """A post at every stage."""
    await drafting.create(session, board.nurse, board.team, words(), now=NOW)
    for days in (2, 3, 1):
        waits = await drafting.create(
            session, board.nurse, board.team, words(text=Bilingual(en=words().text.en)), now=NOW
        )
        await drafting.ask_for_translation(session, board.nurse, waits.id, NOW + timedelta(days=days), now=NOW)
    await submitted(session, board)
    post, digest = await submitted(session, board)
    await reviewing.sign_off(session, board.welsh, post.id, "welsh", digest, PLATFORMS, now=NOW)
    post, digest = await submitted(session, board, people=(Named("Sian Hughes", category="staff"),))
    await reviewing.sign_off(session, board.welsh, post.id, "welsh", digest, PLATFORMS, now=NOW)
    await approved(session, board)
    for states in (
        ("due", "due", "due"), ("published", "published", "published"), ("published", "due", "due"),
        ("published", "held", "held"), ("held", "held", "held"), ("missed", "missed", "missed"),
        ("unconfirmed", "due", "due"), ("published", "failed", "failed"), ("failed", "held", "held"),
    ):  # fmt: skip
        await scheduled(session, board, *states)
    wrong = await scheduled(session, board, "published", "published", "published")
    right = await scheduled(session, board, "published", "published", "published")
    (await session.get_one(m.Post, right)).corrects_id = wrong
    await session.flush()
    taken_off = await scheduled(session, board, "due", "due", "due")
    await scheduling.cancel(session, board.comms, taken_off, "later", now=NOW)
    changed = await scheduled(session, board, "due", "due", "due")
    await drafting.save(session, board.nurse, changed, words(purpose="other"), seen=1, now=NOW)
    withdrawn = await drafting.create(session, board.nurse, board.team, words(), now=NOW)
    await drafting.withdraw(session, board.nurse, withdrawn.id, "not needed", now=NOW)


async def paged(session: AsyncSession, board: Board, wanted: PostFilter) -> list[UUID]:
    """One at a time, as somebody reads who asks for the next page again and again."""
    found: list[PostSummary] = []
    while more := await queries.posts(session, board.comms, wanted, after=found[-1].id if found else None, limit=1):
        found += more
    return [line.id for line in found]


@pytest.mark.usefixtures("everything")
async def test_every_status_lists_the_posts_that_have_it_and_no_others(session: AsyncSession, board: Board) -> None:
    everybody = await queries.posts(session, board.comms, PostFilter(), limit=100)
    assert len(everybody) == 22
    for status in get_args(Status):
        wanted = [line.id for line in everybody if line.status == status]
        found = await queries.posts(session, board.comms, PostFilter(status=status), limit=100)
        assert [line.id for line in found] == wanted, status
        assert await paged(session, board, PostFilter(status=status)) == wanted, status
    assert {line.status for line in everybody} >= set(get_args(Status)) - {"taken-down", "refused", "archived"}


@pytest.mark.usefixtures("everything")
async def test_every_step_has_its_queue_the_longest_waiting_first(session: AsyncSession, board: Board) -> None:
    await session.execute(text("UPDATE posts SET changed_at = changed_at - random() * interval '9 days'"))
    everybody = await queries.posts(session, board.comms, PostFilter(), limit=100)
    for step, many in (("line", 0), ("welsh", 1), ("privacy", 1), ("comms", 1)):
        waiting = sorted(
            (line for line in everybody if line.waiting_for[:1] == (step,)), key=lambda line: line.changed_at
        )
        assert len(waiting) == many, step
        wanted = PostFilter(waiting_for=step, oldest_first=True)
        assert await paged(session, board, wanted) == [line.id for line in waiting]


@pytest.mark.usefixtures("everything")
async def test_translations_come_by_their_deadline(session: AsyncSession, board: Board) -> None:
    wanted = PostFilter(status="translating", oldest_first=True)
    found = await queries.posts(session, board.welsh, wanted, limit=100)
    assert [line.translate_by for line in found] == [NOW + timedelta(days=days) for days in (1, 2, 3)]
    assert await paged(session, board, wanted) == [line.id for line in found]


async def test_a_post_counts_as_scheduled_while_a_delivery_of_its_newest_version_stands(
    session: AsyncSession, board: Board
) -> None:
    async def noted(post: UUID) -> bool:
        session.expire_all()
        return (await session.get_one(m.Post, post)).scheduled

    post, digest = await approved(session, board)
    assert not await noted(post.id)
    for _ in range(2):
        await scheduling.schedule(session, board.comms, post.id, digest, AT, PLATFORMS, now=NOW)
        assert await noted(post.id)
        await scheduling.cancel(session, board.comms, post.id, "later", now=NOW)
        await session.flush()
        assert not await noted(post.id)
    await scheduling.schedule(session, board.comms, post.id, digest, AT, PLATFORMS, now=NOW)
    await drafting.save(session, board.nurse, post.id, words(purpose="other"), seen=1, now=NOW)
    await session.flush()
    assert not await noted(post.id)
