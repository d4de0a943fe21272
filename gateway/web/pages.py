"""One page: a template said in the reader's language, with what every page needs around it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader
from litestar import MediaType, Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from approvals.content import LONDON
from approvals.findings import Finding
from gateway.access import SignedIn
from gateway.api import problems
from gateway.web import assets
from gateway.web.navigation import navigation
from i18n.dates import say_date, say_local
from i18n.messages import Language, known, say

LANGUAGE_COOKIE = "porth-language"
OTHER: Mapping[Language, Language] = {"cy": "en", "en": "cy"}
Asked = Request[Any, Any, Any]
Say = Callable[..., str]


def language(request: Asked) -> Language:
    """What the reader has chosen here; else their own language; else what their browser asks for; else Welsh."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in {"cy", "en"}:
        return "en" if chosen == "en" else "cy"
    user = request.scope.get("user")
    return user.language if isinstance(user, SignedIn) else problems.language(request)


def page(
    request: Asked, template: str, /, *, status: int = 200, cookies: list[Cookie] | None = None, **context: Any
) -> Response[str]:
    """`template` is a path under `templates/`; `context` what it names."""
    return answer(request, rendered(request, template, **context), status=status, cookies=cookies)


def rendered(request: Asked, template: str, /, **context: Any) -> str:
    """A page, or a piece of one."""
    return _environment().get_template(template).render(_frame(request, language(request)) | context)


def answer(request: Asked, html: str, *, status: int = 200, cookies: list[Cookie] | None = None) -> Response[str]:
    headers = {"Content-Language": language(request)}
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=headers, cookies=cookies)


def see_other(address: str, *cookies: Cookie) -> Response[Any]:
    """After something was done: to a page that can be loaded again without doing it twice."""
    return Redirect(address, status_code=303, cookies=list(cookies))


def _frame(request: Asked, spoken: Language) -> dict[str, Any]:
    user = request.scope.get("user")
    signed_in = user if isinstance(user, SignedIn) else None
    return {
        "t": sayer(spoken),
        "spoken": spoken,
        "other": OTHER[spoken],
        "user": signed_in,
        "token_of_forms": signed_in.csrf if signed_in else "",
        "path": request.url.path,
        "now": request.app.state.porth.clock(),
        "here": _here(request),
        "done": done(request, spoken),
        "navigation": navigation(signed_in.actor, request.url.path) if signed_in else (),
        **_FILTERS_OF[spoken],
    }


def _here(request: Asked) -> str:
    """The page's own address, for the language switch to come back to."""
    query = str(request.url.query)
    return f"{request.url.path}?{query}" if query else request.url.path


def done(request: Asked, spoken: Language) -> str | None:
    """What has just been done, as the address of the page after it says."""
    key = f"done.{request.query_params.get('done', '')}"
    return say(spoken, key, {"n": _number(request.query_params.get("n"))}) if known(spoken, key) else None


def _number(given: str | None) -> int:
    return int(given) if given and given.isascii() and given.isdecimal() and len(given) < 7 else 0  # noqa: PLR2004  # a count, not an attack


def sayer(spoken: Language) -> Say:
    def t(key: str, **params: Any) -> str:
        return say(spoken, key, params)

    return t


def said(spoken: Language, key: str, params: Mapping[str, Any] | None = None, *, otherwise: str = "refused") -> str:
    """The sentence for a code that comes from elsewhere: one without words of its own gets the general ones."""
    return say(spoken, key if known(spoken, key) else otherwise, _readable(params or {}, spoken))


def _readable(params: Mapping[str, Any], spoken: Language) -> Mapping[str, Any]:
    """Times in a refusal, which machines get as they are stored, as people read them."""
    times = {name: params[name] for name in ("earliest", "latest", "stands") if isinstance(params.get(name), str)}
    return {**params, **{name: moment(datetime.fromisoformat(value), spoken) for name, value in times.items()}}


def day(value: date | datetime, spoken: Language) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(LONDON).date()
    return say_date(value, spoken, "long")


def moment(value: datetime, spoken: Language) -> str:
    """A moment as people in Wales know it: London time, which the clock change names where it matters."""
    return say_local(value.astimezone(LONDON), spoken)


def sentence(finding: Finding, spoken: Language) -> str:
    return finding.message(spoken) if known(spoken, finding.message_key) else finding.message_key


def _filters(spoken: Language) -> dict[str, Any]:
    return {
        "moment": lambda value: moment(value, spoken),
        "day": lambda value: day(value, spoken),
        "weekday": lambda value: say_date(value, spoken, "full"),
        "clock": lambda value: f"{value.astimezone(LONDON):%H:%M}",
        "sentence": lambda finding: sentence(finding, spoken),
        "said": lambda key, params=None, otherwise="refused": said(spoken, key, params, otherwise=otherwise),
    }


_FILTERS_OF: Mapping[Language, dict[str, Any]] = {"cy": _filters("cy"), "en": _filters("en")}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=ChoiceLoader(
            [FileSystemLoader(Path(__file__).parent / "templates"), PackageLoader("nhsuk_frontend_jinja")]
        ),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["instant"] = datetime.fromisoformat
    made.filters["iso_day"] = lambda value: f"{value.astimezone(LONDON):%Y-%m-%d}" if value else ""
    made.filters["begun"] = lambda words: words[:1].upper() + words[1:]
    made.globals["asset"] = assets.address
    made.globals["languages"] = ("cy", "en")
    return made
