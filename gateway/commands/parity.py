"""`porth parity --jsonl`: compares Welsh and English texts, one pair a line, without a database or a server.

Each line in is `{"id", "cy", "en"}`, each line out `{"id", "findings": [...]}` in the same order, written at once. A
line that cannot be read is answered `{"id", "error"}`, and the exit code is then 2 at the end.
"""

import argparse
import json
import os
import sys
from typing import Any, Final

from i18n.messages import Language, say
from i18n.parity import Difference, compare

ALL_READ: Final = 0
SOME_UNREADABLE: Final = 2


def add(subparsers: Any) -> None:
    """`subparsers`: what `ArgumentParser.add_subparsers` gives."""
    language = _language()
    parser = subparsers.add_parser(
        "parity", help=say(language, "parity.help"), description=say(language, "parity.help")
    )
    parser.add_argument("--jsonl", action="store_true", required=True, help=say(language, "parity.help.jsonl"))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    language: Language = getattr(arguments, "language", None) or _language()
    unreadable = 0
    for line in sys.stdin.buffer:
        if line.strip():
            answer = answered(line, language)
            unreadable += "error" in answer
            # ASCII escapes carry what UTF-8 cannot: half a surrogate pair
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    return SOME_UNREADABLE if unreadable else ALL_READ


def answered(line: bytes, language: Language) -> dict[str, Any]:
    """The answer to one line; a fault of the line is said, never raised."""
    try:
        pair = json.loads(line)
    except (ValueError, RecursionError):
        return {"id": None, "error": say(language, "parity.error.json")}
    if not isinstance(pair, dict):
        return {"id": None, "error": say(language, "parity.error.object")}
    number, cy, en = pair.get("id"), pair.get("cy"), pair.get("en")
    if not isinstance(cy, str) or not isinstance(en, str):
        return {"id": number, "error": say(language, "parity.error.texts")}
    return {"id": number, "findings": [finding(difference, language) for difference in compare(cy, en)]}


def finding(difference: Difference, language: Language) -> dict[str, Any]:
    """Spans count code points of the text's NFC form."""
    read = {"cy_read": difference.cy_read, "en_read": difference.en_read}
    return {
        "code": difference.code,
        "severity": difference.severity,
        "kind": difference.kind,
        "cy": difference.cy,
        "en": difference.en,
        **read,
        "params": difference.params,
        "message": say(language, message_key(difference), {**read, **difference.params}),
    }


def message_key(difference: Difference) -> str:
    return f"parity.{difference.key.partition('.')[2]}"


def _language() -> Language:
    wanted = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "cy" if wanted.startswith("cy") else "en"
