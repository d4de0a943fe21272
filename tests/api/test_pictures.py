"""Pictures over HTTP: taken in, refused, seen by those who may, obscured."""

import io
import zlib
from struct import pack
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import select

from approvals import models as m
from approvals.content import Bilingual, Media, Rights
from gateway.api import media
from tests.api.conftest import ANSWERS, Caller, House, another
from tests.media import files

pytestmark = pytest.mark.anyio


@pytest.fixture
def pictures() -> bool:
    return True


async def upload(caller: Caller, data: bytes, **more: Any) -> httpx.Response:
    team = more.pop("team", None)
    return await caller.post(
        "/media", files={"file": ("ward.jpg", data, "image/jpeg")}, data={"team": team} if team else {}, **more
    )


def with_gps() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.0), 3: "W", 4: (3.0, 10.0, 48.0)})
    exif[0x010F] = "Camera of Ward 7"
    return files.jpeg(640, 480, exif=exif)


async def test_a_picture_is_rebuilt_and_only_the_kinds_of_what_was_removed_are_told(house: House) -> None:
    answer = await upload(house.nurse, with_gps(), team=str(house.board.team))
    assert answer.status_code == 201, answer.text
    item = answer.json()
    assert item["removed"]
    assert "Ward 7" not in answer.text
    assert {r["platform"] for r in item["renditions"]} == {"facebook", "x"}
    assert all(r["sha256"] for r in item["renditions"])
    shown = await house.nurse.get(f"/media/{item['id']}/picture")
    assert b"Ward 7" not in shown.content
    assert not Image.open(io.BytesIO(shown.content)).getexif()


async def test_a_picture_is_served_privately_and_cannot_run(house: House) -> None:
    item = (await upload(house.nurse, files.png())).json()
    shown = await house.nurse.get(f"/media/{item['id']}/picture")
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["cache-control"] == "no-store"
    assert (await house.nobody.get(f"/media/{item['id']}/picture")).status_code == 401
    _, others = await another(house)
    assert (await others["comms"].get(f"/media/{item['id']}/picture")).status_code == 404


async def test_the_original_is_seen_by_few_and_every_look_is_logged(house: House) -> None:
    original = with_gps()
    item = (await upload(house.nurse, original, team=str(house.board.team))).json()
    assert (await house.comms.get(f"/media/{item['id']}/original")).status_code == 403
    seen = await house.privacy.get(f"/media/{item['id']}/original")
    assert seen.content == original
    assert seen.headers["content-disposition"] == "attachment"
    async with house.porth.sessions() as session:
        actors = list(await session.scalars(select(m.LogEntry.actor_id).where(m.LogEntry.kind == "original-viewed")))
    assert actors == [house.board.privacy.person]


def wide_png() -> bytes:
    """50,000 pixels wide, and honest about it."""
    header = pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("truncated", "MEDIA-TRUNCATED"), ("pdf", "MEDIA-PDF"), ("svg", "MEDIA-SVG"), ("words", "MEDIA-TYPE"),
        ("empty", "MEDIA-EMPTY"), ("wide", "MEDIA-PIXELS"),
    ],
)  # fmt: skip
async def test_what_is_no_good_picture_is_refused_and_nothing_is_stored(house: House, name: str, code: str) -> None:
    data = {
        "truncated": files.jpeg(640, 480)[:3000], "pdf": b"%PDF-1.7 ...", "svg": b"<svg onload='x'/>",
        "words": b"not a picture", "empty": b"", "wide": wide_png(),
    }[name]  # fmt: skip
    answer = await upload(house.nurse, data, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, "/file")
    assert len(answer.json()["detail"]) > 20
    assert await house.count(m.MediaItem) == 0
    assert not house.porth.quarantine.names()


