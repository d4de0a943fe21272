# ruff: noqa: N818 - these names say what happened; that they are errors, the base says
"""The five ways in which a platform call can fail. A connector raises nothing else.

    PublishingError
    ├── Retryable         provably nothing was posted; the same call may be made again
    ├── RateLimited       the same, but not before `until`
    ├── Rejected          provably nothing was posted, and repeating will not help
    ├── AuthExpired       the account's credentials are refused; every post of the account would fail
    └── OutcomeUnknown    the post may exist; look it up, never repeat blindly

Classify by whitelist: only a well-formed, known refusal means "not posted"; everything else on the call that
makes the post is `OutcomeUnknown`.
"""

from datetime import datetime


class PublishingError(Exception):
    """`code` is a short stable word for logs and findings; `detail` is the platform's own, without secrets."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail[:500]

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class Retryable(PublishingError):
    pass


class RateLimited(PublishingError):
    def __init__(self, until: datetime | None, code: str = "rate-limited", detail: str = "") -> None:
        super().__init__(code, detail)
        self.until = until
        """When the platform takes calls again; `None` where it does not say."""


class Rejected(PublishingError):
    pass


class AuthExpired(PublishingError):
    pass


class OutcomeUnknown(PublishingError):
    pass
