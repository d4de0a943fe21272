"""Corrections: openly, in both languages, linked to the wrong post; edited where the platform edits (PUB-01)."""

from datetime import timedelta
from uuid import UUID

import msgspec
import psycopg
import pytest
from sqlalchemy import select

from approvals import models as m
from approvals import queries
from approvals.actions import consenting, drafting, reviewing, scheduling
from approvals.content import Bilingual, Named, Window
from approvals.corrections import begun
from approvals.errors import NotAllowed, WrongState
from approvals.permissions import Role
from benchmarks.rig import PAIRED, Office
from connectors import registry
from connectors.http import Wire
from connectors.limits import LIMITS
from gateway.watching import look_for_drift
from tests.gateway.conftest import ANSWERS, House, Platforms
from tests.gateway.correcting import correction, drafted, manifest, put_right, scheduled, signed, submitted
from tests.journeys.world import consent

pytestmark = pytest.mark.anyio


def test_the_domain_knows_which_platforms_edit() -> None:
    wire = Wire(sandbox="http://127.0.0.1:1")
    edits = {platform: registry.connector(platform, wire).edits for platform in registry.PLATFORMS}
    assert edits == {platform: LIMITS[platform].edits for platform in registry.PLATFORMS}


async def test_a_correction_edits_where_the_platform_edits_and_follows_up_elsewhere(
    house: House, platforms: Platforms
) -> None:
    post = await house.scheduled()
    await house.publish()
    (before,) = platforms.posts("facebook")
    made = await correction(house, post.id)
    outcomes = await house.publish()
    assert [o.state for o in outcomes] == ["published"] * 3
    (after,) = platforms.posts("facebook")
    assert after["id"] == before["id"]
    assert after["text"].startswith("Cywiriad: Mae clinig ffliw")
    assert "\n\nCorrection: Flu clinic" in after["text"]
    welsh, english, welsh_note, english_note = platforms.posts("x")
    assert welsh_note["text"].startswith("Cywiriad: ")
    assert english_note["text"].startswith("Correction: ")
    for note, about in ((welsh_note, welsh), (english_note, english)):
        original = next(d for d in await house.deliveries(post) if d.platform_id == about["id"])
        assert note["text"].splitlines()[-1].endswith(original.url or "never")
    edit, *_ = await house.deliveries(made)
    first, *_ = await house.deliveries(post)
    assert (edit.edits_id, edit.origin_id, edit.platform_id) == (first.id, first.id, first.platform_id)


async def test_a_correction_goes_the_whole_route(house: House) -> None:
    post = await house.scheduled()
    await house.publish()
    draft = await drafted(house, post.id)
    outcome = await submitted(house, draft)
    assert outcome.digest
    with pytest.raises(WrongState, match="not-approved"):
        await scheduled(house, draft, outcome.digest)


async def test_what_is_sealed_says_for_each_part_what_it_edits_or_links_to(house: House) -> None:
    post = await house.scheduled()
    await house.publish()
    draft = await drafted(house, post.id)
    await submitted(house, draft)
    facebook, x_cy, x_en = await manifest(house, draft)
    on_facebook, on_x_cy, on_x_en = map(str, [d.id for d in await house.deliveries(post)])
    assert (facebook.edits, facebook.corrects) == (on_facebook, ())
    assert (x_cy.edits, x_cy.corrects) == (None, (on_x_cy,))
    assert (x_en.edits, x_en.corrects) == (None, (on_x_en,))


async def test_only_a_public_post_is_corrected(house: House) -> None:
    post, _ = await house.approved()
    with pytest.raises(WrongState, match="nothing-to-correct"):
        await drafted(house, post.id)


async def test_the_original_is_corrected_and_its_log_says_by_what(house: House) -> None:
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    made = await correction(house, post.id)
    await house.publish()
    async with house.porth.sessions() as session:
        tom = house.demo.actors["tom"]
        found = await queries.post(session, tom, post.id)
        (entry,) = await queries.log_entries(
            session, house.demo.actors["mari"], queries.EntryFilter(post=post.id, kind="corrected")
        )
        by = await queries.post(session, tom, made.id)
        before = found.submission.digest if found.submission else ""
        after = by.submission.digest if by.submission else ""
    assert found.status == "corrected"
    assert [c.id for c in found.corrections] == [made.id]
    assert by.corrects == post.id
    assert entry.payload is not None
    assert (entry.payload["by"], entry.payload["before"], entry.payload["after"]) == (str(made.id), [before], after)


