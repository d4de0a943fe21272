import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.commands.parity import message_key
from i18n import language, spelling
from i18n.differences import Difference
from i18n.glossary import DEFAULT, Glossary
from i18n.messages import known
from i18n.parity import compare

SHARED = Path(__file__).parents[3] / "shared" / "corpus"
MINE = {"WEL-FACT", "WEL-MISSING", "WEL-UNTRANSLATED", "WEL-LINK", "WEL-HASHTAG", "WEL-QUALITY"}
CY = (
    "Bydd clinig y ffliw ar agor ddydd Mawrth 9 Mawrth 2027, 2yp tan 3.15yp. Ffoniwch 01632 960 744 i drefnu apwyntiad."
)
EN = "The flu clinic will be open on Tuesday 9 March 2027, 14:00 to 15:15. Call 01632 960 744 to book an appointment."
REMEMBERED = (spelling.dictionary, spelling.accepts, spelling.welsh, spelling.english, language.side)
with_dictionary = pytest.mark.skipif(not spelling.available("cy"), reason="the spelling dictionaries are not installed")


def kinds(cy: str, en: str, glossary: Glossary = DEFAULT) -> set[tuple[str, str]]:
    return {(d.kind, d.severity) for d in compare(cy, en, glossary) if d.severity != "advise"}


def test_a_true_pair_has_no_difference() -> None:
    assert compare(CY, EN) == ()


@pytest.mark.parametrize(
    ("welsh", "english", "expected"),
    [
        (("9 Mawrth", "10 Mawrth"), None, {("date", "block")}),
        (("9 Mawrth", "9 Mai"), None, {("date", "block")}),
        (("ddydd Mawrth", "ddydd Mercher"), None, {("weekday", "block")}),
        (("2yp", "2yb"), None, {("time", "block")}),
        (("01632 960 744", "01632 960 774"), None, {("phone", "block")}),
        (("01632 960 744", "029 2034 7755"), None, {("phone", "decide")}),
        (("Ffoniwch 01632 960 744", "Ffoniwch ni"), None, {("phone", "block")}),
        (None, ("14:00", "15:00"), {("time", "block")}),
        (("2027", "2028"), None, {("date", "block")}),
    ],
)
def test_a_changed_fact_is_found_and_what_it_says_is_told(welsh: Any, english: Any, expected: Any) -> None:
    cy = CY.replace(*welsh) if welsh else CY
    en = EN.replace(*english) if english else EN
    assert kinds(cy, en) == expected
    for difference in compare(cy, en):
        assert difference.cy is None or difference.cy_read
        assert difference.en is None or difference.en_read


@pytest.mark.parametrize(
    ("cy", "en"),
    [
        ("Mae'n cymryd chwarter awr.", "It takes 15 minutes."),
        ("Bydd ar gau am bythefnos.", "It will be closed for two weeks."),
        ("Mae chwarter y trydan yn lân.", "25% of the electricity is clean."),
        ("Ar agor 9yb i 4.30yp.", "Open 09:00 to 16:30."),
        ("Mae gennym ddeugain o wirfoddolwyr.", "We have 40 volunteers."),
        ("Cynhelir y cwrs dros bedwar diwrnod ar ddeg.", "The course is held over 14 days."),
        ("Ymunwch â gwirfoddolwyr Ysbyty'r Tair Afon.", "Join the volunteers of Three Rivers Hospital."),
        ("Rhagor o wybodaeth: https://www.llyw.cymru/brechlyn-ffliw", "More information: https://www.gov.wales/flu-vaccine"),
        ("Rhagor o wybodaeth: https://111.wales.nhs.uk/?locale=cy", "More information: https://111.wales.nhs.uk/"),
        ("Ffoniwch ein llinell Gymraeg ar 01632 960 451.", "Call our English line on 01632 960 450."),
        ("Dewch i Aberteifi ar 3ydd Mai.", "Come to Cardigan on 3 May."),
        ("Mae'r ddau glinig ar gau.", "Both clinics are closed."),
        ("Mae croeso i bawb dros 65 oed.", "Everybody aged over 65 is welcome."),
        ("Does dim angen apwyntiad.", "You do not need an appointment."),
        ("Gadewch eich gemwaith gartref, heb sipiau metel.", "Leave your jewellery at home, with no metal zips."),
    ],
)  # fmt: skip
def test_what_is_said_in_another_way_is_not_a_difference(cy: str, en: str) -> None:
    assert kinds(cy, en) == set()


