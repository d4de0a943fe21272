"""The forms of consents: what was signed, what is to be asked for, and one filled in from the other."""

from datetime import date
from typing import Any

import msgspec

from approvals.consent import Consent
from approvals.consent_request import Asked
from approvals.content import Content
from gateway.web.forms import Form
from gateway.web.pages import said
from i18n.messages import Language

DATES = ("starts", "expires", "born", "deceased", "captured", "publication_approved", "review")
TEXTS = (
    "relationship", "authority_basis", "capacity", "child_view", "explained_by", "explained_role", "language",
    "lawful_basis",
)  # fmt: skip
FLAGS = ("in_patient", "paid", "treating_clinician", "told_of_copies")
LINES = ("purposes", "campaigns", "partners")
"""Several, one on each line."""
LEGAL = ("consent", "legitimate-interests", "public-task")


def written(form: Form, spoken: Language) -> Consent | None:
    """The consent that the form describes, or nothing, with what is wrong in `form.wrong`."""
    fields: dict[str, Any] = {name: form.get(name).strip() or None for name in TEXTS}
    fields |= {name: day_of(form, name, spoken) for name in DATES}
    for name in ("starts", "expires"):
        if fields[name] is None and not form.error(name):
            form.say(name, said(spoken, f"consents.say-{name}"))
    for name in ("category", "authority"):
        if not form.get(name):
            form.say(name, said(spoken, f"consents.say-{name}"))
    fields["sensitive_dates"] = _days(form, "sensitive_dates", spoken)
    if form.wrong:
        return None
    return msgspec.convert(
        {
            **{name: value for name, value in fields.items() if value is not None},
            "ref": form.get("ref").strip(), "category": form.get("category"), "authority": form.get("authority"),
            "signatory": form.get("signatory").strip(), "covers": form.all("covers"),
            "channels": form.all("channels"), **{name: form.has(name) for name in FLAGS},
            **{name: lines(form, name) for name in LINES},
        },
        Consent,
    )  # fmt: skip


def asked(form: Form, spoken: Language) -> Asked | None:
    """What the form asks for, or nothing, with what is wrong in `form.wrong`."""
    until = day_of(form, "until", spoken)
    if not form.get("category"):
        form.say("category", said(spoken, "consents.say-category"))
    if form.wrong:
        return None
    return msgspec.convert(
        {
            "category": form.get("category"), "covers": form.all("covers"), "channels": form.all("channels"),
            "paid": form.has("paid"), "until": until, **{name: lines(form, name) for name in LINES},
        },
        Asked,
    )  # fmt: skip


def of_asked(ref: str, found: Asked) -> Form:
    """The form of what was signed, filled in with what was asked: what was crossed out is taken away by hand."""
    values = _scope(found) | {"ref": [ref], "category": [found.category], "authority": ["self"]}
    return Form(values | (_day_fields("expires", found.until) if found.until else {}))


def of_consent(found: Consent) -> Form:
    """What to ask for when a consent is to be renewed: the same again."""
    return Form(_scope(found) | {"category": [found.category]})


def of_content(content: Content) -> Form:
    """What to ask of somebody in this post's pictures."""
    values: dict[str, list[str]] = {
        "covers": ["image"], "channels": list(content.channels), "purposes": [content.purpose or ""],
        "campaigns": [content.campaign or ""], "partners": ["\n".join(content.partners)],
    }  # fmt: skip
    return Form(values | ({"paid": ["yes"]} if content.paid else {}))


def _scope(found: Asked | Consent) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {"covers": list(found.covers), "channels": list(found.channels)}
    values |= {name: ["\n".join(getattr(found, name))] for name in LINES}
    return values | ({"paid": ["yes"]} if found.paid else {})


def _day_fields(name: str, value: date) -> dict[str, list[str]]:
    return {f"{name}-day": [str(value.day)], f"{name}-month": [str(value.month)], f"{name}-year": [str(value.year)]}


def lines(form: Form, name: str) -> tuple[str, ...]:
    return tuple(filter(None, (line.strip() for line in form.get(name).split("\n"))))


def day_of(form: Form, name: str, spoken: Language) -> date | None:
    parts = [form.get(f"{name}-{part}").strip() for part in ("day", "month", "year")]
    if not any(parts):
        return None
    try:
        day, month, year = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        form.say(name, said(spoken, "when-date"))
        return None


def _days(form: Form, name: str, spoken: Language) -> tuple[date, ...]:
    """One on each line, day first: 1/3/2027."""
    found: list[date] = []
    for line in lines(form, name):
        try:
            day, month, year = (int(part) for part in line.split("/"))
            found.append(date(year, month, day))
        except ValueError:
            form.say(name, said(spoken, "consents.sensitive-wrong", {"value": line}))
    return tuple(found)
