"""A folder of old pictures and the folder of their clean ones: what is read, and under which name each is written."""

import os
import stat
from collections import Counter
from pathlib import Path
from typing import Final

from msgspec import Struct

from gateway.media.errors import PictureRefused
from gateway.media.intake import IntakeLimits, check_bytes
from gateway.media.process import Clean
from gateway.media.store import write_whole

_SUFFIXES: Final = {
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
}
_MODE: Final = 0o666
"""Less the umask: clean pictures are the user's own files."""


class Unusable(Exception):  # noqa: N818 - an answer: a message key and its params
    """Nothing can be done with this source and this destination."""

    def __init__(self, key: str, **params: str) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params


class Item(Struct, frozen=True):
    """One picture to clean. `name` gets the suffix of what comes out, unless it has it already."""

    source: Path
    folder: Path
    name: str


def plan(source: Path, destination: Path) -> list[Item]:
    """Raises `Unusable`, also rather than write among the originals."""
    if not source.exists():
        raise Unusable("media.no-source", source=str(source))
    if source.is_dir():
        items = _plan_folder(source, destination)
        root = destination
        among = any(item.folder.resolve().is_relative_to(source.resolve()) for item in items)
    else:
        items = [_plan_file(source, destination)]
        root = items[0].folder
        among = root.resolve() == source.resolve().parent and items[0].name in {source.name, source.stem}
    if among:
        raise Unusable("media.into-itself", destination=str(destination))
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unusable("media.no-destination", destination=str(destination), why=error.strerror or "") from None
    if not os.access(root, os.W_OK | os.X_OK):
        raise Unusable("media.no-destination", destination=str(destination), why=os.strerror(13))
    return items


def _plan_file(source: Path, destination: Path) -> Item:
    if destination.is_dir():
        return Item(source=source, folder=destination, name=source.stem)
    return Item(source=source, folder=destination.parent, name=destination.name)


def _plan_folder(source: Path, destination: Path) -> list[Item]:
    """Every regular file below `source`. Two of one stem (IMG_1.heic, IMG_1.jpg) keep their whole names."""
    found = sorted(path for path in source.rglob("*") if stat.S_ISREG(path.lstat().st_mode))
    stems = Counter((path.parent, path.stem.casefold()) for path in found)
    return [
        Item(
            source=path,
            folder=destination / path.parent.relative_to(source),
            name=path.stem if stems[path.parent, path.stem.casefold()] == 1 else path.name,
        )
        for path in found
    ]


def read(path: Path, limits: IntakeLimits) -> bytes:
    """Raises `PictureRefused` for what is too large, before it is read, and `OSError`."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise PictureRefused("MEDIA-TYPE")
        check_bytes(found.st_size, limits)
        return file.read(limits.bytes + 1)


def write(item: Item, picture: Clean, taken: set[Path]) -> Path:
    """The clean picture's path, whole or not there. `taken` are those of this run, none of which is written twice."""
    path = _free(item.folder / _named(item.name, picture.media_type), taken)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, picture.data, _MODE)
    return path


def _named(name: str, media_type: str) -> str:
    suffixes = _SUFFIXES[media_type]
    return name if name.lower().endswith(suffixes) else name + suffixes[0]


def _free(path: Path, taken: set[Path]) -> Path:
    candidate, number = path, 2
    while candidate in taken:
        candidate = path.with_stem(f"{path.stem}-{number}")
        number += 1
    taken.add(candidate)
    return candidate
