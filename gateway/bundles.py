"""One post's whole story in one file: what was approved, by whom, on what evidence, and what was sent.

A ZIP that is read and checked without Porth's database. `manifest.json` names every other file with its SHA-256 and
the head of the quality log at that moment; `manifest.sig` is the installation's Ed25519 signature over it, in base64
(the key that signs heads, gateway/heads.py). `check` shows that nothing was changed, left out or put in since.
"""

import base64
import binascii
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from anyio import to_thread
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import quality_log, queries
from approvals.content import LANGUAGES
from approvals.outgoing import unseal
from approvals.permissions import Actor, Permission, Reach
from approvals.quality_log import Entry, own_faults
from approvals.queries import EntryFilter, PostView
from connectors.contract import canonical
from gateway import heads
from gateway.media.store import NotStored
from gateway.runtime import Runtime
from gateway.stories import story

SCHEMA = "porth/bundle/1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
MOST_ENTRIES = 10_000
Files = dict[str, bytes]


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    schema: str
    organisation: str
    post: str
    made_at: str
    made_by: str
    head_number: int
    head_hash: str
    files: dict[str, str]
    """Name to SHA-256."""
    missing: tuple[str, ...] = ()
    """Pictures that were approved and are no longer kept."""


class Unsound(Exception):  # noqa: N818  # what was found, not an error of ours
    """The bundle does not hold. `reason` is a key under `bundle.`, `name` the file that shows it."""

    def __init__(self, reason: str, name: str) -> None:
        super().__init__(reason, name)
        self.reason, self.name = reason, name


async def bundle(porth: Runtime, actor: Actor, post_id: UUID, *, now: datetime) -> bytes:
    """The bytes of the file; that it was made is logged. Raises `NotFound`, `NotAllowed`."""
    async with porth.sessions() as session:
        await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        found = await _readable(session, actor, post_id)
        files, missing = await _files(session, porth, actor, found)
        entries = await queries.log_entries(session, actor, EntryFilter(post_id), limit=MOST_ENTRIES)
        files |= {f"story.{each}.txt": story(found, entries, each, now).encode() for each in LANGUAGES}
        head = await session.get_one(m.LogHead, actor.organisation)
        manifest = canonical(
            Manifest(
                SCHEMA, str(actor.organisation), str(post_id), now.astimezone(UTC).isoformat(), str(actor.person),
                head.number, head.hash.hex(), {name: _sha256(data) for name, data in files.items()}, tuple(missing),
            )
        )  # fmt: skip
    async with porth.sessions.begin() as session:
        await quality_log.append(
            session, actor.organisation, "bundle-made", {"digest": _sha256(manifest)}, now=now, actor=actor.person,
            post=post_id,
        )  # fmt: skip
    signature = heads.signing_key(porth.settings.home).sign(manifest)
    files |= {MANIFEST: manifest, SIGNATURE: base64.b64encode(signature) + b"\n"}
    return await to_thread.run_sync(_packed, files)


async def _readable(session: AsyncSession, actor: Actor, post_id: UUID) -> PostView:
    """The post, for whoever may read it and its log. Raises `NotFound`, `NotAllowed`."""
    found = await queries.post(session, actor, post_id)
    if actor.reach(Permission.LOG_READ) is not Reach.ALL:
        actor.require(Permission.LOG_READ, team=found.team, author=found.author.id)
    return found


async def _files(session: AsyncSession, porth: Runtime, actor: Actor, found: PostView) -> tuple[Files, list[str]]:
    versions = list(await session.scalars(select(m.Version).where(m.Version.post_id == found.id)))
    numbers = {version.id: version.number for version in versions}
    sealed = await session.scalars(select(m.Submission).where(m.Submission.version_id.in_(numbers)))
    submissions = {numbers[each.version_id]: each for each in sealed}
    files = {f"submissions/{number}.json": each.document for number, each in submissions.items()}
    pictures, missing = await to_thread.run_sync(_pictures, porth, list(submissions.values()))
    lines = [entry async for entry in quality_log.entries(session, actor.organisation, post=found.id)]
    files |= {
        "post.json": _json(msgspec.structs.replace(found, deliveries=(), comments=())),
        "versions.json": _json([_columns(version) for version in versions]),
        "submissions.json": _json([_columns(each, "document") for each in submissions.values()]),
        "sign-offs.json": _json([_columns(each) for each in await _of(session, m.SignOff, numbers)]),
        "decisions.json": _json([_columns(each) for each in await _of(session, m.Decision, numbers)]),
        "deliveries.json": _json(found.deliveries),
        "comments.json": _json(found.comments),
        "consents.json": _json(await _consents(session, numbers)),
        "log.jsonl": b"".join(msgspec.json.encode(line) + b"\n" for line in lines),
    }
    return files | pictures, missing


