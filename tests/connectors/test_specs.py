"""What the connectors send and what the stand-ins answer, against the platforms' published contracts."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import msgspec
import multipart
import pytest
from recorder import Passed, recording
from stand_ins import Memory, Sandbox, picture, post

from connectors.http import Wire
from connectors.registry import connector
from connectors.sandbox import demo_credentials

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not SPECS.exists(), reason="the platforms' specifications are not beside this repository"),
]
PLANTED = 45
"""Posts by others, so that lists have more than one page where pages are short."""
TEXT = "Bore da o’r clinig: https://example.org/ffliw"


async def a_life(platform: str, sandbox: Sandbox, credentials_name: str = "bwrdd") -> list[Passed]:
    """Everything that passes from preparing a post to deleting it."""
    with recording(sandbox.address) as (address, passed):
        made, credentials = connector(platform, Wire(sandbox=address)), demo_credentials(platform, credentials_name)
        outgoing, pictures = post(platform, TEXT, picture("red", "Drws y clinig"), picture("blue", "Arwydd"))
        attempt = Memory(pictures, sandbox)
        await made.prepare(outgoing, credentials, attempt)
        receipt = await made.publish(outgoing, credentials, attempt)
        await made.find(outgoing, credentials, attempt)
        await made.read(receipt, credentials)
        if made.edits:
            await made.edit(receipt, msgspec.structs.replace(outgoing, text=f"Cywiriad: {TEXT}"), credentials)
        for number in range(PLANTED):
            sandbox.plant(platform=platform, account=credentials_name, text=f"Neges {number}")
        await made.recent(credentials, attempt.started)
        await made.retract(receipt, credentials)
        await made.read(receipt, credentials)
    return passed


class OpenAPI:
    """Bodies and answers of one OpenAPI document."""

    def __init__(self, path: Path) -> None:
        self.document: dict[str, Any] = msgspec.json.decode(path.read_bytes())
        self.resolver = {"components": self.document["components"]}

    def operation(self, method: str, path: str) -> dict[str, Any]:
        for template, operations in self.document["paths"].items():
            pattern = re.sub(r"\\{[^/]*\\}|\{[^/]*\}", "[^/]+", template)
            if re.fullmatch(pattern, path) and method.lower() in operations:
                found: dict[str, Any] = operations[method.lower()]
                return found
        raise AssertionError(f"{method} {path} is not in the specification")

    def check(self, schema: dict[str, Any], value: Any) -> None:
        faults = jsonschema.Draft202012Validator({**self.resolver, **schema}).iter_errors(value)
        assert [f"{fault.json_path}: {fault.message[:200]}" for fault in faults] == []

    def property_names(self, schema: dict[str, Any]) -> set[str]:
        """Of an object, or of any of its alternatives."""
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        inner = [one for key in ("allOf", "anyOf", "oneOf") for one in schema.get(key, [])]
        return set(schema.get("properties", {})).union(*(self.property_names(one) for one in inner))

    def parameters(self, operation: dict[str, Any]) -> set[str]:
        resolved = [
            self.document["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            for one in operation.get("parameters", [])
        ]
        return {one["name"] for one in resolved if one["in"] == "query"}


async def test_x_is_spoken_to_and_answers_as_its_openapi_document_says(sandbox: Sandbox) -> None:
    spec = OpenAPI(SPECS / "x" / "openapi.json")
    passed = await a_life("x", sandbox)
    assert {urlsplit(one.path).path.rsplit("/", 1)[-1] for one in passed} >= {"me", "upload", "metadata", "tweets"}
    for one in passed:
        url = urlsplit(one.path)
        operation = spec.operation(one.method, url.path)
        allowed = spec.parameters(operation) | {"tweet.fields"}  # its name in the documentation beside this document
        assert set(parse_qs(url.query)) <= allowed
        if one.body:
            spec.check(operation["requestBody"]["content"]["application/json"]["schema"], one.json())
        answers = operation["responses"].get(str(one.status), operation["responses"]["default"])
        content = answers["content"]
        kind = "application/json" if "application/json" in content else "application/problem+json"
        # the document calls the answer for a missing post a success with `errors`
        spec.check(content[kind]["schema"], one.answer_json())


async def test_mastodon_is_spoken_to_and_answers_as_its_openapi_document_says(sandbox: Sandbox) -> None:
    spec = OpenAPI(SPECS / "mastodon" / "schema.json")
    passed = await a_life("mastodon", sandbox)
    for one in passed:
        url = urlsplit(one.path)
        operation = spec.operation(one.method, url.path.rstrip("/"))
        assert set(parse_qs(url.query)) <= spec.parameters(operation)
        if one.body:
            bodies = operation["requestBody"]["content"]
            kind = one.headers["content-type"].partition(";")[0]
            known = spec.property_names(bodies.get(kind, next(iter(bodies.values())))["schema"])
            sent = one.json() if kind == "application/json" else form_names(one)
            assert {name.removesuffix("[]") for name in sent} <= {name.removesuffix("[]") for name in known}
        answers = operation["responses"][str(one.status)]
        if "/instance" not in url.path:  # the stand-in says of itself only what is asked
            spec.check(answers["content"]["application/json"]["schema"], one.answer_json())
    posted = next(one for one in passed if one.path == "/api/v1/statuses")
    assert posted.headers["idempotency-key"]
    assert {"PUT", "DELETE"} <= {one.method for one in passed}
    assert len([one for one in passed if "max_id=" in one.path]) == 1


async def test_facebook_is_sent_only_fields_that_its_nodes_have(sandbox: Sandbox) -> None:
    page = msgspec.json.decode((SPECS / "facebook" / "Page.json").read_bytes())
    taken = {
        (api["method"], api["endpoint"]): {one["name"] for one in api["params"]}
        for api in page["apis"]
        if "endpoint" in api
    }
    post = msgspec.json.decode((SPECS / "facebook" / "PagePost.json").read_bytes())
    taken["POST", "a post"] = {
        one["name"] for api in post["apis"] if api.get("name") == "#update" for one in api["params"]
    }
    fields = {node: spec_fields(node) for node in ("Page", "PagePost")}
    passed = await a_life("facebook", sandbox)
    for one in passed:
        url = urlsplit(one.path)
        edge = url.path.rsplit("/", 1)[-1]
        if one.method == "POST":
            allowed = taken["POST", "a post" if "_" in edge else edge] | {"access_token", "appsecret_proof", "source"}
            assert set(form_names(one)) <= allowed
        if one.method == "GET":
            asked = parse_qs(url.query)["fields"][0]
            names = set(re.sub(r"\{.*\}", "", asked).split(","))
            assert names <= fields["Page" if edge == "me" else "PagePost"] | {"attachments"}
    assert {one.method for one in passed} == {"GET", "POST", "DELETE"}


async def test_instagram_is_sent_only_fields_that_its_nodes_have(sandbox: Sandbox) -> None:
    user = msgspec.json.decode((SPECS / "facebook" / "IGUser.json").read_bytes())
    taken = {api["endpoint"]: {one["name"] for one in api["params"]} for api in user["apis"] if api["method"] == "POST"}
    known = spec_fields("IGMedia") | spec_fields("IGUserForIGOnlyAPI") | {"status", "status_code"}
    for one in await a_life("instagram", sandbox):
        url = urlsplit(one.path)
        if one.method == "POST":
            assert set(form_names(one)) <= taken[url.path.rsplit("/", 1)[-1]] | {"access_token"}
        if one.method == "GET":
            assert set(parse_qs(url.query)["fields"][0].split(",")) <= known


async def test_threads_is_sent_only_what_its_own_examples_send(sandbox: Sandbox) -> None:
    collection = (SPECS / "threads" / "threads-api.postman_collection.json").read_text()
    raw = re.findall(r'"raw": "\{\{api_host\}\}/me/(threads|threads_publish)\?([^"]*)"', collection)
    taken: dict[str, set[str]] = {}
    for edge, query in raw:
        taken.setdefault(edge, set()).update(part.partition("=")[0] for part in query.split("&"))
    assert taken
    for one in await a_life("threads", sandbox):
        if one.method == "POST":
            edge = urlsplit(one.path).path.rsplit("/", 1)[-1]
            assert set(form_names(one)) <= taken[edge] | {"access_token"}


async def test_bluesky_is_sent_records_that_fit_its_lexicon(sandbox: Sandbox) -> None:
    lexicons = SPECS / "bluesky" / "lexicons"
    lexicon = msgspec.json.decode((lexicons / "app" / "bsky" / "feed" / "post.json").read_bytes())
    schema = lexicon["defs"]["main"]["record"]
    procedure = msgspec.json.decode((lexicons / "com" / "atproto" / "repo" / "putRecord.json").read_bytes())
    entry, output = (procedure["defs"]["main"][name]["schema"] for name in ("input", "output"))
    passed = await a_life("bluesky", sandbox)
    query = msgspec.json.decode((lexicons / "com" / "atproto" / "repo" / "listRecords.json").read_bytes())["defs"]
    listed = [one for one in passed if "listRecords" in one.path]
    assert listed
    for one in listed:
        assert set(parse_qs(urlsplit(one.path).query)) <= set(query["main"]["parameters"]["properties"])
        assert set(one.answer_json()) <= set(query["main"]["output"]["schema"]["properties"])
        for found in one.answer_json()["records"]:
            assert set(query["record"]["required"]) <= set(found) <= set(query["record"]["properties"])
            assert set(schema["required"]) <= set(found["value"]) <= set(schema["properties"]) | {"$type"}
    (put,) = [one for one in passed if one.path.endswith("putRecord")]
    assert set(entry["required"]) <= set(put.json()) <= set(entry["properties"])
    assert set(output["required"]) <= set(put.answer_json()) <= set(output["properties"])
    record = put.json()["record"]
    assert set(schema["required"]) <= set(record) <= set(schema["properties"]) | {"$type"}
    assert len(record["langs"]) <= schema["properties"]["langs"]["maxLength"]
    assert record["embed"]["$type"] in schema["properties"]["embed"]["refs"]


def spec_fields(node: str) -> set[str]:
    found = msgspec.json.decode((SPECS / "facebook" / f"{node}.json").read_bytes())
    return {one["name"] for one in found["fields"]}


def form_names(one: Passed) -> list[str]:
    kind, options = multipart.parse_options_header(one.headers["content-type"])
    if kind == "multipart/form-data":
        return re.findall(r'form-data; name="([^"]+)"', one.body.decode("latin-1"))
    assert options is not None
    return list(parse_qs(one.body.decode()))
