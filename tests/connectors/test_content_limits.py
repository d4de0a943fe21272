"""What each platform takes, by its own stand-in: at the limit it is taken, one beyond it is refused."""

import hashlib
import io
import random
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image
from stand_ins import Memory, Sandbox, picture, picture_of, post

from connectors.contract import Picture
from connectors.errors import PublishingError, Rejected
from connectors.http import Wire
from connectors.limits import LIMITS
from connectors.registry import connector
from connectors.sandbox import demo_credentials
from connectors.sandbox.rules import RULES

pytestmark = pytest.mark.anyio
TEXTS = sorted(set(LIMITS) & {name for name, rules in RULES.items() if rules.content.text is not None})
WELSH_FLAG = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP", "image/tiff": "TIFF"}


async def send(sandbox: Sandbox, platform: str, text: str, *pictures: tuple[Picture, bytes]) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, files = post(platform, text, *pictures)
    attempt = Memory(files, sandbox)
    attempt.key = uuid4().hex
    await made.prepare(outgoing, credentials, attempt)
    await made.publish(outgoing, credentials, attempt)


@pytest.mark.parametrize("platform", TEXTS)
async def test_a_text_may_be_as_long_as_documented_and_not_longer(platform: str, sandbox: Sandbox) -> None:
    most = RULES[platform].content.text or 0
    await send(sandbox, platform, "ŵ" * most)
    with pytest.raises(Rejected) as refused:
        await send(sandbox, platform, "ŵ" * (most + 1))
    assert refused.value.code in {"too-long", "invalid"}
    assert len(sandbox.posts()) == 1


@pytest.mark.parametrize(
    ("platform", "text", "fits"),
    [
        ("x", WELSH_FLAG * 140, True),
        ("x", WELSH_FLAG * 141, False),
        ("x", "ysgol.cymru " + "a" * 256, True),  # a link counts 23, whatever its length
        ("x", "ysgol.cymru " + "a" * 257, False),
        ("bluesky", WELSH_FLAG * 100, True),
        ("bluesky", WELSH_FLAG * 108, False),  # 3,024 bytes in 108 graphemes
        ("mastodon", "https://example.org/" + "a" * 600, True),
        ("mastodon", WELSH_FLAG * 500, True),
        ("threads", WELSH_FLAG * 17, True),
        ("threads", WELSH_FLAG * 18, False),  # 28 bytes each
    ],
)
async def test_the_length_is_counted_in_the_platforms_own_way(
    platform: str, text: str, *, fits: bool, sandbox: Sandbox
) -> None:
    if fits:
        await send(sandbox, platform, text)
    else:
        with pytest.raises(Rejected):
            await send(sandbox, platform, text)


@pytest.mark.parametrize(
    ("platform", "text"),
    [
        ("instagram", " ".join(f"#un{n}" for n in range(31))),
        ("instagram", " ".join(f"@un{n}" for n in range(21))),
        ("threads", " ".join(f"https://example.org/{n}" for n in range(6))),
        ("x", "Diolch i @GIG_Cymru"),
    ],
)
async def test_tags_mentions_and_links_have_an_end(platform: str, text: str, sandbox: Sandbox) -> None:
    with pytest.raises(Rejected):
        await send(sandbox, platform, text)
    assert sandbox.posts() == []


async def test_an_enterprise_may_mention_on_x(sandbox: Sandbox) -> None:
    sandbox.limits("x", content={"mentions": None})
    await send(sandbox, "x", "Diolch i @GIG_Cymru")
    assert len(sandbox.posts()) == 1


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"reply": {"in_reply_to_tweet_id": "20"}}, "Reply to this conversation is not allowed"),
        ({"quote_tweet_id": "20"}, "Quoting this post is not allowed"),
    ],
)
def test_x_lets_programs_neither_reply_to_others_nor_quote(more: dict[str, Any], says: str, sandbox: Sandbox) -> None:
    answer = x(sandbox, {"text": "Bore da", **more})
    assert answer.status_code == 403
    assert answer.json()["detail"].startswith(says)
    assert sandbox.posts() == []


def test_x_lets_an_account_go_on_with_its_own_thread(sandbox: Sandbox) -> None:
    first = x(sandbox, {"text": "Un"}).json()["data"]["id"]
    assert x(sandbox, {"text": "Dau", "reply": {"in_reply_to_tweet_id": first}}).status_code == 201


def x(sandbox: Sandbox, body: dict[str, Any]) -> httpx.Response:
    headers = {"X-Porth-Host": "api.x.com", "Authorization": "Bearer sandbox-x-bwrdd"}
    return httpx.post(f"{sandbox.address}/2/tweets", json=body, headers=headers, trust_env=False)


@pytest.mark.parametrize("platform", sorted(RULES))
async def test_a_post_may_have_as_many_pictures_as_documented_and_not_more(platform: str, sandbox: Sandbox) -> None:
    sandbox.limits(platform, content={"pictures": 2})
    three = [picture(colour, "Drws") for colour in ("red", "green", "blue")]
    await send(sandbox, platform, "Dau", *three[:2])
    if platform == "wordpress":
        return  # as many as anybody likes
    with pytest.raises(PublishingError):
        await send(sandbox, platform, "Tri", *three)
    assert len(sandbox.posts()) == 1


