"""A walk of each container that our encoder writes, permitting only what it writes. Source: MET-01, MET-02.

exiftool says nothing of text or an archive after JPEG's end, an unknown APP0, a private PNG chunk or extra
compressed bytes; this does. Each walk returns the names of what it found that does not belong, none for a clean file.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

JFIF: Final = b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
"""Version 1.1, no density, no thumbnail: exactly what the encoder writes."""
_JPEG_TABLES: Final = frozenset({0xC4, 0xDB, 0xDD})
_JPEG_FRAMES: Final = frozenset({0xC0, 0xC2})
_SCAN, _END, _APP0, _FIRST_APP, _LAST_APP, _COMMENT = 0xDA, 0xD9, 0xE0, 0xE0, 0xEF, 0xFE
_AFTER_ENTROPY: Final = re.compile(rb"\xff[^\x00\xd0-\xd7]")
_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_INFLATE_STEP: Final = 1 << 20
_WEBP_CHUNKS: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH"})
_WEBP_IN_FRAME: Final = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_WEBP_FLAGS: Final = 0x02 | 0x10
"""Animation and alpha. The others announce a profile, EXIF or XMP."""
_GIF_EXTENSION: Final = re.compile(rb"\xff\x0bNETSCAPE2\.0\x03\x01..\x00|\xf9\x04....\x00", re.DOTALL)
"""Repetition, and a frame's time and transparency; each to its end, so nothing can follow inside."""


class _Foreign(Exception):  # noqa: N818 - found and named, not failed
    """Something that our encoder does not write; the argument names its kind."""


def foreign(data: bytes, media_type: str) -> tuple[str, ...]:
    """Kinds of what does not belong, empty when the file holds a picture and nothing else."""
    try:
        return tuple(_WALKS[media_type](data))
    except _Foreign as found:
        return (str(found),)
    except (struct.error, IndexError, zlib.error):
        return ("broken structure",)


def jpeg(data: bytes) -> Iterator[str]:
    if data[:2] != b"\xff\xd8":
        raise _Foreign("no JPEG start")
    at, scans, frames, first = 2, 0, 0, True
    while True:
        start, code = data[at], data[at + 1]
        if start != 0xFF:  # noqa: PLR2004 - every JPEG marker begins so
            raise _Foreign("bytes between segments")
        if code == _END:
            break
        (length,) = struct.unpack_from(">H", data, at + 2)
        yield from _jpeg_segment(code, data[at + 4 : at + 2 + length], first=first)
        frames += code in _JPEG_FRAMES
        at, first = at + 2 + length, False
        if code == _SCAN:
            scans += 1
            after = _AFTER_ENTROPY.search(data, at)
            if after is None:
                raise _Foreign("no JPEG end")
            at = after.start()
    if frames != 1 or scans < 1:
        yield "not one picture"
    if at + 2 != len(data):
        yield "bytes after the end"


def _jpeg_segment(code: int, body: bytes, *, first: bool) -> Iterator[str]:
    if code == _APP0:
        if not first or body != JFIF:
            yield "unknown APP0"
    elif code == _COMMENT:
        yield "comment"
    elif _FIRST_APP <= code <= _LAST_APP:
        yield f"APP{code - _FIRST_APP}"
    elif code not in _JPEG_TABLES | _JPEG_FRAMES | {_SCAN}:
        yield f"segment {code:02X}"


def png(data: bytes) -> Iterator[str]:
    if not data.startswith(_PNG_SIGNATURE):
        raise _Foreign("no PNG start")
    at, names, stream = 8, [], bytearray()
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
        if zlib.crc32(body, zlib.crc32(name)) != checksum:
            yield "wrong checksum"
        if name not in {b"IHDR", b"IDAT", b"IEND"}:
            yield f"chunk {name.decode('ascii', 'replace')}"
        if name == b"IDAT":
            stream += body
        names.append(name)
        at += 12 + length
        if name == b"IEND":
            break
    if at != len(data):
        yield "bytes after the end"
    if names[:1] != [b"IHDR"] or names[-1:] != [b"IEND"] or names.count(b"IHDR") != 1:
        raise _Foreign("chunks out of order")
    yield from _png_pixels(data[16:29], bytes(stream))


def _png_pixels(header: bytes, stream: bytes) -> Iterator[str]:
    """The compressed stream must hold the rows, all of them, and nothing more."""
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", header)
    if interlace or colour not in _PNG_CHANNELS:
        raise _Foreign("unknown PNG layout")
    expected = height * (1 + (width * depth * _PNG_CHANNELS[colour] + 7) // 8)
    inflate, size = zlib.decompressobj(), 0
    left = stream
    while left and not inflate.eof and size <= expected:
        size += len(inflate.decompress(left, _INFLATE_STEP))
        left = inflate.unconsumed_tail
    while not inflate.eof and size <= expected:
        more = inflate.decompress(b"", _INFLATE_STEP)
        if not more:
            break
        size += len(more)
    if not inflate.eof or size != expected or inflate.unused_data or left:
        yield "extra picture data"


def webp(data: bytes) -> Iterator[str]:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise _Foreign("no WebP start")
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 != len(data):
        yield "bytes after the end"
    pictures = 0
    for name, body in _riff_chunks(data, 12, min(size + 8, len(data))):
        if name not in _WEBP_CHUNKS:
            yield f"chunk {name.decode('ascii', 'replace').strip()}"
        elif name == b"VP8X" and (len(body) != 10 or body[0] & ~_WEBP_FLAGS or any(body[1:4])):  # noqa: PLR2004 - its length
            yield "flags of metadata"
        elif name == b"ANMF":
            inner = [inside for inside, _ in _riff_chunks(body, 16, len(body))]
            yield from (f"chunk {inside!r}" for inside in inner if inside not in _WEBP_IN_FRAME)
        pictures += name in {b"VP8 ", b"VP8L", b"ANMF"}
    if not pictures:
        yield "no picture"


def _riff_chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    while at < end:
        name, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > end:
            raise _Foreign("broken structure")
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length
        if length % 2:
            if data[at : at + 1] != b"\x00":
                raise _Foreign("bytes in the padding")
            at += 1


def gif(data: bytes) -> Iterator[str]:
    if data[:6] not in {b"GIF87a", b"GIF89a"}:
        raise _Foreign("no GIF start")
    at = 13 + _palette(data[10])
    pictures = 0
    while data[at] != 0x3B:  # noqa: PLR2004 - GIF's trailer
        if data[at] == 0x21:  # noqa: PLR2004 - an extension
            if not _GIF_EXTENSION.match(data, at + 1):
                yield "comment" if data[at + 1] == 0xFE else "extension"  # noqa: PLR2004 - GIF's comment
            at = _past_blocks(data, at + 2)
        elif data[at] == 0x2C:  # noqa: PLR2004 - an image
            pictures += 1
            at = _past_blocks(data, at + 10 + _palette(data[at + 9]) + 1)
        else:
            raise _Foreign("bytes between blocks")
    if not pictures:
        yield "no picture"
    if at + 1 != len(data):
        yield "bytes after the end"


def _palette(flags: int) -> int:
    return 3 * (2 << (flags & 7)) if flags & 0x80 else 0


def _past_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


_WALKS: Final[dict[str, Callable[[bytes], Iterator[str]]]] = {
    "image/jpeg": jpeg,
    "image/png": png,
    "image/webp": webp,
    "image/gif": gif,
}
