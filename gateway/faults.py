"""Faults that a person running Porth can understand and put right: said in one sentence, never a traceback."""

from typing import Any

from i18n.messages import Language, say


class Fault(Exception):  # noqa: N818  # the field's word for what an operator puts right
    """`key` and `params` name a sentence of the `cli` catalogs."""

    def __init__(self, key: str, **params: Any) -> None:
        super().__init__(key)
        self.key = key
        self.params = params

    def __str__(self) -> str:
        return self.sentence("en")

    def sentence(self, language: Language) -> str:
        return say(language, self.key, self.params)
