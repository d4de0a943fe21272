"""Consents from a table: first a dry run that names every cell that is wrong, then all rows or none."""

from collections.abc import Sequence
from typing import Annotated

from litestar import Controller, post
from litestar.params import QueryParameter
from msgspec import Struct

from approvals import consent_table
from approvals.actions import consent_import
from approvals.consent_table import Wrong
from approvals.errors import Invalid
from approvals.permissions import Permission
from gateway.api.injected import Acting, Asked, Now, Porth, Spoken
from gateway.api.routing import needs
from gateway.api.uploads import FORM, receive
from gateway.runtime import Runtime
from i18n.messages import Language, say

MOST = 5 * 1024 * 1024


class WrongCell(Struct, frozen=True):
    line: int
    """In the file, the header being 1."""
    column: str
    code: str
    value: str
    right: str
    message: str


class Imported(Struct, frozen=True):
    rows: int
    """That can be read."""
    wrong: tuple[WrongCell, ...]
    recorded: int


class ConsentImports(Controller):
    path = "/consent-imports"
    tags: Sequence[str] = ("Consents",)

    @post(
        status_code=200,
        request_max_body_size=MOST + FORM,
        **needs(Permission.CONSENT_DECIDE, says="Record consents from a CSV: multipart with `file`", streamed=True),
    )
    async def take(
        self,
        porth: Porth,
        actor: Acting,
        now: Now,
        request: Asked,
        spoken: Spoken,
        dry_run: Annotated[bool, QueryParameter(description="Name what is wrong and record nothing.")] = False,  # noqa: FBT002  # a query parameter
    ) -> Imported:
        sent = await receive(request, MOST)
        table = consent_table.read(decoded(sent.file))
        async with porth.sessions.begin() as session:
            if dry_run:
                done = await consent_import.tried(session, actor, table)
            else:
                done = await consent_import.take(session, actor, table, sealing(porth), now=now)
        return Imported(done.rows, tuple(described(wrong, spoken) for wrong in done.wrong), done.recorded)


def sealing(porth: Runtime) -> consent_import.Seal:
    return lambda contact, found: porth.vault.seal(contact.encode(), found.bytes)


def decoded(data: bytes) -> str:
    """The file's text. Raises `Invalid` for what is not UTF-8: a guess would spoil ŵ and ŷ."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("consent-import-encoding", "/file") from error


def described(wrong: Wrong, spoken: Language) -> WrongCell:
    params = {"value": wrong.value, "right": wrong.right, "column": wrong.column}
    message = say(spoken, f"consent-import.{wrong.code}", params)
    return WrongCell(wrong.line, wrong.column, wrong.code, wrong.value, wrong.right, message)
