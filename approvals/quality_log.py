"""The quality log: append-only, one hash chain per organisation (house.md; AUD-01).

    payload_hash = SHA-256(salt || payload)
    hash         = SHA-256(previous || canonical JSON of {organisation, number, at, kind, actor, post, payload_hash})

The payload and its salt lie beside the chain under a retention class: erasing them, which is itself an entry,
leaves a chain that verifies, and without the salt nobody can guess what was erased.
"""

import hashlib
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from approvals.models import LogEntry, LogHead, LogPayload
from connectors.contract import canonical

GENESIS = bytes(32)


class Entry(Struct, frozen=True):
    """One line of an export. Hashes and salt are hexadecimal; `payload` is JSON text, `None` once erased."""

    organisation: str
    number: int
    at: str
    kind: str
    actor: str | None
    post: str | None
    payload_hash: str
    previous: str
    hash: str
    payload: str | None = None
    salt: str | None = None


class Head(Struct, frozen=True):
    """Where a chain ended at some moment, kept outside the database."""

    organisation: str
    number: int
    hash: str


class Verified(Struct, frozen=True):
    entries: int
    erased: int
    head: str


class Broken(Exception):  # noqa: N818  # what was found, not an error of ours
    """The chain does not hold. `number` is the first entry that is wrong, `reason` a key of the `log` catalogs."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(number, reason)
        self.number = number
        self.reason = reason


async def append(
    session: AsyncSession,
    organisation: UUID,
    kind: str,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    actor: UUID | None = None,
    post: UUID | None = None,
    retention: str = "posts",
) -> int:
    """Add an entry and return its number. Call it last before the commit: it holds the chain's head until then."""
    head = await _head(session, organisation)
    body, salt = canonical(payload), secrets.token_bytes(16)
    payload_hash = hashlib.sha256(salt + body).digest()
    number = head.number + 1
    chained = _chain(
        head.hash, organisation=str(organisation), number=number, at=_instant(now), kind=kind,
        actor=str(actor) if actor else None, post=str(post) if post else None, payload_hash=payload_hash.hex(),
    )  # fmt: skip
    session.add_all(
        (
            LogEntry(
                organisation_id=organisation, number=number, at=now, kind=kind, actor_id=actor, post_id=post,
                payload_hash=payload_hash, previous=head.hash, hash=chained,
            ),
            LogPayload(organisation_id=organisation, number=number, payload=body, salt=salt, retention=retention),
        )
    )  # fmt: skip
    head.number, head.hash = number, chained
    await session.flush()
    return number


async def _head(session: AsyncSession, organisation: UUID) -> LogHead:
    """The end of the chain, locked; the first entry of an organisation makes it."""
    query = (
        select(LogHead)
        .where(LogHead.organisation_id == organisation)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = await session.scalar(query)
    if found is None:
        await session.execute(
            insert(LogHead).values(organisation_id=organisation, number=0, hash=GENESIS).on_conflict_do_nothing()
        )
        found = (await session.scalars(query)).one()
    return found


def _chain(previous: bytes, **fields: Any) -> bytes:
    return hashlib.sha256(previous + canonical(fields)).digest()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


async def entries(
    session: AsyncSession, organisation: UUID, batch: int = 1000, *, post: UUID | None = None
) -> AsyncIterator[Entry]:
    """The chain of one organisation, in order, read in batches; of one post only the links that are about it."""
    number = 0
    while True:
        rows = (
            await session.execute(
                select(*LogEntry.__table__.columns, LogPayload.payload, LogPayload.salt)
                .outerjoin(
                    LogPayload,
                    (LogPayload.organisation_id == LogEntry.organisation_id) & (LogPayload.number == LogEntry.number),
                )
                .where(
                    LogEntry.organisation_id == organisation,
                    LogEntry.number > number,
                    LogEntry.post_id == post if post else true(),
                )
                .order_by(LogEntry.number)
                .limit(batch)
            )
        ).all()
        for row in rows:
            yield _exported(row)
        if len(rows) < batch:
            return
        number = rows[-1].number


def _exported(row: Any) -> Entry:
    return Entry(
        organisation=str(row.organisation_id), number=row.number, at=_instant(row.at), kind=row.kind,
        actor=str(row.actor_id) if row.actor_id else None, post=str(row.post_id) if row.post_id else None,
        payload_hash=row.payload_hash.hex(), previous=row.previous.hex(), hash=row.hash.hex(),
        payload=row.payload.decode() if row.payload is not None else None,
        salt=row.salt.hex() if row.salt is not None else None,
    )  # fmt: skip


class Verifier:
    """Walks one organisation's chain from its first entry. Every method raises `Broken` at the first that is wrong.

    `head`, kept elsewhere, shows a tail that was cut off or a chain that was written anew.
    """

    def __init__(self, head: Head | None = None) -> None:
        self._head, self._seen_head = head, head is None
        self.so_far = Verified(0, 0, GENESIS.hex())

    def add(self, entry: Entry) -> None:
        number = self.so_far.entries + 1
        for reason in _faults(entry, self.so_far.head, number):
            raise Broken(number, reason)
        if self._head is not None and number == self._head.number:
            if (entry.organisation, entry.hash) != (self._head.organisation, self._head.hash):
                raise Broken(number, "rewritten")
            self._seen_head = True
        self.so_far = Verified(number, self.so_far.erased + (entry.payload is None), entry.hash)

    def end(self) -> Verified:
        if not self._seen_head:
            raise Broken(self.so_far.entries + 1, "cut")
        return self.so_far


def verify(chain: Iterable[Entry], head: Head | None = None) -> Verified:
    """The whole of a chain at once. Raises `Broken`."""
    verifier = Verifier(head)
    for entry in chain:
        verifier.add(entry)
    return verifier.end()


def _faults(entry: Entry, previous: str, number: int) -> Iterator[str]:
    if entry.number != number:
        yield "missing"
    if entry.previous != previous:
        yield "unchained"
    yield from own_faults(entry)


def own_faults(entry: Entry) -> Iterator[str]:
    """What is wrong with a link as it stands, without its neighbours."""
    fields = msgspec.structs.asdict(entry)
    kept = {k: fields[k] for k in ("organisation", "number", "at", "kind", "actor", "post", "payload_hash")}
    if _chain(bytes.fromhex(entry.previous), **kept).hex() != entry.hash:
        yield "changed"
    if entry.payload is not None and _salted(entry.salt, entry.payload) != entry.payload_hash:
        yield "payload-changed"


def _salted(salt: str | None, payload: str) -> str | None:
    try:
        return hashlib.sha256(bytes.fromhex(salt or "") + payload.encode()).hexdigest()
    except ValueError:  # not a salt any more
        return None
