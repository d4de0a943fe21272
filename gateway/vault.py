"""Small secrets at rest: platform credentials, contact details, one-time-password seeds.

Sealed is `version (1 byte) | key id (4) | nonce (12) | AES-256-GCM ciphertext and tag`. The context (which account,
which field) is authenticated with it, so a sealed value copied to another row does not open there.

A key file has one key a line, base64 of 32 bytes, oldest first: the last line seals, all of them open. It is read
again when it changes, so that processes that run go on while the key is rotated (gateway/resealing.py).
"""

import base64
import binascii
import hashlib
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.faults import Fault
from gateway.settings import Settings

log = logging.getLogger(__name__)

VERSION = b"\x01"
KEY_BYTES = 32
ID_BYTES = 4
NONCE_BYTES = 12
HEAD_BYTES = len(VERSION) + ID_BYTES


class CannotOpenError(Exception):
    """Sealed with a key that is not here, for another context, or changed since."""


class Ring:
    """The keys as they are at one moment."""

    def __init__(self, *keys: bytes) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"a vault takes one or more keys of {KEY_BYTES} bytes")
        self.keys = {_key_id(key): key for key in keys}
        self.newest = _key_id(keys[-1])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of a key file's text. Raises `ValueError`."""
        try:
            return cls(*(base64.b64decode(line, validate=True) for line in text.split()))
        except binascii.Error as error:
            raise ValueError("a key is base64") from error


class Vault:
    """`keys` are oldest first; the newest seals."""

    def __init__(self, *keys: bytes) -> None:
        self._ring = Ring(*keys)
        self._file: Path | None = None
        self._mark: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"Vault({len(self._now().keys)} keys)"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The vault of a key file's text. Raises `ValueError`."""
        return cls(*Ring.parse(text).keys.values())

    @classmethod
    def following(cls, path: Path) -> Self:
        """The vault of a key file, always as it stands. Raises `ValueError` where it cannot be used now."""
        mark = _mark(path)
        made = cls.parse(path.read_text(encoding="ascii", errors="replace"))
        made._file, made._mark = path, mark  # noqa: SLF001  # our own
        return made

    def _now(self) -> Ring:
        """With a file that is away or broken for a moment, the keys that were there before."""
        if self._file is None:
            return self._ring
        try:
            mark = _mark(self._file)
            if mark != self._mark:
                self._ring = Ring.parse(self._file.read_text(encoding="ascii", errors="replace"))
                self._mark = mark
        except (OSError, ValueError) as error:
            log.error("the key file cannot be read again (%s): going on with the keys of before", type(error).__name__)  # noqa: TRY400  # its text may hold a key
        return self._ring

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        ring = self._now()
        head, nonce = VERSION + ring.newest, os.urandom(NONCE_BYTES)
        return head + nonce + AESGCM(ring.keys[ring.newest]).encrypt(nonce, plaintext, head + context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """The plaintext. Raises `CannotOpenError`."""
        head, rest = sealed[:HEAD_BYTES], sealed[HEAD_BYTES:]
        key = self._now().keys.get(head[len(VERSION) :])
        if key is None or not head.startswith(VERSION):
            raise CannotOpenError
        try:
            return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], head + context)
        except (InvalidTag, ValueError) as error:
            raise CannotOpenError from error

    @property
    def head(self) -> bytes:
        """What everything begins with that the newest key has sealed; rotation seals again what begins otherwise."""
        return VERSION + self._now().newest

    @property
    def size(self) -> int:
        """How many keys there are."""
        return len(self._now().keys)

    def derive(self, purpose: str) -> tuple[bytes, ...]:
        """32-byte keys for one purpose (signing addresses, say), newest first: sign with the first, accept all."""
        info = b"porth derived key: " + purpose.encode()
        newest_first = reversed(self._now().keys.values())
        return tuple(HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(key) for key in newest_first)


def load(settings: Settings) -> Vault:
    """The installation's vault. Its key file is made at first start, closed to everybody else."""
    if settings.key is not None:
        try:
            return Vault.parse(settings.key)
        except ValueError as error:
            raise Fault("vault.unusable", where="PORTH_KEY") from error
    path = settings.key_file
    if not path.exists():
        _make_key_file(path)
    try:
        return Vault.following(path)
    except ValueError as error:
        raise Fault("vault.unusable", where=str(path)) from error


def _make_key_file(path: Path) -> None:
    """Whole or not at all, and the first of two processes wins."""
    with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=path.parent) as file:  # made 0600
        file.write(new_key() + "\n")
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(file.name)


def new_key() -> str:
    """One line of a key file."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def _mark(path: Path) -> tuple[int, ...]:
    """What is different once the file was replaced or written to."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"porth key id: " + key).digest()[:ID_BYTES]
