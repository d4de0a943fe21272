"""What the environment may set. Read once, at start-up; every fault is reported, not only the first.

A setting is one line of `Settings` and one of `VARIABLES`. A `PORTH_` name that is not listed is a fault too: a
misspelt setting that is silently ignored is the worst kind.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from msgspec import Struct
from psycopg.conninfo import conninfo_to_dict

from approvals.mailbox import MAILBOX
from gateway.faults import Fault
from i18n.messages import Language

LOG_LEVELS = ("debug", "info", "warning", "error")
SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Settings(Struct, frozen=True, kw_only=True):
    home: Path = Path("var")
    """The embedded database, media and generated keys."""
    database_url: str | None = None
    """A PostgreSQL 15+ of the operator's; `None`: the embedded one."""
    host: str = "127.0.0.1"
    port: int = 8080
    sandbox_port: int = 8081
    base_url: str = ""
    """The address people and platforms know Porth by, without a slash at its end."""
    key: str | None = None
    """The installation's keys as `gateway.vault` writes them; `None`: they are in `key_file`."""
    key_file: Path = Path("var/keys")
    worker_concurrency: int = 20
    """Deliveries sent at the same time by one worker process."""
    late_after: timedelta = timedelta(minutes=30)
    """A delivery later than this is not sent but asked about."""
    call_seconds: int = 30
    """How long a platform may take over one call, however many requests that makes."""
    proxy: str | None = None
    """For calls to the platforms."""
    ca_bundle: Path | None = None
    """Certificates trusted for calls to the platforms, in place of the system's."""
    log_level: str = "info"
    node_modules: Path | None = None
    """Where npm installed its packages; `None`: beside ours."""

    password_file: Path | None = None
    """Where `porth user add` finds the new person's password, instead of asking."""

    smtp_host: str | None = None
    """The mail server; `None`: mails are written to files in `PORTH_HOME/outbox`."""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    """`starttls`, `tls`, or `none` for a relay on a network that is trusted."""
    smtp_user: str | None = None
    smtp_password: str | None = None
    smtp_ca_bundle: Path | None = None
    """Certificates trusted for the mail server, in place of the system's."""
    mail_from: str = "porth@localhost"

    @property
    def lease(self) -> timedelta:
        """How long a worker that died keeps a delivery from the others: longer than a call may take, so that nobody
        looks for a post that is just being made.
        """
        return timedelta(seconds=self.call_seconds) * 1.5

    def __repr__(self) -> str:
        return f"Settings(home={str(self.home)!r}, base_url={self.base_url!r}, <secrets hidden>)"


class WrongValueError(ValueError):
    """What is wrong with one value: a key under `settings.` and its params, never the value of a secret."""

    def __init__(self, key: str, **params: Any) -> None:
        super().__init__(key)
        self.key = key
        self.params = params


class SettingsFault(Fault):
    """All that is wrong with the environment."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("settings.faults", n=len(faults))
        self.faults = faults

    def sentence(self, language: Language) -> str:
        return "\n".join([super().sentence(language), *(f"  {fault.sentence(language)}" for fault in self.faults)])


def load(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`. An empty value is as good as none. Raises `SettingsFault`."""
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    faults = list(_unknown(given))
    values: dict[str, Any] = {}
    for name, (field, read) in VARIABLES.items():
        if name not in given:
            continue
        try:
            values[field] = read(given[name])
        except WrongValueError as wrong:
            faults.append(Fault(f"settings.{wrong.key}", name=name, **wrong.params))
    faults.extend(_contradictions(given))
    if faults:
        raise SettingsFault(tuple(faults))
    return _with_defaults(values)


def open_home(settings: Settings) -> Path:
    """`PORTH_HOME`, made if need be and closed to everybody else."""
    home = settings.home
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.chmod(home.stat().st_mode & 0o770)
    except OSError as error:
        raise Fault("settings.home", folder=str(home), said=error.strerror) from error
    return home


def plain_url(url: str) -> str:
    """The URL as libpq knows it: a `postgresql+psycopg://` one is what SQLAlchemy's users write."""
    scheme, _, rest = url.partition("://")
    return f"postgresql://{rest}" if scheme.startswith(("postgresql+", "postgres+")) else url


def _with_defaults(values: dict[str, Any]) -> Settings:
    """Some defaults follow from other settings."""
    plain = Settings(**values)
    home = plain.home.absolute()
    derived: dict[str, Any] = {"home": home, "base_url": f"http://{plain.host}:{plain.port}", "key_file": home / "keys"}
    if "smtp_security" in values:
        derived["smtp_port"] = SMTP_PORTS[values["smtp_security"]]
    return Settings(**(derived | values))


def _unknown(given: Mapping[str, str]) -> Iterator[Fault]:
    for name in sorted(given):
        if name.startswith("PORTH_") and name not in VARIABLES:
            near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.85)  # the prefix alone makes half
            if near:
                yield Fault("settings.misspelt", name=name, near=near[0])
            else:
                yield Fault("settings.unknown", name=name, known=", ".join(VARIABLES))


