"""The letter that asks for a consent: whole in each language, with every Welsh letter and its reference."""

import re
import zlib
from datetime import date
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from approvals.consent import Covered
from approvals.consent_request import LETTERS, Asked, new_reference
from gateway import letters
from gateway.faults import Fault
from gateway.settings import Settings
from i18n.messages import Language, keys
from tests.gateway.conftest import NOW

ASKED = Asked(
    "child-patient", get_args(Covered), ("facebook", "x"), ("flu",), ("gaeaf",), ("Cyngor Tŷ Ddewi",), paid=True,
    until=date(2028, 11, 23),
)  # fmt: skip


def written(*languages: Language, asked: Asked = ASKED) -> bytes:
    letter = letters.Letter(
        "C-7K3M-92QX", asked, {"cy": "Bwrdd Iechyd Tŷ Gwyn", "en": "Whitehouse Health Board"}, {"facebook": "facebook"},
        NOW,
    )  # fmt: skip
    return letters.consent(letter, languages, letters.fonts(Settings()))


def streams(pdf: bytes) -> list[bytes]:
    found = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    return [zlib.decompress(data) if data.startswith(b"\x78") else data for data in found]


def shown(pdf: bytes) -> set[int]:
    """The code points that the fonts of the file can show: those of its text, as fonts hold no others."""
    maps = [data for data in streams(pdf) if b"beginbfchar" in data]
    return {int(code, 16) for data in maps for code in re.findall(rb"<[0-9A-F]{4}> <([0-9A-F]{4})>", data)}


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\n", pdf))


def test_a_letter_is_a_pdf_that_carries_its_own_font() -> None:
    pdf = written("cy")
    assert pdf.startswith(b"%PDF-")
    assert b"/FontFile2" in pdf
    assert not re.search(rb"/URI|https?://", pdf)


def test_every_welsh_letter_of_the_words_can_be_shown() -> None:
    assert {ord(letter) for letter in "ŷŵ"} & shown(written("cy")) == {ord("ŷ")}  # the text has no ŵ
    assert set(map(ord, "ŵŷŴŶâêîôû")) <= shown(
        written("cy", asked=msgspec.structs.replace(ASKED, purposes=("ŵŷŴŶâêîôû",)))
    )


def test_both_languages_are_whole_and_begin_on_pages_of_their_own() -> None:
    welsh, english, both = pages(written("cy")), pages(written("en")), pages(written("cy", "en"))
    assert both == welsh + english
    assert min(welsh, english) >= 2


def test_the_same_letter_is_the_same_file() -> None:
    assert written("cy", "en") == written("cy", "en")


def test_a_longer_request_only_takes_more_pages() -> None:
    many = tuple(f"Cyngor {n}, gydag enw hir iawn nad yw'n ffitio ar un llinell o'r ffurflen hon" for n in range(40))
    assert pages(written("cy", asked=msgspec.structs.replace(ASKED, partners=many))) > pages(written("cy"))


def test_every_word_that_the_letter_may_say_is_in_both_languages() -> None:
    welsh, english = ({key for key in keys(language) if key.startswith("consent-letter.")} for language in ("cy", "en"))
    assert welsh == english
    assert {f"consent-letter.kind.{kind}" for kind in get_args(Covered)} <= welsh


def test_references_are_read_from_paper_without_doubt_and_do_not_repeat() -> None:
    made = {new_reference() for _ in range(2000)}
    assert len(made) == 2000
    assert all(re.fullmatch(rf"C-[{LETTERS}]{{4}}-[{LETTERS}]{{4}}", reference) for reference in made)
    assert not set("0O1IL") & set(LETTERS)


def test_a_missing_font_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        letters.fonts(Settings(node_modules=tmp_path))
    assert "npm ci" in str(caught.value)