async def test_a_correction_of_a_correction_edits_the_same_post_and_follows_up_on_the_follow_up(
    house: House, platforms: Platforms
) -> None:
    post = await house.scheduled()
    await house.publish()
    first = await correction(house, post.id)
    await house.publish()
    with pytest.raises(WrongState, match="corrected-already"):
        await drafted(house, post.id)
    words = Bilingual(cy="Mae'r clinig ffliw ar gau yfory.", en="The flu clinic is closed tomorrow.")
    second = await correction(house, first.id, text=words)
    await house.publish()
    assert await house.states(second) == ["published"] * 3
    (on_facebook,) = platforms.posts("facebook")
    assert on_facebook["text"].startswith("Cywiriad: Mae'r clinig ffliw ar gau")
    edit, note, _ = await house.deliveries(second)
    assert edit.edits_id == (await house.deliveries(first))[0].id
    assert edit.origin_id == (await house.deliveries(post))[0].id
    about = (await house.deliveries(first))[1]
    sent = next(p for p in platforms.posts("x") if p["id"] == note.platform_id)
    assert (about.url or "never") in sent["text"]


async def test_of_two_corrections_of_one_post_the_second_is_held(house: House, platforms: Platforms) -> None:
    post = await house.scheduled()
    await house.publish()
    first = await correction(house, post.id)
    second = await correction(house, post.id)
    await house.publish()
    states = [await house.states(one) for one in (first, second)]
    assert sorted(states) == [["held"] * 3, ["published"] * 3]
    loser = (first, second)[states.index(["held"] * 3)]
    codes = [d.code for d in await house.deliveries(loser)]
    assert codes == ["corrected-meanwhile", "corrected-meanwhile", "other-half"]
    assert len(platforms.posts()) == 5


async def test_drift_compares_with_the_last_words_that_were_approved(house: House, platforms: Platforms) -> None:
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    made = await correction(house, post.id)
    await house.publish()
    house.clock.pass_by(minutes=11)
    async with house.porth.sessions() as session:
        await look_for_drift(house.porth, session, house.clock())
        assert list(await session.scalars(select(m.Drift))) == []
    (there,) = platforms.posts("facebook")
    platforms.edit(there, "Something else")
    house.clock.pass_by(hours=2)
    async with house.porth.sessions() as session:
        await look_for_drift(house.porth, session, house.clock())
        drifts = list(await session.scalars(select(m.Drift)))
    assert [d.delivery_id for d in drifts] == [(await house.deliveries(made))[0].id]


async def _consented(house: House) -> None:
    async with house.porth.sessions() as session:
        gwen, now = house.demo.actors["gwen"], house.clock()
        await consenting.record(session, gwen, consent("C-1", now.date()), now=now)
        await session.commit()


async def _withdrawn(house: House) -> None:
    async with house.porth.sessions() as session:
        await consenting.withdraw(session, house.demo.actors["gwen"], "C-1", "asked", now=house.clock())
        await session.commit()


async def taken_down(house: House, post: m.Post) -> int:
    async with house.porth.sessions() as session:
        n = await scheduling.take_down(session, house.demo.actors["tom"], post.id, "wrong", now=house.clock())
        await session.commit()
        return n


@pytest.mark.parametrize("which", ["original", "correction"])
async def test_a_takedown_of_either_removes_the_edited_post_once_and_ends_both(
    house: House, platforms: Platforms, which: str
) -> None:
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    made = await correction(house, post.id)
    await house.publish()
    assert await taken_down(house, post if which == "original" else made) == 1
    assert None not in {d.takedown_at for one in (post, made) for d in await house.deliveries(one)}
    await house.publish()
    assert platforms.posts() == []
    assert await house.states(post) == ["retracted"]
    assert await house.states(made) == ["retracted"]
    assert [c["call"] for c in platforms.calls()].count("delete") == 1


