"""What YouTube is sent: resources, and bodies in two parts."""

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec

from connectors.contract import Caption, Localized, Outgoing

CATEGORY = "27"
"""Education."""
PRIVATE = {"privacyStatus": "private", "selfDeclaredMadeForKids": False, "embeddable": True, "license": "youtube",
           "publicStatsViewable": True}  # fmt: skip
PUBLIC = {**PRIVATE, "privacyStatus": "public"}
"""All of the status, for an update takes back what it does not name."""


def mark(key: str) -> str:
    """A tag of the video: viewers are not shown it, and no approved word changes."""
    return f"porth-{key}"


def related(about: Mapping[str, Any], caption: Caption) -> tuple[bytes, str]:
    """A body in two parts, JSON and captions, and its content type."""
    boundary = secrets.token_hex(16)
    parts = (
        ("application/json; charset=UTF-8", msgspec.json.encode(about)),
        (caption.media_type, caption.text.encode()),
    )
    body = b"".join(b"--%b\r\nContent-Type: %b\r\n\r\n%b\r\n" % (boundary.encode(), kind.encode(), content)
                    for kind, content in parts)  # fmt: skip
    return body + f"--{boundary}--\r\n".encode(), f"multipart/related; boundary={boundary}"


def words(outgoing: Outgoing, kept: Mapping[str, Any]) -> dict[str, Any]:
    def pair(of: Outgoing | Localized) -> dict[str, str]:
        return {"title": of.title or "", "description": of.text}

    snippet = {**kept, **pair(outgoing), "defaultLanguage": outgoing.languages[0]}
    return {"snippet": snippet, "localizations": {one.language: pair(one) for one in outgoing.localized}}
