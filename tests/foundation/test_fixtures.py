"""What every other test stands on: a database of its own, and no way out but loopback."""

import asyncio
import socket
from pathlib import Path

import psycopg
import pytest

from tests.conftest import NotLoopbackError


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_a_database_of_its_own(database: str, turn: int) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE only_mine (n int)")
        connection.execute("INSERT INTO only_mine VALUES (%s)", [turn])
        assert connection.execute("SELECT n FROM only_mine").fetchall() == [(turn,)]


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80), ("example.wales", 443)])
def test_a_connection_to_anywhere_else_is_refused(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as out, pytest.raises(NotLoopbackError):
        out.connect(address)
    with pytest.raises(NotLoopbackError):
        socket.getaddrinfo(*address)


@pytest.mark.anyio
async def test_an_asynchronous_connection_is_refused_too() -> None:
    with pytest.raises(NotLoopbackError):
        await asyncio.open_connection("192.0.2.1", 80)


@pytest.mark.anyio
async def test_loopback_and_unix_sockets_are_open(tmp_path: Path) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"shwmae")
        writer.close()

    path = str(tmp_path / "s")
    async with await asyncio.start_server(greet, "localhost", 0) as tcp, await asyncio.start_unix_server(greet, path):
        for reader, writer in (
            await asyncio.open_connection(*tcp.sockets[0].getsockname()[:2]),
            await asyncio.open_unix_connection(path),
        ):
            assert await reader.read() == b"shwmae"
            writer.close()
            await writer.wait_closed()
