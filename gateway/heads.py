"""Signed heads of the quality log, kept outside the database: what shows that a tail was cut or a chain rewritten.

A head is a file `PORTH_HOME/heads/ORGANISATION/DATE.json`, signed with the installation's Ed25519 key. Whoever
keeps copies elsewhere needs only the public key, `PORTH_HOME/log-key.pub`, to check them.
"""

import base64
import binascii
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.quality_log import Head
from connectors.contract import canonical
from gateway.faults import Fault
from gateway.media.store import write_whole
from gateway.runtime import Runtime

PRIVATE, PUBLIC = "log-key", "log-key.pub"


class SignedHead(Struct, frozen=True, forbid_unknown_fields=True):
    """`signature` is base64, over the canonical JSON of everything else."""

    organisation: str
    number: int
    hash: str
    at: str
    signature: str = ""

    def signed(self) -> bytes:
        fields = msgspec.structs.asdict(self)
        del fields["signature"]
        return canonical(fields)

    @property
    def head(self) -> Head:
        return Head(self.organisation, self.number, self.hash)


async def write_heads(porth: Runtime, session: AsyncSession, now: datetime) -> None:
    """Today's head of every organisation that has a log; what was written today already stays."""
    rows = await session.execute(
        select(m.LogHead, m.Organisation.slug).join(m.Organisation, m.Organisation.id == m.LogHead.organisation_id)
    )
    for head, slug in rows:
        write(porth.settings.home, slug, head, now)


def write(home: Path, slug: str, head: m.LogHead, now: datetime) -> Path:
    """The file of this head; the first of a day is the one that stays."""
    path = home / "heads" / slug / f"{now.astimezone(UTC).date().isoformat()}.json"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, msgspec.json.encode(sign(signing_key(home), head, now)) + b"\n")
    return path


def sign(key: Ed25519PrivateKey, head: m.LogHead, now: datetime) -> SignedHead:
    bare = SignedHead(str(head.organisation_id), head.number, head.hash.hex(), now.astimezone(UTC).isoformat())
    return msgspec.structs.replace(bare, signature=base64.b64encode(key.sign(bare.signed())).decode())


def read(path: Path, key: Ed25519PublicKey) -> Head:
    """A head that this key has signed. Raises `Fault`."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=SignedHead)
    except OSError as error:
        raise Fault("log.no-file", path=str(path), said=error.strerror) from error
    except msgspec.DecodeError as error:
        raise Fault("log.no-head", path=str(path), said=str(error)) from error
    try:
        key.verify(base64.b64decode(found.signature, validate=True), found.signed())
    except (InvalidSignature, binascii.Error) as error:
        raise Fault("log.head-forged", path=str(path)) from error
    return found.head


def newest(home: Path, slug: str) -> Path | None:
    """The last head that was written here, if any."""
    return max((home / "heads" / slug).glob("*.json"), default=None)


def signing_key(home: Path) -> Ed25519PrivateKey:
    """Made at first use, closed to others; the first of two processes wins. Its public half lies beside it."""
    path, public = home / PRIVATE, home / PUBLIC
    if not path.exists():
        beside = path.with_name(f"{PRIVATE}.{secrets.token_hex(8)}")
        write_whole(beside, base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()) + b"\n")
        with suppress(FileExistsError):
            path.hardlink_to(beside)
        beside.unlink()
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(path.read_bytes()))
    if not public.exists():
        write_whole(public, base64.b64encode(key.public_key().public_bytes_raw()) + b"\n")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """Raises `Fault`."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(path.read_bytes(), validate=False))
    except (OSError, ValueError) as error:
        raise Fault("log.no-key", path=str(path)) from error
