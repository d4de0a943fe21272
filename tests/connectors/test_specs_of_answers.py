"""Every answer of the sandbox, and every request of a connector, against the platform's published contract.

`test_specs.py` looks at what is sent in the life of one post. Here: whatever the stand-in answers, refusals included,
renewed tokens, and the lists of fields that Meta's nodes have.
"""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from recorder import Passed, recording
from stand_ins import Memory, Sandbox, picture, post
from test_lives import bluesky
from test_specs import SPECS, OpenAPI, a_life, pytestmark, spec_fields

from connectors.errors import PublishingError
from connectors.http import Wire
from connectors.registry import connector
from connectors.sandbox import demo_credentials
from connectors.sandbox.calls import Answer
from connectors.sandbox.platforms import BY_NAME

__all__ = ["pytestmark"]
LEXICONS = SPECS / "bluesky" / "lexicons"
CREATE = {"x": ("POST", "/2/tweets"), "mastodon": ("POST", "/api/v1/statuses")}


def refusals(platform: str) -> dict[str, Answer]:
    """Those in JSON: a proxy's page is nobody's contract."""
    made = {name: error(60) for name, error in BY_NAME[platform].errors.items()}
    return {name: one for name, one in made.items() if one.media_type == "application/json" and one.body}


# -- X ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(refusals("x")))
def test_a_refusal_of_x_is_one_of_its_errors_or_problems(name: str) -> None:
    """Only some problems have a schema of their own; all have these words, and a list of errors has one for each."""
    spec, body = OpenAPI(SPECS / "x" / "openapi.json"), msgspec.json.decode(refusals("x")[name].body)
    if str(body.get("type", "")).startswith("https://api.x.com/"):
        spec.check({"$ref": "#/components/schemas/Problem"}, body)
    for one in body["errors"] if "errors" in body and "type" not in body else [body]:
        if "code" in one:
            spec.check({"$ref": "#/components/schemas/Error"}, one)
        else:
            assert {"title", "type", "detail"} <= set(one) <= {"title", "type", "detail", "status", "errors"}
            assert one.get("status", 402) in range(400, 500)


async def test_what_is_sent_to_x_fits_its_contract_also_where_it_is_refused(sandbox: Sandbox) -> None:
    spec = OpenAPI(SPECS / "x" / "openapi.json")
    for one in await refused_life("x", sandbox):
        operation = spec.operation(one.method, urlsplit(one.path).path)
        if one.body:
            spec.check(operation["requestBody"]["content"]["application/json"]["schema"], one.json())
        assert one.status == 429


# -- Mastodon -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(refusals("mastodon")))
def test_a_refusal_of_mastodon_is_its_error(name: str) -> None:
    spec = OpenAPI(SPECS / "mastodon" / "schema.json")
    made = refusals("mastodon")[name]
    operation = spec.operation(*CREATE["mastodon"])
    schemas = spec.document["components"]["schemas"]
    assert str(made.status) in operation["responses"] or made.status in {403, 404}
    found = next(name for name in ("Error", "ValidationError") if name in schemas)
    spec.check({"$ref": f"#/components/schemas/{found}"}, msgspec.json.decode(made.body))


async def test_mastodons_instance_says_what_its_contract_names(sandbox: Sandbox) -> None:
    spec = OpenAPI(SPECS / "mastodon" / "schema.json")
    for one in await a_life("mastodon", sandbox):
        path = urlsplit(one.path).path.rstrip("/")
        if path.endswith("/instance"):
            schema = spec.operation("GET", path)["responses"]["200"]["content"]["application/json"]["schema"]
            assert set(one.answer_json()) <= spec.property_names(schema)


# -- Bluesky ------------------------------------------------------------------------------------------------------


