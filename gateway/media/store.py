"""Where pictures lie: proved ones by their content, originals encrypted in quarantine. Source: MET-06.

Both are plain files under one folder that only the service's user may enter; who may see what is decided elsewhere.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from gateway.media.process import Clean

_NAME_DIGITS: Final = 64
_HEXADECIMAL: Final = frozenset("0123456789abcdef")


class NotStored(LookupError):  # noqa: N818 - an answer
    """Nothing lies under this name."""


class Damaged(Exception):  # noqa: N818 - a state of the file
    """What lies there is not what was stored: another content, another key, or not whole."""


class CleanStore:
    """Proved pictures, named by the SHA-256 of their bytes. `home` is PORTH_HOME."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "media" / "clean"
        _private_folder(self._folder)

    def put(self, picture: Clean) -> str:
        """Its name. Takes only what `Decoder` proved; storing it twice is harmless."""
        if hashlib.sha256(picture.data).hexdigest() != picture.sha256:
            raise Damaged(picture.sha256)
        path = self._path(picture.sha256)
        if not path.exists():
            _private_folder(path.parent)
            write_whole(path, picture.data)
        return picture.sha256

    def read(self, sha256: str) -> bytes:
        """Raises `NotStored`, and `Damaged` when the bytes are no longer those that were proved."""
        data = _read(self._path(sha256), sha256)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Damaged(sha256)
        return data

    def has(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def delete(self, sha256: str) -> None:
        """Deleting what is gone already is a success."""
        self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        name = _checked(sha256, _NAME_DIGITS)
        return self._folder / name[:2] / name


class Quarantined(Struct, frozen=True):
    id: str
    """32 hexadecimal digits, random: an original's name says nothing of its content."""
    sha256: str
    """Of the original's bytes."""
    size: int


class Quarantine:
    """Originals and evidence, each encrypted with a key of its own that the installation's key wraps.

    A file is: `PQ1`, a nonce and the wrapped key (12 + 48 bytes), a nonce and the content (12 bytes, then the rest
    with AES-GCM's tag). Both are bound to the id, so files cannot be exchanged. Deleting the file deletes its key.
    """

    _MAGIC: Final = b"PQ1"
    _NONCE: Final = 12
    _WRAPPED: Final = 48
    _HEAD: Final = len(_MAGIC) + _NONCE + _WRAPPED
    _ID_DIGITS: Final = 32

    def __init__(self, home: Path, *keys: bytes) -> None:
        """`keys` are 32 bytes each, the newest first: it wraps, and all of them unwrap."""
        self._folder = home / "media" / "quarantine"
        self._keys: Callable[[], tuple[bytes, ...]] = lambda: keys
        _private_folder(self._folder)

    @classmethod
    def following(cls, home: Path, keys: Callable[[], tuple[bytes, ...]]) -> Self:
        """With keys that are asked for each time, as they may be changed while Porth runs."""
        made = cls(home)
        made._keys = keys  # our own
        return made

    def put(self, data: bytes) -> Quarantined:
        name = secrets.token_hex(self._ID_DIGITS // 2)
        about = name.encode("ascii")
        key = AESGCM.generate_key(256)
        first, second = secrets.token_bytes(self._NONCE), secrets.token_bytes(self._NONCE)
        wrapped = AESGCM(self._keys()[0]).encrypt(first, key, b"key" + about)
        sealed = AESGCM(key).encrypt(second, data, b"content" + about)
        path = self._path(name)
        _private_folder(path.parent)
        write_whole(path, b"".join((self._MAGIC, first, wrapped, second, sealed)))
        return Quarantined(id=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data))

    def read(self, name: str) -> bytes:
        """The original's bytes. Raises `NotStored` and `Damaged`. Log each call: every view counts."""
        data = _read(self._path(name), name)
        key = self._unwrapped(name, data[: self._HEAD], self._keys())
        second = data[self._HEAD : self._HEAD + self._NONCE]
        try:
            return AESGCM(key).decrypt(second, data[self._HEAD + self._NONCE :], b"content" + name.encode("ascii"))
        except (InvalidTag, ValueError) as error:
            raise Damaged(name) from error

    def _unwrapped(self, name: str, head: bytes, keys: tuple[bytes, ...]) -> bytes:
        magic, nonce = len(self._MAGIC), len(self._MAGIC) + self._NONCE
        if head[:magic] == self._MAGIC:
            for key in keys:
                with suppress(InvalidTag, ValueError):
                    return AESGCM(key).decrypt(head[magic:nonce], head[nonce:], b"key" + name.encode("ascii"))
        raise Damaged(name)

    def is_current(self, name: str) -> bool:
        """Whether the newest key wraps it. Raises `NotStored`."""
        try:
            with self._path(name).open("rb") as file:
                self._unwrapped(name, file.read(self._HEAD), self._keys()[:1])
        except FileNotFoundError:
            raise NotStored(name) from None
        except Damaged:
            return False
        return True

    def rewrap(self, name: str) -> None:
        """Wrap its key with the newest one. Raises `NotStored` and `Damaged`.

        Under the folder's lock, as `delete` is: what is deleted meanwhile does not come back.
        """
        path = self._path(name)
        if not path.parent.is_dir():
            raise NotStored(name)
        with _locked(path.parent):
            data = _read(path, name)
            newest, about = self._keys(), name.encode("ascii")
            key = self._unwrapped(name, data[: self._HEAD], newest)
            nonce = secrets.token_bytes(self._NONCE)
            wrapped = AESGCM(newest[0]).encrypt(nonce, key, b"key" + about)
            write_whole(path, b"".join((self._MAGIC, nonce, wrapped, data[self._HEAD :])))

    def delete(self, name: str) -> None:
        """Deleting what is gone already is a success."""
        path = self._path(name)
        if path.parent.is_dir():
            with _locked(path.parent):
                path.unlink(missing_ok=True)

    def sweep(self, before: float) -> None:
        """Delete what a write that was killed has left, older than this time of the clock."""
        for path in self._folder.glob("??/.*.part"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def names(self) -> frozenset[str]:
        """Everything that lies here, for the sweep that deletes what no record knows."""
        return frozenset(path.name for path in self._folder.glob("??/*") if not path.name.startswith("."))

    def _path(self, name: str) -> Path:
        return self._folder / _checked(name, self._ID_DIGITS)[:2] / name


def write_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """The whole file or none, even when the machine stops: written beside it, synced, renamed."""
    beside = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """So that a name that was just given outlasts a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Alone in this folder, among all processes that ask."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _private_folder(folder: Path) -> None:
    """Only as private as we make it: folders that stood before keep their modes."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    for part in reversed(missing):
        part.mkdir(mode=0o700, exist_ok=True)


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotStored(name) from None


def _checked(name: str, digits: int) -> str:
    """Names become paths, so they are nothing but the digits that we make."""
    if len(name) != digits or not _HEXADECIMAL.issuperset(name):
        raise NotStored(name)
    return name
