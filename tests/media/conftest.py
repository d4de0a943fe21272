"""One decoder and one exiftool for all of these tests: starting them takes longer than any single picture."""

from collections.abc import AsyncIterator, Iterator

import pytest

from gateway.media.metadata import Exiftool
from gateway.media.process import Decoder


@pytest.fixture(scope="session")
async def decoder(anyio_backend: str) -> AsyncIterator[Decoder]:
    async with Decoder(processes=1) as started:
        yield started


@pytest.fixture(scope="session")
def exiftool() -> Iterator[Exiftool]:
    started = Exiftool()
    started.start()
    yield started
    started.close()
