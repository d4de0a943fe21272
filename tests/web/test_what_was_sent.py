"""The calendar, deliveries, takedowns and changed posts over plain HTTP, as a browser without JavaScript sends it."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import httpx
import pytest

from gateway.access import UNATTENDED
from tests.web.scene import Site
from tests.web.test_doors import csrf, sign_in

LONDON = ZoneInfo("Europe/London")
People = Callable[[str], httpx.Client]
CARD = r'<li class="porth-card[^"]*" id="card-{post}".*?</form>'


@pytest.fixture(scope="module")
def people(site: Site) -> Iterator[People]:
    """Each signed in once."""
    made: dict[str, httpx.Client] = {}

    def person(name: str) -> httpx.Client:
        if name not in made:
            cookies = {"porth-language": "en"}
            made[name] = httpx.Client(base_url=site.address, trust_env=False, cookies=cookies, follow_redirects=True)
            sign_in(made[name], name)
        return made[name]

    yield person
    for client in made.values():
        client.close()


@pytest.fixture
def tom(people: People) -> httpx.Client:
    return people("tom")


def send(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return client.post(path, data={"csrf": csrf(client), **{n.replace("_", "-"): v for n, v in fields.items()}})


def month_with(client: httpx.Client, post: object) -> str:
    """The calendar page on which a post stands, which is the next month at the end of one."""
    for month in (datetime.now(LONDON), datetime.now(LONDON) + timedelta(days=7)):
        page = client.get(f"/deliveries/month?from={month:%Y-%m-%d}").text
        if f"card-{post}" in page:
            return page
    raise AssertionError("the post stands in no calendar")


def fields_of(page: str, post: object) -> dict[str, str]:
    """What the form on a post's card would send."""
    card = re.search(CARD.format(post=post), page, re.DOTALL)
    assert card
    return dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', card[0]))


def standing_at(client: httpx.Client, post: object) -> datetime:
    return datetime.fromisoformat(fields_of(month_with(client, post), post)["was"])


def test_a_post_is_moved_by_its_form_and_comes_back_to_the_same_calendar(tom: httpx.Client, site: Site) -> None:
    post = site.scene.scheduled
    before = standing_at(tom, post)
    form = fields_of(month_with(tom, post), post)
    wanted = before.astimezone(LONDON) - timedelta(hours=3)
    form |= {"day": f"{wanted:%Y-%m-%d}", "time": f"{wanted:%H.%M}"}
    answer = tom.post("/deliveries/move", data=form)
    assert (answer.status_code, answer.url.path) == (200, "/deliveries/month")
    assert "The post has been moved." in answer.text
    assert standing_at(tom, post) == wanted.replace(second=0, microsecond=0)


@pytest.mark.parametrize(("change", "words"), [
    ({"day": "2031-01-01"}, "was approved for the time from"),
    ({"day": "2020-01-01"}, "That time has passed"),
    ({"time": "half past"}, "Type the time as 09:"),
    ({"day": "31 March"}, "Type the day"),
    ({"was": "2020-01-01T09:00:00+00:00"}, "Somebody has moved this post meanwhile"),
])  # fmt: skip
def test_a_refused_move_is_said_in_words_and_the_post_stands_where_it_was(
    tom: httpx.Client, site: Site, change: dict[str, str], words: str
) -> None:
    post = site.scene.scheduled
    before = standing_at(tom, post)
    answer = tom.post("/deliveries/move", data=fields_of(month_with(tom, post), post) | change)
    assert answer.status_code == 422
    summary = re.search(r"nhsuk-error-summary.*?</ul>", answer.text, re.DOTALL)
    assert summary
    assert words in unescape(summary[0])
    assert f'href="#card-{post}"' in summary[0]
    assert standing_at(tom, post) == before


@pytest.mark.parametrize("nonsense", [{}, {"post": "x"}, {"post": "00000000-0000-0000-0000-000000000000"}])
def test_a_move_of_nothing_is_refused_in_words(tom: httpx.Client, nonsense: dict[str, str]) -> None:
    answer = send(tom, "/deliveries/move", day="2027-01-01", time="9", **nonsense)
    assert answer.status_code == 422
    assert "nhsuk-error-summary" in answer.text


