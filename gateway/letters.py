"""The letter that asks for a consent, with the form to sign, as PDF.

Its words are data in the catalogs under `consent-letter.VERSION.…`: a letter names the version that it was made from,
and a later version leaves the earlier one as it was signed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from msgspec import Struct

from approvals.consent_request import Asked
from gateway.faults import Fault
from gateway.settings import Settings
from i18n.dates import say_date
from i18n.messages import Language, known, say

FAMILY = "DejaVu"
"""A font with every Welsh letter; those that every PDF reader brings along lack ŵ and ŷ."""
BODY, SMALL, HEADING, TITLE = 11, 9, 13, 20
"""Points. 11 at least for what is to be read: NHS guidance for print is 12 in Arial, which DejaVu at 11 exceeds."""
LINE = 6
"""Millimetres."""
BOX = 4
MARGIN = 20
KNOW = ("choice", "care", "withdraw", "copies", "separate", "language")
"""What everybody is told, each a paragraph (CON-03, CON-06, CON-07, CON-10, CON-17, CON-19)."""


class Letter(Struct, frozen=True):
    ref: str
    asked: Asked
    organisation: Mapping[Language, str]
    platforms: Mapping[str, str]
    """Platform by channel."""
    written: datetime


def fonts(settings: Settings) -> Path:
    """Where npm put the font. Raises `Fault`."""
    modules = settings.node_modules or Path(__file__).resolve().parents[1] / "node_modules"
    folder = modules / "dejavu-fonts-ttf" / "ttf"
    if not (folder / "DejaVuSans.ttf").exists():
        raise Fault("letters.no-font", folder=str(folder))
    return folder


def consent(letter: Letter, languages: Sequence[Language], folder: Path) -> bytes:
    """The letter and its form, whole in each language, each beginning on a page of its own."""
    page = _Page(letter, folder)
    for language in languages:
        page.write(language)
    return bytes(page.pdf.output())


class _Page:
    def __init__(self, letter: Letter, folder: Path) -> None:
        self.letter = letter
        self.pdf = _Footed(letter.ref, letter.asked.wording)
        self.pdf.add_font(FAMILY, "", folder / "DejaVuSans.ttf")
        self.pdf.add_font(FAMILY, "B", folder / "DejaVuSans-Bold.ttf")
        self.pdf.set_margin(MARGIN)
        self.pdf.set_auto_page_break(auto=True, margin=MARGIN)
        self.pdf.set_creation_date(letter.written)
        self.pdf.set_subject(letter.ref)

    def write(self, language: Language) -> None:
        self.language = language
        self.pdf.add_page()  # first, as it ends the page before in the language of that page
        self.pdf.language = language
        self.pdf.set_lang(language)
        self.pdf.set_title(self._words("title"))
        self._line(self.letter.organisation[language], BODY)
        self._line(self._words("title"), TITLE, bold=True)
        self._line(self._words("reference", ref=self.letter.ref), HEADING, bold=True)
        self._line(self._words("intro", organisation=self.letter.organisation[language]))
        self._asked()
        self._heading("know")
        for part in KNOW:
            self._line(self._words(f"know.{part}", ref=self.letter.ref))
        self._form()

    def _asked(self) -> None:
        asked, language = self.letter.asked, self.language
        self._heading("asked")
        facts = {
            "covers": self._covers(), "channels": self._channels(), "purposes": asked.purposes,
            "campaigns": asked.campaigns, "partners": asked.partners,
            "until": (say_date(asked.until, language, "long"),) if asked.until else (),
        }  # fmt: skip
        for name, values in facts.items():
            if values:
                self._line(f"{self._words(f'asked.{name}')}: {', '.join(values)}.")
        self._line(self._words("asked.paid" if asked.paid else "asked.unpaid"))

    def _form(self) -> None:
        asked = self.letter.asked
        self.pdf.add_page()
        self._line(self._words("form.title"), TITLE, bold=True)
        self._line(self._words("reference", ref=self.letter.ref), HEADING, bold=True)
        self._heading("form.tick")
        extra = [self._words("form.paid")] if asked.paid else []
        partners = [self._words("form.partner", partner=partner) for partner in asked.partners]
        for choice in (*self._covers(), *self._channels(), *partners, *extra):
            self._tick(choice)
        self._heading("form.person")
        self._blanks("name", "signature", "date", "contact")
        self._heading("form.behalf")
        self._line(self._words("form.behalf-why"))
        self._blanks("signatory", "relationship", "authority", "capacity")
        if asked.category in {"child-patient", "relative", "public"}:
            self._heading("form.child")
            self._blanks("born", "child-view")
        self._heading("form.staff")
        self._blanks("explained-by", "explained-role")
        self._tick(self._words("form.independent"))
        self._tick(self._words("form.copies"))

    def _covers(self) -> tuple[str, ...]:
        return tuple(say(self.language, f"consent-letter.kind.{kind}") for kind in self.letter.asked.covers)

    def _channels(self) -> tuple[str, ...]:
        return tuple(self._channel(name) for name in self.letter.asked.channels)

    def _channel(self, name: str) -> str:
        key = f"consent-letter.platform.{self.letter.platforms.get(name, name)}"
        platform = say(self.language, key) if known(self.language, key) else name
        return platform if platform.casefold() == name.casefold() else f"{platform} ({name})"

    def _words(self, key: str, **params: str) -> str:
        return say(self.language, f"consent-letter.{self.letter.asked.wording}.{key}", params)

    def _heading(self, key: str) -> None:
        self.pdf.ln(2)
        self._line(self._words(key), HEADING, bold=True)

    def _line(self, words: str, size: int = BODY, *, bold: bool = False) -> None:
        self.pdf.set_font(FAMILY, "B" if bold else "", size)
        self.pdf.multi_cell(0, LINE * size / BODY, words, align="L", new_x="LMARGIN", new_y="NEXT")
        self.pdf.ln(1.5)

    def _tick(self, words: str) -> None:
        self.pdf.set_font(FAMILY, "", BODY)
        if self.pdf.will_page_break(LINE * 2):
            self.pdf.add_page()
        self.pdf.rect(self.pdf.get_x(), self.pdf.get_y() + 1, BOX, BOX)
        self.pdf.set_x(self.pdf.get_x() + BOX + 3)
        self.pdf.multi_cell(0, LINE, words, align="L", new_x="LMARGIN", new_y="NEXT")
        self.pdf.ln(1)

    def _blanks(self, *keys: str) -> None:
        """A label and a line to write on; the label stands above, so that a long one leaves room for the answer."""
        for key in keys:
            if self.pdf.will_page_break(LINE * 3):
                self.pdf.add_page()
            self.pdf.set_font(FAMILY, "", BODY)
            self.pdf.multi_cell(0, LINE, self._words(f"form.{key}"), align="L", new_x="LMARGIN", new_y="NEXT")
            self.pdf.ln(LINE)
            self.pdf.line(self.pdf.l_margin, self.pdf.get_y(), self.pdf.w - self.pdf.r_margin, self.pdf.get_y())
            self.pdf.ln(1.5)


class _Footed(FPDF):
    """Every page carries the reference, the wording's version and its number: loose sheets find their way back."""

    def __init__(self, ref: str, wording: str) -> None:
        super().__init__(format="A4")
        self.ref, self.wording = ref, wording
        self.language: Language = "cy"

    def footer(self) -> None:
        self.set_y(-MARGIN + 5)
        self.set_font(FAMILY, "", SMALL)
        params = {"ref": self.ref, "page": self.page_no(), "version": self.wording}
        self.cell(0, 5, say(self.language, f"consent-letter.{self.wording}.footer", params), align="C")
