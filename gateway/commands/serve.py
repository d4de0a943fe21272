"""`porth serve`: the pages and the API, until it is told to stop; requests under way are finished first."""

import argparse
import asyncio
import logging
import os
import signal
import sys

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from gateway import installation, runtime, web
from gateway.app import create_app
from gateway.commands import Parsers
from gateway.settings import Settings
from gateway.tracing import JsonLines

DRAIN = 20
"""Seconds that a request under way gets to finish."""


def add(parsers: Parsers) -> None:
    parsers.command("serve").set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    settings = installation.prepared(os.environ)
    log_json_lines(settings.log_level)
    with installation.database(settings) as (url, _cluster), asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(serve(settings, url))
    return 0


async def serve(settings: Settings, database_url: str) -> None:
    async with runtime.opened(settings, database_url, pictures=True) as porth:
        server = Server(
            create_app(porth, web.routers()),
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=False,
        )
        server.workers_kill_timeout = DRAIN
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, server.stop)
        await server.serve()


def log_json_lines(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
