"""Every kind of entry that an action writes has its sentence in both languages."""

import re
from pathlib import Path

import pytest

from i18n.messages import known

ROOT = Path(__file__).parents[2]
CALL = re.compile(r"(?:quality_log\.append|_announce|_log)\(\s*session,\s*[\w.]+,(?:\s*[\w.]+,)?\s*\"([a-z-]+)\"")


def kinds() -> set[str]:
    sources = [*(ROOT / "approvals" / "actions").glob("*.py"), ROOT / "gateway" / "watching.py"]
    return {kind for path in sources for kind in CALL.findall(path.read_text(encoding="utf-8"))}


def test_the_actions_were_read() -> None:
    assert {"paused", "published", "consent-withdrawn", "key-created", "drift-seen"} <= kinds()


@pytest.mark.parametrize("language", ["cy", "en"])
def test_every_kind_of_entry_has_its_sentence(language: str) -> None:
    assert [kind for kind in sorted(kinds()) if not known(language, f"log.{kind}")] == []
