"""Other words for one channel, consents beside faces, what changed, and comments on a phrase, over plain HTTP."""

import re
from collections.abc import Iterator

import httpx
import pytest

from approvals.content import Bilingual, Content, Media, Rights
from gateway.web.changes import changes, pictures
from gateway.web.drafts import wording_name
from gateway.web.previews import Piece, Preview
from tests.web.scene import ROOT, Site
from tests.web.test_consent_pages import signed_in
from tests.web.test_doors import csrf

WORDS = {"text-cy": "Mae clinig 7001 ar agor.", "text-en": "Clinic 7001 is open.", "channels": ["facebook", "x"]}


@pytest.fixture(scope="module")
def nia(site: Site) -> Iterator[httpx.Client]:
    with signed_in(site, "nia") as made:
        yield made


@pytest.fixture(scope="module")
def dafydd(site: Site) -> Iterator[httpx.Client]:
    with signed_in(site, "dafydd") as made:
        yield made


def written(nia: httpx.Client, **more: str | list[str]) -> str:
    """The address of a new draft."""
    team = re.search(r'name="team" value="([^"]+)"', nia.get("/posts/new").text)
    assert team
    fields = {name.replace("_", "-"): value for name, value in more.items()}
    data = {"csrf": csrf(nia), "team": team[1], "seen": "1", "do": "save", **WORDS, **fields}
    answer = nia.post("/posts/new", data=data, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return str(answer.url.path).removesuffix("/edit")


def test_other_words_for_one_channel_are_kept_and_shown_where_that_channel_shows_them(nia: httpx.Client) -> None:
    post = written(nia, wording_x_cy="Ar X: clinig 7001.", wording_x_en="On X: clinic 7001.")
    assert "On X: clinic 7001.</textarea>" in nia.get(f"{post}/edit").text
    preview = nia.get(f"{post}/preview").text
    cards = re.findall(r"<article.*?</article>", preview, re.DOTALL)
    assert ["On X" in card or "Ar X" in card for card in cards] == [False, False, True, True, True, True]


def test_words_for_a_channel_that_is_not_chosen_any_more_are_let_go(nia: httpx.Client) -> None:
    post = written(nia, wording_x_cy="Ar X 7001.", wording_x_en="On X 7001.", channels=["facebook"])
    assert "On X" not in nia.get(f"{post}/edit").text


def test_other_words_are_checked_at_their_own_field(nia: httpx.Client) -> None:
    data = {"csrf": csrf(nia), **WORDS, "wording-x-cy": "Clinig 7001.", "wording-x-en": "Clinic 7002."}
    pieces = re.split(r'<div id="findings-', nia.post("/posts/check", data=data).text)
    found = {piece.split('"')[0]: "porth-finding--block" in piece for piece in pieces[1:]}
    assert found["wording-x-en"]
    assert not found["text-en"]
    assert not found["wording-facebook-en"]


def test_other_words_are_translated_with_the_rest(nia: httpx.Client, site: Site) -> None:
    post = written(nia, text_cy="", wording_x_en="On X: clinic 7001.")
    by = {"by-day": "1", "by-month": "1", "by-year": "2030", "by-time": "09:00"}
    assert nia.post(f"{post}/ask-for-translation", data={"csrf": csrf(nia), **by}).status_code == 303
    with signed_in(site, "elin") as elin:
        assert 'name="wording-x-cy"' in elin.get(f"{post}/translate").text
        words = {"text-cy": "Mae clinig 7001 ar agor.", "wording-x-cy": "Ar X: clinig 7001.", "origin": "translated"}
        assert elin.post(f"{post}/translate", data={"csrf": csrf(elin), **words}).status_code == 303
    page = nia.get(f"{post}/edit").text
    assert "Ar X: clinig 7001.</textarea>" in page
    assert "On X: clinic 7001.</textarea>" in page


def test_which_link_and_hashtag_answers_which_is_shown_while_one_writes(nia: httpx.Client) -> None:
    texts = {
        "text-cy": "Clinig 7001 ar agor #IechydCymru #Ffliw https://example.org/cy/clinig",
        "text-en": "Clinic 7001 is open #IechydCymru https://example.org/en/clinig",
    }
    page = nia.post("/posts/check", data={"csrf": csrf(nia), **WORDS, **texts}).text
    found = re.findall(r"<dt[^>]*>([^<]*)</dt><dd[^>]*>([^<]*)</dd>", page)
    assert found == [
        ("https://example.org/cy/clinig", "https://example.org/en/clinig"), ("#IechydCymru", "#IechydCymru"),
        ("#Ffliw", "nothing in the English"),
    ]  # fmt: skip


def test_a_channel_of_any_name_has_fields_of_its_own() -> None:
    assert wording_name("facebook") == "wording-facebook"
    assert len({wording_name(name) for name in ("a b", "a_b", "a-b", "ab", "â b")}) == 5


@pytest.fixture(scope="module")
def pictured(nia: httpx.Client) -> str:
    post = written(nia)
    file = (ROOT / "examples" / "portrait.jpg").read_bytes()
    answer = nia.post(f"{post}/pictures", data={"csrf": csrf(nia)}, files={"file": ("p.jpg", file, "image/jpeg")})
    assert answer.status_code == 303, answer.text
    return post


def test_a_consent_is_found_and_taken_beside_a_face_without_javascript(nia: httpx.Client, pictured: str) -> None:
    made = {"csrf": csrf(nia), "category": "staff", "authority": "self", "covers": "image", "channels": "x"}
    days = {"starts-day": "1", "starts-month": "11", "starts-year": "2026"}
    days |= {name.replace("starts", "expires"): value.replace("2026", "2028") for name, value in days.items()}
    nia.post("/consents/new", data={**made, **days, "ref": "C-7010", "signatory": "Carys Quill"})
    typed = {"csrf": csrf(nia), "seen": "2", "person-0-consent": "c-70", "person-1-reason": "a poster"}
    page = nia.post(f"{pictured}/pictures/0/people", data={**typed, "find": "0"})
    assert page.status_code == 200
    assert 'value="0:C-7010"' in page.text
    assert "Quill" not in page.text
    assert 'value="a poster"' in page.text
    page = nia.post(f"{pictured}/pictures/0/people", data={**typed, "pick": "0:C-7010"})
    assert re.search(r'id="person-0-consent"[^>]*value="C-7010"', page.text)
    assert re.search(r'name="person-0-answer"[^>]*value="consent"[^>]*checked', page.text)
    assert nia.post(f"{pictured}/pictures/0/people", data={**typed, "pick": "x"}).status_code == 200


def test_a_consent_beyond_ones_reach_is_not_offered(nia: httpx.Client, site: Site) -> None:
    data = {"csrf": csrf(nia), "for": "person-0", "person-0-consent": site.scene.consent}
    assert site.scene.consent not in nia.post("/consents/choices", data=data).text


def test_a_post_that_was_sent_back_tells_its_author_about_which_words_and_its_reviewer_what_changed(
    nia: httpx.Client, dafydd: httpx.Client
) -> None:
    post = written(
        nia, earliest_day="1", earliest_month="1", earliest_year="2030", earliest_time="09:00", do="submit",
        declaration_right="y", declaration_audience="y", declaration_privacy="n", declaration_reflects="w",
    )  # fmt: skip
    page = dafydd.get(f"{post}/review").text
    digest = re.search(r'name="digest" value="([^"]+)"', page)
    assert digest, page
    data = {"csrf": csrf(dafydd), "digest": digest[1], "phrase": "clinig 7001", "send-back": "Say where."}
    assert dafydd.post(f"{post}/review/send-back", data=data).status_code == 303
    for path in (post, f"{post}/edit"):
        page = nia.get(path).text
        assert re.search(r"<q[^>]*>clinig 7001</q>", page), path
        assert "Say where." in page


def test_every_part_of_a_post_that_differs_is_named() -> None:
    rights = Rights(owner="Us")
    before = Content(text=Bilingual(cy="Un"), media=(Media(upload="a", alt=Bilingual(en="A nurse"), rights=rights),))
    after = Content(
        text=Bilingual(cy="Dau"), wording={"x": Bilingual(en="Two")}, purpose="flu", campaign="winter", paid=True,
        media=(Media(upload="b", alt=Bilingual(en="A nurse")), Media(upload="c")),
    )  # fmt: skip
    found = {change.place: change for change in changes(before, after)}
    assert set(found) == {"text-cy", "wording-en-x", "rights-0", "purpose", "campaign", "paid"}
    assert found["wording-en-x"].channel == "x"
    assert [(old and old.upload, new and new.upload) for old, new in pictures(before, after)] == [
        ("a", "b"), (None, "c"),
    ]  # fmt: skip


@pytest.mark.parametrize(("language", "cut"), [("cy", True), ("en", False)])
def test_a_preview_knows_when_welsh_stands_behind_the_fold(language: str, cut: bool) -> None:  # noqa: FBT001  # a case
    fields = dict.fromkeys(Preview.__struct_fields__)
    pieces = (Piece("cy", "Dewch", folded=False), Piece(language, "rhagor", folded=True))  # type: ignore[arg-type]  # two languages
    shown = Preview(**{**fields, "pieces": pieces, "link": "https://www.example.org/a"})  # type: ignore[arg-type]  # what it asks
    assert shown.welsh_cut is cut
    assert shown.host == "example.org"
