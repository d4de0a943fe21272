"""Descriptions, hashtags, letters and emoji that a screen reader can say."""

import pytest

from approvals.content import Bilingual, Media
from tests.approvals.checks.checking import Row, above_advice, found, name, of, post, wanted

TEXTS: list[Row] = [
    ("en", "Join us! 🎉🎉🎉🎉", "ACC-EMOJI:decide"),
    ("en", "Join us! 🎉🎉🎉", ""),
    ("en", "👩🏽‍⚕️👨‍👩‍👧‍👦🏴󠁧󠁢󠁷󠁬󠁳󠁿 family", ""),
    ("en", "𝓗𝓮𝓵𝓵𝓸 all", "ACC-STYLED"),
    ("cy", "Ｃｒｏｅｓｏ i bawb", "ACC-STYLED"),
    ("en", "Ⓗⓔⓛⓛⓞ", "ACC-STYLED"),
    ("en", "H̷̢̛e̷̢̛l̷̢̛l̷̢̛o", "ACC-STYLED"),
    ("en", "H₂O, CO₂, m², ½ and ™ №", ""),
    ("cy", "Tŷ, dŵr, gŵyl, gwên ac ŵyn", ""),
    ("en", "#thankyounhs #nursingjobs", "ACC-HASHTAG:decide"),
    ("en", "#ThankYouNHS #nhs #Wales #Diabetes #diabetes #WorldMentalHealthDay #A55 #Covid19 #5ADay", ""),
    ("cy", "#DiolchGIG #iechyd #Cymru #LlesStaff #DyddGŵylDewi #IechydYCyhoedd #ŵyn #Llandudno", ""),
    ("cy", "#GIGGwyrdd #ÂrdalLân #ChwaraeonIBawb #DdyddLlun #RhannuGwên", ""),
    ("cy", "#swyddinyrsio #byddynddiogel", "ACC-HASHTAG:decide"),
    ("en", "#Mentalhealthmatters", "ACC-HASHTAG:decide"),
    ("en", "#BetsiCadwaladr #AneurinBevan #CwmTafMorgannwg #HywelDda #YsbytyGwynedd", ""),
    ("en", "#carmarthenshire #pembrokeshire #monmouthshire #physiotherapy", ""),
]
NONE = Bilingual("", "")


@pytest.mark.parametrize("row", TEXTS, ids=name)
def test_tags_letters_and_emoji_are_judged_as_they_sound(row: Row) -> None:
    if row[2] == "ACC-HASHTAG:decide" or not row[2] or row[2].startswith(("ACC-EMOJI", "ACC-STYLED")):
        assert above_advice(row) == wanted(row)


@pytest.mark.parametrize(
    ("cy", "en", "language", "severity"),
    [
        (None, None, "both", "block"),
        ("DSC_0457.jpg", "DSC_0457.jpg", "both", "block"),
        ("Troli yn llawn llyfrau.", "IMG 2231", "en", "block"),
        ("Poster", "Poster", "both", "block"),
        ("Llun o droli yn llawn llyfrau.", "A trolley full of books.", "cy", "decide"),
        ("Llun o droli yn llawn llyfrau.", "An image of a trolley full of books.", "both", "decide"),
    ],
)
def test_a_description_that_describes_nothing_is_refused(
    cy: str | None, en: str | None, language: str, severity: str
) -> None:
    (finding,) = of(found(post("Croeso.", "Welcome.", media=(Media(alt=Bilingual(cy, en), words=NONE),))), "ACC-ALT")
    assert (finding.language, finding.severity) == (language, severity)


@pytest.mark.parametrize(
    ("cy", "en"),
    [
        ("Troli pren yn llawn llyfrau lliwgar.", "A wooden trolley full of colourful books."),
        ("Rhesi o baneli solar ar do fflat.", "Rows of solar panels on a flat roof."),
        ("Poster melyn gyda'r geiriau Diwrnod Agored.", "A yellow poster with the words Open Day."),
        ("Nyrs yn tynnu llun o'r ardd.", "A nurse taking a photo of the garden."),
    ],
)
def test_a_good_description_raises_nothing(cy: str, en: str) -> None:
    assert not of(found(post("Croeso.", "Welcome.", media=(Media(alt=Bilingual(cy, en), words=NONE),))), "ACC-ALT")


def test_facts_that_only_the_poster_tells_are_asked_for_and_block_where_the_text_sends_people_there() -> None:
    words = Bilingual("Diwrnod agored 1 Mai 2027, 2yp", "Open day 1 May 2027, 2pm")
    poster = Media(alt=Bilingual("Poster melyn a chalon.", "A yellow poster with a heart."), words=words)
    told = post("Dewch ar 1 Mai 2027 am 2yp.", "Come on 1 May 2027 at 2pm.", media=(poster,))
    silent = post("Dewch i'n diwrnod agored.", "Come to our open day.", media=(poster,))
    sent = post("Gweler y poster am y manylion.", "See the poster for details.", media=(poster,))
    assert not of(found(told), "ACC-IMGTEXT")
    assert [f.severity for f in of(found(silent), "ACC-IMGTEXT")] == ["decide"]
    (finding,) = of(found(sent), "ACC-IMGTEXT")
    assert (finding.severity, finding.language) == ("block", "both")


def test_shouting_and_long_sentences_are_advice_only() -> None:
    findings = found(post(en="COME TO OUR OPEN EVENING TONIGHT. " + "and then we walk " * 12))
    assert {(f.code, f.severity) for f in findings if f.code.startswith("ACC")} == {
        ("ACC-SHOUT", "advise"), ("ACC-SENTENCE", "advise"),
    }  # fmt: skip
