"""What ends a consent holds what relies on it, in the same transaction, and names what is public."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import queries
from approvals.actions import consenting, drafting, requesting, reviewing, scheduling
from approvals.consent_request import Asked
from approvals.content import Named, instant
from approvals.errors import Blocked, Invalid, NotAllowed, NotFound, WrongState
from tests.approvals.conftest import NOW, PLATFORMS, Board, consent, make_board, recorded, words

pytestmark = pytest.mark.anyio

AT = instant("2026-11-23T14:00")
ANSWERS = drafting.Declaration(right="yes", audience="everyone", privacy="no", reflects="well")


async def relying(session: AsyncSession, board: Board, ref: str = "C-1024") -> list[m.Delivery]:
    """The deliveries of a post that names somebody under this consent."""
    content = words(people=(Named(name="Mair Puw", consent=ref),))
    post = await drafting.create(session, board.nurse, board.team, content, now=NOW)
    outcome = await drafting.submit(session, board.nurse, post.id, ANSWERS, PLATFORMS, seen=1, now=NOW)
    assert outcome.digest, outcome.findings
    for step, who in (("welsh", board.welsh), ("privacy", board.privacy), ("comms", board.comms)):
        await reviewing.sign_off(session, who, post.id, step, outcome.digest, PLATFORMS, now=NOW)
    return await scheduling.schedule(session, board.comms, post.id, outcome.digest, AT, PLATFORMS, now=NOW)


async def published(session: AsyncSession, delivery: m.Delivery) -> None:
    """As settling leaves it; the database wants each state in turn."""
    delivery.state = "sending"
    await session.flush()
    delivery.state, delivery.platform_id, delivery.published_at = "published", f"id-{delivery.id}", NOW
    await session.flush()


async def kinds(session: AsyncSession) -> list[str]:
    return list(await session.scalars(select(m.LogEntry.kind).order_by(m.LogEntry.number)))


@pytest.mark.parametrize(("way", "code"), [("left", "CON-SCOPE"), ("dispute", "CON-MISSING")])
async def test_an_end_holds_what_is_due_and_names_what_is_public(
    session: AsyncSession, board: Board, way: str, code: str
) -> None:
    await recorded(session, board)
    facebook, welsh, english = await relying(session, board)
    await published(session, facebook)
    done = await getattr(consenting, way)(session, board.custodian, "C-1024", "told us", now=NOW)
    assert done == consenting.Ended(held=2, review=(facebook.post_id,))
    assert [(d.state, d.code) for d in (welsh, english)] == [("held", code)] * 2
    assert (facebook.state, facebook.takedown_at) == ("published", None)
    with pytest.raises(Blocked):
        await scheduling.release(session, board.comms, welsh.id, "please", PLATFORMS, now=NOW)


async def test_a_settled_dispute_lets_people_release_what_was_held(session: AsyncSession, board: Board) -> None:
    await recorded(session, board)
    facebook, *_ = await relying(session, board)
    await consenting.dispute(session, board.custodian, "C-1024", "the daughter says no", now=NOW)
    await consenting.settle(session, board.custodian, "C-1024", "both agree", now=NOW)
    assert facebook.state == "held"
    released = await scheduling.release(session, board.comms, facebook.id, "settled", PLATFORMS, now=NOW)
    assert released.state == "due"


async def test_a_newer_record_holds_in_place_of_the_old(session: AsyncSession, board: Board) -> None:
    await recorded(session, board)
    await recorded(session, board, ref="C-2")
    facebook, *_ = await relying(session, board)
    done = await consenting.supersede(session, board.custodian, "C-1024", "C-2", now=NOW)
    assert (done.held, facebook.state) == (3, "held")
    view = await queries.consent(session, board.custodian, "C-1024", on=NOW.date())
    assert (view.status, view.consent.superseded) == ("superseded", "C-2")


@pytest.mark.parametrize(("old", "new"), [("C-1024", "C-1024"), ("C-1024", "C-3"), ("C-1024", "C-4")])
async def test_only_another_verified_standing_record_replaces_one(
    session: AsyncSession, board: Board, old: str, new: str
) -> None:
    await recorded(session, board)
    await consenting.record(session, board.nurse, consent(ref="C-3"), now=NOW)  # not verified
    await recorded(session, board, ref="C-4")
    await consenting.withdraw(session, board.custodian, "C-4", "asked", now=NOW)
    with pytest.raises(WrongState) as refusal:
        await consenting.supersede(session, board.custodian, old, new, now=NOW)
    assert refusal.value.code == "consent-not-newer"


async def test_what_does_not_exist_replaces_nothing(session: AsyncSession, board: Board) -> None:
    await recorded(session, board)
    with pytest.raises(NotFound):
        await consenting.supersede(session, board.custodian, "C-1024", "C-9", now=NOW)


@pytest.mark.parametrize("way", ["left", "dispute", "settle"])
async def test_nothing_ends_a_withdrawn_consent_again(session: AsyncSession, board: Board, way: str) -> None:
    await recorded(session, board)
    await consenting.withdraw(session, board.custodian, "C-1024", "asked", now=NOW)
    with pytest.raises(WrongState) as refusal:
        await getattr(consenting, way)(session, board.custodian, "C-1024", "again", now=NOW)
    assert refusal.value.code == "consent-withdrawn"


@pytest.mark.parametrize("way", ["left", "dispute"])
@pytest.mark.parametrize("who", ["nurse", "comms", "privacy", "admin", "auditor"])
async def test_the_custodian_alone_ends_a_consent(session: AsyncSession, board: Board, way: str, who: str) -> None:
    await recorded(session, board)
    with pytest.raises(NotAllowed):
        await getattr(consenting, way)(session, board.actors[who], "C-1024", "because", now=NOW)


async def test_an_expired_consent_is_noticed_once_and_holds_what_is_due(session: AsyncSession, board: Board) -> None:
    record = await recorded(session, board, expires=date(2026, 11, 24))
    facebook, *_ = await relying(session, board)
    assert await consenting.ending(session, NOW) == []
    late = NOW + timedelta(days=1)
    assert await consenting.ending(session, late) == [record.id]
    done = await consenting.lapse(session, record.id, now=late)
    assert done == consenting.Ended(held=3, review=())
    assert (facebook.state, facebook.code) == ("held", "CON-SCOPE")
    assert await consenting.ending(session, late) == []
    assert await consenting.lapse(session, record.id, now=late) is None
    assert (await kinds(session)).count("consent-lapsed") == 1


async def test_a_sixteenth_birthday_holds_what_is_due(session: AsyncSession, board: Board) -> None:
    child = {
        "category": "child-patient", "authority": "parental-responsibility", "born": date(2010, 11, 24),
        "relationship": "mother", "authority_basis": "birth certificate", "child_view": "yes please",
    }  # fmt: skip
    record = await recorded(session, board, **child)
    assert record.expires == date(2026, 11, 24)
    facebook, *_ = await relying(session, board)
    await consenting.lapse(session, record.id, now=NOW + timedelta(days=1))
    assert (facebook.state, facebook.code) == ("held", "CON-PR")


async def test_what_ends_within_sixty_days_is_listed(session: AsyncSession, board: Board) -> None:
    await recorded(session, board, expires=date(2027, 1, 10))
    await recorded(session, board, ref="C-2")
    wanted = queries.ConsentFilter(expires_before=NOW.date() + timedelta(days=60))
    found = await queries.consents(session, board.custodian, wanted, on=NOW.date())
    assert [view.consent.ref for view in found] == ["C-1024"]


async def test_another_lawful_basis_waits_for_the_information_governance_lead(
    session: AsyncSession, board: Board
) -> None:
    record = await recorded(session, board, category="staff", lawful_basis="public-task", basis_decision="mine")
    assert record.consent().basis_decision is None
    with pytest.raises(NotAllowed):
        await consenting.decide_basis(session, board.custodian, "C-1024", "fits", now=NOW)
    await consenting.decide_basis(session, board.privacy, "C-1024", "fits", now=NOW)
    assert record.consent().basis_decision == "fits"
    assert await relying(session, board)


async def test_whoever_records_a_consent_cannot_say_what_happened_to_it(session: AsyncSession, board: Board) -> None:
    claimed = consent(verified=True, evidence="elsewhere", superseded="C-9", disputed=True, leaver=True)
    record = await consenting.record(session, board.nurse, claimed, now=NOW)
    stands = record.consent()
    assert (stands.verified, stands.evidence, stands.superseded, stands.disputed, stands.leaver) == (
        False, None, None, False, False,
    )  # fmt: skip


# -- removal without a record, and the clock ---------------------------------------------------------------------


@pytest.mark.parametrize("who", ["nurse", "manager", "comms", "welsh", "privacy", "custodian", "admin", "auditor"])
async def test_everybody_passes_on_that_somebody_asks_to_be_removed(
    session: AsyncSession, board: Board, who: str
) -> None:
    await recorded(session, board)
    facebook, welsh, _ = await relying(session, board)
    await published(session, facebook)
    marked = await scheduling.ask_removal(session, board.actors[who], facebook.post_id, "I am the woman", now=NOW)
    assert (marked, facebook.takedown_at, facebook.takedown_reason) == (1, NOW, "removal-asked")
    assert (welsh.state, welsh.code) == ("held", "removal-asked")
    assert "removal-asked" in await kinds(session)


async def test_there_is_nothing_to_remove_from_a_draft(session: AsyncSession, board: Board) -> None:
    post = await drafting.create(session, board.nurse, board.team, words(), now=NOW)
    with pytest.raises(WrongState) as refusal:
        await scheduling.ask_removal(session, board.nurse, post.id, "me", now=NOW)
    assert refusal.value.code == "nothing-to-remove"


async def test_a_removal_is_overdue_after_twenty_four_hours(session: AsyncSession, board: Board) -> None:
    await recorded(session, board)
    facebook, *_ = await relying(session, board)
    await published(session, facebook)
    await consenting.withdraw(session, board.custodian, "C-1024", "asked", now=NOW)

    async def at(now: datetime) -> tuple[bool, int]:
        (view,) = await queries.takedowns(session, board.comms, now=now)
        return view.overdue, view.age_seconds

    assert await at(NOW + timedelta(hours=24)) == (False, 86400)
    assert await at(NOW + timedelta(hours=24, seconds=1)) == (True, 86401)


async def test_a_person_confirms_what_they_removed_by_hand(session: AsyncSession, board: Board) -> None:
    await recorded(session, board)
    facebook, *_ = await relying(session, board)
    await published(session, facebook)
    with pytest.raises(WrongState):  # nobody has asked for its removal
        await scheduling.removed_by_hand(session, board.comms, facebook.id, "gone", now=NOW)
    await consenting.withdraw(session, board.custodian, "C-1024", "asked", now=NOW)
    with pytest.raises(NotAllowed):
        await scheduling.removed_by_hand(session, board.nurse, facebook.id, "gone", now=NOW)
    with pytest.raises(Invalid):
        await scheduling.removed_by_hand(session, board.comms, facebook.id, " ", now=NOW)
    await scheduling.removed_by_hand(session, board.comms, facebook.id, "deleted in the app", now=NOW)
    assert (facebook.state, facebook.retracted_at) == ("retracted", NOW)
    assert await queries.takedowns(session, board.comms, now=NOW) == []
    (view,) = await queries.takedowns(session, board.comms, now=NOW, only_open=False)
    assert (view.state, view.code) == ("retracted", "by-hand")


async def test_another_organisation_sees_and_removes_nothing(session: AsyncSession, board: Board) -> None:
    await recorded(session, board)
    facebook, *_ = await relying(session, board)
    await published(session, facebook)
    other = await make_board(session, "arall")
    with pytest.raises(NotFound):
        await scheduling.ask_removal(session, other.comms, facebook.post_id, "me", now=NOW)
    await scheduling.ask_removal(session, board.comms, facebook.post_id, "me", now=NOW)
    assert await queries.takedowns(session, other.comms, now=NOW) == []
    with pytest.raises(NotFound):
        await scheduling.removed_by_hand(session, other.comms, facebook.id, "gone", now=NOW)


# -- asking ------------------------------------------------------------------------------------------------------


async def test_a_reference_is_given_out_before_anything_is_signed(session: AsyncSession, board: Board) -> None:
    asked = Asked("patient", ("image",), ("facebook",))
    made = await requesting.request(session, board.nurse, asked, now=NOW)
    assert (await queries.consent_request(session, board.nurse, made.ref)).status == "requested"
    record = await consenting.record(session, board.nurse, consent(ref=made.ref), now=NOW)
    await session.flush()
    assert record.consent().wording == "1"
    assert (await queries.consent_request(session, board.custodian, made.ref)).status == "recorded"
    with pytest.raises(NotFound):
        await queries.consent_request(session, board.manager, made.ref)


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"covers": ()}, "consent-covers-nothing"), ({"channels": ()}, "consent-needs-channels"),
     ({"until": date(2026, 11, 23)}, "consent-dates")],
)  # fmt: skip
async def test_a_request_for_nothing_is_refused(
    session: AsyncSession, board: Board, changes: dict[str, object], code: str
) -> None:
    fields: dict[str, object] = {"category": "patient", "covers": ("image",), "channels": ("x",), **changes}
    with pytest.raises(Invalid) as refusal:
        await requesting.request(session, board.nurse, Asked(**fields), now=NOW)  # type: ignore[arg-type]  # a table
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"ref": ""}, "/ref"), ({"ref": "C/1"}, "/ref"), ({"ref": "C\n1"}, "/ref"), ({"ref": "C" * 101}, "/ref"),
     ({"signatory": "Mair\x00"}, "/"), ({"signatory": " "}, "/signatory"), ({"covers": ()}, "/covers"),
     ({"channels": ()}, "/channels"), ({"expires": date(2026, 11, 1)}, "/expires")],
)  # fmt: skip
async def test_a_record_that_cannot_be_kept_names_its_field(
    session: AsyncSession, board: Board, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await recorded(session, board, **changes)
    assert refusal.value.field == field


async def test_a_person_born_after_the_consent_began_is_refused(session: AsyncSession, board: Board) -> None:
    with pytest.raises(Invalid) as refusal:
        await recorded(session, board, born=date(2026, 11, 1))
    assert refusal.value.field == "/born"
