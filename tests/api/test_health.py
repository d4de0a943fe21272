"""`/health` and `/metrics` say what is so: looked at in each state that they are there to tell."""

import dataclasses
from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, update

from approvals import models as m
from approvals.permissions import Role
from gateway.app import create_app
from gateway.database import create_engine, create_sessions
from tests.api.conftest import AT, NOW, House, another

pytestmark = pytest.mark.anyio


async def health(house: House) -> tuple[int, dict[str, Any]]:
    answer = await house.client.get("/health")
    return answer.status_code, answer.json()


async def change(house: House, model: type[m.Base], **values: Any) -> None:
    async with house.porth.sessions.begin() as session:
        await session.execute(update(model).values(**values))


async def worker(house: House, **values: Any) -> None:
    """One that has just said that it lives."""
    async with house.porth.sessions.begin() as session:
        await session.merge(m.Worker(name="w", started_at=NOW, seen_at=house.clock.now, **values))


async def due(house: House) -> None:
    """A post on a page and a pair that was due two minutes ago, and a worker."""
    post, digest = await house.approved()
    await house.comms.post(f"/posts/{post}/schedule", {"digest": digest, "at": AT})
    house.clock.now = NOW + timedelta(hours=5, minutes=2)
    await worker(house)


async def test_all_is_well_with_a_worker_and_nothing_due(house: House) -> None:
    await worker(house)
    status, said = await health(house)
    accounts = said.pop("accounts")
    assert status == 200
    assert said == {
        "well": True, "reasons": [], "degraded": [], "database": "there", "workers": 1,
        "last_beat": NOW.isoformat().replace("+00:00", "Z"), "oldest_due": None, "waiting_seconds": 0,
    }  # fmt: skip
    assert [(a["platform"], a["state"]) for a in accounts] == [("facebook", "well"), ("x", "well"), ("x", "well")]


async def test_due_deliveries_that_nobody_takes_are_503(house: House) -> None:
    await due(house)
    status, said = await health(house)
    assert (status, said["reasons"], said["waiting_seconds"]) == (503, ["deliveries-not-taken"], 120)
    assert said["oldest_due"].startswith("2026-11-23T14:00")


async def test_what_may_not_go_is_not_due(house: House) -> None:
    await due(house)
    await change(house, m.Organisation, paused_at=NOW)
    assert (await health(house))[0] == 200


async def test_what_waits_for_its_turn_after_an_outage_is_not_neglected(house: House) -> None:
    await due(house)
    await change(house, m.Account, begun_at=house.clock.now - timedelta(seconds=30))
    status, said = await health(house)
    assert (status, said["oldest_due"]) == (200, None)


async def test_without_a_worker_it_is_degraded_until_something_is_due(house: House) -> None:
    status, said = await health(house)
    assert (status, said["degraded"], said["last_beat"]) == (200, ["no-worker"], None)
    await due(house)
    house.clock.now += timedelta(minutes=2)
    status, said = await health(house)
    assert (status, said["workers"], said["degraded"]) == (503, 0, ["no-worker"])


@pytest.mark.parametrize(
    "values",
    [
        {"state": "unconfirmed", "code": "timeout"},
        {"state": "sending", "leased_by": "dead", "lease_until": NOW},
        {"leased_by": "stuck", "lease_until": NOW + timedelta(days=1)},
    ],
    ids=["a lookup", "what a dead worker left", "taken, and never brought to an end"],
)
async def test_other_work_that_nobody_does_is_503_too(house: House, values: dict[str, Any]) -> None:
    await due(house)
    if "state" in values:
        await change(house, m.Delivery, state="sending")
    await change(house, m.Delivery, **values)
    house.clock.now += timedelta(minutes=6)
    status, said = await health(house)
    assert (status, said["reasons"]) == (503, ["deliveries-not-taken"])


