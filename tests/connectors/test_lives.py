"""How long credentials live, and what else the platforms keep for a while only: by the sandbox's clock."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from stand_ins import Memory, Sandbox, picture, post

from connectors.contract import Connector, Credentials
from connectors.errors import AuthExpired, Rejected, Retryable
from connectors.http import Wire
from connectors.registry import PLATFORMS, connector
from connectors.sandbox import demo_credentials

pytestmark = pytest.mark.anyio
SIXTY_DAYS = ("instagram", "threads", "linkedin")
TOKEN = {
    "x": "access_token", "facebook": "page_token", "bluesky": "app_password", "wordpress": "application_password",
}  # fmt: skip
"""The secret that is the credential, where it is not `access_token`."""


def of(sandbox: Sandbox, platform: str) -> tuple[Connector, Credentials]:
    return connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")


@pytest.mark.parametrize("platform", SIXTY_DAYS)
async def test_a_token_ends_after_sixty_days_and_holds_the_account(platform: str, sandbox: Sandbox) -> None:
    made, credentials = of(sandbox, platform)
    await made.verify(credentials)
    sandbox.ahead(days=59)
    await made.verify(credentials)
    sandbox.ahead(days=60, seconds=5)
    with pytest.raises(AuthExpired) as ended:
        await made.verify(credentials)
    assert ended.value.code == "token-refused"
    outgoing, pictures = post(platform, "Bore da")
    with pytest.raises(AuthExpired):
        await made.prepare(outgoing, credentials, Memory(pictures, sandbox))


@pytest.mark.parametrize("platform", SIXTY_DAYS)
async def test_renewed_credentials_work_on_and_the_old_ones_until_their_own_end(
    platform: str, sandbox: Sandbox
) -> None:
    made, credentials = of(sandbox, platform)
    await made.verify(credentials)
    sandbox.ahead(days=50)
    renewed = await made.refresh(credentials)
    assert renewed is not None
    assert renewed.expires is not None
    assert timedelta(days=59) < renewed.expires - datetime.now(UTC) < timedelta(days=60, minutes=1)
    for one in (credentials, renewed):
        assert (await made.verify(one)).account == credentials.account
    sandbox.ahead(days=61)
    with pytest.raises(AuthExpired):
        await made.verify(credentials)
    assert (await made.verify(renewed)).account == credentials.account
    sandbox.ahead(days=111)
    with pytest.raises(AuthExpired):
        await made.verify(renewed)


@pytest.mark.parametrize("platform", ["instagram", "threads"])
async def test_a_token_is_renewed_only_once_it_is_a_day_old_and_never_after_its_end(
    platform: str, sandbox: Sandbox
) -> None:
    made, credentials = of(sandbox, platform)
    await made.verify(credentials)
    sandbox.ahead(hours=23)
    with pytest.raises(Rejected):
        await made.refresh(credentials)
    assert (await made.verify(credentials)).account == credentials.account
    sandbox.ahead(days=61)
    with pytest.raises(AuthExpired):
        await made.refresh(credentials)


async def test_linkedins_year_is_not_extended_by_refreshing(sandbox: Sandbox) -> None:
    made, credentials = of(sandbox, "linkedin")
    renewed: Credentials | None = credentials
    for days in (0, 55, 110, 165, 220, 275, 330, 360):
        sandbox.ahead(days=days)
        assert renewed is not None
        renewed = await made.refresh(renewed)
    assert renewed is not None
    assert (await made.verify(renewed)).account == credentials.account
    sandbox.ahead(days=365, seconds=5)
    with pytest.raises(AuthExpired) as ended:
        await made.refresh(renewed)
    assert ended.value.code == "token-refused"
    assert (await made.verify(renewed)).account == credentials.account  # it still has 55 days


async def test_a_bluesky_session_that_has_ended_costs_one_try_and_the_next_signs_in(sandbox: Sandbox) -> None:
    made, credentials = of(sandbox, "bluesky")
    outgoing, pictures = post("bluesky", "Bore da", picture("red", "Drws"))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    sandbox.ahead(minutes=119)
    await made.publish(outgoing, credentials, attempt)
    sandbox.ahead(minutes=121)
    with pytest.raises(Retryable) as ended:
        await made.publish(outgoing, credentials, attempt)
    assert ended.value.code == "session-ended"
    await made.publish(outgoing, credentials, attempt)
    assert len(sandbox.posts()) == 1
    assert [call["call"] for call in sandbox.calls()].count("verify") == 2


def bluesky(sandbox: Sandbox, method: str, path: str, token: str = "", **body: str) -> httpx.Response:
    headers = {"X-Porth-Host": "bsky.social"} | ({"Authorization": f"Bearer {token}"} if token else {})
    address = f"{sandbox.address}/xrpc/com.atproto.{path}"
    return httpx.request(method, address, json=body or None, headers=headers, trust_env=False)


def test_a_bluesky_session_is_renewed_for_ninety_days_with_the_right_token_only(sandbox: Sandbox) -> None:
    password = demo_credentials("bluesky", "bwrdd").secrets["app_password"]
    made = bluesky(sandbox, "POST", "server.createSession", identifier="bwrdd", password=password).json()
    access, refresh = made["accessJwt"], made["refreshJwt"]
    assert access.count(".") == refresh.count(".") == 2
    wrong = bluesky(sandbox, "POST", "server.refreshSession", access)
    assert (wrong.status_code, wrong.json()["error"]) == (400, "InvalidToken")
    sandbox.ahead(days=89)
    again = bluesky(sandbox, "POST", "server.refreshSession", refresh)
    assert again.status_code == 200
    assert again.json()["refreshJwt"] != refresh
    # the answer may have been lost: the one that was used works for two hours more
    assert bluesky(sandbox, "POST", "server.refreshSession", refresh).status_code == 200
    sandbox.ahead(days=89, hours=3)
    ended = bluesky(sandbox, "POST", "server.refreshSession", refresh)
    assert (ended.status_code, ended.json()["error"]) == (400, "ExpiredToken")
    assert bluesky(sandbox, "POST", "server.refreshSession", again.json()["refreshJwt"]).status_code == 200
    refused = bluesky(sandbox, "POST", "server.createSession", identifier="bwrdd", password="nonsense")
    assert (refused.status_code, refused.json()["error"]) == (401, "AuthenticationRequired")


@pytest.mark.parametrize("platform", ["x", "facebook", "mastodon", "wordpress"])
async def test_a_credential_without_an_end_has_none(platform: str, sandbox: Sandbox) -> None:
    made, credentials = of(sandbox, platform)
    await made.verify(credentials)
    sandbox.ahead(days=3650)
    assert (await made.verify(credentials)).account == credentials.account
    assert await made.refresh(credentials) is None


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_a_revoked_credential_holds_the_account_until_it_is_connected_anew(
    platform: str, sandbox: Sandbox
) -> None:
    made, credentials = of(sandbox, platform)
    await made.verify(credentials)
    sandbox.revoke(platform, "bwrdd")
    with pytest.raises(AuthExpired) as refused:
        await made.verify(credentials)
    assert refused.value.code == "token-refused"
    other = demo_credentials(platform, "arall")
    assert (await made.verify(other)).account == other.account
    secret = TOKEN.get(platform, "access_token")
    anew = Credentials(credentials.account, {**credentials.secrets, secret: sandbox.token(platform, "bwrdd")})
    assert (await made.verify(anew)).account == credentials.account
    with pytest.raises(AuthExpired):
        await made.verify(credentials)


async def test_pictures_on_x_are_uploaded_again_before_they_are_forgotten(sandbox: Sandbox) -> None:
    made, credentials = of(sandbox, "x")
    outgoing, pictures = post("x", "Bore da", picture("red", "Drws"))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    sandbox.ahead(hours=25)
    with pytest.raises(Rejected):  # this machine's clock has not moved, so it does not know
        await made.publish(outgoing, credentials, attempt)
    assert sandbox.posts() == []


@pytest.mark.parametrize("platform", ["instagram", "threads"])
async def test_a_container_that_waited_for_a_day_is_gone_and_made_again(platform: str, sandbox: Sandbox) -> None:
    made, credentials = of(sandbox, platform)
    outgoing, pictures = post(platform, "Bore da", picture("red", "Drws"))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    sandbox.ahead(hours=24, seconds=5)
    with pytest.raises(Rejected):
        await made.publish(outgoing, credentials, attempt)
    with pytest.raises(Retryable) as gone:
        await made.prepare(outgoing, credentials, attempt)
    assert gone.value.code == "container-expired"
    await made.prepare(outgoing, credentials, attempt)
    await made.publish(outgoing, credentials, attempt)
    assert len(sandbox.posts()) == 1


@pytest.mark.parametrize(("platform", "minutes"), [("x", 60), ("linkedin", 10)])
async def test_the_same_text_is_a_duplicate_for_a_while_only(platform: str, minutes: int, sandbox: Sandbox) -> None:
    made, credentials = of(sandbox, platform)
    outgoing, _ = post(platform, "Bore da")
    await made.publish(outgoing, credentials, Memory())
    sandbox.ahead(minutes=minutes - 1)
    with pytest.raises(Rejected) as refused:
        await made.publish(outgoing, credentials, Memory())
    assert refused.value.code == "duplicate"
    sandbox.ahead(minutes=minutes + 1)
    await made.publish(outgoing, credentials, Memory())
    assert len(sandbox.posts()) == 2


async def test_mastodon_knows_a_key_for_an_hour(sandbox: Sandbox) -> None:
    made, credentials = of(sandbox, "mastodon")
    outgoing, _ = post("mastodon", "Bore da")
    first = await made.publish(outgoing, credentials, Memory())
    sandbox.ahead(minutes=59)
    assert (await made.publish(outgoing, credentials, Memory())).id == first.id
    assert made.repeat_safe_for is not None
    assert made.repeat_safe_for < timedelta(minutes=59)
    sandbox.ahead(minutes=61)
    assert (await made.publish(outgoing, credentials, Memory())).id != first.id


@pytest.mark.parametrize("ahead", [-1, "soon", 1e12])
def test_the_clock_goes_no_way_but_forward_and_not_for_ever(ahead: object, sandbox: Sandbox) -> None:
    answer = httpx.post(f"{sandbox.address}/_control/clock", json={"ahead_seconds": ahead}, trust_env=False)
    assert answer.status_code == 400
    assert sandbox.get("/_control/clock").json()["ahead_seconds"] == 0
