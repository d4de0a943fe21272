"""The five errors are total: every documented refusal, and whatever else an answer can be, becomes one of them."""

from contextlib import suppress
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_ins import EDITING, Memory, Sandbox, picture, post

from connectors.contract import Unsure
from connectors.errors import AuthExpired, OutcomeUnknown, PublishingError, RateLimited, Rejected, Retryable
from connectors.http import Exchange, Line, Wire
from connectors.registry import PLATFORMS, connector
from connectors.sandbox import demo_credentials
from connectors.sandbox.platforms import BY_NAME

pytestmark = pytest.mark.anyio

DOCUMENTED: dict[tuple[str, str], tuple[type[PublishingError], str]] = {
    # platforms.md 12.3, X
    ("x", "forbidden"): (Rejected, "forbidden"),
    ("x", "duplicate"): (Rejected, "duplicate"),
    ("x", "expired"): (AuthExpired, "token-refused"),
    ("x", "credits"): (AuthExpired, "credits-depleted"),
    ("x", "rate-limited"): (RateLimited, "rate-limited"),
    ("x", "rate-limited-problem"): (RateLimited, "rate-limited"),
    ("x", "rate-limited-no-reset"): (RateLimited, "rate-limited"),
    ("x", "too-long"): (Rejected, "too-long"),
    ("x", "too-long-403"): (Rejected, "too-long"),
    ("x", "unsupported-authentication"): (AuthExpired, "unsupported-authentication"),
    ("x", "unsupported-authentication-wrapped"): (AuthExpired, "unsupported-authentication"),
    ("x", "invalid"): (Rejected, "invalid"),
    ("x", "unavailable"): (OutcomeUnknown, "no-known-answer"),
    # platforms.md 3.3 and 12.3, Facebook
    ("facebook", "invalid"): (Rejected, "invalid"),
    ("facebook", "expired"): (AuthExpired, "token-refused"),
    ("facebook", "permission"): (AuthExpired, "permission"),
    ("facebook", "rate-limited"): (RateLimited, "rate-limited"),
    ("facebook", "rate-limited-app"): (RateLimited, "rate-limited"),
    ("facebook", "too-fast"): (RateLimited, "rate-limited"),
    ("facebook", "policy-block"): (AuthExpired, "policy-block"),
    ("facebook", "unknown"): (OutcomeUnknown, "no-known-answer"),
    ("facebook", "service"): (OutcomeUnknown, "no-known-answer"),
    ("facebook", "unavailable"): (OutcomeUnknown, "no-known-answer"),
    ("facebook", "duplicate"): (Rejected, "duplicate"),
    ("facebook", "duplicate-javascript"): (Rejected, "duplicate"),
    ("facebook", "not-a-page-token"): (AuthExpired, "not-a-page-token"),
    # platforms.md 12.3, Mastodon
    ("mastodon", "invalid"): (Rejected, "invalid"),
    ("mastodon", "too-long"): (Rejected, "too-long"),
    ("mastodon", "media-type"): (Rejected, "invalid"),
    ("mastodon", "media-not-ready"): (Retryable, "picture-not-ready"),
    ("mastodon", "expired"): (AuthExpired, "token-refused"),
    ("mastodon", "permission"): (AuthExpired, "permission"),
    ("mastodon", "not-found"): (Rejected, "not-found"),
    ("mastodon", "rate-limited"): (RateLimited, "rate-limited"),
    ("mastodon", "unavailable"): (OutcomeUnknown, "no-known-answer"),
    # platforms.md 12.3, Bluesky
    ("bluesky", "invalid"): (Rejected, "invalid"),
    ("bluesky", "expired"): (AuthExpired, "token-refused"),
    ("bluesky", "auth-missing"): (AuthExpired, "token-refused"),
    ("bluesky", "session-ended"): (Retryable, "session-ended"),
    ("bluesky", "session-invalid"): (Retryable, "session-ended"),
    ("bluesky", "takedown"): (AuthExpired, "policy-block"),
    ("bluesky", "mime-type"): (Rejected, "picture-refused"),
    ("bluesky", "size"): (Rejected, "picture-refused"),
    ("bluesky", "too-large"): (Rejected, "too-large"),
    ("bluesky", "not-found"): (Rejected, "not-found"),
    ("bluesky", "rate-limited"): (RateLimited, "rate-limited"),
    ("bluesky", "upstream"): (OutcomeUnknown, "no-known-answer"),
    ("bluesky", "existing-key"): (OutcomeUnknown, "no-known-answer"),
    # platforms.md 12.3, WordPress
    ("wordpress", "invalid"): (Rejected, "invalid"),
    ("wordpress", "expired"): (AuthExpired, "token-refused"),
    ("wordpress", "not-logged-in"): (AuthExpired, "token-refused"),
    ("wordpress", "permission"): (AuthExpired, "permission"),
    ("wordpress", "permission-401"): (AuthExpired, "permission"),
    ("wordpress", "content-disposition"): (Rejected, "picture-refused"),
    ("wordpress", "hash-mismatch"): (Rejected, "picture-refused"),
    ("wordpress", "not-found"): (Rejected, "not-found"),
    ("wordpress", "rate-limited"): (RateLimited, "rate-limited"),
    ("wordpress", "too-large"): (OutcomeUnknown, "no-known-answer"),
    ("wordpress", "blocked"): (OutcomeUnknown, "no-known-answer"),
    # platforms.md 3.3, 4, 5 and 12.3, Instagram and Threads
    ("instagram", "invalid"): (Rejected, "invalid"),
    ("instagram", "expired"): (AuthExpired, "token-refused"),
    ("instagram", "permission"): (AuthExpired, "permission"),
    ("instagram", "rate-limited"): (RateLimited, "rate-limited"),
    ("instagram", "rate-limited-app"): (RateLimited, "rate-limited"),
    ("instagram", "too-fast"): (RateLimited, "rate-limited"),
    ("instagram", "policy-block"): (AuthExpired, "policy-block"),
    ("instagram", "unknown"): (OutcomeUnknown, "no-known-answer"),
    ("instagram", "service"): (OutcomeUnknown, "no-known-answer"),
    ("instagram", "unavailable"): (OutcomeUnknown, "no-known-answer"),
    ("instagram", "not-ready"): (Retryable, "container-not-ready"),
    ("instagram", "picture-not-fetched"): (Retryable, "picture-not-fetched"),
    ("instagram", "container-error"): (OutcomeUnknown, "no-known-answer"),
    ("instagram", "container-expired"): (OutcomeUnknown, "no-known-answer"),
    ("instagram", "container-in-progress"): (OutcomeUnknown, "no-known-answer"),
    ("instagram", "format"): (Rejected, "picture-format"),
    ("instagram", "too-large"): (Rejected, "picture-too-large"),
    ("instagram", "ratio"): (Rejected, "picture-ratio"),
    ("instagram", "caption"): (Rejected, "too-long"),
    ("instagram", "quota"): (RateLimited, "rate-limited"),
    ("threads", "invalid"): (Rejected, "invalid"),
    ("threads", "expired"): (AuthExpired, "token-refused"),
    ("threads", "permission"): (AuthExpired, "permission"),
    ("threads", "rate-limited"): (RateLimited, "rate-limited"),
    ("threads", "rate-limited-app"): (RateLimited, "rate-limited"),
    ("threads", "too-fast"): (RateLimited, "rate-limited"),
    ("threads", "policy-block"): (AuthExpired, "policy-block"),
    ("threads", "unknown"): (OutcomeUnknown, "no-known-answer"),
    ("threads", "service"): (OutcomeUnknown, "no-known-answer"),
    ("threads", "unavailable"): (OutcomeUnknown, "no-known-answer"),
    ("threads", "not-ready"): (Retryable, "container-not-ready"),
    ("threads", "picture-not-fetched"): (Retryable, "picture-not-fetched"),
    ("threads", "container-error"): (OutcomeUnknown, "no-known-answer"),
    ("threads", "container-expired"): (OutcomeUnknown, "no-known-answer"),
    ("threads", "container-in-progress"): (OutcomeUnknown, "no-known-answer"),
    ("threads", "text"): (Rejected, "invalid"),
    ("threads", "permission-10"): (AuthExpired, "permission"),
    # platforms.md 12.3, LinkedIn
    ("linkedin", "invalid"): (Rejected, "invalid"),
    ("linkedin", "duplicate"): (Rejected, "duplicate"),
    ("linkedin", "version-ended"): (AuthExpired, "version-ended"),
    ("linkedin", "expired"): (AuthExpired, "token-refused"),
    ("linkedin", "permission"): (AuthExpired, "permission"),
    ("linkedin", "too-long"): (Rejected, "too-long"),
    ("linkedin", "waiting-upload"): (Retryable, "picture-not-ready"),
    ("linkedin", "rate-limited"): (RateLimited, "rate-limited"),
    ("linkedin", "internal"): (OutcomeUnknown, "no-known-answer"),
    ("linkedin", "unavailable"): (OutcomeUnknown, "no-known-answer"),
    ("linkedin", "header-lost"): (OutcomeUnknown, "no-known-answer"),
}
GARBLES = ("cut", "empty", "html", "list", "null", "no-id", "untyped")


