"""What cannot be accepted is refused with its field, in the reader's language, and nothing is half done."""

import asyncio
from typing import Any

import pytest

from approvals import models as m
from tests.api.conftest import House, words

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"content": {}}, "/team"),
        ({"team": "no id", "content": {}}, "/team"),
        ({"team": "01a201dc-9aab-7041-9de8-5ce373f1f187", "content": {"text": {"cy": 5}}}, "/content/text/cy"),
        ({"team": "01a201dc-9aab-7041-9de8-5ce373f1f187", "content": {"media": [{"alt": 3}]}}, "/content/media/0/alt"),
        ({"team": "01a201dc-9aab-7041-9de8-5ce373f1f187", "content": {}, "tema": 1}, "/tema"),
        ([], ""),
    ],
)
async def test_a_body_that_cannot_be_read_names_its_field(house: House, body: Any, field: str) -> None:
    answer = await house.nurse.post("/posts", body, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json().get("field", "")) == (400, field), answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"team": NaN}'])
async def test_what_is_not_json_is_refused(house: House, body: bytes) -> None:
    answer = await house.nurse.call("POST", "/posts", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_that_is_too_large_is_refused(house: House) -> None:
    answer = await house.nurse.post("/posts", {"team": house.board.team, "content": {"text": {"cy": "a" * 1_100_000}}})
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"text": {"cy": "a" * 70_001}}, "/content/text/cy"),
        ({"channels": ["x"] * 101}, "/content/channels"),
        ({"media": [{"alt": {"en": "b" * 70_001}}]}, "/content/media/0/alt/en"),
    ],
)
async def test_what_is_too_long_is_refused_with_its_field(house: House, content: Any, field: str) -> None:
    answer = await house.nurse.post("/posts", {"team": house.board.team, "content": content})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "too-long", field)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "after=x", "status=gone"])
async def test_a_list_is_never_longer_than_a_page(house: House, query: str) -> None:
    answer = await house.nurse.get(f"/posts?{query}")
    assert (answer.status_code, answer.json()["field"]) == (400, "/" + query.split("=", maxsplit=1)[0]), answer.text


@pytest.mark.parametrize(("text", "status"), [(b"a\\u0000b", 422), (b"a\\u0007b", 422), (b"a\\ud800b", 400)])
async def test_characters_that_nobody_can_see_are_refused(house: House, text: bytes, status: int) -> None:
    body = b'{"team": "%s", "content": {"text": {"cy": "%s"}}}' % (str(house.board.team).encode(), text)
    answer = await house.nurse.call("POST", "/posts", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    post = await house.draft()
    body = b'{"words": "%s"}' % text
    answer = await house.nurse.call(
        "POST", f"/posts/{post}/comments", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {201, 400}, answer.text


async def test_text_is_stored_in_nfc(house: House) -> None:
    body = b'{"team": "%s", "content": {"text": {"cy": "Cwm Ta\\u0302f"}}}' % str(house.board.team).encode()
    answer = await house.nurse.call("POST", "/posts", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201, answer.text
    view = await house.nurse.get(f"/posts/{answer.json()['id']}")
    assert view.json()["content"]["text"]["cy"] == "Cwm Tâf"


async def test_a_post_number_that_is_no_id_is_not_there(house: House) -> None:
    assert (await house.nurse.get("/posts/1")).status_code == 404


@pytest.mark.parametrize(
    ("accepts", "language"),
    [("en", "en"), ("cy", "cy"), ("en-GB,cy;q=0.5", "en"), ("fr,cy;q=0.2", "cy"), ("en;q=0", "cy"), ("", "cy")],
)
async def test_refusals_are_said_in_the_language_that_is_asked_for(house: House, accepts: str, language: str) -> None:
    answer = await house.nobody.get("/me", headers={"Accept-Language": accepts})
    assert answer.headers["content-language"] == language
    assert answer.json()["detail"].startswith("Sign in" if language == "en" else "Mewngofnodwch")


async def test_one_key_makes_one_post_however_often_it_is_sent(house: House) -> None:
    body = {"team": house.board.team, "content": words()}
    first = await house.nurse.post("/posts", body, headers={"Idempotency-Key": "k1"})
    again = await house.nurse.post("/posts", body, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    changed = {"team": house.board.team, "content": words(purpose="other")}
    other = await house.nurse.post("/posts", changed, headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert await house.count(m.Post) == 1


async def test_duplicates_at_the_same_moment_make_one_post(house: House) -> None:
    body = {"team": house.board.team, "content": words()}
    answers = await asyncio.gather(
        *(house.nurse.post("/posts", body, headers={"Idempotency-Key": "k2"}) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await house.count(m.Post) == 1


async def test_a_refused_request_is_not_remembered(house: House) -> None:
    wrong = {"team": "01a201dc-9aab-7041-9de8-5ce373f1f187", "content": {}}
    assert (await house.nurse.post("/posts", wrong, headers={"Idempotency-Key": "k3"})).status_code == 422
    right = {"team": house.board.team, "content": words()}
    assert (await house.nurse.post("/posts", right, headers={"Idempotency-Key": "k3"})).status_code == 201


async def test_one_persons_key_is_not_anothers(house: House) -> None:
    body = {"team": house.board.team, "content": words()}
    first = await house.nurse.post("/posts", body, headers={"Idempotency-Key": "k4"})
    other = await house.comms.post("/posts", body, headers={"Idempotency-Key": "k4"})
    assert first.json()["id"] != other.json()["id"]


async def test_a_key_that_is_too_long_is_refused(house: House) -> None:
    body = {"team": house.board.team, "content": words()}
    answer = await house.nurse.post("/posts", body, headers={"Idempotency-Key": "k" * 256})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-wrong")


async def test_every_answer_carries_the_security_headers(house: House) -> None:
    for path in ("/api/v1/me", "/nothing", "/health", "/api/v1/openapi.json"):
        headers = (await house.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-request-id"]
