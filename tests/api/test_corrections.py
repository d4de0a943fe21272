"""Corrections and foreign posts over HTTP."""

from typing import Any

import pytest
from sqlalchemy import select

from approvals import models as m
from approvals.actions import foreign
from connectors.contract import Receipt, Seen
from connectors.matching import normal
from tests.api.conftest import AT, House, another, words

pytestmark = pytest.mark.anyio


async def published(house: House) -> str:
    """As workers leave it: no platform is asked here."""
    post, digest = await house.approved()
    await house.comms.post(f"/posts/{post}/schedule", {"digest": digest, "at": AT})
    async with house.porth.sessions.begin() as session:
        for number, delivery in enumerate(await session.scalars(select(m.Delivery).order_by(m.Delivery.id))):
            delivery.state = "sending"
            await session.flush()
            delivery.state, delivery.platform_id, delivery.url = "published", str(number), f"https://p.example/{number}"
    return post


async def corrected(house: House, original: str, **changes: Any) -> Any:
    return await house.nurse.post(
        "/posts", {"team": house.board.team, "content": words(**changes), "corrects": original}
    )


async def test_a_post_and_its_correction_name_each_other(house: House) -> None:
    original = await published(house)
    answer = await corrected(house, original)
    assert answer.status_code == 201, answer.text
    post = answer.json()["id"]
    assert (await house.nurse.get(f"/posts/{post}")).json()["corrects"] == original
    corrections = (await house.nurse.get(f"/posts/{original}")).json()["corrections"]
    assert [(each["id"], each["public"]) for each in corrections] == [(post, False)]
    findings = (await house.nurse.get(f"/posts/{post}/findings")).json()
    assert [f["params"]["variant"] for f in findings if f["code"] == "PUB-CORRECTION"] == ["unchanged"]


async def test_only_a_public_post_of_ones_own_organisation_is_corrected(house: House) -> None:
    draft = await house.draft()
    answer = await corrected(house, draft)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-to-correct")
    original = await published(house)
    board, others = await another(house)
    answer = await others["nurse"].post("/posts", {"team": board.team, "content": words(), "corrects": original})
    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-post")


async def test_a_foreign_post_is_listed_with_its_evidence_and_settled_by_comms_of_its_organisation(
    house: House,
) -> None:
    await published(house)
    async with house.porth.sessions.begin() as session:
        account = await session.scalar(select(m.Account).order_by(m.Account.id))
        assert account is not None
        seen = (Seen(Receipt("strange", "https://p.example/strange", house.clock()), "Sale! Sale!"),)
        assert await foreign.compared(session, account.id, seen, normal, now=house.clock()) == 1
        assert await foreign.compared(session, account.id, seen, normal, now=house.clock()) == 0
    (drift,) = (await house.comms.get("/drifts")).json()["items"]
    assert (drift["kind"], drift["post"], drift["delivery"], drift["reads"]) == ("foreign", None, None, "Sale! Sale!")
    assert (drift["url"], drift["handle"]) == ("https://p.example/strange", account.handle)
    _, others = await another(house)
    assert (await others["comms"].get("/drifts")).json()["items"] == []
    reason = {"reason": "Removed on the platform."}
    assert (await others["comms"].post(f"/drifts/{drift['id']}/settlement", reason)).status_code == 404
    assert (await house.nurse.post(f"/drifts/{drift['id']}/settlement", reason)).status_code == 403
    assert (await house.comms.post(f"/drifts/{drift['id']}/settlement", reason)).status_code == 200
    assert (await house.comms.get("/drifts")).json()["items"] == []
    (settled,) = (await house.comms.get("/drifts?settled=true")).json()["items"]
    assert settled["reason"] == reason["reason"]
