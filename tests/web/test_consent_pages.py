"""Consents on pages: asked for, recorded, found, disputed, replaced and imported, over plain HTTP."""

import contextlib
import re
from collections.abc import Iterator
from urllib.parse import unquote

import httpx
import pytest

from tests.web.scene import Site
from tests.web.test_doors import csrf, sign_in

SIGNED = {
    "category": "patient", "authority": "self", "covers": "image", "channels": "facebook", "starts-day": "1",
    "starts-month": "11", "starts-year": "2026", "expires-day": "1", "expires-month": "11", "expires-year": "2028",
}  # fmt: skip
HEADER = "ref,category,signatory,authority,covers,channels,starts,expires\n"


@pytest.fixture(scope="module")
def nia(site: Site) -> Iterator[httpx.Client]:
    with signed_in(site, "nia") as made:
        yield made


@pytest.fixture(scope="module")
def gwen(site: Site) -> Iterator[httpx.Client]:
    with signed_in(site, "gwen") as made:
        yield made


@contextlib.contextmanager
def signed_in(site: Site, person: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.address, trust_env=False, headers={"Accept-Language": "en"}) as made:
        made.cookies.set("porth-language", "en")
        sign_in(made, person)
        yield made


def send(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    data = {name.replace("_", "-"): value for name, value in fields.items()}
    return client.post(path, data={"csrf": csrf(client), **data})


def record(client: httpx.Client, ref: str, signatory: str, **more: str) -> None:
    data = {"csrf": csrf(client), **SIGNED, "ref": ref, "signatory": signatory, **more}
    answer = client.post("/consents/new", data=data)
    assert answer.status_code == 303, answer.text


def test_what_was_asked_for_fills_in_the_form_of_what_was_signed(nia: httpx.Client) -> None:
    asked = nia.post(
        "/consent-requests/new",
        data={
            "csrf": csrf(nia), "category": "relative", "covers": ["image", "story"], "channels": "facebook",
            "campaigns": "Winter", "until-day": "1", "until-month": "6", "until-year": "2030",
        },
    )  # fmt: skip
    ref = asked.headers["location"].split("/")[-1].split("?")[0]
    assert nia.get(f"/api/v1/consents/{ref}/letter?language=cy").content.startswith(b"%PDF")
    form = nia.get(f"/consents/new?request={ref}").text
    assert f'value="{ref}"' in form
    assert '<option value="relative" selected' in form
    assert re.findall(r'name="covers"[^>]*value="([^"]+)"[^>]*checked', form) == ["image", "story"]
    assert "Winter</textarea>" in form
    assert 'name="expires-year"' in form
    assert 'value="2030"' in form
    record(nia, ref, "Ann Other", campaigns="Winter")
    assert "Signed and recorded" in nia.get(f"/consent-requests/{ref}").text


def test_asking_for_nothing_says_what_is_missing_and_keeps_the_rest(nia: httpx.Client) -> None:
    answer = send(nia, "/consent-requests/new", category="staff", channels="facebook", purposes="Flu")
    assert answer.status_code == 422
    assert 'href="#covers"' in answer.text
    assert "Flu</textarea>" in answer.text


def test_the_letter_of_a_post_asks_for_what_the_post_needs(nia: httpx.Client, site: Site) -> None:
    form = nia.get(f"/consent-requests/new?post={site.scene.draft}").text
    assert re.findall(r'name="channels"[^>]*value="([^"]+)"[^>]*checked', form) == ["facebook", "x"]
    assert nia.get("/consent-requests/new?post=nonsense").status_code == 404


def test_a_name_finds_a_consent_for_its_custodian_alone_and_never_stands_in_an_address(
    nia: httpx.Client, gwen: httpx.Client
) -> None:
    record(nia, "C-4001", "Siân Ŵyn")
    found = send(gwen, "/consents/found", words="sian ŵyn")
    assert "C-4001" in found.text
    assert "Siân Ŵyn" in found.text
    assert "sian" not in unquote(str(found.url))
    assert not re.search(r'href="[^"]*sian', found.text)
    hidden = send(nia, "/consents/found", words="sian ŵyn")
    assert "C-4001" not in hidden.text
    assert "Siân" not in hidden.text
    assert send(nia, "/consents/found", words="C-4001").headers["location"] == "/consents/C-4001"
    assert "C-4001" in send(nia, "/consents/found", words="c-40").text


def test_a_consent_is_disputed_settled_and_replaced_on_its_page(gwen: httpx.Client) -> None:
    record(gwen, "C-4010", "A")
    record(gwen, "C-4011", "A")
    empty = send(gwen, "/consents/C-4010/dispute", disputed=" ")
    assert empty.status_code == 422
    assert 'href="#disputed"' in empty.text
    assert send(gwen, "/consents/C-4010/dispute", disputed="Her daughter").status_code == 303
    assert "It covers nothing until the dispute is settled" in gwen.get("/consents/C-4010").text
    assert send(gwen, "/consents/C-4010/settlement", settled="They agreed").status_code == 303
    wrong = send(gwen, "/consents/C-4010/replacement", superseded="C-4010")
    assert wrong.status_code == 422
    assert send(gwen, "/consents/C-4010/replacement", superseded="C-4011").status_code == 303
    assert 'href="/consents/C-4011"' in gwen.get("/consents/C-4010").text


def test_only_the_custodian_changes_a_consent(nia: httpx.Client, site: Site) -> None:
    for event in ("dispute", "settlement", "replacement", "leaver", "contact", "basis-decision"):
        assert send(nia, f"/consents/{site.scene.consent}/{event}", disputed="x").status_code == 403, event


def test_how_to_reach_somebody_is_shown_on_request_alone_and_the_look_is_logged(gwen: httpx.Client, site: Site) -> None:
    record(gwen, "C-4020", "A", contact="07700 900123")
    assert "07700" not in gwen.get("/consents/C-4020").text
    assert "07700 900123" in send(gwen, "/consents/C-4020/contact").text
    with signed_in(site, "mari") as auditor:
        assert "contact-viewed" in auditor.get("/api/v1/log").text


def test_a_table_is_tried_before_it_is_recorded(gwen: httpx.Client) -> None:
    good, bad = "C-4030,patient,Ann,self,image,facebook,2026-11-01,2027-11-01\n", "C-4031,alien,,self,image,x,y,2027\n"

    def upload(text: str, **fields: str) -> httpx.Response:
        data = {"csrf": csrf(gwen), **fields}
        return gwen.post("/consent-imports", data=data, files={"file": ("c.csv", (HEADER + text).encode(), "text/csv")})

    wrong = upload(good + bad, record="yes")
    assert wrong.status_code == 422
    assert "alien is not one of the choices" in wrong.text
    assert "Nothing is wrong" in upload(good).text
    assert gwen.get("/consents/C-4030").status_code == 404
    assert "consents-imported&n=1" in upload(good, record="yes").headers["location"]
    assert gwen.get("/consents/C-4030").status_code == 200


def test_a_date_that_is_none_is_said_at_its_field(gwen: httpx.Client) -> None:
    data = {"csrf": csrf(gwen), **SIGNED, "ref": "C-4040", "signatory": "A", "born-day": "31", "born-month": "2"}
    answer = gwen.post("/consents/new", data={**data, "born-year": "2015", "sensitive_dates": "tomorrow"})
    assert answer.status_code == 422
    assert 'href="#born"' in answer.text
    assert "tomorrow is not a date" in answer.text
