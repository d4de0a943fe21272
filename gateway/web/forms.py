"""Forms: what was typed, kept, and what is wrong with it, said above the form and beside the field.

A field has the same name and id everywhere: the JSON pointer of what it holds with `-` for `/` (`text-cy`,
`declaration-right`), so a refusal or a finding finds its field by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from approvals.errors import Blocked, Refusal
from gateway.web.pages import Asked, said, sentence
from i18n.messages import Language


class Wrong(Struct, frozen=True):
    """One thing to put right. `field` is an id, or "" for the whole form."""

    field: str
    words: str


class Form:
    """The values of a form by name, and what is wrong."""

    def __init__(self, values: Mapping[str, Sequence[str]] | None = None) -> None:
        self._values = dict(values or {})
        self.wrong: list[Wrong] = []

    def get(self, name: str, default: str = "") -> str:
        """One line or text, as it was typed but for line ends, which browsers send as CR LF."""
        return (self._values.get(name) or [default])[0].replace("\r\n", "\n")

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(self._values.get(name, ()))

    def has(self, name: str) -> bool:
        return name in self._values

    def names(self) -> Iterable[str]:
        return self._values

    def with_(self, **values: Any) -> "Form":
        """The same form with some values of ours; `_` in a name stands for `-`."""
        changed = {name.replace("_", "-"): [str(value)] for name, value in values.items()}
        made = Form({**self._values, **changed})
        made.wrong = list(self.wrong)
        return made

    def error(self, name: str) -> str | None:
        return next((wrong.words for wrong in self.wrong if wrong.field == name), None)

    def refuse(self, refusal: Refusal, spoken: Language, *, field: str = "", at: str | None = None) -> "Form":
        """Add what an action answered, and every finding that blocks.

        It stands at the refusal's own field, or at `field` where it names none; with `at` there, whatever it names.
        """
        own = field_of(refusal.field) or field if at is None else at
        self.wrong.append(Wrong(own, said(spoken, refusal.code, refusal.params)))
        for finding in refusal.findings if isinstance(refusal, Blocked) else ():
            self.say("", sentence(finding, spoken))
        return self

    def say(self, field: str, words: str) -> "Form":
        self.wrong.append(Wrong(field, words))
        return self


def field_of(pointer: str | None) -> str:
    return (pointer or "").strip("/").replace("/", "-")


async def read(request: Asked) -> Form:
    """What was sent. Files are read elsewhere (gateway/api/uploads.py)."""
    sent = await request.form()
    values: dict[str, list[str]] = {}
    for name, value in sent.multi_items():
        if isinstance(value, str):
            values.setdefault(name, []).append(value)
    return Form(values)


def uuids(texts: Iterable[str]) -> tuple[UUID, ...]:
    """The ids among these; what is none is passed over."""
    found: list[UUID] = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return tuple(found)