@pytest.mark.parametrize(
    ("cy", "en", "expected"),
    [
        ("Mae'n cymryd hanner awr.", "It takes 15 minutes.", ("duration", "block")),
        ("Mae pump o nyrsys yma bob dydd Llun.", "Six nurses are here every Monday.", ("number", "block")),
        ("Tocynnau: £4 wrth y drws.", "Tickets: £5 at the door.", ("money", "block")),
        ("Bydd dynion dros 66 oed yn cael llythyr.", "Men aged over 68 will get a letter.", ("age", "block")),
        ("Mwy: https://x.gig.cymru/taflen/204", "More: https://x.nhs.wales/leaflet/402", ("link", "block")),
        ("Mwy: https://www.gov.wales/scan-mri", "More: https://www.gov.wales/scan-mri", ("link", "decide")),
        ("Mwy: https://www.govs.uk/ffliw", "More: https://www.gov.uk/flu", ("link", "block")),
        ("Ebostiwch: suppor@energy.uk", "Email: support@energy.uk", ("email", "block")),
        ("Gallwch wthio rhywbeth i lawr y plastr.", "Do not push anything down the cast.", ("negation", "decide")),
        ("Ni allwch barcio yma heddiw.", "You can park here today.", ("negation", "decide")),
        ("Diolch i bawb! #CareerInCare", "Thank you everyone! #CareerInCare", ("hashtag", "decide")),
    ],
)
def test_a_difference_is_found(cy: str, en: str, expected: Any) -> None:
    assert expected in kinds(cy, en)


@given(st.sampled_from(["9 Mawrth|9 March", "2yp|14:00", "2027|2027", "01632 960 744|01632 960 744", "ddydd Mawrth|on Tuesday"]), st.sampled_from(["5 Mai|5 May", "1yb|01:00", "2021|2021", "01632 960 745|01632 960 745", "ddydd Sul|on Sunday"]))  # fmt: skip  # noqa: E501 - two tables
def test_a_fact_changed_on_either_side_gives_the_same_kinds(fact: str, other: str) -> None:
    (cy, en), (other_cy, other_en) = fact.split("|"), other.split("|")
    if type(cy[0]) is not type(other_cy[0]) or cy not in CY or en not in EN:
        return
    one = {d.kind for d in compare(CY.replace(cy, other_cy), EN)}
    assert one == {d.kind for d in compare(CY, EN.replace(en, other_en))}


def test_languages_and_boxes() -> None:
    assert kinds("", EN) == {("missing-language", "block")}
    assert kinds(CY, " \n") == {("missing-language", "block")}
    assert kinds(EN, EN) == {("same-text", "block")}
    assert kinds(EN, CY) == {("swapped", "block")}
    assert kinds("The clinic will be closed all day on Monday", EN) == {("not-welsh", "block")}
    assert kinds(CY, "Bydd y clinig ar gau drwy'r dydd yfory") == {("not-english", "block")}
    assert kinds("🎉", "🎉") == set()
    assert kinds("", "") == set()


def test_an_english_sentence_in_the_welsh_is_pointed_at() -> None:
    cy = "Bydd y maes parcio ar gau. Please use the park and ride service instead. Bydd lleoedd ar gael o hyd."
    en = "The car park will be closed. Please use the park and ride service instead. Spaces will still be available."
    [found] = [d for d in compare(cy, en) if d.severity == "block"]
    assert (found.code, found.kind) == ("WEL-UNTRANSLATED", "mixed")
    assert cy[slice(*found.cy)] == "Please use the park and ride service instead."


def test_a_sentence_that_the_welsh_lacks_is_pointed_at() -> None:
    lacking = "Tell the nurse before your operation if you take any medicine for your heart."
    en = f"The clinic is open every morning this week. {lacking} Bring your appointment letter with you."
    cy = "Mae'r clinig ar agor bob bore yr wythnos hon. Dewch â'ch llythyr apwyntiad gyda chi."
    [found] = [d for d in compare(cy, en) if d.severity != "advise"]
    assert (found.code, found.kind, found.cy) == ("WEL-MISSING", "part-missing", None)
    assert en[slice(*found.en)] == lacking


def test_another_message_is_found() -> None:
    cy = "Mae ein gwirfoddolwyr yn gwthio troli llyfrau o amgylch y wardiau bob prynhawn."
    assert {("other-message", "block")} <= kinds(cy, "Please do not bring food or drink into the waiting area.")


