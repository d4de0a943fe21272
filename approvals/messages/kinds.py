"""The table: what people are told, about what, when it stands, to whom, how by default.

A message follows from an entry of the quality log (`after`) or from time (`actions/telling.py: remind`). When it is
written, and again when it is sent, `stands` is asked about the subject as it is then: what was done meanwhile is not
told.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Literal

from msgspec import Struct

from approvals.actions.delivering import CANNOT_RETRACT
from approvals.messages import audience as to
from approvals.messages.audience import To
from approvals.messages.cases import About, Case, instant
from approvals.messages.choices import Group, How

Facts = Mapping[str, Any]
Stands = Callable[[Case, Facts], bool]
Once = Literal["entry", "version", "step", "deadline"]

OVERDUE = timedelta(hours=24)
"""A removal that takes longer than this from when it was asked for is late (CON-06)."""


class Kind(Struct, frozen=True):
    """One row. `once` is what makes an occasion: each entry of the log, a version, a version's step, a deadline."""

    name: str
    group: Group
    about: About
    to: To
    stands: Stands
    after: tuple[str, ...] = ()
    once: Once = "entry"
    how: How = "at-once"
    urgent: bool = False


def _always(_found: Case, _: Facts) -> bool:
    return True


def _next_step(found: Case, facts: Facts) -> bool:
    return bool(found.of and _newest(found, facts) and found.of.next_step == facts.get("step") is not None)


def _newest(found: Case, facts: Facts) -> bool:
    return found.of is not None and found.of.post.state == "in_review" and found.of.post.latest == facts.get("version")


def _approved(found: Case, facts: Facts) -> bool:
    return _newest(found, facts) and bool(found.of and not found.of.outstanding and not found.of.deliveries)


def _scheduled(found: Case, facts: Facts) -> bool:
    return _newest(found, facts) and bool(found.of and {d.state for d in found.of.deliveries} == {"due"})


def _published(found: Case, facts: Facts) -> bool:
    """Something is public and nothing is under way: one message for all accounts of a post."""
    states = {d.state for d in found.of.deliveries} if found.of else set()
    return _newest(found, facts) and "published" in states and not states & {"due", "sending", "unconfirmed"}


def _translating(found: Case, facts: Facts) -> bool:
    of = found.of
    return bool(of and of.post.state == "translating" and instant(of.post.translate_by) == facts.get("by"))


def _back(found: Case, facts: Facts) -> bool:
    return bool(found.of and found.of.post.state == "draft" and found.of.post.latest == facts.get("version"))


def _refused(found: Case, _: Facts) -> bool:
    return bool(found.of and found.of.post.state == "refused")


def _remarked(kind: str) -> Stands:
    def stands(found: Case, facts: Facts) -> bool:
        return facts.get("kind") == kind and bool(found.of and found.of.post.state not in {"withdrawn", "archived"})

    return stands


def _is(*states: str) -> Stands:
    """The delivery is still so, and it is not the case of a half that is public."""

    def stands(found: Case, facts: Facts) -> bool:
        return bool(found.delivery and found.delivery.state in states and not _half(found, facts))

    return stands


def _half(found: Case, _: Facts) -> bool:
    """The Welsh is public and the English has not gone out (WEL-03)."""
    first, second = found.first, found.delivery
    return bool(first and second and first.state == "published" and second.state in {"failed", "held", "missed"})


def _asks(found: Case, _: Facts) -> bool:
    return bool(found.delivery and found.delivery.state == "unconfirmed" and found.delivery.code == "ask-a-person")


def _unpublished(found: Case, _: Facts) -> bool:
    return bool(found.delivery and found.delivery.state in {"failed", "held", "missed"})


def _drifted(found: Case, _: Facts) -> bool:
    return found.drifted


def _being_removed(found: Case, _: Facts) -> bool:
    return bool(found.of and any(d.takedown_at and d.state != "retracted" for d in found.of.deliveries))


def _still_there(found: Case, _: Facts) -> bool:
    there = found.delivery
    return bool(there and there.takedown_at and there.state in {"sending", "unconfirmed", "published"})


def _stuck(found: Case, facts: Facts) -> bool:
    code = (found.delivery.code or "") if found.delivery else ""
    return _still_there(found, facts) and code.startswith(CANNOT_RETRACT)


def _stopped(found: Case, facts: Facts) -> bool:
    return bool(found.account and instant(found.account.stopped_at) == facts.get("by") is not None)


def _ending(found: Case, facts: Facts) -> bool:
    return bool(found.account and instant(found.account.expires_at) == facts.get("by") is not None)


def _unverified(found: Case, _: Facts) -> bool:
    consent = found.consent
    return bool(consent and consent.verified_by is None and consent.withdrawn_at is None)


def _consent_ending(found: Case, facts: Facts) -> bool:
    consent = found.consent
    gone = consent is None or consent.withdrawn_at or consent.superseded_by or consent.lapsed_at
    return consent is not None and not gone and consent.expires.isoformat() == facts.get("by")


def _affects(_found: Case, facts: Facts) -> bool:
    return bool(facts.get("affects"))