@pytest.mark.parametrize("platform", sorted(name for name, rules in RULES.items() if rules.content.picture_bytes))
async def test_a_picture_that_is_too_large_is_refused(platform: str, sandbox: Sandbox) -> None:
    large = noise()
    sandbox.limits(platform, content={"picture_bytes": len(large)})
    await send(sandbox, platform, "Ffit", picture_of(large, "image/jpeg", "Sŵn"))
    sandbox.limits(platform, content={"picture_bytes": len(large) - 1})
    with pytest.raises(Rejected):
        await send(sandbox, platform, "Gormod", picture_of(large, "image/jpeg", "Sŵn"))
    assert len(sandbox.posts()) == 1


@pytest.mark.parametrize("platform", ["linkedin", "mastodon"])
async def test_a_picture_of_too_many_pixels_is_refused(platform: str, sandbox: Sandbox) -> None:
    sandbox.limits(platform, content={"max_pixels": 400 * 400})
    await send(sandbox, platform, "Ffit", picture("red", "Drws"))
    sandbox.limits(platform, content={"max_pixels": 400 * 400 - 1})
    with pytest.raises(Rejected):
        await send(sandbox, platform, "Gormod", picture("red", "Drws"))


@pytest.mark.parametrize("platform", sorted(RULES))
async def test_kinds_of_pictures_that_are_not_taken_are_refused_whatever_they_are_called(
    platform: str, sandbox: Sandbox
) -> None:
    taken = RULES[platform].content.picture_types
    for number, (kind, name) in enumerate(FORMATS.items()):
        one = picture_of(drawn(name), "image/jpeg", "Drws")
        if kind.startswith(taken):
            await send(sandbox, platform, f"Llun {number}", one)
        else:
            with pytest.raises(Rejected):
                await send(sandbox, platform, f"Llun {number}", one)
    with pytest.raises(Rejected):
        await send(sandbox, platform, "Dim llun", picture_of(b"%PDF-1.7 not a picture", "image/jpeg", "Drws"))


@pytest.mark.parametrize(("platform", "size", "fits"), [
    ("instagram", (400, 500), True), ("instagram", (400, 502), False), ("instagram", (764, 400), True),
    ("instagram", (768, 400), False), ("threads", (1000, 100), True), ("threads", (1001, 100), False),
])  # fmt: skip
async def test_a_picture_has_a_shape_that_is_shown(
    platform: str, size: tuple[int, int], *, fits: bool, sandbox: Sandbox
) -> None:
    one = picture_of(drawn("JPEG", size), "image/jpeg", "Drws")
    if fits:
        await send(sandbox, platform, "Bore da", one)
    else:
        with pytest.raises(Rejected) as refused:
            await send(sandbox, platform, "Bore da", one)
        assert refused.value.code == "picture-ratio"


@pytest.mark.parametrize("platform", ["instagram", "threads"])
@pytest.mark.parametrize(("width", "scaled"), [(319, True), (320, False), (1440, False), (1441, True)])
async def test_meta_scales_a_picture_of_another_width_and_the_sandbox_says_so(
    platform: str, width: int, *, scaled: bool, sandbox: Sandbox
) -> None:
    await send(sandbox, platform, "Bore da", picture_of(drawn("JPEG", (width, width)), "image/jpeg", "Drws"))
    assert [one["scaled"] for one in sandbox.posts()[0]["media"]] == [scaled]


@pytest.mark.parametrize("platform", sorted(name for name, rules in RULES.items() if rules.content.alt))
async def test_a_description_may_be_as_long_as_documented_and_not_longer(platform: str, sandbox: Sandbox) -> None:
    most = RULES[platform].content.alt or 0
    await send(sandbox, platform, "Ffit", picture("red", "ŵ" * most))
    with pytest.raises(Rejected):
        await send(sandbox, platform, "Gormod", picture("red", "ŵ" * (most + 1)))
    assert len(sandbox.posts()) == 1


@pytest.mark.parametrize("platform", sorted(RULES))
def test_porth_keeps_to_what_each_platform_takes(platform: str) -> None:
    ours, theirs = LIMITS[platform], RULES[platform].content
    for name in ("text", "text_bytes", "pictures", "picture_bytes", "max_pixels", "alt", "hashtags", "max_width"):
        limit = getattr(theirs, name)
        if limit is not None:
            assert (getattr(ours, name) or 0) <= limit, name
            assert getattr(ours, name) is not None, name
    assert all(kind.startswith(theirs.picture_types) for kind in ours.picture_types)
    assert ours.counting == theirs.counting or (ours.counting, theirs.counting) == ("linkedin", "code-points")
    assert ours.needs_picture == theirs.needs_picture
    if theirs.ratio:
        assert ours.ratio is not None
        assert theirs.ratio[0] <= ours.ratio[0] < ours.ratio[1] <= theirs.ratio[1]


def test_a_picture_whose_sum_is_wrong_is_refused_by_wordpress(sandbox: Sandbox) -> None:
    _, content = picture("red", "Drws")
    right = hashlib.md5(content, usedforsecurity=False).hexdigest()
    for value, status in ((right, 201), ("0" * 32, 412)):
        answer = httpx.post(
            f"{sandbox.address}/wp-json/wp/v2/media", files={"file": ("a.jpg", content, "image/jpeg")},
            headers={"X-Porth-Host": "bwrdd.wordpress.example", "Content-MD5": value},
            auth=("nyrs", "sandbox-wordpress-bwrdd"), trust_env=False,
        )  # fmt: skip
        assert answer.status_code == status


def drawn(name: str, size: tuple[int, int] = (400, 400)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "navy").save(file, name)
    return file.getvalue()


def noise() -> bytes:
    file = io.BytesIO()
    Image.frombytes("RGB", (400, 400), random.Random(1).randbytes(400 * 400 * 3)).save(file, "JPEG", quality=90)
    return file.getvalue()
