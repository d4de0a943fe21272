"""The quality log found by words, person, channel, day and topic; and nobody finds what they may not read."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import queries
from approvals.actions import drafting, scheduling
from approvals.content import Bilingual
from approvals.errors import Invalid
from approvals.permissions import Actor
from approvals.queries import EntryFilter, log_views
from tests.approvals.conftest import NOW, PLATFORMS, Board, make_board, words
from tests.approvals.test_journey import AT, approved

pytestmark = pytest.mark.anyio


async def kinds(session: AsyncSession, actor: Actor, **wanted: object) -> list[str]:
    found = await queries.log_entries(session, actor, EntryFilter(**wanted), limit=100)  # type: ignore[arg-type]
    return [entry.kind for entry in reversed(found)]


@pytest.fixture
async def story(session: AsyncSession, board: Board) -> Board:
    """A post that was scheduled and taken off again, and another that nobody has handed in."""
    post, digest = await approved(session, board)
    await scheduling.schedule(session, board.comms, post.id, digest, AT, PLATFORMS, now=NOW)
    await scheduling.cancel(session, board.comms, post.id, "The Tŷ Gwyn clinic has moved", now=NOW + timedelta(days=1))
    other = words(text=Bilingual(cy="Mae Tŷ Coch ar agor.", en="The red house is open."), channels=("facebook",))
    await drafting.create(session, board.nurse, board.team, other, now=NOW + timedelta(days=2))
    return board


async def test_a_word_is_found_in_an_entry_whatever_its_accents_and_capitals(
    session: AsyncSession, story: Board
) -> None:
    for word in ("Tŷ", "gwyn", "GWŶN", "ty gwyn clinic"):
        searched = tuple(each for each in word.split() if len(each) > 2)
        if searched:
            assert await kinds(session, story.auditor, words=searched) == ["cancelled"], word


async def test_a_word_of_a_post_finds_all_that_was_logged_about_it(session: AsyncSession, story: Board) -> None:
    found = await kinds(session, story.auditor, words=("ganolfan", "everyone"))
    assert found[0] == "post-created"
    assert {"submitted", "signed-off", "scheduled", "cancelled"} <= set(found)
    assert await kinds(session, story.auditor, words=("coch",)) == ["post-created"]
    assert await kinds(session, story.auditor, words=("coch", "ganolfan")) == []


@pytest.mark.parametrize("word", ["%%%", "___", "\\\\\\", "digest", "';--", "a" * 3000, "🙂🙂🙂"])
async def test_signs_are_looked_for_as_they_are_and_names_of_fields_are_no_words(
    session: AsyncSession, story: Board, word: str
) -> None:
    assert await kinds(session, story.auditor, words=(word,)) == []


@pytest.mark.parametrize("words", [("gwyn",), ("ganolfan",), ("coch",), ("ganolfan", "clinic"), ("nowhere",)])
async def test_a_word_that_much_has_is_looked_for_in_another_way_and_finds_the_same(
    session: AsyncSession, story: Board, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    rare = await kinds(session, story.auditor, words=words)
    monkeypatch.setattr(log_views, "COMMON", 1)
    assert await kinds(session, story.auditor, words=words) == rare


async def test_a_person_is_found_by_part_of_a_name_or_address(session: AsyncSession, story: Board) -> None:
    assert await kinds(session, story.auditor, person="elsh") == ["signed-off"]
    assert await kinds(session, story.auditor, person="welsh@bwrdd") == ["signed-off"]
    assert await kinds(session, story.auditor, person="_elsh") == []


async def test_days_topics_and_channels_narrow_what_is_found(session: AsyncSession, story: Board) -> None:
    later = NOW + timedelta(hours=1)
    assert await kinds(session, story.auditor, since=later) == ["cancelled", "post-created"]
    assert await kinds(session, story.auditor, since=later, until=NOW + timedelta(days=2)) == ["cancelled"]
    assert await kinds(session, story.auditor, topic="sending") == ["scheduled", "cancelled"]
    assert await kinds(session, story.auditor, topic="signing") == ["signed-off", "signed-off"]
    assert "channel-registered" in await kinds(session, story.auditor, topic=queries.HOUSEKEEPING)
    assert await kinds(session, story.auditor, topic="nonsense") == []
    assert "cancelled" in await kinds(session, story.auditor, channel="x")
    assert await kinds(session, story.auditor, channel="x", words=("coch",)) == []


async def test_nobody_finds_what_another_organisation_wrote(session: AsyncSession, story: Board) -> None:
    other = await make_board(session, "arall")
    assert await kinds(session, other.auditor, words=("gwyn",)) == []
    assert await kinds(session, other.auditor, words=("ganolfan",)) == []
    assert await kinds(session, other.auditor, person="welsh") == []


async def test_comms_finds_only_its_own_posts(session: AsyncSession, story: Board) -> None:
    stranger = Actor(story.auditor.person, story.id, story.comms.roles)
    assert await kinds(session, stranger, words=("gwyn",)) == []
    assert await kinds(session, story.comms, words=("gwyn",)) == ["cancelled"]


def test_a_word_too_short_to_be_found_is_refused_by_name() -> None:
    with pytest.raises(Invalid) as refusal:
        queries.words_of("clinig yn y")
    assert refusal.value.params == {"word": "yn", "least": 3}
