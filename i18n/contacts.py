"""Links, e-mail addresses, phone numbers, handles and hashtags of a text, normalised."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from i18n.differences import Span
from i18n.words import Text

# UK numbers as people write them: a leading 0 or +44, nine to eleven digits after it, in groups
_PHONE = re.compile(
    r"(?<![\w/£.,-])(?:(?:\+44|0044)[ -]?(?:\(0\)[ -]?)?|\(?0)\d(?:[ ()-]{0,2}\d){7,10}(?![\w]|[.,:]\d)"
)
_TRAILING = ".,;:!?)]}'\"*…»"
_SCHEME = re.compile(r"^https?:/{1,2}")
_LEAST_DIGITS = 9


def contacts(text: Text) -> Iterator[tuple[str, str, Span]]:
    """(kind, canonical value, span) of links, e-mail addresses, handles and hashtags in order."""
    for match in text.contacts:
        kind = str(match.lastgroup)
        written = match[0].rstrip(_TRAILING) if kind in ("link", "handle") else match[0]
        if kind == "link" and "(" in written and match[0][len(written) :].startswith(")"):
            written += ")"
        value = link(written) if kind == "link" else written.rstrip(".")
        if value:
            yield kind, value, (match.start(), match.start() + len(written))


def link(written: str) -> str:
    """Host and path without scheme, `www.`, fragment-less trailing slash or per-cent escapes."""
    bare = _SCHEME.sub("", written)
    host, slash, path = bare.partition("/")
    host = host.removeprefix("www.").rstrip(".")
    path = unquote(path, errors="replace").rstrip("/")
    return f"{host}{slash if path else ''}{path}"


def phones(prose: str) -> Iterator[tuple[str, Span]]:
    """(digits with a leading 0, span); the text-relay prefix 18001 is part of no number."""
    for match in _PHONE.finditer(prose):
        digits = re.sub(r"\D", "", match[0].replace("(0)", ""))
        if match[0].startswith("+44") or digits.startswith("0044"):
            digits = "0" + digits.removeprefix("00").removeprefix("44")
        if len(digits) >= _LEAST_DIGITS:
            yield digits, match.span()
