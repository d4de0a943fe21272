"""Terms from a table: every row read, and every cell that is wrong named with its line and field."""

import csv
import io
from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct

from approvals import terms
from approvals.errors import Invalid

MOST_ROWS = 1000
NOTE = frozenset({"note", "nodyn"})


class Entry(Struct, frozen=True):
    """One term as it is proposed, cleaned."""

    value: dict[str, str]
    note: str = ""


class Wrong(Struct, frozen=True):
    """One cell that cannot be taken. `code` is a key of the `refusals` catalogs."""

    line: int
    """In the file, the header being 1."""
    field: str
    code: str
    value: str = ""
    right: str = ""


class Table(Struct, frozen=True):
    entries: tuple[Entry, ...]
    wrong: tuple[Wrong, ...]


def read(name: str, text: str, called: Mapping[str, Collection[str]]) -> Table:
    """A CSV with a header, parted by commas, semicolons or tabs.

    `called` says by which words, in small letters, a person may call each field in the header.
    """
    head = text.split("\n", 1)[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",\t;", key=head.count), strict=True)
    try:
        header = [_field(name, title.strip().lower(), called) for title in next(lines, [])]
        missing = [f.name for f in terms.fields(name) if f.name not in header]
        if missing:
            return Table((), tuple(Wrong(1, field, "term-column") for field in missing))
        return _rows(name, lines, header)
    except csv.Error:  # a quotation mark that nothing closes, or a cell beyond any size
        return Table((), (Wrong(lines.line_num, "", "term-table"),))


def _field(name: str, title: str, called: Mapping[str, Collection[str]]) -> str:
    if title in NOTE:
        return "note"
    return next((f.name for f in terms.fields(name) if title == f.name or title in called.get(f.name, ())), "")


def _rows(name: str, lines: Any, header: list[str]) -> Table:
    entries: list[Entry] = []
    wrong: list[Wrong] = []
    seen: set[str] = set()
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(entries) + len(wrong) >= MOST_ROWS:
            return Table((), (Wrong(lines.line_num, "", "term-too-many", right=str(MOST_ROWS)),))
        given = dict(zip(header, cells, strict=False))
        try:
            kept = terms.clean(name, given)
        except Invalid as error:
            field = (error.field or "").removeprefix("/")
            value, right = given.get(field, "")[:60], str(error.params.get("right", ""))
            wrong.append(Wrong(lines.line_num, field, error.code, value, right))
            continue
        if (key := terms.key(name, kept)) not in seen:
            seen.add(key)
            entries.append(Entry(kept, given.get("note", "").strip()[:400]))
    return Table(tuple(entries), tuple(wrong))
