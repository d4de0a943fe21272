"""The register of channels, accounts out of service, and what another route does to posts under way."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import queries, register
from approvals.actions import delivering, drafting, organising, registering, reviewing, scheduling
from approvals.errors import Invalid, Stale, WrongState
from approvals.findings import Finding, Severity, Where
from approvals.register import Entry
from approvals.route import RouteStep, outstanding
from tests.approvals.conftest import NOW, PLATFORMS, Board, words
from tests.approvals.test_journey import ANSWERS

pytestmark = pytest.mark.anyio

LINE, WELSH, COMMS = RouteStep("line"), RouteStep("welsh"), RouteStep("comms")
PRIVACY = RouteStep("privacy", "people")


async def submitted(session: AsyncSession, board: Board, number: int = 1) -> tuple[m.Post, str]:
    text = words().text
    post = await drafting.create(
        session, board.nurse, board.team,
        words(text=type(text)(cy=f"{text.cy} Rhif {number}.", en=f"{text.en} Number {number}.")), now=NOW,
    )  # fmt: skip
    outcome = await drafting.submit(session, board.nurse, post.id, ANSWERS, PLATFORMS, seen=1, now=NOW)
    assert outcome.digest, outcome.findings
    return post, outcome.digest


async def signed(session: AsyncSession, board: Board, post: m.Post, digest: str, *steps: str) -> None:
    for step in steps:
        await reviewing.sign_off(session, board.actors[step], post.id, step, digest, PLATFORMS, now=NOW)  # type: ignore[arg-type]  # a step


async def scheduled(session: AsyncSession, board: Board) -> list[m.Delivery]:
    post, digest = await submitted(session, board)
    await signed(session, board, post, digest, "welsh", "comms")
    at = NOW + timedelta(hours=5)
    return await scheduling.schedule(session, board.comms, post.id, digest, at, PLATFORMS, now=NOW)


async def account_of(session: AsyncSession, board: Board, channel: str) -> m.Account:
    wanted = select(m.Account).where(m.Account.channel_id == board.channels[channel].id).order_by(m.Account.id)
    found = await session.scalar(wanted)
    assert found is not None
    return found


async def test_an_account_out_of_service_holds_what_is_due_and_nothing_releases_it_but_a_person(
    session: AsyncSession, board: Board
) -> None:
    made = await scheduled(session, board)
    account = await account_of(session, board, "facebook")
    held = await registering.take_out(session, board.admin, account.id, "Lost telephone", now=NOW)
    assert held == 1
    assert {(d.state, d.code) for d in made if d.account_id == account.id} == {("held", "account-out-of-service")}
    assert {d.state for d in made if d.account_id != account.id} == {"due"}
    await organising.replace_credentials(session, board.admin, account.id, b"new", None, now=NOW)
    assert account.stopped_code == "out-of-service"
    await registering.bring_back(session, board.admin, account.id, "Found", now=NOW)
    assert account.stopped_at is None
    assert {d.state for d in made if d.account_id == account.id} == {"held"}
    with pytest.raises(WrongState, match="account-not-taken-out"):
        await registering.bring_back(session, board.admin, account.id, "Again", now=NOW)


async def test_a_closed_channel_takes_no_account_no_post_and_no_credentials_that_reopen_it(
    session: AsyncSession, board: Board
) -> None:
    made = await scheduled(session, board)
    channel, account = board.channels["facebook"], await account_of(session, board, "facebook")
    await registering.close_channel(session, board.admin, channel.id, "Nobody reads it", now=NOW)
    assert {d.code for d in made if d.account_id == account.id} == {"account-closed"}
    with pytest.raises(WrongState, match="channel-closed"):
        await organising.register_account(
            session, board.admin, channel.id, "new", ("cy", "en"), b"sealed", "sandbox", now=NOW
        )
    await organising.replace_credentials(session, board.admin, account.id, b"new", None, now=NOW)
    assert account.stopped_code == "closed"
    post = await drafting.create(session, board.nurse, board.team, words(channels=("facebook",)), now=NOW)
    outcome = await drafting.submit(session, board.nurse, post.id, ANSWERS, PLATFORMS, seen=1, now=NOW)
    assert "PUB-CHANNEL" in {f.code for f in outcome.findings}


async def test_the_same_account_is_not_registered_twice(session: AsyncSession, board: Board) -> None:
    account = await account_of(session, board, "facebook")
    second = await organising.register_channel(session, board.admin, "second", "facebook", "bilingual", now=NOW)
    with pytest.raises(Invalid, match="account-taken"):
        await organising.register_account(
            session, board.admin, second.id, account.external_id, ("cy", "en"), b"sealed", "sandbox", now=NOW
        )


async def test_the_register_is_held_to_what_it_asks(session: AsyncSession, board: Board) -> None:
    channel, nurse, comms = board.channels["facebook"].id, board.nurse.person, board.comms.person
    for entry, code, field in (
        (Entry(), "register-purpose", "/register/purpose"),
        (Entry("x", owner=nurse, deputy=nurse), "register-same", "/register/deputy"),
        (Entry("x", owner=channel), "register-person", "/register/owner"),
        (Entry("x", recovery="us@gmail.com"), "register-recovery", "/register/recovery"),
    ):
        with pytest.raises(Invalid) as refused:
            await registering.set_register(session, board.admin, channel, entry, now=NOW)
        assert (refused.value.code, refused.value.field) == (code, field)
    entry = Entry("News", owner=nurse, deputy=comms, recovery="news@bwrdd.example")
    await registering.set_register(session, board.admin, channel, entry, now=NOW)
    with pytest.raises(Invalid, match="review-to-come"):
        await registering.record_review(session, board.admin, channel, date(2026, 11, 24), now=NOW)
    await registering.record_review(session, board.admin, channel, date(2026, 11, 23), now=NOW)
    shown = await queries.channel(session, board.admin, channel, now=NOW)
    assert shown.lacks == ()
    await organising.leave(session, board.admin, nurse, now=NOW)
    shown = await queries.channel(session, board.admin, channel, now=NOW + register.REVIEWED_EVERY + timedelta(days=1))
    assert shown.lacks == ("owner", "review")


async def test_a_route_without_the_privacy_step_lets_no_finding_go_undecided() -> None:
    finding = Finding("PID-NAME-STAFF", Severity.DECIDE, "en", Where("/text/en"))
    route = (WELSH, COMMS)
    todo = outstanding(route, words(), [finding], {"welsh", "comms"}, ())
    assert [(o.step, len(o.undecided)) for o in todo] == [("privacy", 1)]
    assert outstanding(route, words(), [finding], {"welsh", "comms"}, {finding.key}) == ()


async def test_what_a_new_route_does_is_counted_before_it_is_set_and_then_happens(
    session: AsyncSession, board: Board
) -> None:
    made = await scheduled(session, board)
    fresh, _ = await submitted(session, board, 2)
    approved, digest = await submitted(session, board, 3)
    await signed(session, board, approved, digest, "welsh", "comms")
    old, new = (WELSH, PRIVACY, COMMS), (LINE, WELSH, PRIVACY, COMMS)
    effects = await queries.route_effects(session, board.admin, old, new)
    assert (effects.posts, effects.more, effects.approved, effects.reopened, effects.held) == (3, 3, 0, 1, 1)
    assert effects.first_held == NOW + timedelta(hours=5)
    await organising.set_policy(session, board.admin, route=built(new), seen=built(old), now=NOW)
    assert (await queries.post(session, board.comms, approved.id)).status == "in-review"
    assert [o.step for o in (await queries.post(session, board.comms, fresh.id)).outstanding] == [
        "line",
        "welsh",
        "comms",
    ]
    made[0].leased_by = "worker"
    await session.flush()
    case = await delivering.case(session, made[0].id, "worker")
    assert case is not None
    stop = await delivering.why_not(session, case, PLATFORMS, late_after=timedelta(hours=9), now=NOW)
    assert stop == delivering.Stop("held", "not-approved")
    back = await queries.route_effects(session, board.admin, new, old)
    assert (back.approved, back.held, back.reopened) == (2, 0, 0)


def built(route: tuple[RouteStep, ...]) -> list[dict[str, str]]:
    return [{"step": s.step, "when": s.when} for s in route]


async def test_a_route_that_another_administrator_changed_meanwhile_is_not_overwritten(
    session: AsyncSession, board: Board
) -> None:
    old, new = built((WELSH, PRIVACY, COMMS)), built((LINE, WELSH, PRIVACY, COMMS))
    await organising.set_policy(session, board.admin, route=new, seen=old, now=NOW)
    with pytest.raises(Stale):
        await organising.set_policy(session, board.admin, route=built((WELSH, COMMS)), seen=old, now=NOW)


async def test_the_log_has_the_choices_before_and_after(session: AsyncSession, board: Board) -> None:
    await organising.set_policy(session, board.admin, route=built((LINE, WELSH, COMMS)), now=NOW)
    await organising.set_policy(session, board.admin, route=built((LINE, WELSH, COMMS)), now=NOW)
    lines = await queries.log_entries(session, board.auditor, queries.EntryFilter(), limit=100)
    set_to = [line.payload for line in lines if line.kind == "policy-set"]
    assert len(set_to) == 1
    assert set_to[0] is not None
    assert set_to[0]["before"]["route"] == built((WELSH, PRIVACY, COMMS))
    assert set_to[0]["route"] == built((LINE, WELSH, COMMS))
