"""Correcting in public (PUB-01): what of the wrong post can still be seen, and how a correction says that it is one.

Where the platform lets a post be edited, the correction edits it; anywhere else it is a post of its own that links
to the wrong one. Both begin with the word for it, in each language, so that nothing is changed quietly.
"""

import msgspec
from msgspec import Struct

from approvals.content import Content
from connectors.contract import Language
from i18n.messages import say


class Standing(Struct, frozen=True):
    """One public post of what is corrected: on one account, as it was last approved."""

    delivery: str
    """The delivery whose words it has now."""
    channel: str
    account: str
    languages: tuple[Language, ...]
    url: str
    text: str
    pictures: tuple[str, ...]
    """SHA-256 of each, in order."""
    editable: bool
    """The platform edits posts, and has not refused to edit this one."""
    unreached: bool = False
    """Of a post that the corrected one corrects in its turn, which did not go out here."""


class Correcting(Struct, frozen=True):
    """The post that is corrected, as checks and rendering need it."""

    content: Content
    """Of its version that was approved."""
    standing: tuple[Standing, ...] = ()
    """On each account of the post itself, or else of the nearest one that it corrects in its turn."""
    superseded: bool = False
    """Another correction of the same post is public, or may be."""

    def edited(self, account: str, languages: tuple[Language, ...], pictures: tuple[str, ...]) -> Standing | None:
        """The post that can be edited into the new one: the same languages, the same pictures."""
        for one in self.standing:
            if one.editable and (one.account, one.languages, one.pictures) == (account, languages, pictures):
                return one
        return None

    def linked(self, account: str, language: Language) -> Standing | None:
        """The post to which a follow-up on this account links: in its language, and there, if there is one."""
        return min(self.standing, key=lambda one: (language not in one.languages, one.account != account), default=None)


def begun(content: Content) -> Content:
    """What the draft of a correction begins with: everything but the time, which has passed."""
    return msgspec.structs.replace(content, window=None, publish_at=None)


def said(language: Language, words: str, address: str | None = None) -> str:
    """`words` as a correction, with the `address` of the wrong post under them. What they say already stays once."""
    if not _says_so(language, words):
        words = say(language, "correction.begins", {"words": words})
    if address and address not in words:
        words = say(language, "correction.follows", {"words": words, "address": address})
    return words


def _says_so(language: Language, words: str) -> bool:
    word = say(language, "correction.word")
    return words[: len(word)].casefold() == word.casefold() and not words[len(word) : len(word) + 1].isalpha()