def lexicon(name: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(LEXICONS.joinpath(*name.split(".")).with_suffix(".json").read_bytes())
    return found["defs"]


class Lexicon:
    """A value against a definition: what the language of lexicons says about kinds, ends and references."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.defs = lexicon(name)

    def check(self, schema: dict[str, Any], value: Any, where: str = "") -> None:
        kinds = {
            "string": str,
            "integer": int,
            "boolean": bool,
            "array": list,
            "object": dict,
            "blob": dict,
            "union": dict,
        }
        kind = schema["type"]
        assert isinstance(value, kinds.get(kind, object)), f"{where} is no {kind}"
        if kind not in {"boolean", "unknown"}:
            getattr(self, f"_{kind}")(schema, value, where)

    def _object(self, schema: dict[str, Any], value: dict[str, Any], where: str) -> None:
        missing = set(schema.get("required", ())) - set(value)
        assert not missing, f"{where}: {missing}"
        for name, inner in schema["properties"].items():
            if name in value:
                self.check(inner, value[name], f"{where}/{name}")

    def _array(self, schema: dict[str, Any], value: list[Any], where: str) -> None:
        assert len(value) <= schema.get("maxLength", len(value)), where
        for one in value:
            self.check(schema["items"], one, where)

    def _string(self, schema: dict[str, Any], value: str, where: str) -> None:
        assert len(value.encode()) <= schema.get("maxLength", len(value.encode())), where
        self._format(schema.get("format"), value, where)

    def _integer(self, schema: dict[str, Any], value: int, where: str) -> None:
        assert schema.get("minimum", value) <= value <= schema.get("maximum", value), where

    def _blob(self, schema: dict[str, Any], value: dict[str, Any], where: str) -> None:
        assert value["$type"] == "blob", where
        assert value["mimeType"].startswith("image/"), where
        assert value["size"] <= schema.get("maxSize", value["size"]), where

    def _ref(self, schema: dict[str, Any], value: Any, where: str) -> None:
        self._at(schema["ref"], value, where)

    def _union(self, schema: dict[str, Any], value: dict[str, Any], where: str) -> None:
        kind = value.get("$type", "").removesuffix("#main")
        named = [ref for ref in schema["refs"] if self._full(ref) == kind]
        assert named or not schema.get("closed"), where
        for ref in named:
            self._at(ref, value, where)

    def _format(self, name: str | None, value: str, where: str) -> None:
        patterns = {
            "did": r"did:[a-z]+:[a-zA-Z0-9._:%-]+", "handle": r"([a-z0-9-]+\.)+[a-z]+", "tid": r"[2-7a-z]{13}",
            "at-uri": r"at://[^/]+/[^/]+/[^/]+", "cid": r"baf[a-z2-7]{50,}", "uri": r"\w+:[^\s]+",
            "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "language": r"[a-z]{2,3}(-\w+)*",
            "record-key": r"[\w.~:-]{1,512}", "nsid": r"[a-zA-Z]([\w.-]+)", "at-identifier": r"\S+",
        }  # fmt: skip
        if name:
            assert re.fullmatch(patterns[name], value), f"{where}: {value} is no {name}"

    def _full(self, ref: str) -> str:
        return (f"{self.name}{ref}" if ref.startswith("#") else ref).removesuffix("#main")

    def _at(self, ref: str, value: Any, where: str) -> None:
        name, _, part = self._full(ref).partition("#")
        other = Lexicon(name)
        other.check(other.defs[part or "main"], value, where)


async def test_every_call_to_bluesky_and_every_answer_fits_its_lexicon(sandbox: Sandbox) -> None:
    passed = await a_life("bluesky", sandbox)
    called = set()
    for one in passed:
        url = urlsplit(one.path)
        name = url.path.removeprefix("/xrpc/")
        called.add(name.rpartition(".")[2])
        found = Lexicon(name)
        main = found.defs["main"]
        assert {"query": "GET", "procedure": "POST"}[main["type"]] == one.method
        asked = {key: values[0] for key, values in parse_qs(url.query).items()}
        parameters = main.get("parameters", {"properties": {}})
        assert set(parameters.get("required", ())) <= set(asked) <= set(parameters["properties"])
        if main.get("input", {}).get("encoding") == "application/json":
            found.check(main["input"]["schema"], one.json(), name)
            assert set(one.json()) <= set(main["input"]["schema"]["properties"])
        if one.status == 200 and "output" in main:
            found.check(main["output"]["schema"], one.answer_json(), name)
            assert set(one.answer_json()) <= set(main["output"]["schema"]["properties"])
        if one.status != 200:
            assert one.answer_json()["error"] in {error["name"] for error in main.get("errors", ())}
    assert called >= {"createSession", "uploadBlob", "putRecord", "getRecord", "deleteRecord"}
    post_lexicon = Lexicon("app.bsky.feed.post")
    records = [one.json()["record"] for one in passed if one.path.endswith("putRecord")]
    records += [one.answer_json()["value"] for one in passed if "getRecord" in one.path and one.status == 200]
    assert len(records) > 1
    for record in records:
        post_lexicon.check(post_lexicon.defs["main"]["record"], record)


def test_bluesky_renews_a_session_as_its_lexicon_says(sandbox: Sandbox) -> None:
    password = demo_credentials("bluesky", "bwrdd").secrets["app_password"]
    made = bluesky(sandbox, "POST", "server.createSession", identifier="bwrdd", password=password).json()
    renewed = bluesky(sandbox, "POST", "server.refreshSession", made["refreshJwt"]).json()
    found = Lexicon("com.atproto.server.refreshSession")
    found.check(found.defs["main"]["output"]["schema"], renewed)


@pytest.mark.parametrize("name", sorted(refusals("bluesky")))
def test_a_refusal_of_bluesky_has_a_name_and_a_message(name: str) -> None:
    assert set(msgspec.json.decode(refusals("bluesky")[name].body)) == {"error", "message"}


# -- Meta ---------------------------------------------------------------------------------------------------------

NODES = {
    "facebook": ("Page", "PagePost", "Post", "Photo"),
    "instagram": ("IGMedia", "IGMediaForIGOnlyAPI", "IGUser", "IGUserForIGOnlyAPI", "IGRefreshAccessTokenForIGOnlyAPI"),
}


@pytest.mark.parametrize("platform", sorted(NODES))
async def test_whatever_meta_answers_are_fields_of_its_nodes(platform: str, sandbox: Sandbox) -> None:
    known = set().union(*(spec_fields(node) for node in NODES[platform])) | {
        "data", "success", "post_id", "attachments", "status_code", "status", "id",
    }  # fmt: skip
    answers = [one.answer_json() for one in await a_life(platform, sandbox)]
    for body in answers:
        for one in body.get("data", [body]):
            assert "error" in one or set(one) <= known
    assert any("error" in one for one in answers)  # the post that was deleted
    assert any("data" in one for one in answers)


@pytest.mark.parametrize("platform", ["facebook", "instagram", "threads"])
def test_a_refusal_of_meta_has_the_shape_that_all_of_its_refusals_have(platform: str) -> None:
    words = {"message", "type", "code", "error_subcode", "is_transient", "fbtrace_id"}
    for name, made in refusals(platform).items():
        body = msgspec.json.decode(made.body)
        if made.status != 200:  # a state of a container is no refusal
            assert set(body) == {"error"}, name
            assert {"message", "type", "code", "fbtrace_id"} <= set(body["error"]) <= words, name


async def test_instagram_is_asked_for_a_new_token_and_for_what_is_left_as_its_nodes_say(sandbox: Sandbox) -> None:
    passed = await renewed("instagram", sandbox)
    assert set(passed.answer_json()) <= {"access_token", "token_type", "expires_in"}
    assert {"access_token", "expires_in"} <= {"expires_in", *spec_fields("IGRefreshAccessTokenForIGOnlyAPI")}
    edges = msgspec.json.decode((SPECS / "facebook" / "IGUser.json").read_bytes())["apis"]
    assert "content_publishing_limit" in {one.get("endpoint") for one in edges if one["method"] == "GET"}


THREADS = SPECS / "threads" / "threads-api.postman_collection.json"


async def test_threads_is_asked_only_for_what_its_own_examples_ask_for(sandbox: Sandbox) -> None:
    examples = THREADS.read_text()
    passed = [*await a_life("threads", sandbox), await renewed("threads", sandbox)]
    asked = {
        name
        for one in passed
        if one.method == "GET"
        for name in parse_qs(urlsplit(one.path).query).get("fields", [""])[0].split(",")
    } - {""}
    assert asked
    assert [name for name in sorted(asked) if not re.search(rf"\b{name}\b", examples)] == []
    for one in passed:
        edge = urlsplit(one.path).path.rsplit("/", 1)[-1]
        assert edge.isdecimal() or edge in examples


async def renewed(platform: str, sandbox: Sandbox) -> Passed:
    credentials = demo_credentials(platform, "bwrdd")
    with recording(sandbox.address) as (address, passed):
        made = connector(platform, Wire(sandbox=address))
        await made.verify(credentials)
        sandbox.ahead(hours=25)
        assert await made.refresh(credentials)
    return passed[-1]


async def refused_life(platform: str, sandbox: Sandbox) -> list[Passed]:
    """Every call of a life, each refused because there were too many."""
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da", picture("red", "Drws"))
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    receipt = await made.publish(outgoing, credentials, attempt)
    sandbox.fault(platform=platform, kind="refuse", error="rate-limited", count=-1)
    with recording(sandbox.address) as (address, passed):
        limited = connector(platform, Wire(sandbox=address))
        for call in (
            lambda: limited.verify(credentials),
            lambda: limited.publish(outgoing, credentials, attempt),
            lambda: limited.find(outgoing, credentials, attempt),
            lambda: limited.read(receipt, credentials),
            lambda: limited.retract(receipt, credentials),
        ):
            with pytest.raises(PublishingError):
                await call()
    return passed