def _paused(found: Case, _: Facts) -> bool:
    return found.organisation.paused_at is not None


def _running(found: Case, _: Facts) -> bool:
    return found.organisation.paused_at is None


_REVIEWED = ("submitted", "signed-off", "decided")
_FAILED = ("delivery-failed",)
_NOT_SENT = (*_FAILED, "delivery-missed", "delivery-held")
_UNDERWAY = (
    "delivery-published", "delivery-failed", "delivery-missed", "delivery-held", "resolved", "delivery-retracted",
)  # fmt: skip

KINDS: tuple[Kind, ...] = (
    # what waits for me
    Kind("waits-for-you", "waiting", "post", to.signers, _next_step, _REVIEWED, once="step"),
    Kind("translation-asked", "waiting", "post", to.translators, _translating, ("translation-asked",), once="deadline"),
    Kind("translation-due", "waiting", "post", to.translators, _translating, once="deadline", urgent=True),
    Kind("to-schedule", "waiting", "post", to.schedulers, _approved, _REVIEWED, once="version", how="digest"),
    Kind("consent-unverified", "waiting", "consent", to.custodians, _unverified, ("consent-recorded",), how="digest"),
    Kind("consent-ends", "waiting", "consent", to.custodians, _consent_ending, once="deadline", how="digest"),
    # what became of my posts
    Kind("sent-back", "own", "post", to.authors, _back, ("sent-back",)),
    Kind("refused", "own", "post", to.authors, _refused, ("refused",)),
    Kind("suggested", "own", "post", to.authors, _remarked("suggestion"), ("commented",)),
    Kind("commented", "own", "post", to.authors, _remarked("comment"), ("commented",), how="digest"),
    Kind("approved", "own", "post", to.authors, _approved, _REVIEWED, once="version", how="digest"),
    Kind("scheduled", "own", "post", to.authors, _scheduled, ("scheduled",), how="digest"),
    Kind("published", "own", "post", to.authors, _published, _UNDERWAY, once="version", how="digest"),
    Kind("not-published", "own", "delivery", to.authors, _unpublished, _NOT_SENT, how="digest"),
    Kind("removal-of-yours", "own", "post", to.authors, _being_removed, ("takedown-asked", "removal-asked")),
    # what went wrong, to whoever puts it right
    Kind("half-public", "wrong", "delivery", to.resolvers, _half, _NOT_SENT, urgent=True),
    Kind("delivery-failed", "wrong", "delivery", to.resolvers, _is("failed", "held"), _FAILED, urgent=True),
    Kind("delivery-missed", "wrong", "delivery", to.resolvers, _is("missed"), ("delivery-missed",), urgent=True),
    Kind("delivery-held", "wrong", "delivery", to.resolvers, _is("held"), ("delivery-held",)),
    Kind("delivery-unconfirmed", "wrong", "delivery", to.resolvers, _asks, ("delivery-ask-a-person",), urgent=True),
    Kind("drift", "wrong", "delivery", to.resolvers, _drifted, ("drift-seen",)),
    Kind("foreign", "wrong", "account", to.resolvers, _drifted, ("foreign-seen",)),
    Kind("takedown-asked", "wrong", "post", to.removers, _being_removed, ("takedown-asked", "removal-asked")),
    Kind("cannot-remove", "wrong", "delivery", to.removers, _stuck, ("delivery-cannot-retract",), urgent=True),
    Kind("takedown-late", "wrong", "delivery", to.removers, _still_there, once="deadline", urgent=True),
    Kind("account-stopped", "wrong", "account", to.account_resolvers, _stopped, once="deadline", urgent=True),
    Kind("account-ends", "wrong", "account", to.channel_managers, _ending, once="deadline", how="digest"),
    Kind("consent-withdrawn", "wrong", "consent", to.consent_resolvers, _always, ("consent-withdrawn",), urgent=True),
    Kind("consent-ended", "wrong", "consent", to.consent_resolvers, _affects,
         ("consent-left", "consent-disputed", "consent-superseded", "consent-lapsed")),
    Kind("nobody-for-step", "wrong", "post", to.finders, _next_step, _REVIEWED, once="step"),
    Kind("log-broken", "wrong", "organisation", to.log_keepers, _always, once="deadline", urgent=True),
    # news
    Kind("paused", "news", "organisation", to.in_charge, _paused, ("paused",), urgent=True),
    Kind("resumed", "news", "organisation", to.in_charge, _running, ("resumed",)),
)  # fmt: skip

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
AFTER: Mapping[str, tuple[Kind, ...]] = {
    entry: tuple(kind for kind in KINDS if entry in kind.after) for kind in KINDS for entry in kind.after
}
STAFFING = frozenset({"roles-set", "teams-set", "person-added", "person-left", "policy-set"})
"""Entries after which somebody else may be the one who can sign what is waiting."""
STANDING: tuple[Kind, ...] = tuple(
    kind for kind in KINDS if kind.name in {"waits-for-you", "nobody-for-step", "translation-asked"}
)
