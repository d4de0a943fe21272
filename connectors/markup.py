"""The text of a post where a platform keeps it as HTML."""

from html import unescape

import regex

_COMMENT = regex.compile(r"<!--.*?-->\s*", regex.DOTALL)
_BREAK = regex.compile(r"<br ?/?>\n?")
_PARAGRAPH = regex.compile(r"</p>\s*<p(?: [^>]*)?>")
_TAG = regex.compile(r"<[^>]*>")


def text_of(html: str) -> str:
    """Paragraphs become empty lines, breaks become ends of lines; links show what they show."""
    paragraphs = _PARAGRAPH.sub("\n\n", _BREAK.sub("\n", _COMMENT.sub("", html)))
    return unescape(_TAG.sub("", paragraphs)).strip()