def test_only_those_who_schedule_are_offered_to_move_and_may(people: People, site: Site) -> None:
    nia = people("nia")
    page = month_with(nia, site.scene.scheduled)
    assert "/deliveries/move" not in page
    assert 'id="to-schedule"' not in page
    post = str(site.scene.scheduled)
    assert send(nia, "/deliveries/move", post=post, day="2027-01-01", time="9").status_code == 403


def test_what_waits_for_a_time_stands_beside_the_calendar(tom: httpx.Client, site: Site) -> None:
    page = tom.get("/deliveries/week").text
    assert f"/posts/{site.scene.approved}/schedule" in page[page.index('id="to-schedule"') :]


def test_today_is_marked_and_a_channel_can_be_looked_at_alone(tom: httpx.Client) -> None:
    page = tom.get("/deliveries/week").text
    today = re.search(r'porth-day--today[^>]*data-day="([\d-]+)"', page)
    assert today
    assert today[1] == f"{datetime.now(LONDON):%Y-%m-%d}"
    alone = tom.get("/deliveries/week?channel=x").text
    assert ">x (Welsh" in alone
    assert ">facebook (" not in alone
    grouped = tom.get("/deliveries/week?group=channel").text
    assert re.findall(r'<h2 class="nhsuk-heading-m">(\w+)</h2>', grouped) == ["facebook", "x"]


def test_choosing_a_time_shows_what_else_goes_out_that_day_and_what_is_too_close(tom: httpx.Client, site: Site) -> None:
    at = standing_at(tom, site.scene.scheduled).astimezone(LONDON)
    path = f"/posts/{site.scene.approved}/schedule"
    fields = {"at_day": str(at.day), "at_month": str(at.month), "at_year": str(at.year)}
    near = send(tom, path, do="look", at_time=f"{at:%H:%M}", **fields)
    assert near.status_code == 200
    assert "within half an hour" in near.text
    assert f"/posts/{site.scene.scheduled}" in near.text
    far = at + timedelta(hours=2 if at.hour < 20 else -2)
    far_away = send(tom, path, do="look", at_time=f"{far:%H:%M}", **fields).text
    assert f"/posts/{site.scene.scheduled}" in far_away
    assert "within half an hour" not in far_away
    assert "Approved" in tom.get(f"/posts/{site.scene.approved}").text


def test_while_nothing_changes_a_page_that_asks_gets_nothing_and_afterwards_the_piece(
    tom: httpx.Client, site: Site
) -> None:
    by_itself = {UNATTENDED: "yes"}
    for path in ("/deliveries", "/deliveries/week", f"/posts/{site.scene.scheduled}", "/deliveries/takedowns"):
        found = re.search(r'hx-get="([^"]+)" hx-trigger="every (\d+)s"', tom.get(path).text)
        assert found, path
        address = unescape(found[1])
        assert tom.get(address, headers=by_itself).status_code == 204, path
        piece = tom.get(address.split("seen=")[0], headers=by_itself)
        assert piece.status_code == 200
        assert piece.text.lstrip().startswith('<div id="live"')


def test_a_page_that_looks_by_itself_is_told_to_load_again_once_the_sign_in_has_ended(site: Site) -> None:
    answer = httpx.get(f"{site.address}/deliveries", headers={UNATTENDED: "yes"}, trust_env=False)
    assert (answer.status_code, answer.headers["hx-refresh"]) == (204, "true")


def test_one_press_attaches_the_post_that_a_look_up_saw(tom: httpx.Client, site: Site) -> None:
    path = f"/deliveries/{site.scene.sent.asks}"
    page = tom.get(path).text
    seen = re.findall(r'name="seen-id" value="([^"]+)"', page)
    assert len(seen) == 2
    reason = re.search(r'name="reason" value="([^"]+)"', page)
    assert reason
    assert send(tom, f"{path}/resolution", there="seen", seen_id="another", reason="x").status_code == 422
    answer = send(tom, f"{path}/resolution", there="seen", seen_id=seen[1], reason=unescape(reason[1]))
    assert answer.status_code == 200
    assert seen[1] in answer.text
    assert "exactly as it was approved" in answer.text