async def _of(session: AsyncSession, table: Any, versions: Mapping[UUID, int]) -> list[Any]:
    return list(await session.scalars(select(table).where(table.version_id.in_(versions)).order_by(table.id)))


async def _consents(session: AsyncSession, versions: Mapping[UUID, int]) -> list[dict[str, Any]]:
    """References and dates: who consented is in the consent's own record, for those who keep it."""
    rows = await session.execute(
        select(m.ConsentUse.version_id, m.ConsentRecord)
        .join(m.ConsentRecord, m.ConsentRecord.id == m.ConsentUse.consent_id)
        .where(m.ConsentUse.version_id.in_(versions))
        .order_by(m.ConsentRecord.id)
    )
    return [
        {
            "ref": each.ref, "version": versions[version], "expires": each.expires, "withdrawn_at": each.withdrawn_at,
            "verified": each.verified_by is not None,
        }
        for version, each in rows
    ]  # fmt: skip


def _pictures(porth: Runtime, submissions: list[m.Submission]) -> tuple[Files, list[str]]:
    """Every rendition that any version would have sent, once."""
    wanted = {
        picture.sha256: picture.media_type.rsplit("/", 1)[-1]
        for each in submissions
        for part in unseal(each.document, each.digest).manifest
        for picture in part.outgoing.media
    }
    files, missing = Files(), []
    for sha256, kind in sorted(wanted.items()):
        try:
            files[f"pictures/{sha256}.{kind}"] = porth.clean.read(sha256)
        except NotStored:
            missing.append(sha256)
    return files, missing


def _columns(row: Any, *without: str) -> dict[str, Any]:
    names = [column.key for column in row.__table__.columns if column.key not in without]
    return {name: getattr(row, name) for name in names}


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"))


def _packed(files: Files) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), files[name])
    return file.getvalue()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def check(data: bytes, key: Ed25519PublicKey | None = None) -> Manifest:
    """What the bundle says of itself, once all of it was found to hold. Without a key the signature is not looked at.

    Raises `Unsound`.
    """
    try:
        files = _unpacked(data)
        manifest = msgspec.json.decode(files.pop(MANIFEST, b""), type=Manifest)
        signature = files.pop(SIGNATURE, b"")
        if key is not None:
            key.verify(base64.b64decode(signature, validate=False), canonical(manifest))
        for reason, name in _wrong(files, manifest):
            raise Unsound(reason, name)
    except (InvalidSignature, binascii.Error) as error:
        raise Unsound("forged", SIGNATURE) from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        msgspec.DecodeError,
        ValueError,
    ) as error:
        raise Unsound("unreadable", MANIFEST) from error
    return manifest


LARGEST = 500_000_000
"""Bytes of a bundle unpacked: more than any post's pictures come to."""


def _unpacked(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(info.file_size for info in archive.infolist()) > LARGEST:
            raise Unsound("unreadable", MANIFEST)
        return {name: archive.read(name) for name in archive.namelist()}


def _wrong(files: Files, manifest: Manifest) -> Iterator[tuple[str, str]]:
    for name in sorted(files.keys() | manifest.files.keys()):
        if name not in files:
            yield "left-out", name
        elif name not in manifest.files:
            yield "put-in", name
        elif _sha256(files[name]) != manifest.files[name]:
            yield "changed", name
    for signed in msgspec.json.decode(files.get("sign-offs.json", b"[]")):
        if not any(
            _sha256(data) == signed["digest"] for name, data in files.items() if name.startswith("submissions/")
        ):
            yield "other-digest", "sign-offs.json"
    for line in files.get("log.jsonl", b"").splitlines():
        for _ in own_faults(msgspec.json.decode(line, type=Entry)):
            yield "entry", "log.jsonl"
