"""What cleaning costs, against the same decode, rotation, colour conversion and encode bare.

    python benchmarks/pictures.py [RUNS]

Both are timed in turns, in one run, on 12-megapixel photos that lie on their side in Display P3: made here, with the
detail and the noise of a camera's. The bare figure is Pillow alone in this process; ours is `Decoder.clean` from bytes
to a proved picture, with the pipes, both proofs, the record of what was removed and the hashes.
"""

import io
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pillow_heif
from PIL import Image, ImageChops, ImageCms, ImageFilter, ImageOps

from gateway.media.colour import P3, display_profile
from gateway.media.encode import JPEG_QUALITY
from gateway.media.process import Decoder
from gateway.media.protocol import Recipe

SIZE = (4032, 3024)
PHONE_EXIF = 6
SRGB = ImageCms.createProfile("sRGB")
pillow_heif.register_heif_opener(thumbnails=False, decode_threads=2)


def photo() -> Image.Image:
    """Blurred shapes and fine noise: as hard to encode as a real photo of this size (4 to 5 MB)."""
    bands = [Image.effect_noise((252, 189), 90).resize(SIZE, Image.Resampling.BICUBIC) for _ in range(3)]
    grain = Image.effect_noise(SIZE, 12).filter(ImageFilter.GaussianBlur(0.6))
    return Image.merge("RGB", [ImageChops.overlay(band, grain) for band in bands])


def original(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = PHONE_EXIF, "Phone"
    out, profile = io.BytesIO(), display_profile(P3)
    if kind == "JPEG":
        photo().save(out, "JPEG", quality=88, exif=exif.tobytes(), icc_profile=profile)
    else:
        pillow_heif.from_pillow(photo()).save(out, quality=60, exif=exif.tobytes(), icc_profile=profile)
    return out.getvalue()


def bare(data: bytes) -> bytes:
    picture = Image.open(io.BytesIO(data))
    profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
    picture = ImageOps.exif_transpose(picture)
    ImageCms.applyTransform(picture, ImageCms.buildTransform(profile, SRGB, "RGB", "RGB"), inPlace=True)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


class Times:
    """Wall and processor seconds of each run; on a busy machine only the second compare."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.wall: list[float] = []
        self.processor: list[float] = []

    async def run(self, work: Callable[[], Awaitable[object]]) -> None:
        wall, processor = time.perf_counter(), self.spent()
        await work()
        self.wall.append(time.perf_counter() - wall)
        self.processor.append(self.spent() - processor)

    def spent(self) -> float:
        """Processor seconds of this process, the decoding process and exiftool."""
        pids = self.decoder._idle[-1].pid, self.decoder._exiftool.pid  # noqa: SLF001 - measured from outside
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
        ticks = sum(int(field[11]) + int(field[12]) for field in fields)
        return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")

    def say(self, name: str) -> None:
        wall, processor = statistics.median(self.wall), statistics.median(self.processor)
        print(f"  {name:36} {wall:6.3f} s ({min(self.wall):.3f} to {max(self.wall):.3f}), processor {processor:.3f} s")


async def against_bare(decoder: Decoder, kind: str, runs: int) -> None:
    data = original(kind)
    plain, cleaned, upload = Times(decoder), Times(decoder), Times(decoder)

    async def without() -> None:
        bare(data)

    await decoder.clean(data, Recipe(people=True))
    await without()
    for _ in range(runs):
        await plain.run(without)
        await cleaned.run(lambda: decoder.clean(data))
        await upload.run(lambda: decoder.clean(data, Recipe(people=True)))
    print(f"{kind}, 12 megapixels, {len(data) / 1e6:.1f} MB: median of {runs} (least to most)")
    plain.say("bare, in one process")
    cleaned.say("cleaned and proved")
    upload.say("whole upload: cleaned, with people")
    median = statistics.median
    by_wall = median(cleaned.wall) / median(plain.wall)
    by_processor = median(cleaned.processor) / median(plain.processor)
    print(f"  cleaned / bare: {by_wall:.2f} of the time, {by_processor:.2f} of the processor's (aim: within 1.3)")
    print(f"  people: {median(upload.wall) - median(cleaned.wall):.3f} s (aim: under 0.7; upload under 2)")
    print(f"  decoding process, most resident: {most_resident(decoder):.0f} MB (aim: under 700)\n")


def most_resident(decoder: Decoder) -> float:
    """MB, of the process that did the last job."""
    status = Path(f"/proc/{decoder._idle[-1].pid}/status").read_text()  # noqa: SLF001 - measured from outside
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


async def per_minute(pictures: int) -> None:
    data = original("JPEG")
    async with Decoder() as decoder:
        for name, recipe in (("cleaned", Recipe()), ("cleaned, with people", Recipe(people=True))):
            started = time.perf_counter()
            async with anyio.create_task_group() as group:
                for _ in range(pictures):
                    group.start_soon(decoder.clean, data, recipe)
            took = time.perf_counter() - started
            print(f"{name}: {pictures / took * 60:.0f} pictures a minute with {decoder.processes} processes")


async def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start\n")
    async with Decoder(processes=1) as decoder:
        for kind in ("JPEG", "HEIC"):
            await against_bare(decoder, kind, runs)
    await per_minute(3 * runs)


if __name__ == "__main__":
    anyio.run(main)