def test_one_press_sends_again_what_somebody_has_looked_for_and_not_found(tom: httpx.Client, site: Site) -> None:
    path = f"/deliveries/{site.scene.sent.unseen}"
    page = tom.get(path).text
    assert "Is it one of these?" not in page
    assert send(tom, f"{path}/resolution", there="again").status_code == 422
    assert "Not confirmed" in tom.get(path).text
    answer = send(tom, f"{path}/resolution", there="again", reason="Looked for, and not there")
    assert "It will go out." in answer.text
    assert "Due" in answer.text


def test_the_second_half_of_a_pair_that_failed_offers_to_try_again_or_to_withdraw_the_first(
    tom: httpx.Client, site: Site
) -> None:
    page = tom.get(f"/deliveries/{site.scene.sent.half}").text
    assert "public without this one" in page
    assert f'action="/deliveries/{site.scene.sent.half}/release"' in page
    post = re.search(r'action="/posts/([0-9a-f-]+)/takedown"', page)
    assert post
    answer = send(tom, f"/posts/{post[1]}/takedown", takedown_reason="Alone in one language")
    assert "Removal has been asked for." in answer.text


def test_what_the_platform_will_not_delete_is_confirmed_by_hand_with_a_reason(tom: httpx.Client, site: Site) -> None:
    gone = str(site.scene.sent.by_hand)
    page = tom.get("/deliveries/takedowns").text
    assert "does not let Porth delete it" in page
    path = f"/deliveries/takedowns/{gone}/removal"
    refused = send(tom, path)
    assert refused.status_code == 422
    assert f'href="#reason-{gone}"' in refused.text
    done = send(tom, path, **{f"reason-{gone}": "Deleted on the page"})
    assert done.status_code == 200
    assert f"takedown-{gone}" not in tom.get("/deliveries/takedowns").text
    assert f"takedown-{gone}" in tom.get("/deliveries/takedowns?show=all").text


def test_a_changed_post_shows_the_words_that_differ_until_somebody_settles_it(tom: httpx.Client) -> None:
    page = tom.get("/deliveries/drifts").text
    assert "<del>agor</del><ins>gau</ins>" in page
    drifts = re.findall(r"/deliveries/drifts/([0-9a-f-]+)/settlement", page)
    path = f"/deliveries/drifts/{drifts[0]}/settlement"
    assert send(tom, path).status_code == 422
    assert send(tom, path, **{f"reason-{drifts[0]}": "Put right on the platform"}).status_code == 200
    assert drifts[0] not in tom.get("/deliveries/drifts").text
    assert "Put right on the platform" in tom.get("/deliveries/drifts?show=settled").text


def test_home_says_what_went_wrong_to_those_who_see_to_it(people: People) -> None:
    sara = people("sara")
    assert "/deliveries/takedowns#takedown-" in sara.get("/").text
    nia = people("nia")
    assert "/deliveries/takedowns#takedown-" not in nia.get("/").text


def test_whoever_takes_the_call_can_have_a_post_removed_with_only_its_address(
    tom: httpx.Client, people: People, site: Site
) -> None:
    url = re.search(
        r'href="(http://127.0.0.1:9/glan-hafren/\d+)"', tom.get(f"/deliveries/{site.scene.sent.published}").text
    )
    assert url
    huw = people("huw")
    assert send(huw, "/removals/new", address=url[1]).status_code == 422
    nowhere = send(huw, "/removals/new", address="https://example.org/page/123456", who="shown")
    assert nowhere.status_code == 422
    assert "has published nothing at this address" in nowhere.text
    shared = f"{url[1].replace('hafren', 'hafren/posts')}?ref=share"
    answer = send(huw, "/removals/new", address=shared, who="shown", reason="She rang")
    assert "Removal has been asked for." in answer.text
    assert f"takedown-{site.scene.sent.published}" in tom.get("/deliveries/takedowns").text
