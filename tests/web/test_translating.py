"""The translator's page: the source, its terms, and the checks while one types."""

import httpx
import pytest

from tests.web.scene import Site
from tests.web.test_doors import client, csrf, sign_in

__all__ = ["client"]


@pytest.fixture
def page(client: httpx.Client, site: Site) -> str:
    sign_in(client, "elin")
    return f"/posts/{site.scene.translating}/translate"


def test_the_checks_answer_while_one_translates_and_keep_nothing(client: httpx.Client, page: str) -> None:
    words = {"csrf": csrf(client), "text-cy": "Mae clinig ffliw rhif 1004 ar agor heddiw."}
    answer = client.post(f"{page}/check", data=words)
    assert answer.status_code == 200
    assert "1,004 yn y Gymraeg, 1,003 yn y Saesneg" in answer.text
    assert 'id="findings-text-cy"' in answer.text
    assert 'id="counters-cy"' in answer.text
    assert "1004" not in client.get(page).text


def test_whoever_does_not_translate_is_refused_the_checks(client: httpx.Client, site: Site) -> None:
    sign_in(client, "mari")
    answer = client.post(f"/posts/{site.scene.translating}/translate/check", data={"csrf": csrf(client)})
    assert answer.status_code == 403


def test_the_terms_of_the_source_stand_beside_the_box(client: httpx.Client, page: str) -> None:
    assert "Termau i&#39;w defnyddio" in client.get(page).text