def test_every_error_that_the_sandbox_knows_is_in_the_table_above() -> None:
    known = {(platform.name, error) for platform in BY_NAME.values() for error in platform.errors}
    assert known == set(DOCUMENTED)


@pytest.mark.parametrize(("platform", "error"), sorted(DOCUMENTED))
async def test_a_documented_error_has_its_class_and_code(platform: str, error: str, sandbox: Sandbox) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da")
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    sandbox.fault(platform=platform, call="create", kind="refuse", error=error)
    expected, code = DOCUMENTED[platform, error]
    with pytest.raises(PublishingError) as raised:
        await made.publish(outgoing, credentials, attempt)
    assert (type(raised.value), raised.value.code) == (expected, code)


@pytest.mark.parametrize("platform", ["facebook", "linkedin", "x"])
async def test_a_duplicate_after_an_unknown_outcome_is_a_hint_that_the_first_try_arrived(
    platform: str, sandbox: Sandbox
) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da")
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    sandbox.fault(platform=platform, call="create", kind="store-then-drop")
    with pytest.raises(OutcomeUnknown):
        await made.publish(outgoing, credentials, attempt)
    sandbox.fault(platform=platform, call="create", kind="refuse", error="duplicate")
    with pytest.raises(OutcomeUnknown) as again:
        await made.publish(outgoing, credentials, attempt)
    assert again.value.code == "duplicate"


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
@pytest.mark.parametrize("status", [200, 201, 301, 400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 502, 503])
async def test_garbage_on_the_call_that_makes_the_post_is_an_unknown_outcome(
    platform: str, status: int, sandbox: Sandbox
) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da")
    for garble in GARBLES:
        attempt = Memory(pictures, sandbox)
        await made.prepare(outgoing, credentials, attempt)
        sandbox.fault(platform=platform, call="create", kind="garble", status=status, garble=garble)
        with pytest.raises(OutcomeUnknown):
            await made.publish(outgoing, credentials, attempt)


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500])
async def test_garbage_on_any_other_call_raises_nothing_but_our_errors(
    platform: str, status: int, sandbox: Sandbox
) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da", picture("red", "Drws"))
    kept = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, kept)
    receipt = await made.publish(outgoing, credentials, kept)
    for garble in GARBLES:
        sandbox.fault(platform=platform, kind="garble", status=status, garble=garble, count=-1)
        for call in (
            lambda: made.verify(credentials),
            lambda: made.prepare(outgoing, credentials, Memory(pictures, sandbox)),
            lambda: made.find(outgoing, credentials, kept),
            lambda: made.read(receipt, credentials),
            lambda: made.refresh(credentials),
        ):
            with suppress(Retryable, Rejected, AuthExpired, RateLimited):
                assert await call() in {None, Unsure()}, "garbage was taken for an answer"
        with suppress(Retryable, Rejected, AuthExpired, RateLimited):
            await made.retract(receipt, credentials)
            assert status == 404, "garbage was taken for a deletion"
        sandbox.forget()


