"""Registering channels and accounts on pages: the secrets are typed once, confirmed by name, and seen nowhere."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from approvals import models as m
from connectors.sandbox import demo_credentials
from connectors.sandbox.serve import running
from gateway import accounts
from tests.approvals.conftest import NOW
from tests.web.desk import Desk, Visitor, hidden, opened, words

pytestmark = pytest.mark.anyio

CHANNELS = "/administration/channels"
GIVEN = demo_credentials("facebook", "ward-page")
TYPED = {"mode": "sandbox", **{f"secret-{name}": secret for name, secret in GIVEN.secrets.items()}}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[int]:
    with running() as address:
        yield int(address.rsplit(":", 1)[1])


@pytest.fixture
async def desk(database: str, tmp_path: Path, sandbox: int) -> AsyncIterator[Desk]:
    async with opened(database, tmp_path, sandbox) as found:
        yield found


@pytest.fixture
async def admin(desk: Desk) -> Visitor:
    return await desk.visitor(desk.board.admin)


async def channel_of(desk: Desk, admin: Visitor, platform: str = "facebook", model: str = "bilingual") -> str:
    owner, deputy = str(desk.board.comms.person), str(desk.board.nurse.person)
    fields = {
        "platform": platform, "model": model, "name": "ward", "purpose": "News of the ward", "owner": owner,
        "deputy": deputy, "recovery": "news@bwrdd.example", "second_factor": "yes",
    }  # fmt: skip
    answer = await admin.post(f"{CHANNELS}/new", fields)
    assert answer.status_code == 303, words(answer)
    found = re.match(rf"({CHANNELS}/[0-9a-f-]+)\?done=channel-registered", answer.headers["location"])
    assert found
    return found[1]


async def kept(desk: Desk, name: str) -> list[m.Account]:
    async with desk.porth.sessions() as session:
        return list(await session.scalars(select(m.Account).join(m.Channel).where(m.Channel.name == name)))


async def asked(admin: Visitor, channel: str, **changes: str) -> httpx.Response:
    return await admin.post(f"{channel}/accounts/new", {**TYPED, **changes})


async def test_a_channel_is_registered_step_by_step(desk: Desk, admin: Visitor) -> None:
    assert "Where is the account?" in words(await admin.get(f"{CHANNELS}/new"))
    assert "Everybody follows the same page" in words(await admin.get(f"{CHANNELS}/new?platform=facebook"))
    wrong = await admin.post(f"{CHANNELS}/new", {"platform": "facebook", "model": "bilingual", "name": "ward"})
    assert wrong.status_code == 422
    assert 'href="#purpose"' in wrong.text
    assert 'value="ward"' in wrong.text
    shown = words(await admin.get(await channel_of(desk, admin)))
    assert "News of the ward" in shown
    assert "Comms" in shown
    assert "its six-monthly review is due" in shown


async def test_an_account_is_kept_only_once_its_name_was_confirmed_and_its_secrets_are_on_no_page(
    desk: Desk, admin: Visitor
) -> None:
    channel = await channel_of(desk, admin)
    question = await asked(admin, channel)
    assert (question.status_code, await kept(desk, "ward")) == (200, [])
    assert 'id="account-name">ward-page<' in question.text
    secret = GIVEN.secrets["page_token"]
    assert secret not in question.text + str(question.headers)
    answer = await admin.post(f"{channel}/accounts/confirm", {"carried": hidden(question, "carried")[0]})
    assert answer.headers["location"] == f"{channel}?done=account-registered", words(answer)
    (account,) = await kept(desk, "ward")
    assert desk.porth.credentials(account).secrets == GIVEN.secrets
    assert (account.external_id, account.mode, account.languages) == (GIVEN.account, "sandbox", ["cy", "en"])
    assert secret not in (await admin.get(channel)).text


async def test_what_one_sign_in_was_given_opens_in_no_other_for_no_other_channel_and_not_for_long(
    desk: Desk, admin: Visitor
) -> None:
    channel = await channel_of(desk, admin)
    sealed = hidden(await asked(admin, channel), "carried")[0]
    other = await desk.visitor(desk.board.admin, "another browser")
    elsewhere = f"{CHANNELS}/{desk.board.channels['facebook'].id}"
    for who, where, text in ((other, channel, sealed), (admin, elsewhere, sealed), (admin, channel, "bm9uc2Vuc2U=")):
        answer = await who.post(f"{where}/accounts/confirm", {"carried": text})
        assert answer.status_code == 422
        assert "Enter them again" in words(answer)
    desk.clock.now = NOW + accounts.CARRIED_FOR + timedelta(seconds=1)
    assert (await admin.post(f"{channel}/accounts/confirm", {"carried": sealed})).status_code == 422
    assert await kept(desk, "ward") == []


async def test_a_persons_token_in_place_of_the_pages_is_said_in_words_and_shown_nowhere(
    desk: Desk, admin: Visitor
) -> None:
    channel = await channel_of(desk, admin)
    token = "sandbox-facebook-user-nia"  # of nobody
    answer = await asked(admin, channel, **{"secret-page_token": token})
    assert answer.status_code == 422
    assert "This is a person's access token, not the page's" in words(answer)
    assert 'href="#secret-page_token"' in answer.text
    assert token not in answer.text


async def test_a_live_account_is_not_kept_until_its_name_is_typed(desk: Desk, admin: Visitor) -> None:
    channel = await channel_of(desk, admin)
    found = await accounts.identity(desk.porth, "facebook", "sandbox", "", GIVEN.secrets)
    carried = accounts.Carried(NOW + timedelta(minutes=5), "live", found.account, dict(GIVEN.secrets), found)
    async with desk.porth.sessions() as session:
        sign_in = await session.scalar(select(m.SignIn.token_hash))
        channel_id = await session.scalar(select(m.Channel.id).where(m.Channel.name == "ward"))
    assert sign_in is not None
    assert channel_id is not None
    sealed = accounts.carry(desk.porth, sign_in, channel_id, carried)
    for typed in ("", "yes", "ward page"):
        answer = await admin.post(f"{channel}/accounts/confirm", {"carried": sealed, "typed": typed})
        assert answer.status_code == 422
        assert 'href="#typed"' in answer.text
    answer = await admin.post(f"{channel}/accounts/confirm", {"carried": sealed, "typed": " Ward-Page "})
    assert answer.status_code == 303
    assert "Live: the public sees it".casefold() in words(await admin.get(channel)).casefold()


async def test_the_accounts_of_a_pair_are_each_of_one_language(desk: Desk, admin: Visitor) -> None:
    channel = await channel_of(desk, admin, model="paired")
    sealed = hidden(await asked(admin, channel), "carried")[0]
    answer = await admin.post(f"{channel}/accounts/confirm", {"carried": sealed})
    assert answer.status_code == 422
    assert 'href="#languages"' in answer.text
    done = await admin.post(f"{channel}/accounts/confirm", {"carried": sealed, "languages": "cy"})
    assert done.status_code == 303
    again = await admin.post(f"{channel}/accounts/confirm", {"carried": sealed, "languages": "en"})
    assert "it would get every post twice" in words(again)


async def test_credentials_are_replaced_only_by_the_same_accounts_own(desk: Desk, admin: Visitor) -> None:
    channel = await channel_of(desk, admin)
    sealed = hidden(await asked(admin, channel), "carried")[0]
    await admin.post(f"{channel}/accounts/confirm", {"carried": sealed})
    (account,) = await kept(desk, "ward")
    path = f"/administration/accounts/{account.id}/credentials"
    other = {f"secret-{name}": secret for name, secret in demo_credentials("facebook", "other").secrets.items()}
    answer = await admin.post(path, other)
    assert answer.status_code == 422
    assert '"other"' in words(answer)
    empty = await admin.post(path, {"secret-page_token": "", "secret-app_secret": ""})
    assert 'href="#secret-page_token"' in empty.text
    done = await admin.post(path, {name: value for name, value in TYPED.items() if name != "mode"})
    assert done.headers["location"] == f"{channel}?done=credentials-replaced"


async def test_an_account_goes_out_of_service_and_comes_back_with_reasons(desk: Desk, admin: Visitor) -> None:
    async with desk.porth.sessions() as session:
        account = await session.scalar(
            select(m.Account).where(m.Account.channel_id == desk.board.channels["facebook"].id)
        )
    assert account is not None
    path = f"/administration/accounts/{account.id}"
    bare = await admin.post(f"{path}/out-of-service", {f"out-{account.id}": " "})
    assert bare.status_code == 422
    assert f'href="#out-{account.id}"' in bare.text
    assert (await admin.post(f"{path}/out-of-service", {f"out-{account.id}": "Lost"})).status_code == 303
    listed = words(await admin.get(CHANNELS))
    assert "An administrator has taken it out of service" in listed
    assert (await admin.post(f"{path}/in-service", {f"back-{account.id}": "Found"})).status_code == 303


async def test_a_review_and_a_closure_are_recorded(desk: Desk, admin: Visitor) -> None:
    channel = await channel_of(desk, admin)
    day = {"reviewed-day": "24", "reviewed-month": "11", "reviewed-year": "2026"}
    assert 'href="#reviewed"' in (await admin.post(f"{channel}/reviews", day)).text
    assert (await admin.post(f"{channel}/reviews", day | {"reviewed-day": "23"})).status_code == 303
    assert "23 November 2026, by Admin" in words(await admin.get(channel))
    assert (await admin.post(f"{channel}/closure", {"close-reason": "Nobody reads it"})).status_code == 303
    assert "This channel was closed on 23 November 2026: Nobody reads it" in words(await admin.get(channel))
    nurse = await desk.visitor(desk.board.nurse)
    assert 'value="ward"' not in (await nurse.get("/posts/new")).text
    assert (await nurse.get(channel)).status_code == 403
