"""The sandbox as a web application."""

from pathlib import Path

from litestar import Litestar, asgi
from litestar.datastructures import State
from litestar.types import Receive, Scope, Send

from connectors.sandbox.control import CONTROL
from connectors.sandbox.faults import Faults
from connectors.sandbox.stand import Stand
from connectors.sandbox.store import Store
from connectors.sandbox.wall import WALL


def create(state_path: Path | None = None, *, latency_ms: float = 0, chaos: float = 0, seed: int = 0) -> Litestar:
    """`state_path`: an SQLite file that keeps what was sent; in memory without. `chaos`: 0 to 1."""
    stand = Stand(Store(state_path), Faults(chaos, seed), latency_ms / 1000)

    # on "/" and not a Litestar route per call: who answers depends on the host that a call was meant for
    @asgi("/", is_mount=True)
    async def platforms(scope: Scope, receive: Receive, send: Send) -> None:
        await stand(scope, receive, send)

    return Litestar(
        route_handlers=[CONTROL, WALL, platforms],
        state=State({"stand": stand}),
        openapi_config=None,
        on_shutdown=[stand.store.close],
    )
