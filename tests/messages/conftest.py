"""A health board with a clock, and a real mail server on loopback."""

import email
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from approvals import models as m
from gateway import runtime
from gateway.chores import Round
from gateway.mail import chores
from gateway.runtime import Runtime
from tests.gateway.conftest import NOW, Clock, House, platforms, sandbox_process
from tests.gateway.conftest import house as _house

house = _house
USER, PASSWORD = "porth", "a-relay-password"
MORNING = NOW.replace(hour=7, minute=0)
"""Monday, an hour before the digest."""


@pytest.fixture
def clock() -> Clock:
    return Clock(MORNING)


@pytest.fixture
async def porth(database: str, tmp_path: Path, platforms: Any, clock: Clock) -> AsyncIterator[Runtime]:
    from urllib.parse import urlsplit  # noqa: PLC0415  # for this one

    from gateway import settings  # noqa: PLC0415  # as above

    environ = {
        "PORTH_HOME": str(tmp_path), "PORTH_SANDBOX_PORT": str(urlsplit(platforms.address).port),
        "PORTH_BASE_URL": "https://porth.example.wales",
    }  # fmt: skip
    async with runtime.opened(settings.load(environ), database, clock=clock) as made:
        yield made


async def go_round(house: House) -> None:
    """What a worker does for mail once a minute."""
    await Round(chores.CHORES, chores.LOCK).make(house.porth)


def outbox(house: House) -> list[EmailMessage]:
    """Everything that was sent to files, oldest first: names are UUIDv7."""
    folder = house.porth.settings.home / "outbox"
    return [read(path.read_bytes()) for path in sorted(folder.glob("*.eml"))]


def read(data: bytes) -> EmailMessage:
    found = email.message_from_bytes(data, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def words(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def to(mails: list[EmailMessage], name: str) -> list[EmailMessage]:
    return [mail for mail in mails if str(mail["To"]).startswith(f"{name}@")]


async def told(house: House, *, state: str | None = None) -> list[tuple[str, str]]:
    """(who, kind) of every message, oldest first."""
    async with house.porth.sessions() as session:
        rows = await session.execute(
            select(m.Person.email, m.Message.kind, m.Message.state)
            .join(m.Message, m.Message.person_id == m.Person.id)
            .order_by(m.Message.id)
        )
        return [(who.split("@")[0], kind) for who, kind, found in rows if state in {None, found}]


@dataclass
class Letters:
    """A mail server: what it has taken, and what it answers."""

    taken: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """For the next mails: an answer instead of taking it; `drop` takes it and then hangs up."""
    refuses: dict[str, str] = field(default_factory=dict)
    """Answer by address."""
    port: int = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  # aiosmtpd's name
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # as above
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer in {"250 OK", "drop"}:
            self.taken.append(read(envelope.content))
        if answer == "drop":
            server.transport.close()
        return answer


def _accepts(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=right)


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "mail.pem", folder / "mail.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private


@contextmanager
def serving(letters: Letters, folder: Path, *, tls: str = "starttls") -> Iterator[dict[str, str]]:
    """The server, and the environment of a Porth that uses it."""
    chain, private = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    secure: dict[str, Any] = {
        "starttls": {
            "tls_context": context,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": _accepts,
        },
        "tls": {"ssl_context": context, "authenticator": _accepts, "auth_require_tls": False},
        "none": {},
    }[tls]
    letters.port = letters.port or _free_port()
    controller = Controller(letters, hostname="127.0.0.1", port=letters.port, **secure)
    controller.start()
    try:
        signed_in = {"PORTH_SMTP_USER": USER, "PORTH_SMTP_PASSWORD": PASSWORD} if tls != "none" else {}
        yield {
            "PORTH_SMTP_HOST": "localhost", "PORTH_SMTP_PORT": str(letters.port), "PORTH_SMTP_SECURITY": tls,
            "PORTH_SMTP_CA_BUNDLE": str(chain), "PORTH_MAIL_FROM": "porth@example.wales", **signed_in,
        }  # fmt: skip
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def by(house: House, environ: dict[str, str]) -> House:
    """The same house with this mail server."""
    import dataclasses  # noqa: PLC0415  # for this one

    from gateway import settings  # noqa: PLC0415  # as above

    found = settings.load(environ)
    changed = msgspec.structs.replace(
        house.porth.settings, smtp_host=found.smtp_host, smtp_port=found.smtp_port, smtp_user=found.smtp_user,
        smtp_security=found.smtp_security, smtp_password=found.smtp_password, smtp_ca_bundle=found.smtp_ca_bundle,
        mail_from=found.mail_from, call_seconds=5,
    )  # fmt: skip
    return dataclasses.replace(house, porth=dataclasses.replace(house.porth, settings=changed))


__all__ = ["House", "Letters", "house", "platforms", "sandbox_process"]
