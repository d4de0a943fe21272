"""What the pages refuse, and where they send people, over plain HTTP."""

import re
from collections.abc import Iterator

import httpx
import pytest

from gateway.web.controllers.sign_ins import local
from tests.web.scene import Site
from tests.web.visiting import PASSWORD

TOKEN = re.compile(r'name="(?:csrf|token)" value="([^"]+)"')


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.address, trust_env=False, headers={"Accept-Language": "en"}) as made:
        yield made


def sign_in(client: httpx.Client, name: str = "nia", password: str = PASSWORD, **fields: str) -> httpx.Response:
    found = TOKEN.search(client.get("/sign-in").text)
    assert found
    email = f"{name}@glan-hafren.example"
    return client.post("/sign-in", data={"token": found[1], "email": email, "password": password, **fields})


def csrf(client: httpx.Client) -> str:
    found = TOKEN.search(client.get("/").text)
    assert found
    return found[1]


def test_a_stranger_is_sent_to_sign_in_and_comes_back_to_where_they_were_going(client: httpx.Client) -> None:
    answer = client.get("/posts?status=draft")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fposts%3Fstatus%3Ddraft"
    assert sign_in(client, next="/posts?status=draft").headers["location"] == "/posts?status=draft"


@pytest.mark.parametrize(
    "address", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", ""]
)
def test_nobody_is_sent_on_to_another_site(address: str) -> None:
    assert local(address) == "/"


def test_a_wrong_password_is_said_at_the_field_and_the_address_is_kept(client: httpx.Client) -> None:
    answer = sign_in(client, password="something else entirely")
    assert answer.status_code == 401
    assert 'href="#email"' in answer.text
    assert "nia@glan-hafren.example" in answer.text
    assert "something else" not in answer.text


def test_a_sign_in_form_of_another_site_is_refused(client: httpx.Client) -> None:
    answer = client.post("/sign-in", data={"token": "guess", "email": "nia@glan-hafren.example", "password": PASSWORD})
    assert answer.status_code == 403
    assert "porth" not in answer.cookies


def test_every_form_that_changes_something_carries_a_token_that_another_site_cannot_know(
    client: httpx.Client, site: Site
) -> None:
    sign_in(client)
    for path in ("/", "/posts/new", f"/posts/{site.scene.draft}", f"/posts/{site.scene.draft}/edit", "/account"):
        page = client.get(path).text
        posting = re.findall(r'<form[^>]*method="post"[^>]*>(.*?)</form>', page, re.DOTALL)
        assert posting
        assert all('name="csrf"' in form for form in posting), path


def test_a_form_without_its_token_changes_nothing(client: httpx.Client, site: Site) -> None:
    sign_in(client)
    answer = client.post(f"/posts/{site.scene.draft}/comments", data={"words": "Hello"})
    assert answer.status_code == 403
    assert "Hello" not in client.get(f"/posts/{site.scene.draft}").text


def test_signing_out_ends_the_sign_in_on_the_server(client: httpx.Client) -> None:
    sign_in(client)
    kept = dict(client.cookies)
    client.post("/sign-out", data={"csrf": csrf(client)})
    for name, value in kept.items():
        client.cookies.set(name, value)
    assert client.get("/posts").status_code == 303


def test_the_language_switch_keeps_the_place_and_is_remembered(client: httpx.Client) -> None:
    sign_in(client)
    answer = client.get("/language/cy?back=/posts%3Fstatus%3Ddraft")
    assert answer.headers["location"] == "/posts?status=draft"
    page = client.get("/posts?status=draft")
    assert '<html lang="cy">' in page.text
    assert page.headers["content-language"] == "cy"
    assert 'href="/language/en?back=/posts%3Fstatus%3Ddraft"' in page.text
    assert client.get("/language/en?back=//elsewhere.example").headers["location"] == "/"


def test_private_pages_are_not_cached_and_run_nothing_from_elsewhere(client: httpx.Client) -> None:
    sign_in(client)
    answer = client.get("/posts")
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", answer.text)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", answer.text)


def test_an_asset_lasts_for_ever_and_comes_packed(client: httpx.Client) -> None:
    found = re.search(r'href="(/static/[^"]+/nhsuk\.css)"', client.get("/sign-in").text)
    assert found
    answer = client.get(found[1])
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 40_000


def test_what_a_role_does_not_open_is_refused_in_words(client: httpx.Client) -> None:
    sign_in(client)
    answer = client.get("/administration")
    assert answer.status_code == 403
    assert "<h1>" in answer.text


def test_a_post_of_nobody_is_a_page_that_says_so(client: httpx.Client) -> None:
    sign_in(client)
    answer = client.get("/posts/00000000-0000-0000-0000-000000000000")
    assert answer.status_code == 404
    assert "<h1>" in answer.text


def test_saving_over_what_somebody_else_saved_keeps_the_words_and_says_so(client: httpx.Client, site: Site) -> None:
    sign_in(client)
    form = {"csrf": csrf(client), "seen": "1", "text-cy": "Un", "channels": "facebook", "do": "save"}
    made = client.post("/posts/new", data={**form, "team": _team(client)}, follow_redirects=True)
    path = str(made.url.path)
    assert client.post(path, data={**form, "text-cy": "Dau"}).status_code == 303
    answer = client.post(path, data={**form, "text-cy": "Tri"})
    assert answer.status_code == 422
    assert "Tri" in answer.text
    assert 'name="seen" value="2"' in answer.text


def _team(client: httpx.Client) -> str:
    found = re.search(r'name="team" value="([^"]+)"', client.get("/posts/new").text)
    assert found
    return found[1]
