from collections.abc import Iterator

import pytest
from stand_ins import Sandbox

from connectors.contract import Connector, Credentials
from connectors.http import Wire
from connectors.registry import CONNECTORS, connector
from connectors.sandbox import demo_credentials
from connectors.sandbox.serve import running


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[Sandbox]:
    with running() as address:
        sandbox = Sandbox(address)
        yield sandbox
        sandbox.close()


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Sandbox:
    """A sandbox without posts, faults and log. Calls are not counted: a test makes a day's in a second."""
    sandbox_process.reset()
    sandbox_process.lift()
    return sandbox_process


@pytest.fixture(params=sorted(CONNECTORS))
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def wire(sandbox: Sandbox) -> Wire:
    return Wire(sandbox=sandbox.address)


@pytest.fixture
def made(platform: str, wire: Wire) -> Connector:
    return connector(platform, wire)


@pytest.fixture
def credentials(platform: str) -> Credentials:
    return demo_credentials(platform, "bwrdd-cy")
