"""Consents from a table: every row read, and every cell that is wrong named with what would be right.

Columns are the fields of `Consent`; several values in one cell stand between semicolons; dates are 2027-03-01 or
01/03/2027 (day first); yes and no may be written in Welsh.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal, get_args

import msgspec
from msgspec import Struct

from approvals.consent import Authority, Category, Consent, Covered

MOST_ROWS = 2000
REQUIRED = ("ref", "category", "signatory", "authority", "covers", "channels", "starts", "expires")
LISTS = ("covers", "channels", "purposes", "campaigns", "partners", "sensitive_dates")
DATES = ("starts", "expires", "born", "deceased", "captured", "publication_approved", "review")
YES_NO = {"signed": True, "in_patient": False, "paid": False, "treating_clinician": False, "told_of_copies": False}
"""With what an empty cell means."""
TEXTS = (
    "relationship", "authority_basis", "capacity", "child_view", "wording", "explained_by", "explained_role",
)  # fmt: skip
CHOICES: Mapping[str, tuple[str, ...]] = {
    "category": get_args(Category), "authority": get_args(Authority), "covers": get_args(Covered),
    "language": ("cy", "en"), "lawful_basis": ("consent", "legitimate-interests", "public-task"),
}  # fmt: skip
COLUMNS = (*REQUIRED, *dict.fromkeys((*LISTS, *DATES, *YES_NO, *TEXTS, "language", "lawful_basis", "contact")))
_TRUE, _FALSE = frozenset({"yes", "y", "true", "1", "ie", "ydy"}), frozenset({"no", "n", "false", "0", "na", "nac ydy"})
_BRITISH = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")

Fault = Literal[
    "empty", "choice", "date", "yes-no", "twice", "taken", "order", "column", "missing", "cells", "too-many", "broken"
]


class Wrong(Struct, frozen=True):
    """One cell that cannot be taken. `code` is the variant of the sentence `consent-import.CODE`."""

    line: int
    """In the file, the header being 1."""
    column: str
    code: Fault
    value: str = ""
    right: str = ""
    """What would be right."""


class Row(Struct, frozen=True):
    line: int
    consent: Consent
    contact: str | None = None


class Table(Struct, frozen=True):
    rows: tuple[Row, ...]
    wrong: tuple[Wrong, ...]


class _Bad(Exception):  # noqa: N818  # caught where the line is known
    def __init__(self, code: Fault, value: str = "", right: str = "") -> None:
        super().__init__(code)
        self.code, self.value, self.right = code, value, right


def read(text: str) -> Table:
    """Every row of a CSV with a header, separated by commas, semicolons or tabs."""
    head = text.split("\n", 1)[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",\t;", key=head.count), strict=True)
    try:
        header = [name.strip().lower().replace(" ", "_") for name in next(lines, [])]
        wrong = list(_header(header))
        return Table((), tuple(wrong)) if wrong else _rows(lines, header)
    except csv.Error:  # a quotation mark that nothing closes, or a cell beyond any size
        return Table((), (Wrong(lines.line_num, "", "broken"),))


def _rows(lines: Any, header: list[str]) -> Table:
    rows: list[Row] = []
    wrong: list[Wrong] = []
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) == MOST_ROWS:
            return Table((), (Wrong(lines.line_num, "", "too-many", right=str(MOST_ROWS)),))
        row, bad = _row(lines.line_num, header, cells)
        wrong += bad
        rows += [row] if row else []
    wrong += _twice(rows)
    return Table(tuple(rows), tuple(sorted(wrong, key=lambda each: each.line)))


def _header(header: list[str]) -> Iterator[Wrong]:
    for name in header:
        if name not in COLUMNS:
            yield Wrong(1, name, "column", name, ", ".join(COLUMNS))
    for name in REQUIRED:
        if name not in header:
            yield Wrong(1, name, "missing")


def _row(line: int, header: list[str], cells: list[str]) -> tuple[Row | None, list[Wrong]]:
    if len(cells) != len(header):
        return None, [Wrong(line, "", "cells", str(len(cells)), str(len(header)))]
    fields: dict[str, Any] = {}
    wrong: list[Wrong] = []
    for name, cell in zip(header, cells, strict=True):
        try:
            value = _cell(name, cell.strip())
        except _Bad as bad:
            wrong.append(Wrong(line, name, bad.code, bad.value, bad.right))
        else:
            fields |= {} if value is None else {name: value}
    if not wrong and fields["expires"] <= fields["starts"]:
        wrong.append(Wrong(line, "expires", "order", str(fields["expires"]), str(fields["starts"])))
    contact = fields.pop("contact", None)
    return (None, wrong) if wrong else (Row(line, msgspec.convert(fields, Consent), contact), [])


def _cell(name: str, text: str) -> Any:
    """The value of one cell, `None` for an empty one that may be empty. Raises `_Bad`."""
    if not text:
        if name in REQUIRED:
            raise _Bad("empty")
        return None
    if name in LISTS:
        parts = tuple(part.strip() for part in text.split(";") if part.strip())
        return (
            tuple(_date(part) for part in parts) if name == "sensitive_dates" else tuple(_one(name, p) for p in parts)
        )
    if name in DATES:
        return _date(text)
    return _yes_no(text) if name in YES_NO else _one(name, text)


def _one(name: str, text: str) -> str:
    choices = CHOICES.get(name)
    if choices is None:
        return text
    if text.lower() not in choices:
        raise _Bad("choice", text, ", ".join(choices))
    return text.lower()


def _date(text: str) -> date:
    british = _BRITISH.fullmatch(text)
    try:
        return date(*map(int, reversed(british.groups()))) if british else date.fromisoformat(text)
    except ValueError:
        raise _Bad("date", text, "2027-03-01") from None


def _yes_no(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise _Bad("yes-no", text)
    return text.lower() in _TRUE


def _twice(rows: list[Row]) -> Iterator[Wrong]:
    seen: dict[str, int] = {}
    for row in rows:
        first = seen.setdefault(row.consent.ref, row.line)
        if first != row.line:
            yield Wrong(row.line, "ref", "twice", row.consent.ref, str(first))
