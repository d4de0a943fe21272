"""The pages: server-rendered, in Welsh and in English, on the same actions and queries as the API.

One controller a page or a few that belong together, with its templates in the folder of the same name.
"""

from collections.abc import Sequence
from typing import Any

from litestar import Router
from litestar.di import Provide

from gateway.web import assets, pages, refusals
from gateway.web.controllers import CONTROLLERS


async def _spoken(request: pages.Asked) -> Any:
    return pages.language(request)


def routers() -> Sequence[Any]:
    """What `gateway.app.create_app` takes as its pages."""
    return (
        Router(
            "/",
            route_handlers=CONTROLLERS,
            dependencies={"spoken": Provide(_spoken)},
            exception_handlers=refusals.HANDLERS,
            include_in_schema=False,
        ),
        assets.router(),
    )
