from collections.abc import Iterator

import pytest
from stand_ins import Sandbox

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
