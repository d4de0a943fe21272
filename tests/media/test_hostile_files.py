"""Files that are damaged, lie, or are made to do harm: always a clear refusal, and the next picture is cleaned."""

import os
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import anyio
import msgspec
import pytest
from PIL import Image

from gateway.media.errors import PictureRefused
from gateway.media.intake import MIB, IntakeLimits
from gateway.media.metadata import EVERYTHING, Exiftool, ExiftoolFailed
from gateway.media.process import Decoder, _Process
from gateway.media.protocol import answers
from gateway.media.verify import prove
from tests.media import files

pytestmark = pytest.mark.anyio


async def refusal(decoder: Decoder, data: bytes) -> str:
    with pytest.raises(PictureRefused) as refused:
        await decoder.clean(data)
    return refused.value.code


def claimed(width: int, height: int, rows: bytes = b"\x00" * 100) -> bytes:
    """A PNG that says it is of this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = files.chunk(b"IHDR", header), files.chunk(b"IDAT", zlib.compress(rows)), files.chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    "make",
    [
        files.jpeg,
        files.png,
        files.heic,
        lambda: files.saved(files.scene(), "WEBP"),
        lambda: files.saved(files.scene(), "AVIF"),
        lambda: files.saved(files.scene(), "TIFF", compression="tiff_lzw"),
        lambda: files.saved(files.scene(), "GIF"),
    ],
)
async def test_a_truncated_picture_is_refused(make: object, decoder: Decoder) -> None:
    assert callable(make)
    whole = make()
    assert await refusal(decoder, whole[: len(whole) * 2 // 3]) in {"MEDIA-TRUNCATED", "MEDIA-DECODE"}


async def test_a_truncated_jpeg_says_that_it_ends_too_soon(decoder: Decoder) -> None:
    assert await refusal(decoder, files.jpeg()[:-900]) == "MEDIA-TRUNCATED"


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"restart_marker_blocks": 5}])
async def test_a_jpeg_that_ends_too_soon_with_an_end_marker_is_refused(
    part: float, options: dict[str, int], decoder: Decoder
) -> None:
    whole = files.jpeg(400, 300, **options)
    start = whole.index(b"\xff\xda")
    cut = whole[: start + int((len(whole) - start) * part)].rstrip(b"\xff") + b"\xff\xd9"
    assert await refusal(decoder, cut) == "MEDIA-TRUNCATED"


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
async def test_a_whole_jpeg_with_a_plain_corner_is_not_mistaken_for_one(
    mode: str, *, progressive: bool, decoder: Decoder
) -> None:
    plain = Image.new("RGB", (333, 217), "white")
    plain.paste(files.scene(), (20, 20))
    data = files.saved(plain.convert(mode), "JPEG", progressive=progressive)
    assert (await decoder.clean(data + files.archive())).width == 333


async def test_a_png_of_50000_pixels_width_is_refused_before_it_is_decoded(decoder: Decoder) -> None:
    assert await refusal(decoder, claimed(50_000, 100)) == "MEDIA-PIXELS"


async def test_a_bomb_is_refused_before_it_is_decoded(decoder: Decoder) -> None:
    assert await refusal(decoder, claimed(16_000, 16_000, b"\x00" * 50_000_000)) == "MEDIA-PIXELS"


async def test_a_picture_that_claims_more_than_it_holds_is_refused(decoder: Decoder) -> None:
    assert await refusal(decoder, claimed(2000, 2000)) in {"MEDIA-TRUNCATED", "MEDIA-DECODE"}


async def test_a_text_chunk_that_inflates_without_end_does_no_harm(decoder: Decoder) -> None:
    bomb = b"Comment\x00\x00" + zlib.compress(b"\x00" * 80_000_000, 9)
    assert await refusal(decoder, files.with_chunk(files.png(), b"zTXt", bomb)) == "MEDIA-DECODE"


async def test_a_single_pixel_is_refused(decoder: Decoder) -> None:
    assert await refusal(decoder, files.saved(Image.new("RGB", (1, 1)), "PNG")) == "MEDIA-TINY"


@pytest.mark.parametrize(
    "head", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBP", b"II*\x00"]
)
async def test_a_head_without_a_picture_is_refused(head: bytes, decoder: Decoder) -> None:
    assert (await refusal(decoder, head + b"\x07" * 500)).startswith("MEDIA-")


async def test_the_decoding_process_can_die_in_mid_work(decoder: Decoder) -> None:
    pid = decoder._idle[-1].pid
    os.kill(pid, signal.SIGSTOP)
    async with anyio.create_task_group() as group:

        async def expect_refusal() -> None:
            assert await refusal(decoder, files.jpeg()) == "MEDIA-DECODE"

        group.start_soon(expect_refusal)
        await anyio.wait_all_tasks_blocked()
        os.kill(pid, signal.SIGKILL)
    assert (await decoder.clean(files.jpeg())).width == 160
    assert decoder._idle[-1].pid != pid


async def test_a_decoding_process_that_died_while_it_waited_costs_nobody_a_picture(decoder: Decoder) -> None:
    await decoder.clean(files.jpeg())
    os.kill(decoder._idle[-1].pid, signal.SIGKILL)
    await decoder._idle[-1]._child.wait()
    assert (await decoder.clean(files.jpeg())).width == 160


async def test_a_picture_that_takes_too_long_is_given_up_and_its_process_killed() -> None:
    async with Decoder(IntakeLimits(seconds=0.3), processes=1) as hasty:
        pid = hasty._idle[-1].pid
        os.kill(pid, signal.SIGSTOP)
        assert await refusal(hasty, files.jpeg()) == "MEDIA-TIME"
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_picture_that_needs_too_much_memory_is_refused() -> None:
    async with Decoder(IntakeLimits(memory=640 * MIB), processes=1) as frugal:
        wide = files.saved(Image.new("RGB", (8000, 7000), "navy"), "PNG", compress_level=1)
        assert await refusal(frugal, wide) in {"MEDIA-MEMORY", "MEDIA-DECODE"}
        assert (await frugal.clean(files.jpeg())).width == 160


TAKEN_OVER = """
import os, sys
from gateway.media.protocol import LENGTHS, Done, opening
planted = bytes.fromhex(sys.argv[1])
read, write = sys.stdin.buffer, sys.stdout.buffer
head, body = LENGTHS.unpack(read.read(LENGTHS.size))
read.read(head + body)
write.write(opening(Done(media_type="image/jpeg", width=1, height=1), planted) + planted)
write.flush()
read.read()
"""


@pytest.mark.parametrize("place", ["EXIF", "archive after JPEG", "unknown APP0", "JPEG comment"])
async def test_a_decoder_that_was_taken_over_can_hand_back_clean_pictures_only(place: str, anyio_backend: str) -> None:
    planted = files.PLANTED[place][1]()
    async with Decoder(processes=1) as decoder:
        await decoder._idle.pop().stop()
        command = [sys.executable, "-c", TAKEN_OVER, planted.hex()]
        decoder._idle.append(_Process(await anyio.open_process(command, cwd=Path(__file__).parents[2])))
        assert await refusal(decoder, files.jpeg()) == "MEDIA-NOT-CLEAN"


@pytest.mark.parametrize(
    "answer",
    [
        b'{"type":"done","media_type":"image/jpeg","width":1,"height":1,"removed":["WARD-7-SIAN"]}',
        b'{"type":"done","media_type":"image/jpeg","width":1,"height":1,"more":1}',
        b'{"type":"refused","code":"MEDIA-DECODE","params":{"kind":["WARD"]}}',
        b'{"type":"nothing of the kind"}',
        b"not JSON",
    ],
)
def test_an_answer_of_another_shape_is_not_read(answer: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        answers.decode(answer)


async def test_giving_up_on_a_picture_does_not_mix_up_the_next(decoder: Decoder) -> None:
    with anyio.move_on_after(0.005):
        await decoder.clean(files.jpeg(2000, 1500))
    clean = await decoder.clean(files.jpeg(64, 48))
    assert (clean.width, clean.height) == (64, 48)


async def test_the_decoding_process_can_open_no_file_and_knows_no_secret(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTH_KEY", "not-for-decoders")
    await decoder.clean(files.jpeg())
    process = Path(f"/proc/{decoder._idle[-1].pid}")
    limits = {line[:25].strip(): line[26:].split()[0] for line in (process / "limits").read_text().splitlines()}
    assert (limits["Max open files"], limits["Max file size"], limits["Max core file size"]) == ("0", "0", "0")
    assert limits["Max address space"] == str(decoder.limits.memory)
    assert b"PORTH_KEY" not in (process / "environ").read_bytes()


async def test_several_pictures_at_once_each_get_their_own(anyio_backend: str) -> None:
    sizes = [(40 + 10 * number, 30) for number in range(8)]
    found: dict[int, tuple[int, int]] = {}
    async with Decoder(processes=2) as decoder:

        async def one(number: int) -> None:
            clean = await decoder.clean(files.jpeg(*sizes[number]))
            found[number] = clean.width, clean.height

        async with anyio.create_task_group() as group:
            for number in range(len(sizes)):
                group.start_soon(one, number)
    assert [found[number] for number in range(len(sizes))] == sizes


def killed_in_mid_answer(exiftool: Exiftool) -> threading.Thread:
    """Stop exiftool, and kill it when somebody has had time to ask it."""
    pid = exiftool.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)

    def kill() -> None:
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_exiftool_killed_in_mid_answer_is_replaced_and_answers(exiftool: Exiftool) -> None:
    exiftool.read(files.jpeg(), EVERYTHING)
    before = exiftool.pid
    killer = killed_in_mid_answer(exiftool)
    assert exiftool.read(files.jpeg(), EVERYTHING)["File:MIMEType"] == "image/jpeg"
    killer.join()
    assert exiftool.pid != before


def test_exiftool_killed_between_two_files_is_replaced(exiftool: Exiftool) -> None:
    exiftool.read(files.jpeg(), EVERYTHING)
    assert exiftool.pid is not None
    os.kill(exiftool.pid, signal.SIGKILL)
    assert exiftool.read(files.jpeg(), EVERYTHING)["File:MIMEType"] == "image/jpeg"


async def test_exiftool_killed_while_it_reads_the_original_stops_nothing(decoder: Decoder) -> None:
    await decoder.clean(files.jpeg())
    killer = killed_in_mid_answer(decoder._exiftool)
    clean = await decoder.clean(files.jpeg(exif=files.exif()))
    killer.join()
    assert "GPS" in clean.removed
    assert files.SECRET not in clean.data


def stopped(exiftool: Exiftool) -> None:
    """It will never answer again."""
    assert exiftool.pid is not None
    exiftool._seconds = 0.2
    os.kill(exiftool.pid, signal.SIGSTOP)


@pytest.fixture
def hasty() -> Iterator[Exiftool]:
    exiftool = Exiftool()
    exiftool.start()
    yield exiftool
    exiftool.close()


def test_exiftool_that_does_not_answer_is_given_up_and_replaced(hasty: Exiftool) -> None:
    stopped(hasty)
    with pytest.raises(ExiftoolFailed):
        hasty.read(files.jpeg(), EVERYTHING)
    hasty._seconds = 20
    assert hasty.read(files.jpeg(), EVERYTHING)["File:MIMEType"] == "image/jpeg"


def test_what_exiftool_could_not_check_is_not_proved(hasty: Exiftool) -> None:
    stopped(hasty)
    with pytest.raises(PictureRefused) as refused:
        prove(files.jpeg(), "image/jpeg", hasty)
    assert refused.value.code == "MEDIA-PROOF"


def test_exiftool_ends_with_the_process_that_asked_it() -> None:
    program = (
        "from gateway.media.metadata import Exiftool; import os;"
        "e = Exiftool(); e.start(); print(e.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], check=False
    )
    stat = Path(f"/proc/{int(ended.stdout)}/stat")
    deadline = time.monotonic() + 10
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_name_never_reaches_exiftool_and_a_newline_in_a_tag_injects_nothing(exiftool: Exiftool) -> None:
    original = files.jpeg(comment=b"harmless\n-delete_original!\n-execute1\n{ready2}\n")
    assert exiftool.read(original, EVERYTHING)["File:Comment"].startswith("harmless")
    assert exiftool.read(files.png(), EVERYTHING)["File:MIMEType"] == "image/png"
