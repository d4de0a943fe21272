"""What a platform says about how often it may be called is what the connector passes on, to the second."""

import math
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from recorder import recording
from stand_ins import Memory, Sandbox, picture, post

from connectors.contract import Connector, Credentials
from connectors.errors import RateLimited
from connectors.http import Wire
from connectors.registry import PLATFORMS, connector
from connectors.sandbox import demo_credentials
from connectors.sandbox.rules import RULES

pytestmark = pytest.mark.anyio
SAYS: dict[str, tuple[str, ...]] = {
    "x": ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"),
    "bluesky": ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "ratelimit-policy"),
    "mastodon": ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
}
FIRST = {
    "x": "identity", "facebook": "calls", "instagram": "calls", "threads": "calls", "linkedin": "member",
    "bluesky": "sign-ins", "mastodon": "calls", "wordpress": "guard",
}  # fmt: skip
"""The rate that counts the call which tells whose credentials these are."""


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Sandbox:
    """One that counts."""
    sandbox_process.reset()
    return sandbox_process


def of(sandbox: Sandbox, platform: str) -> Connector:
    return connector(platform, Wire(sandbox=sandbox.address))


async def too_often(made: Connector, credentials: Credentials) -> None:
    """A window may end in between, but not twice."""
    for _ in range(6):
        await made.verify(credentials)


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_a_spent_rate_is_refused_until_the_moment_that_the_platform_named(
    platform: str, sandbox: Sandbox
) -> None:
    sandbox.limits(platform, rates={FIRST[platform]: 1})
    credentials = demo_credentials(platform, "bwrdd")
    with recording(sandbox.address) as (address, passed):
        made = connector(platform, Wire(sandbox=address))
        with pytest.raises(RateLimited) as limited:
            await too_often(made, credentials)
    refused = passed[-1]
    assert refused.status in {403, 429}
    assert said(platform, refused.answered) == (limited.value.until and limited.value.until.replace(microsecond=0))


def said(platform: str, headers: dict[str, str]) -> datetime | None:
    """When calls are taken again, as the answer has it, read here once more."""
    now = datetime.now(UTC)
    match platform:
        case "x":
            return datetime.fromtimestamp(int(headers["x-rate-limit-reset"]), UTC)
        case "bluesky":
            return datetime.fromtimestamp(int(headers["ratelimit-reset"]), UTC)
        case "mastodon":
            return datetime.fromisoformat(headers["x-ratelimit-reset"]).replace(microsecond=0)
        case "wordpress":
            return pytest.approx(now + timedelta(seconds=int(headers["retry-after"])), abs=timedelta(seconds=2))
        case "linkedin":
            assert not any("limit" in name or name == "retry-after" for name in headers)
            return None
    usage = httpx.Response(200, content=headers["x-business-use-case-usage"]).json()
    ((entry,),) = usage.values()
    assert entry["call_count"] == 100
    minutes = entry["estimated_time_to_regain_access"]
    return pytest.approx(now + timedelta(minutes=minutes), abs=timedelta(seconds=2))


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_calls_are_taken_again_when_the_window_has_ended(platform: str, sandbox: Sandbox) -> None:
    rate = RULES[platform].rates[FIRST[platform]]
    sandbox.limits(platform, rates={FIRST[platform]: 2}, lives={"access": None})
    made, credentials = of(sandbox, platform), demo_credentials(platform, "bwrdd")
    with pytest.raises(RateLimited):
        await too_often(made, credentials)
    sandbox.ahead(seconds=rate.seconds + 1)
    assert (await made.verify(credentials)).account == credentials.account


@pytest.mark.parametrize("platform", sorted(SAYS))
async def test_every_answer_says_what_is_left(platform: str, sandbox: Sandbox) -> None:
    credentials = demo_credentials(platform, "bwrdd")
    with recording(sandbox.address) as (address, passed):
        made = connector(platform, Wire(sandbox=address))
        outgoing, pictures = post(platform, "Bore da", picture("red", "Drws"))
        attempt = Memory(pictures, sandbox)
        await made.prepare(outgoing, credentials, attempt)
        receipt = await made.publish(outgoing, credentials, attempt)
        await made.find(outgoing, credentials, attempt)
        await made.retract(receipt, credentials)
    answers = [one for one in passed if "/instance" not in one.path]  # it is asked by nobody in particular
    assert answers
    for one in answers:
        assert set(SAYS[platform]) <= set(one.answered), one.path
        limit, left = (int(one.answered[name]) for name in SAYS[platform][:2])
        assert 0 <= left < limit


@pytest.mark.parametrize("platform", ["facebook", "instagram", "threads"])
async def test_meta_says_how_much_is_used_once_it_is_more_than_next_to_nothing(platform: str, sandbox: Sandbox) -> None:
    credentials = demo_credentials(platform, "bwrdd")
    with recording(sandbox.address) as (address, passed):
        made = connector(platform, Wire(sandbox=address))
        await made.verify(credentials)
        assert "x-business-use-case-usage" not in passed[-1].answered
        sandbox.limits(platform, rates={"calls": 4})
        await made.verify(credentials)
    usage = httpx.Response(200, content=passed[-1].answered["x-business-use-case-usage"]).json()
    assert usage[credentials.account][0]["call_count"] == 50
    assert usage[credentials.account][0]["estimated_time_to_regain_access"] == 0


