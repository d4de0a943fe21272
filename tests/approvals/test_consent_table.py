"""A table of consents: every bad cell is named with its line, and nothing is recorded until none is bad."""

from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import consent_table
from approvals import models as m
from approvals.actions import consent_import
from approvals.consent_table import CHOICES, COLUMNS, Wrong, read
from approvals.errors import Invalid, NotAllowed
from i18n.messages import known
from tests.approvals.conftest import NOW, Board, recorded

HEAD = "ref,category,signatory,authority,covers,channels,starts,expires"
GOOD = "C-{n},staff,Nia Huws,self,image;name,facebook;x,2026-11-01,01/11/2028"


def table(*rows: str, head: str = HEAD) -> consent_table.Table:
    return read("\n".join((head, *rows)) + "\n")


def seal(contact: str, found: UUID) -> bytes:
    return contact[::-1].encode()


def test_a_good_row_is_a_consent() -> None:
    (row,) = table(GOOD.format(n=1)).rows
    assert (row.line, row.consent.ref, row.consent.covers) == (2, "C-1", ("image", "name"))
    assert row.consent.expires.isoformat() == "2028-11-01"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_whatever_a_spreadsheet_puts_between_cells_is_understood(mark: str) -> None:
    row = GOOD.format(n=1).replace("image;name", "image").replace("facebook;x", "x")
    assert len(read(f"{HEAD}\n{row}\n".replace(",", mark)).rows) == 1


BAD = [
    ("{n},nurse,N,self,image,x,2026-11-01,2028-11-01", "category", "choice", "nurse"),
    ("{n},staff,N,self,image;face,x,2026-11-01,2028-11-01", "covers", "choice", "face"),
    ("{n},staff,N,self,image,x,31/02/2026,2028-11-01", "starts", "date", "31/02/2026"),
    ("{n},staff,N,self,image,x,11/24/2026,2028-11-01", "starts", "date", "11/24/2026"),
    ("{n},staff,N,self,image,x,2026-11-01,2026-11-01", "expires", "order", "2026-11-01"),
    ("{n},staff,,self,image,x,2026-11-01,2028-11-01", "signatory", "empty", ""),
    ("{n},staff,N,self,image,x,2026-11-01", "", "cells", "7"),
]


@pytest.mark.parametrize(("row", "column", "code", "value"), BAD)
def test_a_bad_cell_is_named_with_its_line(row: str, column: str, code: str, value: str) -> None:
    found = table(GOOD.format(n=1), row.format(n="C-2"))
    (wrong,) = found.wrong
    assert (wrong.line, wrong.column, wrong.code, wrong.value) == (3, column, code, value)


def test_every_bad_cell_is_named_at_once() -> None:
    found = table("C-1,nurse,,self,face,x,soon,2028-11-01", GOOD.format(n=2), GOOD.format(n=2))
    assert [(w.line, w.column, w.code) for w in found.wrong] == [
        (2, "category", "choice"), (2, "signatory", "empty"), (2, "covers", "choice"), (2, "starts", "date"),
        (4, "ref", "twice"),
    ]  # fmt: skip


def test_a_header_with_a_column_too_many_or_too_few_is_refused_whole() -> None:
    found = table("x", head=HEAD.replace("expires", "expiry"))
    assert [(w.column, w.code) for w in found.wrong] == [("expiry", "column"), ("expires", "missing")]
    assert read("").rows == ()
    assert {w.code for w in read("").wrong} == {"missing"}


def test_a_cell_over_several_lines_does_not_shift_the_numbers() -> None:
    head = f"{HEAD},child_view"
    found = table(GOOD.format(n=1) + ',"one\ntwo"', "C-2,nurse,N,self,image,x,2026-11-01,2028-11-01,", head=head)
    assert [(w.line, w.column) for w in found.wrong] == [(4, "category")]


@pytest.mark.parametrize(("said", "meant"), [("yes", True), ("Ie", True), ("NA", False), ("0", False)])
def test_yes_and_no_may_be_written_in_either_language(said: str, meant: bool) -> None:  # noqa: FBT001  # a table
    (row,) = table(f"{GOOD.format(n=1)},{said}", head=f"{HEAD},paid").rows
    assert row.consent.paid is meant


def test_a_file_of_too_many_rows_is_refused() -> None:
    found = table(*(GOOD.format(n=n) for n in range(consent_table.MOST_ROWS + 1)))
    assert (found.rows, [w.code for w in found.wrong]) == ((), ["too-many"])


@pytest.mark.parametrize("cell", ['"never closed', "a" * 200_000])
def test_a_file_that_breaks_off_is_named_and_not_a_crash(cell: str) -> None:
    found = table(GOOD.format(n=1), GOOD.format(n=2).replace("Nia Huws", cell))
    assert [(w.line, w.code) for w in found.wrong] == [(3, "broken")]


def test_every_kind_of_wrong_has_its_sentence() -> None:
    for code in consent_table.Fault.__args__:  # type: ignore[attr-defined]  # a Literal's values
        for language in ("cy", "en"):
            assert known(language, f"consent-import.{code}")  # type: ignore[arg-type]  # of the two
    assert set(CHOICES) <= set(COLUMNS)


@pytest.mark.anyio
async def test_all_rows_are_recorded_and_wait_for_the_custodian(session: AsyncSession, board: Board) -> None:
    found = table(f"{GOOD.format(n=1)},07700 900123", f"{GOOD.format(n=2)},", head=f"{HEAD},contact")
    done = await consent_import.take(session, board.custodian, found, seal, now=NOW)
    assert (done.recorded, done.wrong) == (2, ())
    first, second = await session.scalars(select(m.ConsentRecord).order_by(m.ConsentRecord.ref))
    assert (first.contact, second.contact) == (b"321009 00770", None)
    assert first.verified_by is None


@pytest.mark.anyio
async def test_one_bad_cell_keeps_every_row_out(session: AsyncSession, board: Board) -> None:
    await recorded(session, board, ref="C-1")
    found = table(GOOD.format(n=2), GOOD.format(n=1))
    tried = await consent_import.tried(session, board.custodian, found)
    assert tried.wrong == (Wrong(3, "ref", "taken", "C-1"),)
    with pytest.raises(Invalid) as refusal:
        await consent_import.take(session, board.custodian, found, seal, now=NOW)
    assert refusal.value.params == {"n": 1, "line": 3, "column": "ref"}
    assert await session.scalar(select(func.count()).select_from(m.ConsentRecord)) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("who", ["nurse", "comms", "privacy", "admin"])
async def test_the_custodian_alone_imports(session: AsyncSession, board: Board, who: str) -> None:
    with pytest.raises(NotAllowed):
        await consent_import.tried(session, board.actors[who], table(GOOD.format(n=1)))