@with_dictionary
def test_a_misspelt_word_is_advice_and_an_own_word_is_none() -> None:
    cy, en = "Mae'r brif fyndefa ar agor heddiw.", "The main entrance is open today."
    [found] = [d for d in compare(cy, en) if d.kind == "spelling"]
    assert (found.severity, found.cy_read) == ("advise", "fyndefa")
    own = DEFAULT.extended(Glossary(words=frozenset({"fyndefa"})))
    assert not [d for d in compare(cy, en, own) if d.kind == "spelling"]
    assert "fynedfa" in spelling.suggestions("fyndefa")


def test_a_confirmed_pair_of_phone_lines_is_no_difference() -> None:
    cy, en = "Ffoniwch ni ar 01632 960 111.", "Call us on 0300 123 4567."
    assert kinds(cy, en) == {("phone", "decide")}
    own = DEFAULT.extended(Glossary(phones=(("01632 960111", "03001234567"),)))
    assert kinds(cy, en, own) == set()


def test_without_the_dictionaries_languages_and_facts_are_still_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PORTH_NODE_MODULES", str(tmp_path))
    for cached in REMEMBERED:
        cached.cache_clear()
    try:
        assert not spelling.available("cy")
        assert spelling.suggestions("fyndefa") == ()
        assert kinds(EN, EN) == {("same-text", "block")}
        assert kinds(CY.replace("2yp", "1yp"), EN) == {("time", "block")}
        assert not [
            d for d in compare("Mae'r brif fyndefa ar agor.", "The main entrance is open.") if d.kind == "spelling"
        ]
    finally:
        for cached in REMEMBERED:
            cached.cache_clear()


BAD = {
    "a lone surrogate": "\ud800 bore da \udc00",
    "marks of direction": "\u202e\u200fbore da\u202c",
    "not in NFC": unicodedata.normalize("NFD", "tŷ â'r dŵr"),
    "a hundred thousand letters": "a" * 100_000,
    "a hundred thousand digits": "1" * 100_000,
    "fifty thousand numbers": "1 " * 50_000,
    "fifty thousand dashes": "9-" * 50_000,
    "thousands of hundreds": "hundred " * 12_500,
    "thousands of sentences": "Mae'r clinig ar agor ddydd Llun. " * 3_000,
    "links without end": "http://" + "a." * 49_000,
    "addresses without end": "a@" * 50_000,
    "only emoji": "🎉👩‍👩‍👧" * 100,
    "a third language": "Dzień dobry, dzisiaj przychodnia jest zamknięta z powodu awarii",
    "control characters": "\x00\x01\x7f",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_no_text_is_too_odd(text: str) -> None:
    for cy, en in ((text, EN), (CY, text), (text, text)):
        for difference in compare(cy, en):
            for span, of in ((difference.cy, cy), (difference.en, en)):
                assert span is None or 0 <= span[0] <= span[1] <= len(unicodedata.normalize("NFC", of))


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=400), st.text(max_size=400))
def test_any_two_texts_are_answered_with_known_words(cy: str, en: str) -> None:
    for difference in compare(cy, en):
        assert isinstance(difference, Difference)
        assert known("cy", message_key(difference))
        assert known("en", message_key(difference))


def test_both_apostrophes_are_one() -> None:
    assert compare(CY.replace("'", "’"), EN) == compare(CY, EN)


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/corpus is not here")
def test_the_example_posts_raise_what_they_should_and_nothing_else() -> None:
    for line in (SHARED / "posts-dev.jsonl").read_text(encoding="utf-8").splitlines():
        post = json.loads(line)
        found = [d for d in compare(post["text"]["cy"], post["text"]["en"]) if d.severity != "advise"]
        expected = [e for e in post["expected"] if e["code"] in MINE and e["severity"] != "advise"]
        for wanted in expected:
            hits = [d for d in found if _hits(d, wanted, post["text"])]
            assert hits, (post["id"], wanted)
            found = [d for d in found if d not in hits]
        assert not found, (post["id"], found)


def _hits(difference: Difference, wanted: dict[str, str], texts: dict[str, str]) -> bool:
    if (difference.code, difference.severity) != (wanted["code"], wanted["severity"]):
        return False
    for span, text in ((difference.cy, texts["cy"]), (difference.en, texts["en"])):
        at = text.find(wanted["quote"])
        if span and at >= 0 and span[0] < at + len(wanted["quote"]) and at < span[1]:
            return True
    return False
