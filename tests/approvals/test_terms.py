"""The organisation's own terms: what may stand in a list, that two people change it, and that checks know it."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import checks, evidence, term_table, terms
from approvals import models as m
from approvals.actions import organising, wording
from approvals.content import Bilingual
from approvals.errors import Invalid, NotAllowed, NotFound, WrongState
from approvals.policy import Policy
from approvals.rules import PACK
from approvals.term_table import Entry
from tests.approvals.conftest import NOW, PLATFORMS, Board, words

pytestmark = pytest.mark.anyio

ELECTION = {"election": "uk", "area": "a", "polling": "2027-05-01"}
GOOD: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "names": ({"cy": " Cwm  Hafren ", "en": "Severn Vale"}, {"cy": "Cwm Hafren", "en": "Severn Vale"}),
    "words": ({"word": "Awdioleg"}, {"word": "awdioleg"}),
    "hashtag-pairs": ({"cy": "BrechlynFfliw", "en": "#FluVaccine"}, {"cy": "#brechlynffliw", "en": "#fluvaccine"}),
    "phone-pairs": ({"cy": "+44 1792 703632", "en": "01792 703 633"}, {"cy": "01792703632", "en": "01792703633"}),
    "link-pairs": (
        {"cy": "https://www.bwrdd.cymru/Ffliw/", "en": "board.wales/flu"},
        {"cy": "bwrdd.cymru/Ffliw", "en": "board.wales/flu"},
    ),
    "host-pairs": ({"cy": "https://Bwrdd.cymru/", "en": "board.wales"}, {"cy": "bwrdd.cymru", "en": "board.wales"}),
    "postcodes": ({"postcode": "sa6 6nl"}, {"postcode": "SA66NL"}),
    "handles": ({"handle": "NHSWales"}, {"handle": "@nhswales"}),
    "hospital-numbers": ({"pattern": "a 999999"}, {"pattern": "A999999"}),
    "elections": (
        {"election": "local", "area": "Cwm Hafren", "start": "01/03/2027", "polling": "2027-04-08"},
        {"election": "local", "area": "Cwm Hafren", "start": "2027-03-01", "polling": "2027-04-08"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
async def test_what_is_typed_is_kept_in_the_form_that_checks_compare(name: str) -> None:
    typed, kept = GOOD[name]
    assert terms.clean(name, typed) == kept


@pytest.mark.parametrize(
    ("name", "typed", "code", "field"),
    [
        ("names", {"cy": "Cwm", "en": " "}, "term-empty", "/en"),
        ("words", {"word": "dau air"}, "term-word", "/word"),
        ("phones", {"phone": "999"}, "term-phone", "/phone"),
        ("phones", {"phone": "+33 1 23 45 67 89"}, "term-phone", "/phone"),
        ("host-pairs", {"cy": "bwrdd", "en": "board.wales"}, "term-host", "/cy"),
        ("hospital-numbers", {"pattern": "9999"}, "term-pattern", "/pattern"),
        ("hospital-numbers", {"pattern": "(9+)+$9999"}, "term-pattern", "/pattern"),
        ("phrases", {"of": "brand", "language": "en", "phrase": "a|b"}, "term-phrase", "/phrase"),
        ("phrases", {"of": "patient", "language": "en", "phrase": "x"}, "term-choice", "/of"),
        ("elections", ELECTION | {"start": "2027-05-02"}, "term-order", "/polling"),
        ("elections", ELECTION | {"start": "31/02/2027"}, "term-date", "/start"),
        ("nonsense", {}, "no-such-list", "/list"),
    ],
)  # fmt: skip
async def test_what_cannot_stand_in_a_list_is_refused_at_its_field(
    name: str, typed: dict[str, str], code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        terms.clean(name, typed)
    assert (refused.value.code, refused.value.field) == (code, field)


async def test_every_list_of_phrases_is_one_of_the_rule_packs() -> None:
    assert set(terms.PHRASE_LISTS) <= set(PACK.phrases)


async def test_a_table_names_each_wrong_cell_with_its_line_and_takes_columns_in_either_language() -> None:
    called = {"cy": {"cymraeg"}, "en": {"saesneg"}}
    table = term_table.read("phone-pairs", "Cymraeg;Saesneg;nodyn\n01792703632;nonsense;x\n;01792703633;\n", called)
    assert [(w.line, w.field, w.code) for w in table.wrong] == [(2, "en", "term-phone"), (3, "cy", "term-empty")]
    table = term_table.read("phone-pairs", "\ncy,en\n", called)
    assert [(w.line, w.field, w.code) for w in table.wrong] == [(1, "cy", "term-column"), (1, "en", "term-column")]
    table = term_table.read("words", 'word\n"never closed', {})
    assert [w.code for w in table.wrong] == ["term-table"]


async def proposed(session: AsyncSession, board: Board, name: str, **value: str) -> m.Term:
    return await wording.propose_one(session, board.comms, name, value, now=NOW)


async def found(session: AsyncSession, board: Board, cy: str, en: str) -> set[str]:
    content = words(text=Bilingual(cy=cy, en=en))
    context, _ = await evidence.context(session, board.id, content, PLATFORMS, now=NOW)
    return {f.message_key for f in checks.run(content, context)}


async def test_a_confirmed_pair_of_lines_is_asked_about_no_more(session: AsyncSession, board: Board) -> None:
    cy = "Ffoniwch 0300 200 1900 i holi am y clinig ffliw. Croeso i bawb."
    en = "Ring 01792 703 632 to ask about the flu clinic. Everyone is welcome."
    term = await proposed(session, board, "phone-pairs", cy="0300 200 1900", en="01792 703 632")
    assert "WEL-FACT.phone" in await found(session, board, cy, en)
    await wording.confirm(session, board.welsh, [term.id], now=NOW)
    assert "WEL-FACT.phone" not in await found(session, board, cy, en)
    await wording.propose_removal(session, board.welsh, term.id, now=NOW)
    assert "WEL-FACT.phone" not in await found(session, board, cy, en)
    await wording.confirm(session, board.comms, [term.id], now=NOW)
    assert "WEL-FACT.phone" in await found(session, board, cy, en)


async def test_a_listed_line_and_a_hospital_number_are_known_to_the_checks(session: AsyncSession, board: Board) -> None:
    cy, en = "Ffoniwch 07700 900123. Rhif B12345678.", "Ring 07700 900123. Number B12345678."
    assert "PID-PHONE.mobile" in await found(session, board, cy, en)
    made = [
        await proposed(session, board, "phones", phone="07700 900 123"),
        await proposed(session, board, "hospital-numbers", pattern="A99999999"),
    ]
    await wording.confirm(session, board.privacy, [term.id for term in made], now=NOW)
    after = await found(session, board, cy, en)
    assert "PID-PHONE.mobile" not in after
    assert "PID-HOSP.labelled" in after


async def test_nobody_confirms_their_own_proposal_not_even_against_the_database(
    session: AsyncSession, board: Board
) -> None:
    term = await proposed(session, board, "words", word="hwb")
    with pytest.raises(NotAllowed, match="own-proposal"):
        await wording.confirm(session, board.comms, [term.id], now=NOW)
    with pytest.raises(NotAllowed):
        await wording.confirm(session, board.nurse, [term.id], now=NOW)
    with pytest.raises(IntegrityError, match="two_people_add"):
        async with session.begin_nested():
            await session.execute(update(m.Term).values(confirmed_by=board.comms.person, confirmed_at=NOW))
    await wording.confirm(session, board.admin, [term.id], now=NOW)
    await wording.propose_removal(session, board.admin, term.id, now=NOW)
    with pytest.raises(NotAllowed, match="own-proposal"):
        await wording.confirm(session, board.admin, [term.id], now=NOW)
    with pytest.raises(IntegrityError, match="two_people_remove"):
        async with session.begin_nested():
            await session.execute(update(m.Term).values(ended_by=board.admin.person, ended_at=NOW))


async def test_a_proposal_can_be_declined_or_taken_back_and_proposed_again(session: AsyncSession, board: Board) -> None:
    term = await proposed(session, board, "words", word="hwb")
    with pytest.raises(Invalid, match="term-taken"):
        await proposed(session, board, "words", word="Hwb")
    await wording.decline(session, board.comms, [term.id], now=NOW)
    with pytest.raises(NotFound):
        await wording.confirm(session, board.welsh, [term.id], now=NOW)
    again = await proposed(session, board, "words", word="hwb")
    await wording.confirm(session, board.welsh, [again.id], now=NOW)
    with pytest.raises(WrongState, match="term-settled"):
        await wording.decline(session, board.welsh, [again.id], now=NOW)
    await wording.propose_removal(session, board.comms, again.id, now=NOW)
    await wording.decline(session, board.welsh, [again.id], now=NOW)
    assert again.removal_at is None
    kinds = list(await session.scalars(select(m.LogEntry.kind).where(m.LogEntry.kind.startswith("terms-"))))
    assert kinds == [
        "terms-proposed", "terms-declined", "terms-proposed", "terms-added", "terms-removal-proposed", "terms-kept",
    ]  # fmt: skip


async def test_a_table_sent_again_proposes_nothing_twice(session: AsyncSession, board: Board) -> None:
    entries = [Entry({"word": "hwb"}), Entry({"word": "Hwb"}), Entry({"word": "gweminar"})]
    assert len(await wording.propose(session, board.comms, "words", entries, now=NOW)) == 2
    assert await wording.propose(session, board.comms, "words", entries, now=NOW) == []


async def test_the_threshold_of_small_numbers_is_the_organisations_choice(session: AsyncSession, board: Board) -> None:
    cy, en = "Cafodd 7 claf y ffliw ar y ward.", "7 patients caught flu on the ward."
    before = await found(session, board, cy, en)
    await organising.set_policy(session, board.admin, policy=Policy(small_number=10), now=NOW)
    added = await found(session, board, cy, en) - before
    assert any(key.startswith("SML-COUNT") for key in added)
    with pytest.raises(Invalid, match="policy-small"):
        await organising.set_policy(session, board.admin, policy=Policy(small_number=3), now=NOW)
