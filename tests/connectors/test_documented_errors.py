"""The sandbox answers each documented refusal as it is documented: platforms.md 12.3, item by item."""

from typing import Any

import msgspec
import pytest

from connectors.sandbox.platforms import BY_NAME

AN_HOUR = 3600.0
HTML = "html"
RESET = ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset")
BUSINESS = ("x-business-use-case-usage",)
ITEMS: tuple[tuple[str, str, int, Any, tuple[str, ...]], ...] = (
    # platform, name, status, what the body must have, headers it must have
    ("x", "duplicate", 403, {"title": "Forbidden", "type": "about:blank", "status": 403,
                             "detail": "You are not allowed to create a Tweet with duplicate content."}, ()),
    ("x", "expired", 401, {"title": "Unauthorized", "type": "about:blank", "status": 401}, ()),
    ("x", "credits", 402, {"type": "https://api.twitter.com/2/problems/credits", "title": "CreditsDepleted"}, ()),
    ("x", "rate-limited", 429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, RESET),
    ("x", "rate-limited-no-reset", 429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, RESET[:2]),
    ("x", "rate-limited-problem", 429, {"title": "Too Many Requests", "type": "about:blank", "status": 429}, RESET),
    ("x", "rate-limited-problem-no-reset", 429, {"title": "Too Many Requests", "status": 429}, RESET[:2]),
    ("x", "too-long", 400, "Your Tweet text is too long.", ()),
    ("x", "too-long-403", 403, "Your Tweet text is too long.", ()),
    ("x", "unsupported-authentication", 403,
     {"title": "Unsupported Authentication", "status": 403,
      "type": "https://api.twitter.com/2/problems/unsupported-authentication"}, ()),
    ("x", "unsupported-authentication-wrapped", 403, "errors", ()),
    ("x", "invalid", 400, {"title": "Invalid Request", "type": "https://api.x.com/2/problems/invalid-request"}, ()),
    ("x", "reply", 403, {"title": "Forbidden", "status": 403}, ()),
    ("x", "quote", 403, {"title": "Forbidden", "status": 403}, ()),
    ("x", "mention", 403, {"title": "Forbidden", "status": 403}, ()),
    ("x", "unavailable", 503, HTML, ()),
    ("facebook", "expired", 400, {"code": 190, "error_subcode": 463}, ()),
    ("facebook", "permission", 403, {"code": 200}, ()),
    ("facebook", "rate-limited", 403, {"code": 80001}, BUSINESS),
    ("facebook", "rate-limited-400", 400, {"code": 80001}, BUSINESS),
    ("facebook", "policy-block", 400, {"code": 368}, ()),
    ("facebook", "duplicate", 400, {"code": 506}, ()),
    ("facebook", "invalid", 400, {"code": 100}, ()),
    ("facebook", "unknown", 500, {"code": 1, "is_transient": True}, ()),
    ("facebook", "service", 500, {"code": 2, "is_transient": True}, ()),
    ("facebook", "unavailable", 500, HTML, ()),
    ("instagram", "not-ready", 400, {"code": 9007, "error_subcode": 2207027}, ()),
    ("instagram", "picture-not-fetched", 400, {"code": 9004, "error_subcode": 2207052}, ()),
    ("instagram", "format", 400, {"code": 36001, "error_subcode": 2207005}, ()),
    ("instagram", "too-large", 400, {"code": 36000, "error_subcode": 2207004}, ()),
    ("instagram", "ratio", 400, {"code": 36003, "error_subcode": 2207009}, ()),
    ("instagram", "caption", 400, {"code": 36004, "error_subcode": 2207010}, ()),
    ("instagram", "quota", 400, {"code": 9, "error_subcode": 2207042}, ()),
    ("instagram", "expired", 400, {"code": 190}, ()),
    ("instagram", "container-error", 200, {"status_code": "ERROR"}, ()),
    ("instagram", "container-expired", 200, {"status_code": "EXPIRED"}, ()),
    ("instagram", "container-in-progress", 200, {"status_code": "IN_PROGRESS"}, ()),
    ("threads", "not-ready", 400, {"code": 24, "error_subcode": 4279009}, ()),
    ("threads", "text", 400, {"code": 100}, ()),
    ("threads", "expired", 400, {"code": 190}, ()),
    ("threads", "permission-10", 403, {"code": 10}, ()),
    ("threads", "rate-limited", 403, {"code": 4}, ()),
    ("threads", "container-error", 200, {"status": "ERROR"}, ()),
    ("threads", "container-expired", 200, {"status": "EXPIRED"}, ()),
    ("threads", "picture-not-fetched", 400, {"code": 9004}, ()),
    ("threads", "unknown", 500, {"code": 1}, ()),
    ("linkedin", "duplicate", 422, {"errorDetailType": "com.linkedin.common.error.BadRequest", "status": 422}, ()),
    ("linkedin", "version-ended", 426, {"status": 426, "code": "NONEXISTENT_VERSION"}, ()),
    ("linkedin", "revoked", 401, {"status": 401, "serviceErrorCode": 65601, "code": "REVOKED_ACCESS_TOKEN"}, ()),
    ("linkedin", "permission", 403, {"status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED"}, ()),
    ("linkedin", "too-long", 400, {"code": "FIELD_LENGTH_TOO_LONG"}, ()),
    ("linkedin", "waiting-upload", 400, {"code": "MEDIA_ASSET_WAITING_UPLOAD"}, ()),
    ("linkedin", "rate-limited", 429, {"status": 429, "message": "TOO_MANY_REQUESTS"}, ()),
    ("linkedin", "internal", 500, {"status": 500}, ()),
    ("linkedin", "unavailable", 503, HTML, ()),
    ("linkedin", "header-lost", 201, "", ()),
    ("bluesky", "session-ended", 400, {"error": "ExpiredToken"}, ()),
    ("bluesky", "session-invalid", 400, {"error": "InvalidToken"}, ()),
    ("bluesky", "auth-missing", 401, {"error": "AuthMissing"}, ()),
    ("bluesky", "expired", 401, {"error": "AuthenticationRequired"}, ()),
    ("bluesky", "invalid", 400, {"error": "InvalidRequest"}, ()),
    ("bluesky", "mime-type", 400, {"error": "InvalidMimeType"}, ()),
    ("bluesky", "size", 400, {"error": "InvalidSize"}, ()),
    ("bluesky", "too-large", 413, {"error": "PayloadTooLarge"}, ()),
    ("bluesky", "rate-limited", 429, {"error": "RateLimitExceeded"},
     ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "ratelimit-policy")),
    ("bluesky", "upstream", 502, "error", ()),
    ("bluesky", "not-found", 400, {"error": "RecordNotFound"}, ()),
    ("mastodon", "expired", 401, {"error": "The access token is invalid"}, ()),
    ("mastodon", "permission", 403, "error", ()),
    ("mastodon", "not-found", 404, {"error": "Record not found"}, ()),
    ("mastodon", "too-long", 422, "error", ()),
    ("mastodon", "media-not-ready", 422, "finished processing", ()),
    ("mastodon", "media-type", 422, {"error": "Validation failed: File content type is invalid, File is invalid"}, ()),
    ("mastodon", "rate-limited", 429, "error", ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")),
    ("mastodon", "unavailable", 503, HTML, ()),
    ("wordpress", "not-logged-in", 401, {"code": "rest_not_logged_in"}, ()),
    ("wordpress", "expired", 401, {"code": "incorrect_password"}, ()),
    ("wordpress", "permission", 403, {"code": "rest_cannot_create"}, ()),
    ("wordpress", "permission-401", 401, {"code": "rest_cannot_create"}, ()),
    ("wordpress", "invalid", 400, {"code": "rest_invalid_param"}, ()),
    ("wordpress", "content-disposition", 400, {"code": "rest_upload_no_content_disposition"}, ()),
    ("wordpress", "hash-mismatch", 412, {"code": "rest_upload_hash_mismatch"}, ()),
    ("wordpress", "not-found", 404, {"code": "rest_post_invalid_id"}, ()),
    ("wordpress", "too-large", 413, HTML, ()),
    ("wordpress", "blocked", 403, HTML, ()),
)  # fmt: skip


@pytest.mark.parametrize(("platform", "name", "status", "wanted", "headers"), ITEMS)
def test_a_documented_refusal_is_given_as_documented(
    platform: str, name: str, status: int, wanted: Any, headers: tuple[str, ...]
) -> None:
    made = BY_NAME[platform].errors[name](AN_HOUR)
    assert made.status == status
    assert set(made.headers) == set(headers)
    if wanted == HTML:
        assert made.media_type == "text/html"
        assert made.body.startswith(b"<html")
    elif isinstance(wanted, str):
        assert wanted in made.body.decode()
    else:
        body = msgspec.json.decode(made.body)
        inner = body.get("error") if isinstance(body.get("error"), dict) else body
        assert wanted.items() <= inner.items()
        assert platform not in {"facebook", "instagram", "threads"} or status == 200 or "fbtrace_id" in inner
