"""Every sentence is wrapped in brackets; whatever words then stand outside of them came from no catalog."""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from babel.dates import get_day_names, get_month_names
from sqlalchemy import select

from approvals import models as m
from approvals.actions.organising import hash_secret
from gateway import demonstration, runtime, settings, stories
from gateway.api import log
from gateway.app import create_app
from gateway.web import pages, routers
from i18n import messages
from tests.web.everywhere import everywhere
from tests.web.scene import Scene, seeded

pytestmark = pytest.mark.anyio

SAID = ("aria-label", "title", "alt", "placeholder", "data-i18n.show-password", "data-i18n.hide-password")
DATA = {
    word
    for text in (
        demonstration.TEAM, demonstration.NAME_CY, demonstration.NAME_EN, *(p.name for p in demonstration.PEOPLE),
        "Mae clinig ffliw rhif ar agor heddiw Croeso i bawb Flu clinic number is open today Everyone is welcome",
        "gwefan https Cwm Severn Vale Foel Aber Mouth Arwydd dref Rhoi gwybod cyhoedd To tell the public",
        "Cywiriad gau ac yfory Y postiad gwreiddiol Correction closed and tomorrow The original post",
        "https social.example posts",
        "Yes Everybody No Well Sian Hughes Y claf Porth facebook x glan hafren example cy en porth_",
        *get_month_names("wide", locale="en").values(), *get_day_names("wide", locale="en").values(),
        *get_day_names("abbreviated", locale="en_GB").values(), *(p.account for p in demonstration.PEOPLE),
        "test python httpx gau http",
    )
    for word in re.findall(r"[^\W\d_]+", text)
}  # fmt: skip


class Words(HTMLParser):
    """What a reader sees or hears of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style", "code", "textarea"}
        self.found += [value for name, value in attrs if name in SAID and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style", "code", "textarea"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def unwrapped(page: str) -> set[str]:
    reader = Words()
    reader.feed(page)
    text = unescape(" \n".join(reader.found))
    before = None
    while before != text:
        before, text = text, re.sub(r"⟦[^⟦⟧]*⟧", " ", text)
    text = re.sub(r"[0-9a-f]{8,}|C-[A-Z2-9]{4}-[A-Z2-9]{4}", " ", text)
    return set(re.findall(r"[^\W\d_]{2,}", text)) - DATA


@pytest.fixture
async def client(database: str, tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Scene]]:
    environ = {"PORTH_HOME": str(tmp_path)}
    scene = await seeded(environ, database)
    async with runtime.opened(settings.load(environ), database) as porth:
        now = datetime.now(UTC)
        async with porth.sessions.begin() as session:
            for person in await session.scalars(select(m.Person)):
                session.add(
                    m.SignIn(
                        token_hash=hash_secret(person.email.split("@")[0]), person_id=person.id, csrf="csrf",
                        created_at=now, seen_at=now, expires_at=now + timedelta(hours=1), agent="test",
                    )
                )  # fmt: skip
        transport = httpx.ASGITransport(app=create_app(porth, routers()))  # type: ignore[arg-type]  # ASGI is
        async with httpx.AsyncClient(transport=transport, base_url="http://porth.test") as made:
            yield made, scene


def bracketed(language: messages.Language, key: str, params: Mapping[str, Any] | None = None) -> str:
    return f"⟦{_SAY(language, key, params)}⟧"


_SAY = messages.say


async def test_words_that_come_from_no_catalog_are_seen() -> None:
    page = '<p aria-label="Menu">⟦Said ⟦within⟧⟧ Hello <textarea>typed</textarea></p>'
    assert unwrapped(page) == {"Menu", "Hello"}


async def test_no_page_says_anything_that_is_in_no_catalog(
    client: tuple[httpx.AsyncClient, Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (pages, log, stories, messages):
        monkeypatch.setattr(module, "say", bracketed)
    http, scene = client
    left: dict[str, set[str]] = {}
    for person, path in everywhere(scene):
        answer = await http.get(path, headers={"Cookie": f"porth={person}; porth-language=en"})
        assert answer.status_code == 200, (person, path, answer.text[:2000])
        assert "⟦" in answer.text
        if words := unwrapped(answer.text):
            left[f"{person} {path}"] = words
    assert left == {}