@pytest.mark.parametrize("platform", EDITING)
async def test_an_edit_fails_as_a_post_does(platform: str, sandbox: Sandbox) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da")
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    receipt = await made.publish(outgoing, credentials, attempt)
    corrected = msgspec.structs.replace(outgoing, text="Prynhawn da")
    for error in BY_NAME[platform].errors:
        sandbox.fault(platform=platform, call="edit", kind="refuse", error=error)
        with pytest.raises(PublishingError) as raised:
            await made.edit(receipt, corrected, credentials)
        assert (type(raised.value), raised.value.code) == DOCUMENTED[platform, error]
    for status in (200, 201, 301, 400, 401, 403, 404, 422, 429, 500, 503):
        for garble in GARBLES:
            sandbox.fault(platform=platform, call="edit", kind="garble", status=status, garble=garble)
            with pytest.raises(OutcomeUnknown):
                await made.edit(receipt, corrected, credentials)
    assert [stored["text"] for stored in sandbox.posts()] == ["Bore da"]


@pytest.mark.parametrize("platform", ["mastodon", "wordpress"])
async def test_garbage_where_a_post_is_read_before_it_is_edited_changes_nothing(
    platform: str, sandbox: Sandbox
) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    outgoing, pictures = post(platform, "Bore da")
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    receipt = await made.publish(outgoing, credentials, attempt)
    for status in (200, 400, 401, 404, 429, 500):
        for garble in GARBLES:
            sandbox.fault(platform=platform, call="read", kind="garble", status=status, garble=garble)
            with pytest.raises(Retryable):
                await made.edit(receipt, msgspec.structs.replace(outgoing, text="Prynhawn da"), credentials)
    assert [stored["text"] for stored in sandbox.posts()] == ["Bore da"]


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_a_list_of_recent_posts_is_whole_or_fails_in_a_known_way(platform: str, sandbox: Sandbox) -> None:
    made, credentials = connector(platform, Wire(sandbox=sandbox.address)), demo_credentials(platform, "bwrdd")
    start = datetime.now(UTC)
    sandbox.plant(platform=platform, account="bwrdd", text="Bore da")
    for error in BY_NAME[platform].errors:
        sandbox.fault(platform=platform, call="find", kind="refuse", error=error)
        with pytest.raises(PublishingError) as raised:
            await made.recent(credentials, start)
        expected = DOCUMENTED[platform, error]
        found = (type(raised.value), raised.value.code)
        assert found == ((Retryable, "no-known-answer") if expected[0] is OutcomeUnknown else expected)
    for status in (200, 301, 400, 401, 403, 429, 500):
        for garble in GARBLES:
            sandbox.fault(platform=platform, call="find", kind="garble", status=status, garble=garble)
            with suppress(Retryable):
                assert await made.recent(credentials, start) == ()
                assert (garble, status) in {("list", 200), ("list", 301)}, "garbage was taken for an answer"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 300) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "errors", "code", "error_subcode", "message", "title", "detail", "type", "status", "data"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(body=json_values, status=st.integers(100, 599), platform=st.sampled_from(sorted(PLATFORMS)))
def test_no_body_whatever_breaks_the_classification(body: object, status: int, platform: str) -> None:
    line: Line = connector(platform, Wire())._line  # type: ignore[attr-defined]
    exchange = Exchange(
        sent=True, status=status, headers={"x-rate-limit-reset": "soon"}, body=msgspec.json.encode(body)
    )
    failure = line.failure(exchange, "test", making=True)
    assert isinstance(failure, PublishingError)
    if not isinstance(body, dict):
        assert isinstance(failure, OutcomeUnknown)


async def test_the_words_of_a_platform_are_kept_but_not_without_end() -> None:
    assert len(Rejected("invalid", "x" * 9000).detail) == 500
