"""The pictures of a checked document: files beside it are cleaned, proved, looked at and fitted, and thrown away."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct

from approvals.checks.context import Channel, Picture, Region
from approvals.content import Content, Media
from approvals.outgoing import Rendition
from gateway.faults import Fault
from gateway.media.errors import PictureRefused
from gateway.media.metadata import ExiftoolMissing
from gateway.media.people import ModelWrong
from gateway.media.process import Clean, Decoder
from gateway.media.protocol import Obscure, Recipe


class Looked(Struct, frozen=True):
    """By `Media.file`; a file that is not there is in neither."""

    pictures: Mapping[str, Picture]
    renditions: Mapping[str, Rendition]


class Eyes:
    """Starts the decoding process when the first file is there, and keeps it for the rest of the run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = AsyncExitStack()
        self._decoder: Decoder | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def look(self, content: Content, channels: Mapping[str, Channel]) -> Looked:
        pictures: dict[str, Picture] = {}
        renditions: dict[str, Rendition] = {}
        for media in content.media:
            data = self._read(media)
            if data is not None and media.file:
                pictures[media.file], rendition = await self._picture(media, data, channels)
                if rendition is not None:
                    renditions[media.file] = rendition
        return Looked(pictures, renditions)

    def _read(self, media: Media) -> bytes | None:
        try:
            path = self._folder / (media.file or "")
            return path.read_bytes() if media.file and path.is_file() else None
        except (OSError, ValueError):  # a name that no file system takes is a file that is not there
            return None

    async def _picture(
        self, media: Media, data: bytes, channels: Mapping[str, Channel]
    ) -> tuple[Picture, Rendition | None]:
        decoder = await self._started()
        try:
            clean = await decoder.clean(data, Recipe(obscure=_obscured(media), people=True))
        except PictureRefused as refusal:
            return Picture(clean=False, refused=refusal.code), None
        unfit: dict[str, str] = {}
        for name, channel in channels.items():
            try:
                await decoder.rendition(clean.data, channel.limits)
            except PictureRefused as refusal:
                unfit[name] = refusal.code
        rendition = Rendition(clean.sha256, clean.media_type, clean.width, clean.height, len(clean.data))
        return _known(clean, unfit, _obscured(media)), rendition

    async def _started(self) -> Decoder:
        if self._decoder is None:
            try:
                self._decoder = await self._stack.enter_async_context(Decoder())
            except (ExiftoolMissing, ModelWrong) as error:
                raise Fault("check.no-decoder", detail=str(error)) from error
        return self._decoder


def _obscured(media: Media) -> tuple[Obscure, ...]:
    return tuple(
        Obscure((round(p.box[0]), round(p.box[1]), round(p.box[2]), round(p.box[3])), p.obscured)
        for p in media.people or ()
        if p.box is not None and p.obscured
    )


def _known(clean: Clean, unfit: Mapping[str, str], obscured: tuple[Obscure, ...]) -> Picture:
    return Picture(
        clean=True,
        width=clean.width,
        height=clean.height,
        removed=clean.removed,
        regions=tuple(Region(tuple(map(float, region.box)), region.score) for region in clean.people),  # type: ignore[arg-type]  # four of them
        obscured=tuple(tuple(map(float, hidden.box)) for hidden in obscured),  # type: ignore[misc]  # four of them
        unfit=unfit,
    )