async def test_a_file_that_is_too_large_is_refused_while_it_arrives(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless(httpx.AsyncByteStream):
        sent = 0

        async def __aiter__(self) -> Any:
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            while self.sent < 10 * media.MOST:
                self.sent += 1024 * 1024
                yield b"\xff\xd8\xff" + bytes(1024 * 1024 - 3)

    stream = Endless()
    answer = await house.client.request(
        "POST", "/api/v1/media", content=stream,
        headers=house.nurse.headers | {"Content-Type": "multipart/form-data; boundary=b"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert stream.sent <= media.MOST + 4 * 1024 * 1024


async def test_an_upload_that_breaks_off_or_has_no_file_is_refused(house: House) -> None:
    headers = house.nurse.headers | {"Content-Type": "multipart/form-data; boundary=b"}
    part = b'--b\r\nContent-Disposition: form-data; name="%s"; filename="a"\r\n\r\nabc'
    for body, code in ((part % b"file", "upload-broken"), (part % b"other" + b"\r\n--b--\r\n", "upload-no-file")):
        answer = await house.client.post("/api/v1/media", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    answer = await house.nurse.post("/media", {"file": "?"})
    assert (answer.status_code, answer.json()["code"]) == (422, "upload-not-multipart")


async def test_another_sites_form_uploads_nothing(house: House) -> None:
    cookie = {"Cookie": house.nurse.headers["Cookie"]}
    answer = await house.client.post("/api/v1/media", files={"file": files.jpeg()}, headers=cookie)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    right = {"csrf": house.nurse.headers["X-CSRF-Token"]}
    answer = await house.client.post("/api/v1/media", files={"file": files.jpeg()}, data=right, headers=cookie)
    assert answer.status_code == 201, answer.text


async def test_hiding_a_region_makes_a_new_picture_from_the_original(house: House) -> None:
    item = (await upload(house.nurse, files.png(400, 300), team=str(house.board.team))).json()
    answer = await house.nurse.post(
        f"/media/{item['id']}/obscured", {"regions": [{"box": [0, 0, 100, 75], "how": "solid"}]}
    )
    assert answer.status_code == 201, answer.text
    hidden = answer.json()
    assert hidden["id"] != item["id"]
    assert hidden["obscured"] == [{"box": [0, 0, 100, 75], "how": "solid"}]
    shown = await house.nurse.get(f"/media/{hidden['id']}/picture")
    assert Image.open(io.BytesIO(shown.content)).convert("RGB").getpixel((50, 40)) == (0, 0, 0)
    before = await house.nurse.get(f"/media/{item['id']}/picture")
    assert Image.open(io.BytesIO(before.content)).convert("RGB").getpixel((50, 40)) != (0, 0, 0)


async def test_a_region_outside_the_picture_is_refused(house: House) -> None:
    item = (await upload(house.nurse, files.png(40, 30), team=str(house.board.team))).json()
    answer = await house.nurse.post(f"/media/{item['id']}/obscured", {"regions": [{"box": [400, 0, 10, 10]}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "MEDIA-REGION")


async def test_the_same_upload_under_one_key_is_one_picture(house: House) -> None:
    data = files.jpeg(320, 240)
    first = await upload(house.nurse, data, headers={"Idempotency-Key": "up-1"})
    again = await upload(house.nurse, data, headers={"Idempotency-Key": "up-1"})
    other = await upload(house.nurse, files.jpeg(100, 100), headers={"Idempotency-Key": "up-1"})
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert await house.count(m.MediaItem) == 1


async def test_a_channel_registered_after_the_upload_gets_its_rendition_before_submission(house: House) -> None:
    item = (await upload(house.nurse, files.jpeg(640, 480), team=str(house.board.team))).json()
    async with house.porth.sessions.begin() as session:
        for row in await session.scalars(select(m.Rendition)):
            await session.delete(row)
    shown = Media(
        upload=item["id"], alt=Bilingual("Graddliwiau", "A gradient"), words=Bilingual("", ""),
        rights=Rights("Y Bwrdd", "own", "Y Bwrdd"), people=(), nobody="no person is in it",
    )  # fmt: skip
    post = await house.draft(media=(shown,))
    answer = await house.nurse.post(f"/posts/{post}/submission", {"seen": 1, "declaration": ANSWERS})
    assert answer.status_code == 200, answer.text
    assert await house.count(m.Rendition) == 2
