"""The words of a mail, in its reader's language: what happened and where to go, and nothing personal.

A mail names service teams, channels, steps, times and public addresses. It never says what a post says, what somebody
wrote about it, or anything of a consent: whoever may see that sees it in Porth, signed in.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader
from msgspec import Struct

from approvals.actions.mailing import Item
from approvals.content import LONDON
from gateway.settings import Settings
from i18n.dates import say_local
from i18n.messages import Language, say

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")
_BY_ABOUT: Mapping[str, str] = {
    "post": "/posts/{post}", "delivery": "/deliveries/{delivery}", "account": "/", "consent": "/consents",
    "organisation": "/",
}  # fmt: skip
_BY_KIND: Mapping[str, str] = {
    "waits-for-you": "/posts/{post}/review", "translation-asked": "/posts/{post}/translate",
    "translation-due": "/posts/{post}/translate", "to-schedule": "/posts/{post}/schedule",
    "consent-unverified": "/consents?show=unverified", "consent-withdrawn": "/deliveries?show=asking",
    "consent-ended": "/deliveries?show=asking", "nobody-for-step": "/administration/people",
    "account-ends": "/administration", "not-published": "/posts/{post}", "foreign": "/deliveries/drifts",
    "drift": "/deliveries/drifts",
}  # fmt: skip
"""Where each kind leads, if not where its subject is. Every page asks who is signed in, and comes back to itself."""


class Line(Struct, frozen=True):
    """One thing in a mail: a sentence, what is known, where to go."""

    sentence: str
    facts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    """Of what is public now."""
    link: str | None = None
    urgent: bool = False


class Letter(Struct, frozen=True):
    language: Language
    subject: str
    opening: str
    lines: tuple[Line, ...]
    closing: tuple[str, ...] = ()
    urgent: bool = False


def of_items(settings: Settings, language: Language, kind: str, items: Sequence[Item]) -> Letter:
    """What waits for somebody and what happened: urgent things first."""
    lines = tuple(sorted((_line(settings, language, item) for item in items), key=lambda line: not line.urgent))
    urgent = any(line.urgent for line in lines)
    subject = lines[0].sentence if len(lines) == 1 else say(language, f"mail.subject-{kind}", {"n": len(lines)})
    opening = say(language, f"mail.opening-{kind}")
    closing = say(language, "mail.choose", {"address": f"{settings.base_url}/account/messages"})
    subject = say(language, "mail.urgent", {"subject": subject}) if urgent else subject
    return Letter(language, subject, opening, lines, (closing,), urgent)


def with_code(settings: Settings, language: Language, kind: str, code: str, until: datetime) -> Letter:
    """An invitation, or a code for a new password. The code is typed: it stands in no address."""
    facts = (
        say(language, "mail.code", {"code": code}),
        say(language, "mail.until", {"at": _moment(until, language)}),
    )
    line = Line(say(language, f"mail.{kind}"), facts, link=f"{settings.base_url}/sign-in/new-password")
    closing = (say(language, f"mail.{kind}-otherwise"),)
    return Letter(language, say(language, f"mail.subject-{kind}"), say(language, "mail.hello"), (line,), closing)


def plain(settings: Settings, language: Language, kind: str) -> Letter:
    """That a password was changed; that mail arrives."""
    line = Line(say(language, f"mail.{kind}"), link=settings.base_url)
    return Letter(language, say(language, f"mail.subject-{kind}"), say(language, "mail.hello"), (line,))


def _line(settings: Settings, language: Language, item: Item) -> Line:
    of, delivery = item.case.of, item.case.delivery
    path = _BY_KIND.get(item.kind.name, _BY_ABOUT[item.kind.about]).format(
        post=of.post.id if of else "", delivery=delivery.id if delivery else ""
    )
    return Line(
        sentence=say(language, f"mail.kind.{item.kind.name}"),
        facts=tuple(one_line(fact) for fact in _facts(language, item)),
        addresses=tuple(_public(item)),
        link=f"{settings.base_url}{path}",
        urgent=item.kind.urgent,
    )


def _facts(language: Language, item: Item) -> Iterator[str]:
    of, delivery, account = item.case.of, item.case.delivery, item.case.account

    def fact(name: str, **params: Any) -> str:
        return say(language, f"mail.fact.{name}", params)

    if of is not None:
        yield fact("team", team=of.team)
    if account is not None:
        spoken = ", ".join(say(language, f"page.language-{code}") for code in account.languages)
        yield fact("channel", channel=item.case.channel, languages=spoken)
    elif of is not None:
        yield fact("channels", channels=", ".join(of.content.channels))
    if of is not None and item.kind.once == "step":
        yield fact("step", step=say(language, f"step.{of.next_step}"))
    if of is not None and of.post.translate_by and item.kind.once == "deadline" and item.kind.about == "post":
        yield fact("deadline", at=_moment(of.post.translate_by, language))
    if (at := _planned(item)) is not None:
        yield fact("time", at=_moment(at, language))
    if delivery is not None and item.kind.name == "takedown-late" and delivery.takedown_at:
        yield fact("asked", at=_moment(delivery.takedown_at, language))
    if account is not None and item.kind.name == "account-ends" and account.expires_at:
        yield fact("ends", at=_moment(account.expires_at, language))


def _planned(item: Item) -> datetime | None:
    """When it was, or is, to go out."""
    if item.case.delivery is not None:
        return item.case.delivery.publish_at
    return min((d.publish_at for d in item.case.of.deliveries), default=None) if item.case.of else None


def _public(item: Item) -> Iterator[str]:
    of = item.case.of
    if of is not None and item.kind.name == "published":
        yield from (one_line(d.url) for d in of.deliveries if d.state == "published" and d.url)


def _moment(value: datetime, language: Language) -> str:
    return say_local(value.astimezone(LONDON), language)


def one_line(words: str) -> str:
    """Nothing that could end a header, a line or a link."""
    return _CONTROLS.sub(" ", words).strip()


def message(settings: Settings, letter: Letter, to: str, *, name: str, list_id: str, made: datetime) -> EmailMessage:
    """The mail as it is sent. The same `name` gives the same Message-ID.

    Raises `ValueError` for an address that no header can hold.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = settings.mail_from
    mail["To"] = to
    mail["Subject"] = f"Porth: {one_line(letter.subject)}"
    mail["Date"] = format_datetime(made)
    mail["Message-ID"] = f"<{name}@{settings.mail_from.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["List-Id"] = f"Porth <{list_id}.{urlsplit(settings.base_url).hostname or 'localhost'}>"
    mail["List-Unsubscribe"] = f"<{settings.base_url}/account/messages>"
    if letter.urgent:
        mail["Importance"] = "high"
    mail.set_content(text(letter))
    mail.add_alternative(_environment().get_template("mail.html").render(letter=letter), subtype="html")
    for part in (mail, *mail.iter_parts()):  # last: making parts moves what is said of the content into them
        del part["Content-Language"]
        part["Content-Language"] = letter.language
    return mail


def text(letter: Letter) -> str:
    blocks = [letter.opening]
    for line in letter.lines:
        rest = [*line.facts, *line.addresses, *([line.link] if line.link else [])]
        blocks.append("\n".join([begun(line.sentence), *(f"  {one}" for one in rest)]))
    blocks += letter.closing
    return "\n\n".join(blocks) + "\n"


def begun(sentence: str) -> str:
    """As a line begins; in a subject the same sentence follows a colon."""
    return sentence[:1].upper() + sentence[1:]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters["begun"] = begun
    return made