async def test_a_consent_of_the_first_words_alone_takes_the_edited_post_down(
    house: House, platforms: Platforms
) -> None:
    """Platforms show what a post said before it was edited, and the person is still in that."""
    await _consented(house)
    post = await house.scheduled(channels=("facebook",), people=(Named(name="Mair Puw", consent="C-1"),))
    await house.publish()
    made = await correction(house, post.id, people=())
    await house.publish()
    await _withdrawn(house)
    await house.publish()
    assert platforms.posts() == []
    assert await house.states(post) == ["retracted"]
    assert await house.states(made) == ["retracted"]


async def test_a_consent_of_a_correction_that_is_not_out_leaves_the_original_alone(
    house: House, platforms: Platforms
) -> None:
    await _consented(house)
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    made = await correction(house, post.id, people=(Named(name="Mair Puw", consent="C-1"),))
    await _withdrawn(house)
    await house.publish()
    assert [(d.state, d.code) for d in await house.deliveries(made)] == [("held", "CON-WITHDRAWN")]
    assert await house.states(post) == ["published"]
    assert len(platforms.posts()) == 1


async def test_an_edit_of_what_was_taken_down_is_held_and_the_next_version_follows_up(
    house: House, platforms: Platforms
) -> None:
    post = await house.scheduled()
    await house.publish()
    made = await correction(house, post.id)
    (there,) = platforms.posts("facebook")
    platforms.remove(there)
    await house.publish()
    house.clock.pass_by(seconds=5)
    await house.publish()
    edit, *notes = await house.deliveries(made)
    assert (edit.state, edit.code) == ("held", "original-gone")
    assert {note.state for note in notes} == {"published"}


async def test_a_new_version_of_a_held_edit_is_rendered_by_what_is_public_then(
    house: House, platforms: Platforms
) -> None:
    post = await house.scheduled()
    await house.publish()
    made = await correction(house, post.id, channels=("facebook",))
    platforms.remove(platforms.posts("facebook")[0])
    for _ in range(2):
        await house.publish()
        house.clock.pass_by(seconds=5)
    assert [(d.state, d.code) for d in await house.deliveries(made)] == [("held", "original-gone")]
    async with house.porth.sessions() as session:
        nia = house.demo.actors["nia"]
        content = await queries.content_of(session, nia, made.id)
        again = msgspec.structs.replace(content, channels=("facebook", "x"))
        await drafting.save(session, nia, made.id, again, seen=1, now=house.clock())
        await session.commit()
    outcome = await submitted(house, made.id, seen=2)
    assert outcome.digest
    assert [part.edits for part in await manifest(house, made.id)] == [None] * 3
    await signed(house, made.id, outcome.digest)
    await scheduled(house, made.id, outcome.digest)
    await house.publish()
    assert [d.state for d in await house.deliveries(made)] == ["cancelled", "published", "published", "published"]
    assert "x" in (platforms.posts("facebook")[0]["text"])


async def test_an_edit_that_the_platform_refuses_fails_and_the_next_version_follows_up(
    house: House, platforms: Platforms
) -> None:
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    made = await correction(house, post.id)
    platforms.fault(platform="facebook", call="edit", kind="refuse", error="invalid")
    await house.publish()
    assert await house.states(made) == ["failed"]
    async with house.porth.sessions() as session:
        nia = house.demo.actors["nia"]
        content = await queries.content_of(session, nia, made.id)
        await drafting.save(session, nia, made.id, content, seen=1, now=house.clock())
        await session.commit()
    assert (await submitted(house, made.id, seen=2)).digest
    (part,) = await manifest(house, made.id)
    assert (part.edits, part.corrects) == (None, (str((await house.deliveries(post))[0].id),))


