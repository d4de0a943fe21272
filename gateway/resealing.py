"""A new key for what the installation keeps sealed: made, everything sealed again with it, the old one removed.

    make      a line is added to the key file. Processes that run read the file again before they next seal or open
              something, so from here on everything new is sealed with it, and both open
    reseal    all that is sealed otherwise, a few rows at a time: only what has not changed since it was read
    count     what is not sealed with the newest key. Only when nothing is left
    retire    the old lines are removed

Killed at any moment, it goes on where it was: what is sealed says with which key.
"""

import asyncio
import os
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import ColumnElement, func, inspect, literal, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from approvals import models as m
from gateway.faults import Fault
from gateway.media.store import Damaged, NotStored, sync_folder
from gateway.runtime import Runtime
from gateway.vault import HEAD_BYTES, CannotOpenError, new_key

AT_ONCE = 20
SETTLED = timedelta(seconds=60)
"""No transaction takes longer: what was sealed before the new line stood in the file is committed by then."""
LOCK = 0x7661756C74  # "vault"
FILES = "originals"


class Place(NamedTuple):
    """A column of what is sealed."""

    name: str
    model: type[m.Base]
    column: InstrumentedAttribute[Any]
    context: Callable[[Any], bytes]
    """What a row's value is bound to."""


PLACES = (
    Place("credentials", m.Account, m.Account.credentials, lambda row: row.id.bytes),
    Place("renewed", m.Account, m.Account.renewed, lambda row: row.id.bytes),
    Place("codes", m.Person, m.Person.totp_secret, lambda row: b"totp" + row.id.bytes),
    Place("contacts", m.ConsentRecord, m.ConsentRecord.contact, lambda row: row.id.bytes),
    Place("mails", m.Mail, m.Mail.sealed, lambda row: row.id.bytes),
    Place("answers", m.RememberedAnswer, m.RememberedAnswer.body, lambda row: row.request_hash.encode()),
)
"""Every column whose values the vault seals. Besides these there are the files of the quarantine."""


class Count(Struct, frozen=True):
    """Of one place."""

    place: str
    done: int
    left: int
    """Still not sealed with the newest key: changed under our hands, or not to be opened."""


def _sealed(place: Place, value: Any) -> bytes:
    return bytes.fromhex(value["sealed"]) if place.model is m.RememberedAnswer else value


def _kept(place: Place, sealed: bytes) -> Any:
    return {"sealed": sealed.hex()} if place.model is m.RememberedAnswer else sealed


def _otherwise(place: Place, head: bytes) -> ColumnElement[bool]:
    """Sealed with another key than the one that this head names."""
    if place.model is m.RememberedAnswer:
        return func.left(place.column["sealed"].astext, 2 * HEAD_BYTES) != head.hex()
    return func.substring(place.column, 1, HEAD_BYTES) != literal(head)


async def reseal(porth: Runtime) -> AsyncGenerator[Count]:
    """Everything that is not sealed with the newest key. What cannot be opened is left as it is, and counted."""
    for place in PLACES:
        done = await _reseal(porth, place)
        yield Count(place.name, done, await left(porth, place))
    done = await asyncio.to_thread(_rewrap, porth)
    yield Count(FILES, done, await asyncio.to_thread(_files_left, porth))


async def count(porth: Runtime) -> AsyncIterator[Count]:
    """What `reseal` would have to do, without doing it."""
    for place in PLACES:
        yield Count(place.name, 0, await left(porth, place))
    yield Count(FILES, 0, await asyncio.to_thread(_files_left, porth))


async def left(porth: Runtime, place: Place) -> int:
    async with porth.sessions() as session:
        query = select(func.count()).select_from(place.model).where(_otherwise(place, porth.vault.head))
        return await session.scalar(query) or 0


async def _reseal(porth: Runtime, place: Place) -> int:
    key = list(inspect(place.model).primary_key)
    last: tuple[Any, ...] | None = None
    done = 0
    while True:
        query = select(place.model).where(_otherwise(place, porth.vault.head)).order_by(*key).limit(AT_ONCE)
        async with porth.sessions() as session:
            if last is not None:
                query = query.where(tuple_(*key) > tuple_(*(literal(value) for value in last)))
            rows = list(await session.scalars(query))
            for row in rows:
                done += await _reseal_one(porth, session, place, key, row)
            last = tuple(getattr(rows[-1], str(column.key)) for column in key) if rows else None
            await session.commit()
        if len(rows) < AT_ONCE:
            return done


async def _reseal_one(porth: Runtime, session: AsyncSession, place: Place, key: list[Any], row: Any) -> int:
    """1 if it was; 0 where it cannot be opened, or somebody has written something else there meanwhile."""
    value, context = getattr(row, place.column.key), place.context(row)
    try:
        again = porth.vault.seal(porth.vault.open(_sealed(place, value), context), context)
    except (CannotOpenError, ValueError):
        return 0
    changed = await session.scalar(
        update(place.model)
        .where(*(column == getattr(row, column.key) for column in key), place.column == value)
        .values({place.column.key: _kept(place, again)})
        .returning(literal(1))
        .execution_options(synchronize_session=False)
    )
    return int(changed or 0)


def _rewrap(porth: Runtime) -> int:
    done = 0
    porth.quarantine.sweep(time.time() - 3600)
    for name in sorted(_files_otherwise(porth)):
        try:
            porth.quarantine.rewrap(name)
        except (NotStored, Damaged):
            continue
        done += 1
    return done


def _files_left(porth: Runtime) -> int:
    return sum(1 for _ in _files_otherwise(porth))


def _files_otherwise(porth: Runtime) -> Iterator[str]:
    for name in porth.quarantine.names():
        try:
            if not porth.quarantine.is_current(name):
                yield name
        except NotStored:
            continue


# -- the key file --------------------------------------------------------------------------------------------------


def add_key(path: Path) -> None:
    """A new last line. The file is replaced as a whole, and stays its owner's alone."""
    _replace(path, [*_lines(path), new_key()])


def retire(path: Path) -> int:
    """Leave only the last line. How many were removed."""
    lines = _lines(path)
    _replace(path, lines[-1:])
    return len(lines) - 1


def age(path: Path) -> timedelta:
    """Since the file was last written."""
    return timedelta(seconds=time.time() - path.stat().st_mtime)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").split()


def _replace(path: Path, lines: list[str]) -> None:
    """Raises `Fault` where whoever runs this may not, or the file is handed out by something else."""
    before = path.stat()
    if path.is_symlink() or os.geteuid() not in {0, before.st_uid}:
        raise Fault("vault.not-ours", where=str(path))
    beside = path.with_name(f".{path.name}.new")  # one name: what a kill leaves is written over by the next run
    try:
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.writelines(f"{line}\n" for line in lines)
            os.fchown(file.fileno(), before.st_uid, before.st_gid)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise Fault("vault.not-ours", where=str(path)) from error


async def elsewhere(porth: Runtime) -> list[str]:
    """Workers that live on other machines: a key file that is written here need not be theirs."""
    here, since = f"{socket.gethostname()}-", porth.clock() - timedelta(minutes=1)
    async with porth.sessions() as session:
        names = await session.scalars(select(m.Worker.name).where(m.Worker.seen_at > since))
        return sorted(name for name in names if not name.startswith(here))


@asynccontextmanager
async def alone(porth: Runtime) -> AsyncIterator[None]:
    """Nobody else rotates meanwhile. Raises `Fault`."""
    async with porth.sessions() as holder:
        connection = await holder.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        if not await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}):
            raise Fault("vault.busy")
        try:
            yield
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
