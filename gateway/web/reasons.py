"""Why a delivery is where it is: what happened, what that means, and what to do next, in words."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from msgspec import Struct

from approvals.actions.delivering import CANNOT_RETRACT
from approvals.queries import DeliveryView
from gateway.web.pages import moment, said
from i18n.messages import Language, known

ACCOUNT = "account-"
LEAVING = "leaving"
BY_NOW = "again"
"""A delivery that is due after a try that provably posted nothing."""


class Reason(Struct, frozen=True):
    happened: str
    """Empty where nothing happened but what its state says."""
    means: str
    """What it means, and what to do."""


def reason(found: DeliveryView, spoken: Language) -> Reason:
    happened = _happened(found)
    params = {"code": found.code or "", "at": moment(found.next_attempt_at, spoken)}
    words = said(spoken, happened, params, otherwise="delivery-code.other") if happened else ""
    key = next(key for key in _means(found) if known(spoken, key))
    return Reason(words, said(spoken, key, {"code": found.code or ""}))


def reasons(found: Iterable[DeliveryView], spoken: Language) -> dict[UUID, Reason]:
    return {each.id: reason(each, spoken) for each in found}


def _happened(found: DeliveryView) -> str | None:
    code = found.code
    if code is None:
        return None
    if found.state == "retracted":
        return "delivery-code.removed-by-hand" if code == "by-hand" else None
    if code.startswith(CANNOT_RETRACT):
        return "delivery-code.cannot-retract"
    if code.isupper():  # a finding's
        return code_key(code) if known("en", code_key(code)) else "delivery-code.finding"
    return code_key(code)


def code_key(code: str) -> str:
    return f"delivery-code.{code}"


def _means(found: DeliveryView) -> Iterator[str]:
    """Keys, the most exact first; the state's own is always there."""
    code = found.code or ""
    state = f"delivery-means.{found.state}"
    if found.state == "published" and found.takedown_at is not None:
        yield f"{state}.{'cannot-retract' if code.startswith(CANNOT_RETRACT) else LEAVING}"
    if found.takedown_at is not None and found.state in {"sending", "unconfirmed"}:
        yield f"{state}.{LEAVING}"
    if code:
        yield f"{state}.{code}"
    if code.startswith(ACCOUNT):
        yield f"{state}.account"
    if code.isupper():
        yield f"{state}.finding"
    if code and found.state == "due":
        yield f"{state}.{BY_NOW}"
    yield state
