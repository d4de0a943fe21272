"""Spelling of Welsh against the hunspell dictionary of npm `dictionary-cy`."""

from collections.abc import Iterable

from i18n.differences import Span


def misspelt(text: str, extra_words: Iterable[str] = ()) -> tuple[Span, ...]:
    """Spans of Welsh words that the dictionary rejects; empty where there is no dictionary."""
    return ()


def suggestions(word: str) -> tuple[str, ...]:
    """At most five; takes 0.1 to 0.8 s, so only asked for where they are shown."""
    return ()
