"""Consents from a table: tried first, then all of them or none."""

from typing import Any

from anyio import to_thread
from litestar import Controller, Response, get, post
from litestar.exceptions import HTTPException

from approvals import consent_table
from approvals.actions import consent_import
from approvals.consent_table import COLUMNS, REQUIRED
from approvals.errors import Refusal
from approvals.permissions import Permission
from gateway.api.consent_imports import MOST, decoded, described, sealing
from gateway.api.injected import Acting, Asked, Now, Porth, Spoken
from gateway.api.routing import needs
from gateway.api.uploads import FORM, receive
from gateway.web.forms import Form
from gateway.web.pages import page, said, see_other

DECIDE = Permission.CONSENT_DECIDE
MOST_SHOWN = 200
"""Wrong cells on one page; who mends these sees the next."""


class ConsentImports(Controller):
    path = "/consent-imports"

    @get(**needs(DECIDE, refusals=()))
    async def choose(self, request: Asked) -> Response[Any]:
        return page(request, "consents/import.html", form=Form(), columns=COLUMNS, required=REQUIRED)

    @post(status_code=200, request_max_body_size=MOST + FORM, **needs(DECIDE, refusals=(), streamed=True))
    async def take(self, request: Asked, porth: Porth, actor: Acting, now: Now, spoken: Spoken) -> Response[Any]:
        """A look at the file, unless the box says that all of it is to be recorded if nothing is wrong."""
        form, done = Form(), None
        try:
            sent = await receive(request, MOST)
            table = await to_thread.run_sync(consent_table.read, decoded(sent.file))
            records = sent.fields.get("record") == "yes"
            async with porth.sessions.begin() as session:
                done = await consent_import.tried(session, actor, table)
                if records and table.rows and not done.wrong:
                    done = await consent_import.take(session, actor, table, sealing(porth), now=now)
        except Refusal as refusal:
            form.refuse(refusal, spoken, field="file")
        except HTTPException as error:
            form.say("file", said(spoken, "body-too-large" if error.status_code == 413 else "upload-broken"))  # noqa: PLR2004  # HTTP
        if done is not None and done.recorded:
            return see_other(f"/consents?show=unverified&done=consents-imported&n={done.recorded}")
        if done is not None and done.wrong:
            form.say("wrong-cells", said(spoken, "import-page.wrong", {"n": len(done.wrong)}))
        wrong = [described(cell, spoken) for cell in (done.wrong if done else ())[:MOST_SHOWN]]
        return page(
            request, "consents/import.html", status=422 if form.wrong else 200, form=form, tried=done, wrong=wrong,
            columns=COLUMNS, required=REQUIRED,
        )  # fmt: skip
