"""The web application: `create_app(runtime)`. All it knows hangs on the runtime; nothing is global."""

from collections.abc import Sequence
from typing import Any

from litestar import Litestar, Request, Router, get
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Reference, SecurityScheme

from gateway.access import COOKIE, Throttle
from gateway.api import problems
from gateway.api.bounds import BODY
from gateway.api.calendar import Calendar
from gateway.api.channels import Channels
from gateway.api.checking import Checking
from gateway.api.consent_imports import ConsentImports
from gateway.api.consent_requests import ConsentRequests
from gateway.api.consents import Consents
from gateway.api.deliveries import Deliveries
from gateway.api.drifts import Drifts
from gateway.api.injected import DEPENDENCIES
from gateway.api.keys import Keys
from gateway.api.log import Log
from gateway.api.media import Media
from gateway.api.messages import Messages
from gateway.api.metrics import metrics
from gateway.api.open_pictures import open_picture
from gateway.api.organisation import Organisation, People
from gateway.api.own_account import OwnAccount
from gateway.api.passwords import Passwords
from gateway.api.posts import Posts
from gateway.api.reviews import Reviews
from gateway.api.routing import PUBLIC, guard, needs, require_declarations
from gateway.api.scheduling import Schedule
from gateway.api.sign_ins import SignIns
from gateway.api.staff import Staff
from gateway.api.takedowns import Takedowns
from gateway.api.terms import OwnTerms
from gateway.health import health
from gateway.runtime import Runtime
from gateway.tracing import Traced

API = "/api/v1"
CONTROLLERS: Sequence[Any] = (
    SignIns, Posts, Checking, Reviews, Schedule, Media, Consents, ConsentRequests, ConsentImports, Deliveries,
    Takedowns, Calendar, Organisation, People, Staff, Keys, Channels, OwnTerms, OwnAccount, Log, Drifts, Messages,
    Passwords,
)  # fmt: skip


def create_app(porth: Runtime, pages: Sequence[Any] = ()) -> Litestar:
    """`pages` are route handlers beside the API. Raises `Fault` where a route does not declare who may call it."""
    api = Router(API, route_handlers=[*CONTROLLERS, describe], request_max_body_size=BODY)
    app = Litestar(
        [api, health, metrics, open_picture, *pages],
        dependencies=DEPENDENCIES,
        guards=[guard],
        exception_handlers=problems.HANDLERS,
        openapi_config=_openapi(),
        request_max_body_size=BODY,
        state=State({"porth": porth, "throttle": Throttle()}),
        logging_config=None,
        debug=False,
    )
    require_declarations(app)
    app.asgi_handler = Traced(app.asgi_handler, https=porth.settings.base_url.startswith("https:"))
    return app


@get("/openapi.json", include_in_schema=False, sync_to_thread=False, **needs(PUBLIC, refusals=()))
def describe(request: Request[Any, Any, State]) -> dict[str, Any]:
    """The description of this interface, for machines; no page of anybody else's shows it."""
    return request.app.openapi_schema.to_schema()


def _openapi() -> OpenAPIConfig:
    schemes: dict[str, SecurityScheme | Reference] = {
        "key": SecurityScheme(type="http", scheme="bearer", description="An API key: `porth_PREFIX_SECRET`."),
        "session": SecurityScheme(type="apiKey", name=COOKIE, security_scheme_in="cookie", description="A sign-in."),
    }
    return OpenAPIConfig(
        title="Porth",
        version="1",
        description="Approval and publishing of posts in Welsh and English. See docs/api.md.",
        components=Components(security_schemes=schemes),
        security=[{"key": []}, {"session": []}],
        render_plugins=[JsonRenderPlugin()],
        openapi_router=_Unserved("/", route_handlers=[]),
    )


class _Unserved(Router):
    """Litestar brings pages of its own for the description; ours has the one address of `describe`."""

    def register(self, value: Any) -> list[Any]:  # noqa: ARG002  # the pages that are not served
        return []