async def test_a_removal_that_nobody_carries_out_is_503(house: House) -> None:
    await due(house)
    await change(house, m.Delivery, state="sending")
    async with house.porth.sessions.begin() as session:
        for row in await session.scalars(select(m.Delivery)):
            row.state, row.platform_id, row.takedown_at = "published", str(row.id), house.clock.now
    house.clock.now += timedelta(minutes=2)
    assert (await health(house))[0] == 503


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"stopped_at": NOW, "stopped_code": "token-refused"}, "stopped"),
        ({"expires_at": NOW + timedelta(days=29)}, "expiring"),
        ({"expires_at": NOW - timedelta(days=1)}, "expired"),
        ({"limited_until": NOW + timedelta(minutes=5)}, "limited"),
    ],
)
async def test_an_account_in_trouble_is_named_and_wakes_nobody(
    house: House, values: dict[str, Any], state: str
) -> None:
    await worker(house)
    await change(house, m.Account, **values)
    status, said = await health(house)
    assert (status, said["well"], said["degraded"]) == (200, True, [f"account-{state}"])
    assert {account["state"] for account in said["accounts"]} == {state}
    assert "sealed" not in str(said)


async def test_a_worker_whose_clock_is_off_is_named(house: House) -> None:
    await worker(house, skew_seconds=-61.5)
    assert (await health(house))[1]["degraded"] == ["worker-clock"]


async def test_with_the_database_away_it_is_503_and_says_so(house: House) -> None:
    nowhere = create_engine("postgresql://porth@127.0.0.1:1/porth")
    app = create_app(dataclasses.replace(house.porth, sessions=create_sessions(nowhere)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://porth.test") as client:
        answer = await client.get("/health")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["database-away"])
    assert answer.json()["database"] == "away"


async def figures(house: House) -> dict[tuple[str, ...], float]:
    """By name and the values of the labels."""
    key = await house.key(Role.AUDITOR, responsible="auditor")
    answer = await house.client.get("/metrics", headers=key.headers)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_metrics_tell_backlog_outcomes_accounts_and_workers(house: House) -> None:
    await due(house)
    await change(house, m.Account, expires_at=house.clock.now + timedelta(hours=1))
    said = await figures(house)
    assert said["porth_backlog",] == 3
    assert said["porth_oldest_due_seconds",] == 120
    assert said["porth_deliveries", "facebook", "due"] == 1
    assert said["porth_accounts", "x", "expiring"] == 2
    assert {value for (name, *_), value in said.items() if name == "porth_account_seconds_left"} == {3600}
    assert (said["porth_workers",], said["porth_worker_beat_age_seconds",]) == (1, 0)


async def test_metrics_tell_how_late_posts_were_and_keep_counting_what_is_open(house: House) -> None:
    await due(house)
    await change(house, m.Delivery, state="sending")
    async with house.porth.sessions.begin() as session:
        rows = list(await session.scalars(select(m.Delivery).order_by(m.Delivery.part)))
        rows[0].state, rows[0].platform_id = "published", "1"
        rows[0].published_at = rows[0].publish_at + timedelta(seconds=90)
        rows[1].state, rows[1].code = "unconfirmed", "timeout"
        rows[2].state, rows[2].code = "failed", "too-long"
    said = await figures(house)
    assert said["porth_lateness_seconds", "facebook", "0.95"] == 90
    house.clock.now += timedelta(days=2)
    said = await figures(house)
    assert said["porth_deliveries", "x", "unconfirmed"] == 1
    assert ("porth_deliveries", "facebook", "published") not in said


async def test_metrics_tell_nothing_of_another_organisation(house: House) -> None:
    await another(house)
    said = await figures(house)
    assert sum(value for (name, *_), value in said.items() if name == "porth_accounts") == 3


async def test_accounts_that_need_attention_are_listed_over_the_api_without_secrets(house: House) -> None:
    await change(house, m.Account, stopped_at=NOW, stopped_code="token-refused", expires_at=NOW + timedelta(days=3))
    await change(house, m.Channel, register={"deputy": "rhian@bwrdd.example"})
    answer = await house.comms.get("/accounts/attention")
    assert answer.status_code == 200, answer.text
    assert {tuple(found["reasons"]) for found in answer.json()} == {("stopped", "expiring")}
    assert "credentials" not in answer.text
