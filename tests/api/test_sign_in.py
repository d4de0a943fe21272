"""Signing in with a password, over HTTP."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from approvals import models as m
from approvals.errors import Invalid
from gateway import access
from gateway.app import create_app
from tests.api.conftest import NOW, House

pytestmark = pytest.mark.anyio

PASSWORD = "tri-gair-ar-hap"


@pytest.fixture
async def with_password(house: House) -> House:
    kept = await access.hashed(PASSWORD)
    async with house.porth.sessions.begin() as session:
        await session.execute(
            update(m.Person).where(m.Person.id == house.board.nurse.person).values(password_hash=kept)
        )
    return house


async def sign_in(house: House, password: str, email: str = "nurse@bwrdd.example") -> httpx.Response:
    return await house.nobody.post("/sign-in", {"email": email, "password": password})


async def test_a_right_password_gives_a_cookie_that_scripts_cannot_read(with_password: House) -> None:
    answer = await sign_in(with_password, PASSWORD, " Nurse@BWRDD.example ")
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    headers = {"Cookie": cookie.split(";")[0], "X-CSRF-Token": answer.json()["csrf"]}
    assert (await with_password.client.get("/api/v1/me", headers=headers)).json()["name"] == "Nurse"


async def test_the_table_holds_no_token_that_could_be_used(with_password: House) -> None:
    answer = await sign_in(with_password, PASSWORD)
    token = answer.headers["set-cookie"].split(";")[0].split("=", 1)[1]
    async with with_password.porth.sessions() as session:
        kept = list(await session.scalars(select(m.SignIn.token_hash)))
    assert token.encode() not in kept


async def test_signing_out_ends_it_on_the_server(with_password: House) -> None:
    answer = await sign_in(with_password, PASSWORD)
    headers = {"Cookie": answer.headers["set-cookie"].split(";")[0], "X-CSRF-Token": answer.json()["csrf"]}
    assert (await with_password.client.delete("/api/v1/sign-in", headers=headers)).status_code == 204
    assert (await with_password.client.get("/api/v1/me", headers=headers)).status_code == 401


async def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(with_password: House) -> None:
    wrong = await sign_in(with_password, "wrong wrong wrong")
    unknown = await sign_in(with_password, PASSWORD, "nobody@bwrdd.example")
    assert (wrong.status_code, wrong.json()) == (401, unknown.json())
    assert unknown.status_code == 401


async def test_whoever_has_left_or_has_no_password_cannot_sign_in(with_password: House) -> None:
    assert (await sign_in(with_password, "", "comms@bwrdd.example")).status_code == 401
    async with with_password.porth.sessions.begin() as session:
        await session.execute(update(m.Person).values(left_at=NOW))
    assert (await sign_in(with_password, PASSWORD)).status_code == 401


async def test_guessing_is_stopped_and_forgiven_later(with_password: House) -> None:
    for _ in range(5):
        assert (await sign_in(with_password, "wrong wrong wrong")).status_code == 401
    stopped = await sign_in(with_password, PASSWORD)
    assert (stopped.status_code, stopped.json()["code"]) == (429, "too-many-tries")
    assert int(stopped.headers["retry-after"]) > 0
    with_password.clock.now = NOW + timedelta(minutes=16)
    assert (await sign_in(with_password, PASSWORD)).status_code == 200


async def test_over_https_the_cookie_is_sent_over_nothing_else(with_password: House) -> None:
    import dataclasses  # noqa: PLC0415  # for this one

    import msgspec  # noqa: PLC0415

    settings = msgspec.structs.replace(with_password.porth.settings, base_url="https://porth.test")
    app = create_app(dataclasses.replace(with_password.porth, settings=settings))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://porth.test") as client:  # type: ignore[arg-type]  # ASGI is
        answer = await client.post("/api/v1/sign-in", json={"email": "nurse@bwrdd.example", "password": PASSWORD})
    assert "Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers


async def test_a_short_password_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        await access.hashed("elevenchars")
    assert refusal.value.params == {"least": 12, "most": 200}