def _contradictions(given: Mapping[str, str]) -> Iterator[Fault]:
    for one, other in (
        ("DATABASE_URL", "DATABASE_URL_FILE"),
        ("PORTH_KEY", "PORTH_SECRET_KEY_FILE"),
        ("PORTH_SMTP_PASSWORD", "PORTH_SMTP_PASSWORD_FILE"),
    ):
        if one in given and other in given:
            yield Fault("settings.both", name=one, other=other)
    yield from _mail_contradictions(given)
    if given.get("PORTH_PORT", "8080") == given.get("PORTH_SANDBOX_PORT", "8081"):
        yield Fault("settings.same-port", name="PORTH_PORT", other="PORTH_SANDBOX_PORT")


def _mail_contradictions(given: Mapping[str, str]) -> Iterator[Fault]:
    """A mail server needs a sender; a password needs a user, and must not cross a network in the clear."""
    password = next((n for n in ("PORTH_SMTP_PASSWORD", "PORTH_SMTP_PASSWORD_FILE") if n in given), None)
    if "PORTH_SMTP_HOST" in given and "PORTH_MAIL_FROM" not in given:
        yield Fault("settings.needs", name="PORTH_SMTP_HOST", other="PORTH_MAIL_FROM")
    if password and "PORTH_SMTP_USER" not in given:
        yield Fault("settings.needs", name=password, other="PORTH_SMTP_USER")
    if "PORTH_SMTP_USER" in given and not password:
        yield Fault("settings.needs", name="PORTH_SMTP_USER", other="PORTH_SMTP_PASSWORD_FILE")
    if password and given.get("PORTH_SMTP_SECURITY", "").lower() == "none":
        yield Fault("settings.in-the-clear", name="PORTH_SMTP_SECURITY")


def _path(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _existing_file(value: str) -> Path:
    path = _path(value)
    if not path.is_file():
        raise WrongValueError("no-file", path=str(path))
    return path


def _text(value: str) -> str:
    return value


def _between(least: int, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.isascii() or not value.isdecimal() or not least <= int(value) <= most:
            raise WrongValueError("number", value=value, least=least, most=most)
        return int(value)

    return read


def _minutes(value: str) -> timedelta:
    return timedelta(minutes=_between(1, 1440)(value))


def _one_of(*accepted: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in accepted:
            raise WrongValueError("choice", value=value, accepted=", ".join(accepted))
        return value.lower()

    return read


def _address(value: str) -> str:
    """`https://porth.example.wales`: a web address that nothing but a host and a port is left of."""
    try:
        parts = urlsplit(value.rstrip("/"))
        complete = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        complete = False
    if not complete or parts.path or parts.query or parts.fragment or parts.username:
        raise WrongValueError("address", example="https://porth.example.wales")
    return value.rstrip("/")


def _proxy(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WrongValueError("address", example="http://proxy.example.wales:3128")
    return value


def _mailbox(value: str) -> str:
    if not MAILBOX.fullmatch(value):
        raise WrongValueError("mailbox", example="porth@example.wales")
    return value


def _secret_file(value: str) -> str:
    return _existing_file(value).read_text(encoding="utf-8").strip()


def _database_url(value: str) -> str:
    url = plain_url(value)
    if not url.startswith(("postgresql://", "postgres://")):
        raise WrongValueError("database-url", example="postgresql://porth@db.example.wales/porth")
    try:
        conninfo_to_dict(url)
    except psycopg.Error:
        raise WrongValueError("database-url", example="postgresql://porth@db.example.wales/porth") from None
    return url


def _database_url_file(value: str) -> str:
    return _database_url(_existing_file(value).read_text(encoding="utf-8").strip())


VARIABLES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "PORTH_HOME": ("home", _path),
    "DATABASE_URL": ("database_url", _database_url),
    "DATABASE_URL_FILE": ("database_url", _database_url_file),
    "PORTH_HOST": ("host", _text),
    "PORTH_PORT": ("port", _between(1, 65535)),
    "PORTH_SANDBOX_PORT": ("sandbox_port", _between(1, 65535)),
    "PORTH_BASE_URL": ("base_url", _address),
    "PORTH_KEY": ("key", _text),
    "PORTH_SECRET_KEY_FILE": ("key_file", _existing_file),
    "PORTH_WORKER_CONCURRENCY": ("worker_concurrency", _between(1, 200)),
    "PORTH_LATE_AFTER_MINUTES": ("late_after", _minutes),
    "PORTH_CALL_SECONDS": ("call_seconds", _between(2, 120)),
    "PORTH_PROXY": ("proxy", _proxy),
    "PORTH_CA_BUNDLE": ("ca_bundle", _existing_file),
    "PORTH_LOG_LEVEL": ("log_level", _one_of(*LOG_LEVELS)),
    "PORTH_NODE_MODULES": ("node_modules", _path),
    "PORTH_PASSWORD_FILE": ("password_file", _existing_file),
    "PORTH_SMTP_HOST": ("smtp_host", _text),
    "PORTH_SMTP_PORT": ("smtp_port", _between(1, 65535)),
    "PORTH_SMTP_SECURITY": ("smtp_security", _one_of(*SMTP_PORTS)),
    "PORTH_SMTP_USER": ("smtp_user", _text),
    "PORTH_SMTP_PASSWORD": ("smtp_password", _text),
    "PORTH_SMTP_PASSWORD_FILE": ("smtp_password", _secret_file),
    "PORTH_SMTP_CA_BUNDLE": ("smtp_ca_bundle", _existing_file),
    "PORTH_MAIL_FROM": ("mail_from", _mailbox),
}
"""Name in the environment: field of `Settings`, and how its text becomes a value."""
