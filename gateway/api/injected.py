"""What a handler may ask for by name. Nothing here is global: it all hangs on the application's runtime."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, TypeAlias

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation
from sqlalchemy.ext.asyncio import AsyncSession

from approvals.permissions import Actor
from gateway.access import SignedIn
from gateway.api import problems
from gateway.runtime import Runtime
from i18n.messages import Language

Asked: TypeAlias = Request[SignedIn, Any, State]

Porth: TypeAlias = NamedDependency[SkipValidation[Runtime]]
Session: TypeAlias = NamedDependency[SkipValidation[AsyncSession]]
"""One unit of work, committed before the answer leaves: a commit that fails is a 5xx with nothing done."""
Acting: TypeAlias = NamedDependency[SkipValidation[Actor]]
Now: TypeAlias = NamedDependency[SkipValidation[datetime]]
Spoken: TypeAlias = NamedDependency[SkipValidation[Language]]
"""The language in which to answer."""


async def _porth(state: State) -> Any:
    return state.porth


async def _session(porth: Porth) -> AsyncIterator[AsyncSession]:
    async with porth.sessions.begin() as session:
        yield session


async def _actor(request: Asked) -> Any:
    return request.user.actor


async def _now(porth: Porth) -> Any:
    return porth.clock()


async def _spoken(request: Asked) -> Any:
    return problems.language(request)


DEPENDENCIES = {
    "porth": Provide(_porth),
    "session": Provide(_session),
    "actor": Provide(_actor),
    "now": Provide(_now),
    "spoken": Provide(_spoken),
}