async def test_one_account_does_not_use_up_what_another_may(sandbox: Sandbox) -> None:
    sandbox.limits("x", rates={"identity": 1})
    made = of(sandbox, "x")
    await made.verify(demo_credentials("x", "un"))
    await made.verify(demo_credentials("x", "dau"))
    with pytest.raises(RateLimited):
        await made.verify(demo_credentials("x", "un"))


async def test_what_the_whole_app_may_do_is_counted_over_its_accounts_and_not_told(sandbox: Sandbox) -> None:
    sandbox.limits("x", rates={"posts-of-app": 1})
    made = of(sandbox, "x")
    outgoing, _ = post("x", "Bore da")
    await made.publish(outgoing, demo_credentials("x", "un"), Memory())
    with pytest.raises(RateLimited) as limited:
        await made.publish(outgoing, demo_credentials("x", "dau"), Memory())
    # the header speaks of the quarter of an hour, as X's does
    assert limited.value.until is not None
    assert limited.value.until < datetime.now(UTC) + timedelta(minutes=16)
    assert len(sandbox.posts()) == 1


@pytest.mark.parametrize(
    ("platform", "path"), [("instagram", "content_publishing_limit"), ("threads", "threads_publishing_limit")]
)
async def test_the_posts_of_a_day_have_an_end_and_how_many_are_left_can_be_asked(
    platform: str, path: str, sandbox: Sandbox
) -> None:
    made, credentials = of(sandbox, platform), demo_credentials(platform, "bwrdd")
    sandbox.limits(platform, rates={"posts": 1})

    async def publish(text: str) -> None:
        outgoing, pictures = post(platform, text)
        attempt = Memory(pictures, sandbox)
        await made.prepare(outgoing, credentials, attempt)
        await made.publish(outgoing, credentials, attempt)

    await publish("Un")
    with pytest.raises(RateLimited):
        await publish("Dau")
    version = "/v1.0" if platform == "threads" else "/v26.0"
    host = "graph.threads.net" if platform == "threads" else "graph.instagram.com"
    answer = sandbox.get(
        f"{version}/{credentials.account}/{path}", host=host, access_token=credentials.secrets["access_token"]
    )
    (entry,) = answer.json()["data"]
    assert entry == {"quota_usage": 1, "config": {"quota_total": 1, "quota_duration": 86_400}}
    sandbox.ahead(hours=24.1)
    await publish("Dau")
    assert [one["text"] for one in sandbox.posts()] == ["Dau", "Un"]


async def test_what_a_write_costs_is_counted_in_points(sandbox: Sandbox) -> None:
    sandbox.limits("bluesky", rates={"writes": 5})
    made, credentials = of(sandbox, "bluesky"), demo_credentials("bluesky", "bwrdd")
    outgoing, _ = post("bluesky", "Bore da")
    attempt = Memory()
    await made.prepare(outgoing, credentials, attempt)
    receipt = await made.publish(outgoing, credentials, attempt)  # 3
    await made.retract(receipt, credentials)  # 1
    with pytest.raises(RateLimited):
        await made.publish(outgoing, credentials, attempt)


def test_the_window_of_a_midnight_ends_at_midnight(sandbox: Sandbox) -> None:
    sandbox.limits("linkedin", rates={"member": 1})
    headers = {
        "X-Porth-Host": "api.linkedin.com",
        "Authorization": "Bearer sandbox-linkedin-bwrdd",
        "LinkedIn-Version": "202609",
    }

    def status() -> int:
        return httpx.get(f"{sandbox.address}/rest/organizationAcls", headers=headers, trust_env=False).status_code

    now = datetime.now(UTC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    sandbox.ahead(seconds=math.floor((midnight - now).total_seconds()) - 60)  # near the end, so none falls in between
    assert [status(), status()] == [200, 429]
    sandbox.ahead(seconds=(midnight - now).total_seconds() + 1)
    assert status() == 200


def test_for_load_all_rates_are_lifted_and_a_reset_brings_them_back(sandbox: Sandbox) -> None:
    def rates() -> set[int | None]:
        found = sandbox.get("/_control/limits").json()
        return {rate["most"] for rules in found.values() for rate in rules["rates"].values()}

    sandbox.lift()
    assert rates() == {None}
    sandbox.reset()
    assert 100 in rates()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"platform": "myspace"}, "one of x,"),
        ({"platform": "x", "rates": {"nonsense": 1}}, "there is no nonsense; one of posts"),
        ({"platform": "x", "rates": {"posts": -1}}, "platform"),
        ({"platform": "x", "content": {"text": "many"}}, "content"),
        ({"platform": "x", "content": {"words": 1}}, "there is no words"),
        ({"platform": "x", "lives": {"cats": 9}}, "there is no cats"),
        ({"platform": "x", "rate": {}}, "rate"),
    ],
)
def test_a_change_that_means_nothing_is_refused_whole(change: dict[str, object], says: str, sandbox: Sandbox) -> None:
    before = sandbox.get("/_control/limits").json()
    answer = httpx.post(f"{sandbox.address}/_control/limits", json=change, trust_env=False)
    assert answer.status_code == 400
    assert says in answer.text or says == "platform"
    assert sandbox.get("/_control/limits").json() == before
