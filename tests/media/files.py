"""Pictures with something hidden in them, made here from nothing."""

import io
import struct
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pillow_heif
from PIL import Image, ImageDraw, PngImagePlugin

from gateway.media.colour import P3, display_profile
from gateway.media.metadata import executable

SECRET = b"WARD-7-SIAN"
PLACE = (51.5072, -3.1801)

XMP = (
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    b"<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/' dc:source='" + SECRET + b"'/></rdf:RDF></x:xmpmeta>"
)


def scene(width: int = 160, height: int = 120) -> Image.Image:
    """Something with edges, areas and colours, whose corners differ: upper left is red."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width // 4, height // 4), fill=(220, 30, 30))
    draw.ellipse((width // 2, height // 3, width - 4, height - 4), fill=(20, 120, 200))
    draw.line((0, height, width, 0), fill=(250, 240, 90), width=3)
    return picture


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def jpeg(width: int = 160, height: int = 120, **options: object) -> bytes:
    return saved(scene(width, height), "JPEG", quality=92, **options)


def png(width: int = 160, height: int = 120, **options: object) -> bytes:
    return saved(scene(width, height), "PNG", **options)


def heic(picture: Image.Image | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(picture or scene()).save(out, quality=80, **options)
    return out.getvalue()


def moving(kind: str, frames: int = 3, **options: object) -> bytes:
    first, *rest = [scene().rotate(20 * number) for number in range(frames)]
    return saved(first, kind, save_all=True, append_images=rest, duration=100, loop=0, **options)


def exif(orientation: int = 1) -> bytes:
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010F], data[0x0110] = "Phone", SECRET.decode()
    data[0x013B] = SECRET.decode()
    data[0x0132] = "2026:03:01 10:00:00"
    gps = data.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (51.0, 30.0, 26.0), "W", (3.0, 10.0, 48.0)
    return data.tobytes()


def tagged(data: bytes, suffix: str, *arguments: str) -> bytes:
    """`data` with tags written by exiftool."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"picture.{suffix}"
        path.write_bytes(data)
        command = [executable(), "-q", "-q", "-m", "-overwrite_original", *arguments, str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return path.read_bytes()


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_segment(data: bytes, marker: int, body: bytes) -> bytes:
    """After JFIF's."""
    at = 4 + struct.unpack_from(">H", data, 4)[0]
    return data[:at] + segment(marker, body) + data[at:]


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunk(data: bytes, name: bytes, body: bytes) -> bytes:
    """After IHDR."""
    return data[:33] + chunk(name, body) + data[33:]


def with_extra_idat(data: bytes) -> bytes:
    """A further IDAT after the picture's: decoders stop before it."""
    return data[:-12] + chunk(b"IDAT", SECRET) + data[-12:]


def with_long_stream(data: bytes) -> bytes:
    """More rows in the compressed stream than the picture has."""
    start, stream = data.index(b"IDAT") - 4, b""
    at = start
    while data[at + 4 : at + 8] == b"IDAT":
        (length,) = struct.unpack_from(">I", data, at)
        stream += data[at + 8 : at + 8 + length]
        at += 12 + length
    longer = zlib.compress(zlib.decompress(stream) + SECRET)
    return data[:start] + chunk(b"IDAT", longer) + data[at:]


def riff_with(data: bytes, name: bytes, body: bytes) -> bytes:
    """A WebP with a further chunk, its length put right."""
    whole = data + name + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2)
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("notes.txt", SECRET)
    return out.getvalue()


def uncropped_thumbnail() -> bytes:
    """A crop whose embedded thumbnail still shows everything."""
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.jpg"
        small.write_bytes(with_segment(jpeg(80, 60), 0xFE, SECRET))
        cropped = saved(scene().crop((60, 40, 160, 120)), "JPEG", exif=exif())
        return tagged(cropped, "jpg", f"-ThumbnailImage<={small}")


def motion_photo() -> bytes:
    video = struct.pack(">I", 24) + b"ftypmp42\x00\x00\x00\x00isommp42" + struct.pack(">I", 24) + b"mdat" + SECRET * 1
    return tagged(jpeg(), "jpg", "-XMP-GCamera:MotionPhoto=1") + video


def multi_picture() -> bytes:
    first, second = scene(), scene().rotate(180)
    out = io.BytesIO()
    first.save(out, "MPO", save_all=True, append_images=[second])
    return out.getvalue() + SECRET


def hidden_alpha() -> bytes:
    """Everything is transparent, and the scene is still there."""
    picture = scene().convert("RGBA")
    picture.putalpha(0)
    return saved(picture, "PNG")


def png_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", SECRET.decode())
    info.add_itxt("Comment", SECRET.decode(), zip=True)
    return png(pnginfo=info, exif=exif())


def in_p3() -> bytes:
    return saved(Image.new("RGB", (64, 64), (230, 60, 40)), "JPEG", quality=95, icc_profile=display_profile(P3))


