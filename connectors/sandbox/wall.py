"""The wall: what the sandbox was sent, for people. Welsh first, English by the switch, nothing from elsewhere."""

from pathlib import Path
from typing import Annotated, Literal

import jinja2
from litestar import MediaType, Response, Router, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import QueryParameter

from connectors.sandbox.stand import Stand
from connectors.sandbox.store import Post, Store
from i18n.messages import say

Language = Literal["cy", "en"]
SHOWN = 200
HERE = Path(__file__).parent
HEADERS = {
    "content-security-policy": "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}

_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip

Lang = Annotated[Language, QueryParameter(name="lang")]
PostId = Annotated[str, QueryParameter(name="id")]


def _page(language: Language, store: Store, posts: list[Post], here: dict[str, str]) -> Response[str]:
    content = _pages.get_template("wall.html").render(
        language=language,
        posts=posts,
        accounts=store.accounts(),
        here=here,
        say=lambda key, **params: say(language, f"sandbox.{key}", params),
        both=lambda key: [(one, say(one, f"sandbox.{key}")) for one in ("cy", "en")],
    )
    return Response(content, media_type=MediaType.HTML, headers={**HEADERS, "content-language": language})


@get("/", sync_to_thread=False)
def everything(state: State, lang: Lang = "cy") -> Response[str]:
    store = _store(state)
    return _page(lang, store, store.posts(SHOWN), {})


@get("/wall/account", sync_to_thread=False)
def account(state: State, platform: str, name: str, lang: Lang = "cy") -> Response[str]:
    store = _store(state)
    posts = [post for post in store.posts() if (post.platform, post.account) == (platform, name)]
    return _page(lang, store, posts[:SHOWN], {"platform": platform, "name": name})


@get("/wall/post", sync_to_thread=False)
def one(state: State, platform: str, post_id: PostId, lang: Lang = "cy") -> Response[str]:
    store = _store(state)
    posts = [post for post in store.posts() if (post.platform, post.id) == (platform, post_id)]
    if not posts:
        raise NotFoundException("no such post")
    return _page(lang, store, posts, {"platform": platform, "id": post_id})


@get("/wall/media", sync_to_thread=False)
def media(state: State, sha256: str) -> Response[bytes]:
    found = _store(state).blob(sha256)
    if found is None or not found[0].startswith("image/"):
        raise NotFoundException("no such picture")
    return Response(found[1], media_type=found[0], headers=HEADERS)


@get("/wall/style.css", sync_to_thread=False)
def style() -> Response[str]:
    return Response((HERE / "wall.css").read_text(), media_type=MediaType.CSS, headers=HEADERS)


def _store(state: State) -> Store:
    stand: Stand = state.stand
    return stand.store


WALL = Router("/", route_handlers=[everything, account, one, media, style])
