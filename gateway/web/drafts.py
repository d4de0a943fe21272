"""The form of a post: from a content to fields, and back.

A form holds part of a content. What it does not show (people in pictures) is taken from the version that it builds on.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args

import msgspec

from approvals.consent import Category
from approvals.content import LANGUAGES, Bilingual, Content, Media, Named, Rights, Window
from approvals.errors import Invalid, Refusal
from gateway.web import moments
from gateway.web.forms import Form
from gateway.web.moments import end_of_day, window_of
from i18n.messages import Language

MOST_PEOPLE = 50
CATEGORIES: tuple[str, ...] = get_args(Category)
RIGHTS = ("owner", "licence", "credit")
DECLARATION = ("right", "audience", "privacy", "reflects")


def form_of(content: Content, window: tuple[datetime, datetime] | None, *, seen: int) -> Form:
    fields = {"seen": str(seen), "purpose": content.purpose or "", "campaign": content.campaign or ""}
    fields |= {"partners": "\n".join(content.partners)} | ({"paid": "yes"} if content.paid else {})
    for language in LANGUAGES:
        fields[f"text-{language}"] = content.text.get(language)
        fields[f"link-{language}"] = content.link.get(language)
    if window is not None:
        fields |= moments.fields("earliest", window[0]) | moments.fields("latest", window[1])
    for channel, words in content.wording.items():
        fields |= {f"{wording_name(channel)}-{language}": words.get(language) for language in LANGUAGES}
    for i, person in enumerate(content.people):
        fields |= {
            f"people-{i}-name": person.name, f"people-{i}-consent": person.consent or "",
            f"people-{i}-category": person.category or "", f"people-{i}-reason": person.not_identifiable or "",
        }  # fmt: skip
    for i, media in enumerate(content.media):
        fields |= _media_fields(f"media-{i}", media)
    values = {name: [value] for name, value in fields.items()}
    return Form({**values, "channels": list(content.channels)})


def _media_fields(name: str, media: Media) -> dict[str, str]:
    rights, words = media.rights or Rights(), media.words
    fields = {f"{name}-upload": media.upload or "", **{f"{name}-rights-{r}": getattr(rights, r) for r in RIGHTS}}
    for language in LANGUAGES:
        fields[f"{name}-alt-{language}"] = media.alt.get(language)
        fields[f"{name}-words-{language}"] = words.get(language) if words else ""
    if words is not None and not (words.cy or words.en):
        fields[f"{name}-no-words"] = "yes"
    return fields


def content_of(form: Form, base: Content, spoken: Language) -> Content:
    """`base` with what the form says. What cannot be read stands in `form.wrong` afterwards."""
    window, publish_at = base.window, base.publish_at
    try:
        times = _window(form)
        if times != window_of(base):
            window, publish_at = Window(*times) if times else None, None
    except Refusal as refusal:
        form.refuse(refusal, spoken)
    return msgspec.structs.replace(
        base,
        text=_bilingual(form, "text"),
        link=_bilingual(form, "link"),
        channels=form.all("channels"),
        window=window,
        publish_at=publish_at,
        purpose=form.get("purpose").strip() or None,
        people=tuple(_people(form)),
        media=tuple(_media(form, base)),
        wording=_wording(form, base),
        **_use(form),
    )


def _use(form: Form) -> dict[str, Any]:
    """What else a consent is asked about (CON-04, CON-18); as it was, where the form does not ask."""
    if not form.has("campaign"):
        return {}
    partners = tuple(filter(None, (line.strip() for line in form.get("partners").split("\n"))))
    return {"campaign": form.get("campaign").strip() or None, "partners": partners, "paid": form.has("paid")}


def wording_name(channel: str) -> str:
    """The fields of a channel's own words, `wording-facebook`: a name may hold what no id can."""
    return "wording-" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in channel)


def _wording(form: Form, base: Content) -> dict[str, Bilingual]:
    """Only of channels that the post is for: words for another would be checked, and never be seen."""
    found = dict[str, Bilingual]()
    for channel in form.all("channels"):
        name = wording_name(channel)
        asked = any(form.has(f"{name}-{language}") for language in LANGUAGES)
        words = _bilingual(form, name) if asked else base.wording.get(channel)
        if words is not None and words != Bilingual():
            found[channel] = words
    return found


def _bilingual(form: Form, name: str) -> Bilingual:
    cy, en = (form.get(f"{name}-{language}") for language in LANGUAGES)
    return Bilingual(cy=cy if cy.strip() else None, en=en if en.strip() else None)


def _window(form: Form) -> tuple[datetime, datetime] | None:
    """Without a latest time: until the end of that day."""
    earliest, latest = moment(form, "earliest"), moment(form, "latest")
    if earliest is None:
        if latest is not None:
            raise Invalid("when-earliest", "/earliest")
        return None
    return earliest, latest or end_of_day(earliest)


def moment(form: Form, name: str) -> datetime | None:
    """Raises `Invalid`."""
    day, month, year, clock = (form.get(f"{name}-{part}") for part in moments.PARTS)
    return moments.read(name, (day, month, year, clock))


def _people(form: Form) -> Iterator[Named]:
    for i in range(MOST_PEOPLE):
        name = form.get(f"people-{i}-name").strip()
        if name:
            yield Named(
                name=name,
                consent=form.get(f"people-{i}-consent").strip() or None,
                category=form.get(f"people-{i}-category") or None,
                not_identifiable=form.get(f"people-{i}-reason").strip() or None,
            )


def _media(form: Form, base: Content) -> Iterator[Media]:
    """The base's pictures that the form still has, with what it says of each."""
    known = {media.upload: media for media in base.media if media.upload}
    for i in range(len(base.media)):
        found = known.get(form.get(f"media-{i}-upload"))
        if found is not None and not form.has(f"media-{i}-removed"):
            yield _described(form, f"media-{i}", found)


def _described(form: Form, name: str, media: Media) -> Media:
    rights = Rights(**{field: form.get(f"{name}-rights-{field}").strip() for field in RIGHTS})
    words = _bilingual(form, f"{name}-words")
    if form.has(f"{name}-no-words"):
        words = Bilingual(cy="", en="")
    return msgspec.structs.replace(
        media,
        alt=_bilingual(form, f"{name}-alt"),
        words=words if words != Bilingual() else None,
        rights=rights if rights != Rights() else None,
    )
