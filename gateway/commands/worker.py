"""`porth worker`: sends deliveries as they fall due, until it is told to stop."""

import argparse
import asyncio
import logging
import os
import signal

from gateway import installation, runtime
from gateway.commands import Parsers
from gateway.settings import Settings
from gateway.worker import Worker


def add(parsers: Parsers) -> None:
    parsers.command("worker").set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    settings = installation.prepared(os.environ)
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with installation.database(settings) as (url, _cluster):
        asyncio.run(_work(settings, url))
    return 0


async def _work(settings: Settings, url: str) -> None:
    async with runtime.opened(settings, url) as porth:
        worker = Worker(porth)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, worker.stop)
        await worker.run()