@pytest.mark.parametrize("kind", ["store-then-drop", "drop", "store-then-garble"])
async def test_an_edit_without_an_answer_is_read_back_and_never_becomes_a_second_post(
    house: House, platforms: Platforms, kind: str
) -> None:
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    made = await correction(house, post.id)
    platforms.fault(platform="facebook", call="edit", kind=kind)
    await house.publish()
    assert await house.states(made) == ["unconfirmed"]
    for _ in range(4):
        house.clock.pass_by(seconds=20)
        await house.publish()
    assert await house.states(made) == ["published"]
    (there,) = platforms.posts("facebook")
    assert there["text"].startswith("Cywiriad: ")


async def test_a_takedown_while_an_edit_is_unknown_removes_the_post(house: House, platforms: Platforms) -> None:
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    made = await correction(house, post.id)
    platforms.fault(platform="facebook", call="edit", kind="store-then-drop")
    await house.publish()
    assert await taken_down(house, post) == 1
    for _ in range(4):
        house.clock.pass_by(seconds=20)
        await house.publish()
    assert platforms.posts() == []
    assert await house.states(post) == ["retracted"]
    assert (await house.states(made))[0] in {"retracted", "held"}


async def test_a_takedown_before_the_edit_holds_it(house: House, platforms: Platforms) -> None:
    post = await house.scheduled()
    await house.publish()
    made = await correction(house, post.id)
    await taken_down(house, post)
    await house.publish()
    assert platforms.posts() == []
    assert {(d.state, d.code) for d in await house.deliveries(made)} == {
        ("held", "original-gone"),
        ("held", "other-half"),
    }


async def codes(house: House, post: m.Post, **changes: object) -> list[tuple[str, str]]:
    outcome = await submitted(house, await drafted(house, post.id, **changes))
    found = [f for f in outcome.findings if f.code == "PUB-CORRECTION"]
    return [(f.severity.value, str(f.params["variant"])) for f in found]


async def test_a_correction_must_change_something_and_reach_who_saw_the_wrong_post(house: House) -> None:
    post = await house.scheduled()
    await house.publish()
    async with house.porth.sessions() as session:
        text = (await queries.content_of(session, house.demo.actors["nia"], post.id)).text
    assert await codes(house, post, text=text) == [("block", "unchanged")]
    assert await codes(house, post, channels=("x",)) == [("decide", "left-out")]
    only = await house.scheduled(channels=("facebook",))
    await house.publish()
    assert await codes(house, only, channels=("facebook", "x")) == [("advise", "not-there")]
    assert await codes(house, only, channels=("x",)) == [("block", "elsewhere")]


async def test_a_follow_up_that_only_its_link_makes_too_long_is_told_so(house: House) -> None:
    post = await house.scheduled()
    await house.publish()
    long = Bilingual(cy="Mae'r clinig ar gau yfory. " * 10, en="The clinic is closed tomorrow. " * 9)
    found = await codes(house, post, text=long)
    assert ("block", "length") in found


async def test_what_of_a_corrected_post_has_not_gone_out_does_not_go_out_any_more(
    house: House, platforms: Platforms
) -> None:
    post = await house.scheduled()
    platforms.fault(platform="x", call="create", kind="refuse", error="rate-limited", seconds=600)
    await house.publish()
    assert await house.states(post) == ["published", "due", "due"]
    platforms.forget_faults()
    made = await correction(house, post.id, channels=("facebook",))
    await house.publish()
    assert await house.states(made) == ["published"]
    house.clock.pass_by(minutes=11)
    await house.publish()
    assert [(d.state, d.code) for d in await house.deliveries(post)][1:] == [
        ("held", "corrected"),
        ("held", "other-half"),
    ]
    assert platforms.posts("x") == []


