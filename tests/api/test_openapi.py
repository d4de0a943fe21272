"""The description of the interface, which must be true and complete."""

from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.api.conftest import House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def description(house: House) -> dict[str, Any]:
    answer = await house.nobody.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_the_description_is_valid_openapi(description: dict[str, Any]) -> None:
    validate(description)


async def test_every_operation_says_what_it_does_and_how_it_can_be_refused(description: dict[str, Any]) -> None:
    for path, item in description["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            assert operation.get("summary"), where
            if path == "/health":
                continue
            for status in ("400", "401", "403", "404", "409", "413", "422", "500"):
                content = operation["responses"][status]["content"]
                assert list(content) == ["application/problem+json"], (where, status)
                assert content["application/problem+json"]["schema"]["$ref"].endswith("Problem"), (where, status)


async def test_every_route_under_the_api_is_described(house: House, description: dict[str, Any]) -> None:
    from gateway.api.routing import handlers  # noqa: PLC0415  # for this one question

    served = {
        (method.lower(), path)
        for path, handler in handlers(house.app)
        for method in handler.http_methods
        if path.startswith("/api/v1") and not path.endswith("openapi.json")
    }
    described = {(method, path) for path, item in description["paths"].items() for method in item}
    assert served <= described


async def test_nothing_is_offered_to_a_browser_that_loads_from_elsewhere(house: House) -> None:
    for path in ("/schema", "/schema/swagger", "/schema/redoc", "/api/v1/swagger", "/docs"):
        assert (await house.client.get(path)).status_code == 404
