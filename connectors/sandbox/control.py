"""The sandbox's own address, `/_control/`: what tests and rehearsals script it with."""

from typing import Annotated, Literal

from litestar import Router, delete, get, post
from litestar.datastructures import State
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import QueryParameter
from msgspec import Struct

from connectors.sandbox.faults import Fault
from connectors.sandbox.platforms import BY_NAME
from connectors.sandbox.stand import Entry, Stand
from connectors.sandbox.store import Account, Post


class NewAccount(Struct, frozen=True, forbid_unknown_fields=True):
    platform: str
    name: str
    token: str
    number: str | None = None
    """Its id on the platform; made from the name without."""


class NewPost(Struct, frozen=True, forbid_unknown_fields=True):
    """A post that somebody made by hand, past the connectors."""

    platform: str
    account: str
    text: str
    at: str | None = None
    """ISO 8601 with an offset; now without."""
    languages: tuple[str, ...] = ()
    kind: Literal["post", "reply", "repost", "direct"] = "post"
    """The others only where the platform lists them with posts."""


class Chosen(Struct, frozen=True, forbid_unknown_fields=True):
    platform: str
    id: str
    text: str | None = None


def _stand(state: State) -> Stand:
    stand: Stand = state.stand
    return stand


@get("/health", sync_to_thread=False)
def health() -> dict[str, str]:
    return {"status": "ok"}


@post("/faults", sync_to_thread=False)
def script(state: State, data: Fault | list[Fault]) -> dict[str, int]:
    stand = _stand(state)
    faults = data if isinstance(data, list) else [data]
    for fault in faults:
        if fault.platform != "*" and fault.platform not in BY_NAME:
            raise ClientException(f"platform: one of {', '.join(BY_NAME)}")
        known = BY_NAME[fault.platform].errors if fault.platform != "*" else {}
        if fault.error is not None and fault.error not in known:
            raise ClientException(f"error: one of {', '.join(known) or 'none without a platform'}")
    stand.faults.scripted += faults
    return {"scripted": len(stand.faults.scripted)}


@get("/faults", sync_to_thread=False)
def scripted(state: State) -> list[Fault]:
    return _stand(state).faults.scripted


@delete("/faults", sync_to_thread=False)
def forget(state: State) -> None:
    """No scripted fault is left, and no chaos."""
    faults = _stand(state).faults
    faults.scripted.clear()
    faults.chaos = 0.0


@get("/errors", sync_to_thread=False)
def errors() -> dict[str, list[str]]:
    """The documented refusals of each platform, by name."""
    return {platform.name: list(platform.errors) for platform in BY_NAME.values()}


@get("/posts", sync_to_thread=False)
def posts(state: State) -> dict[str, list[Post]]:
    """Every post ever made, newest first; `deleted_at` tells which are gone."""
    return {"posts": _stand(state).store.posts()}


@post("/posts", sync_to_thread=False)
def plant(state: State, data: NewPost) -> Post:
    store = _stand(state).store
    account = next((a for a in store.accounts() if (a.platform, a.name) == (data.platform, data.account)), None)
    if account is None:
        account = store.declare(data.platform, data.account, f"sandbox-{data.platform}-{data.account}")
    post_id = BY_NAME[data.platform].post_id(account, store.number())
    return store.add(account, post_id, data.text, data.at, languages=data.languages, extra={"kind": data.kind})


@post("/posts/edit", sync_to_thread=False)
def edit(state: State, data: Chosen) -> Post:
    existing = _existing(state, data)
    # what was sent in the platform's own form says the old words
    extra = {name: value for name, value in existing.extra.items() if name not in {"html", "commentary"}}
    return _stand(state).store.change(existing, text=data.text or "", extra=extra)


@post("/posts/delete", sync_to_thread=False)
def remove(state: State, data: Chosen) -> None:
    _stand(state).store.delete(_existing(state, data))


def _existing(state: State, data: Chosen) -> Post:
    found = _stand(state).store.post(data.platform, data.id)
    if found is None:
        raise NotFoundException("no such post")
    return found


@post("/accounts", sync_to_thread=False)
def declare(state: State, data: NewAccount) -> Account:
    return _stand(state).store.declare(data.platform, data.name, data.token, data.number)


@get("/accounts", sync_to_thread=False)
def accounts(state: State) -> list[Account]:
    return _stand(state).store.accounts()


@get("/log", sync_to_thread=False)
def log(state: State, call: Annotated[str | None, QueryParameter(name="call")] = None) -> list[Entry]:
    """The latest calls, oldest first."""
    return [entry for entry in _stand(state).log if call in {None, entry.call}]


@post("/reset", sync_to_thread=False)
def reset(state: State) -> None:
    stand = _stand(state)
    stand.store.reset()
    stand.faults.scripted.clear()
    stand.log.clear()


CONTROL = Router(
    "/_control",
    route_handlers=[
        health,
        script,
        scripted,
        forget,
        errors,
        posts,
        plant,
        edit,
        remove,
        declare,
        accounts,
        log,
        reset,
    ],
)
