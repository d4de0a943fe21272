"""The form of the people in one picture: an entry for every box, answered or proposed, and one to draw."""

import math
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from approvals.checks.boxes import Box, unanswered
from approvals.content import Media, Shown
from gateway.media.protocol import Obscure
from gateway.web.forms import Form
from gateway.web.pages import said
from i18n.messages import Language

SIDES = ("left", "top", "width", "height")
HIDDEN = ("pixelate", "solid")
ANSWERS = ("consent", *HIDDEN, "not_identifiable", "not_a_person")
NEEDS_WORDS = {"consent": "consent", "not_identifiable": "reason", "not_a_person": "reason"}
"""The field that an answer cannot do without."""
MOST = 100


class Entry(Struct, frozen=True):
    """One numbered place in the picture."""

    number: int
    box: Box | None
    proposed: bool = False
    """Found by looking, and nobody has answered yet."""


def entries(media: Media, proposed: Sequence[Box]) -> list[Entry]:
    """The answers there are, then the proposed boxes that have none."""
    answers = media.people or ()
    boxes = [*((answer.box, False) for answer in answers), *((box, True) for box in unanswered(proposed, answers))]
    return [Entry(number, box, is_proposed) for number, (box, is_proposed) in enumerate(boxes)]


def form_of(media: Media, found: Sequence[Entry], *, seen: int) -> Form:
    fields = {"seen": str(seen), "nobody": media.nobody or "", "others": str(media.others or "")}
    for entry in found:
        name = f"person-{entry.number}"
        for side, value in zip(SIDES, entry.box or (), strict=False):
            fields[f"{name}-{side}"] = str(round(value))
        if not entry.proposed:
            fields |= _answer_fields(name, (media.people or ())[entry.number])
    return Form({name: [value] for name, value in fields.items()})


def _answer_fields(name: str, answer: Shown) -> dict[str, str]:
    reason = answer.not_identifiable or answer.not_a_person or ""
    chosen: str = answer.obscured or next((a for a in ANSWERS if getattr(answer, a, None)), "")
    fields = {f"{name}-answer": chosen, f"{name}-consent": answer.consent or "", f"{name}-reason": reason}
    return fields | ({f"{name}-patient": "yes"} if answer.patient else {})


def picked(form: Form) -> tuple[Form, int]:
    """The form after a button beside one entry was pressed, and the entry's number: `pick` is `2:C-1024`."""
    number, _, ref = form.get("pick").partition(":")
    at = number if ref else form.get("find")
    if not at.isascii() or not at.isdecimal() or int(at) >= MOST:
        return form, 0
    values = {name: list(form.all(name)) for name in form.names()}
    if ref:
        values |= {f"person-{int(at)}-consent": [ref], f"person-{int(at)}-answer": ["consent"]}
    return Form(values), int(at)


def read(form: Form, media: Media, spoken: Language) -> Media:
    """`media` with what the form answers. What is missing stands in `form.wrong` afterwards."""
    people = tuple(_people(form, spoken))
    others = form.get("others").strip() or "0"
    if not others.isascii() or not others.isdecimal() or len(others) > 3:  # noqa: PLR2004  # a crowd
        form.say("others", said(spoken, "people.others-wrong"))
        others = "0"
    return msgspec.structs.replace(
        media, people=people or None, nobody=form.get("nobody").strip() or None, others=int(others)
    )


def _people(form: Form, spoken: Language) -> Iterator[Shown]:
    for number in range(MOST):
        name = f"person-{number}"
        answer = form.get(f"{name}-answer")
        if answer not in ANSWERS or form.has(f"{name}-removed"):
            continue
        box = _box(form, name)
        words = form.get(f"{name}-{NEEDS_WORDS.get(answer, '')}").strip()
        if answer in NEEDS_WORDS and not words:
            form.say(f"{name}-{NEEDS_WORDS[answer]}", said(spoken, f"people.needs-{NEEDS_WORDS[answer]}"))
        elif box is None and (answer in HIDDEN or _typed(form, name)):
            form.say(f"{name}-left", said(spoken, "people.needs-box"))
        else:
            yield _shown(answer, words, box, patient=form.has(f"{name}-patient"))


def _shown(answer: str, words: str, box: Box | None, *, patient: bool) -> Shown:
    said_of = {"obscured": answer} if answer in HIDDEN else {answer: words}
    return msgspec.structs.replace(Shown(box=box, patient=patient), **said_of)


def _typed(form: Form, name: str) -> bool:
    return any(form.get(f"{name}-{side}").strip() for side in SIDES)


def _box(form: Form, name: str) -> Box | None:
    """Four whole numbers, or nothing."""
    typed = [form.get(f"{name}-{side}").strip() for side in SIDES]
    if not all(text.isascii() and text.isdecimal() and len(text) < 6 for text in typed):  # noqa: PLR2004  # pixels
        return None
    left, top, width, height = (int(text) for text in typed)
    return (left, top, width, height) if width and height else None


def hidden(people: Sequence[Shown]) -> tuple[Obscure, ...]:
    """What has to be destroyed in the picture, in whole pixels that cover each box."""
    return tuple(Obscure(_pixels(p.box), p.obscured) for p in people if p.box is not None and p.obscured)


def _pixels(box: Box) -> tuple[int, int, int, int]:
    left, top = math.floor(box[0]), math.floor(box[1])
    return left, top, math.ceil(box[0] + box[2]) - left, math.ceil(box[1] + box[3]) - top