async def test_who_wrote_the_original_does_not_sign_off_its_correction(house: House, database: str) -> None:
    post = await house.scheduled()
    await house.publish()
    tom, nia = house.demo.actors["tom"], house.demo.actors["nia"]
    async with house.porth.sessions() as session:
        content = put_right(begun(await queries.content_of(session, tom, post.id)))
        content = msgspec.structs.replace(content, window=Window(house.clock(), house.clock() + timedelta(days=1)))
        made = await drafting.create(session, tom, house.demo.team, content, corrects=post.id, now=house.clock())
        outcome = await drafting.submit(session, tom, made.id, ANSWERS, house.porth.limits, seen=1, now=house.clock())
        await session.commit()
    assert outcome.digest
    greedy = msgspec.structs.replace(nia, roles=nia.roles | {Role.WELSH})
    async with house.porth.sessions() as session:
        with pytest.raises(NotAllowed, match="own-work"):
            await reviewing.sign_off(
                session, greedy, made.id, "welsh", outcome.digest, house.porth.limits, now=house.clock()
            )
    with psycopg.connect(database) as connection, pytest.raises(psycopg.Error, match="nobody approves"):
        connection.execute(
            "INSERT INTO sign_offs (id, version_id, step, person_id, digest, attests, signed_at)"
            " SELECT gen_random_uuid(), v.id, 'welsh', %s, %s, '{}', now() FROM versions v WHERE v.post_id = %s",
            (nia.person, outcome.digest, made.id),
        )


async def paired(house: House) -> tuple[Office, UUID, UUID]:
    """A post on a pair of accounts whose platform edits, and its correction, due now."""
    office = Office(house.porth)
    await office.found()
    await office.channel("mastodon", PAIRED)
    post, digest = await office.approved(office.words())
    await office.schedule(post, digest, house.clock())
    await house.publish()
    made, digest = await office.approved(office.words(), corrects=post)
    await office.schedule(made, digest, house.clock())
    return office, post, made


async def of(house: House, post: UUID) -> list[m.Delivery]:
    async with house.porth.sessions() as session:
        return await house.deliveries(await session.get_one(m.Post, post))


async def test_a_pair_is_edited_welsh_first(house: House, platforms: Platforms) -> None:
    _, _, made = await paired(house)
    await house.publish()
    assert [d.state for d in await of(house, made)] == ["published", "published"]
    welsh, english = [c["account"] for c in platforms.calls() if c["call"] == "edit"]
    assert (welsh[-2:], english[-2:]) == ("cy", "en")
    assert {p["text"][:8] for p in platforms.posts("mastodon")} == {"Cywiriad", "Correcti"}


async def test_of_a_pair_whose_english_is_gone_the_welsh_is_not_edited_alone(
    house: House, platforms: Platforms
) -> None:
    _, _, made = await paired(house)
    platforms.remove(next(p for p in platforms.posts("mastodon") if p["account"].endswith("en")))
    for _ in range(3):
        await house.publish()
        house.clock.pass_by(seconds=6)
    assert [(d.state, d.code) for d in await of(house, made)] == [("held", "original-gone"), ("held", "other-half")]
    assert [c for c in platforms.calls() if c["call"] == "edit"] == []
    (welsh,) = platforms.posts("mastodon")
    assert welsh["text"].startswith("Mae clinig")


async def test_a_takedown_that_was_edited_stands_in_the_list_once(house: House) -> None:
    post = await house.scheduled(channels=("facebook",))
    await house.publish()
    await correction(house, post.id)
    await house.publish()
    await taken_down(house, post)
    async with house.porth.sessions() as session:
        found = await queries.takedowns(session, house.demo.actors["tom"], now=house.clock())
    assert [one.post for one in found] == [post.id]


async def test_where_an_edit_was_refused_a_second_correction_with_the_same_words_reaches_it(
    house: House, platforms: Platforms
) -> None:
    post = await house.scheduled()
    await house.publish()
    first = await correction(house, post.id)
    platforms.fault(platform="facebook", call="edit", kind="refuse", error="invalid")
    await house.publish()
    assert await house.states(first) == ["failed", "published", "published"]
    async with house.porth.sessions() as session:
        right = (await queries.content_of(session, house.demo.actors["nia"], first.id)).text
    second = await correction(house, first.id, text=right, channels=("facebook",))
    await house.publish()
    assert await house.states(second) == ["published"]
    wrong, note = platforms.posts("facebook")
    assert note["text"].startswith("Cywiriad: ")
    (original,) = [d for d in await house.deliveries(post) if d.platform_id == wrong["id"]]
    assert note["text"].endswith(original.url or "never")