ORIGINALS: dict[str, Callable[[], bytes]] = {
    "EXIF and GPS in JPEG": lambda: jpeg(exif=exif()),
    "IPTC and XMP in JPEG": lambda: tagged(
        jpeg(), "jpg", f"-IPTC:By-line={SECRET.decode()}", f"-XMP-dc:Creator={SECRET.decode()}"
    ),
    "thumbnail of the uncropped original": uncropped_thumbnail,
    "Display P3 profile": in_p3,
    "motion photo": motion_photo,
    "archive after the end": lambda: jpeg() + archive(),
    "comment in JPEG": lambda: jpeg(comment=SECRET),
    "comment in GIF": lambda: saved(scene(), "GIF", comment=SECRET),
    "comment in a moving GIF": lambda: moving("GIF", comment=SECRET),
    "EXIF in WebP": lambda: saved(scene(), "WEBP", exif=exif()),
    "XMP in a moving WebP": lambda: moving("WEBP", xmp=XMP),
    "EXIF in PNG": lambda: png(exif=exif()),
    "text in PNG": png_text,
    "EXIF in AVIF": lambda: saved(scene(), "AVIF", exif=exif()),
    "EXIF in HEIC": lambda: heic(exif=exif()),
    "EXIF in TIFF": lambda: saved(scene(), "TIFF", exif=exif()),
    "private chunk in PNG": lambda: with_chunk(png(), b"wArD", SECRET),
    "bytes after PNG's end": lambda: png() + SECRET,
    "unknown APP0": lambda: with_segment(jpeg(), 0xE0, b"WARD\x00" + SECRET),
    "multi-picture file": multi_picture,
    "colours under transparency": hidden_alpha,
}
"""Every place in which something can travel with a picture."""


def plain(kind: str) -> bytes:
    """As our encoder would write it."""
    return {
        "image/jpeg": jpeg,
        "image/png": png,
        "image/webp": lambda: saved(scene(), "WEBP"),
        "image/gif": lambda: moving("GIF"),
    }[kind]()


PLANTED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "EXIF": ("image/jpeg", lambda: jpeg(exif=exif())),
    "XMP": ("image/jpeg", lambda: tagged(jpeg(), "jpg", f"-XMP-dc:Creator={SECRET.decode()}")),
    "IPTC": ("image/jpeg", lambda: tagged(jpeg(), "jpg", f"-IPTC:By-line={SECRET.decode()}")),
    "thumbnail": ("image/jpeg", uncropped_thumbnail),
    "profile": ("image/jpeg", in_p3),
    "motion photo": ("image/jpeg", motion_photo),
    "archive after JPEG": ("image/jpeg", lambda: jpeg() + archive()),
    "text after JPEG": ("image/jpeg", lambda: jpeg() + SECRET),
    "one byte after JPEG": ("image/jpeg", lambda: jpeg() + b"\x00"),
    "JPEG comment": ("image/jpeg", lambda: jpeg(comment=SECRET)),
    "unknown APP0": ("image/jpeg", lambda: with_segment(jpeg(), 0xE0, b"WARD\x00" + SECRET)),
    "thumbnail in JFIF": ("image/jpeg", lambda: jpeg()[:4] + b"\x00\x13" + jpeg()[6:18] + b"\x01\x01abc" + jpeg()[20:]),
    "unknown segment": ("image/jpeg", lambda: with_segment(jpeg(), 0xF4, SECRET)),
    "second picture": ("image/jpeg", multi_picture),
    "picture after picture": ("image/jpeg", lambda: jpeg() + jpeg()),
    "PNG text": ("image/png", png_text),
    "PNG EXIF": ("image/png", lambda: png(exif=exif())),
    "private PNG chunk": ("image/png", lambda: with_chunk(png(), b"wArD", SECRET)),
    "further IDAT": ("image/png", lambda: with_extra_idat(png())),
    "rows beyond the picture": ("image/png", lambda: with_long_stream(png())),
    "bytes after PNG": ("image/png", lambda: png() + SECRET),
    "wrong PNG checksum": ("image/png", lambda: png()[:-4] + b"WARD"),
    "WebP EXIF": ("image/webp", lambda: saved(scene(), "WEBP", exif=exif())),
    "unknown WebP chunk": ("image/webp", lambda: riff_with(plain("image/webp"), b"WARD", SECRET)),
    "bytes after WebP": ("image/webp", lambda: plain("image/webp") + SECRET),
    "GIF comment": ("image/gif", lambda: moving("GIF", comment=SECRET)),
    "GIF application": ("image/gif", lambda: plain("image/gif")[:-1] + b"!\xff\x0bWARDWARD1.0\x03abc\x00;"),
    "bytes after GIF": ("image/gif", lambda: plain("image/gif") + SECRET),
}
"""What the proof must find, planted into files as our encoder writes them."""
