"""The way out for mail: a server that speaks SMTP, or files in `PORTH_HOME/outbox`."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import aiosmtplib
from anyio import to_thread

from gateway.media.store import write_whole
from gateway.settings import Settings

log = logging.getLogger(__name__)

PERMANENT = 500
CLOSING = 421


class Undelivered(Exception):  # noqa: N818  # an outcome
    """It was not taken, or nobody can tell. `code` is a key under `mail.code.`, with the server's number behind it."""

    def __init__(self, code: str, *, permanent: bool = False, everybody: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent
        """This mail will never be taken."""
        self.everybody = everybody
        """No other mail would be taken now either."""


class Transport(Protocol):
    async def send(self, name: str, mail: EmailMessage) -> None:
        """Raises `Undelivered`."""


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Transport]:
    """What the settings name. A server is called when there is something to send, and once for all of a round."""
    if settings.smtp_host is None:
        yield Outbox(settings.home / "outbox")
        return
    server = Server(settings)
    try:
        yield server
    finally:
        await server.close()


class Outbox:
    """One file a mail, whole or not at all; the same mail again is the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, name: str, mail: EmailMessage) -> None:
        try:
            await to_thread.run_sync(self._write, name, mail.as_bytes(policy=SMTP))
        except OSError as error:
            log.warning("the outbox cannot be written (%s)", error.strerror)
            raise Undelivered("outbox", everybody=True) from error

    def _write(self, name: str, data: bytes) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        write_whole(self._folder / f"{name}.eml", data)


class Server:
    """One connection at a time; each mail under one total deadline, with the connection where there is none yet."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, name: str, mail: EmailMessage) -> None:  # noqa: ARG002  # its name stands in its Message-ID
        try:
            async with asyncio.timeout(self._settings.call_seconds):
                client = await self._connected()
                await client.send_message(mail)
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError) as error:
            outcome = _outcome(error)
            if outcome.everybody or not isinstance(error, aiosmtplib.SMTPException):
                await self.close()
            log.warning("a mail was not taken: %s (%s)", outcome.code, type(error).__name__)
            raise outcome from error

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        chosen = self._settings
        self._client = aiosmtplib.SMTP(
            hostname=chosen.smtp_host, port=chosen.smtp_port, use_tls=chosen.smtp_security == "tls",
            start_tls=chosen.smtp_security == "starttls", username=chosen.smtp_user, password=chosen.smtp_password,
            tls_context=_trusting(chosen.smtp_ca_bundle) if chosen.smtp_security != "none" else None,
            local_hostname=urlsplit(chosen.base_url).hostname or "localhost", timeout=chosen.call_seconds,
        )  # fmt: skip
        await self._client.connect()
        return self._client

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            with suppress(aiosmtplib.SMTPException, OSError):
                async with asyncio.timeout(1):
                    await client.quit()
            client.close()


def _trusting(bundle: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(bundle) if bundle else None)


def _outcome(error: Exception) -> Undelivered:  # one row for each way in which it fails
    """By whitelist: only a plain refusal of this address or this mail is for good. What the server said in words is
    not kept: it repeats the address.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _refused(error.recipients[0].code, "address")
    if isinstance(error, aiosmtplib.SMTPRecipientRefused):
        return _refused(error.code, "address")
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Undelivered("sign-in", everybody=True)
    if isinstance(error, aiosmtplib.SMTPSenderRefused):
        return Undelivered("sender", everybody=True)
    if isinstance(error, aiosmtplib.SMTPDataError):
        return _refused(error.code, "refused")
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Undelivered("unsupported", permanent="SMTPUTF8" in str(error), everybody="SMTPUTF8" not in str(error))
    if isinstance(error, TimeoutError):
        return Undelivered("timeout", everybody=True)
    if isinstance(error, ssl.SSLError):
        return Undelivered("tls", everybody=True)
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return Undelivered("address", permanent=True)
    return Undelivered("unreachable", everybody=True)


def _refused(number: int, code: str) -> Undelivered:
    return Undelivered(f"{code} {number}", permanent=number >= PERMANENT, everybody=number == CLOSING)
