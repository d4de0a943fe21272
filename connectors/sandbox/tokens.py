"""Whose a credential is, and until when: what an account begins with, and what the platform has issued since."""

from typing import Any, Literal, get_args

from msgspec import Struct

from connectors.sandbox.clock import CLOCK
from connectors.sandbox.rules import Kind, rules
from connectors.sandbox.store import Account, Store

Refused = Literal["unknown", "ended", "revoked"]


class Issued(Struct, frozen=True):
    """When a credential was issued and when it ends, in seconds since 1970; `None`: never."""

    at: float
    ends: float | None


def holder(store: Store, platform: str, token: str, kind: Kind) -> Account | Refused:
    """The life of the credentials that an account begins with begins when they are first used."""
    account = store.holder(platform, token)
    if account is None:
        return "unknown"
    issued = _issued(store, account, kind)
    revoked = store.get("revoked", f"{platform}/{account.name}")
    if issued is None and (_is_for_something_else(store, account) or kind not in rules(platform).first):
        return "unknown"
    if revoked is not None and (issued is None or issued.at <= revoked["at"]):
        return "revoked"
    if issued is None:
        issue(store, account, token, kind)
    elif issued.ends is not None and issued.ends <= CLOCK.time():
        return "ended"
    return account


def issue(store: Store, account: Account, token: str, kind: Kind = "access") -> Issued:
    """One more credential of the same account; those it has stay good until they end."""
    life = rules(account.platform).lives.get(kind)
    now = CLOCK.time()
    issued = Issued(now, None if life is None else now + life)
    store.put("issued", _key(account.platform, token, kind), {"at": issued.at, "ends": issued.ends})
    first = store.account(account.platform, account.name)
    if first is None or first.token != token:
        store.alias(account, token)
    return issued


def issued(store: Store, account: Account, kind: Kind = "access") -> Issued:
    """Of the credential with which a call came."""
    return _issued(store, account, kind) or Issued(CLOCK.time(), None)


def shorten(store: Store, account: Account, kind: Kind, seconds: float) -> None:
    """A credential that was replaced ends soon, if it does not end sooner."""
    known = issued(store, account, kind)
    ends = min(known.ends or float("inf"), CLOCK.time() + seconds)
    store.put("issued", _key(account.platform, account.token, kind), {"at": known.at, "ends": ends})


def revoke(store: Store, platform: str, name: str) -> None:
    """Whatever was issued to the account until now is refused; what is issued after it works."""
    store.put("revoked", f"{platform}/{name}", {"at": CLOCK.time()})


def _is_for_something_else(store: Store, account: Account) -> bool:
    """A credential of a session, say, whose other half was asked for."""
    kinds: tuple[Kind, ...] = get_args(Kind)
    return store.is_alias(account.platform, account.token) and any(_issued(store, account, kind) for kind in kinds)


def _issued(store: Store, account: Account, kind: Kind) -> Issued | None:
    found: dict[str, Any] | None = store.get("issued", _key(account.platform, account.token, kind))
    return None if found is None else Issued(found["at"], found["ends"])


def _key(platform: str, token: str, kind: Kind) -> str:
    return f"{platform}/{kind}/{token}"
