"""Why an action was refused. The edge maps each to one HTTP answer (gateway/api/problems.py) and one sentence.

`code` is also the message key in the `refusals` catalogs; `params` fill its places.
"""

from typing import Any

from approvals.findings import Finding


class Refusal(Exception):  # noqa: N818  # a refusal is an answer, not a fault
    def __init__(self, code: str, field: str | None = None, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        """JSON pointer of the field that is wrong, where it is one field."""
        self.params = params


class NotFound(Refusal):
    """It does not exist, or belongs to another organisation: the two look the same from outside."""


class NotAllowed(Refusal):
    """The person may not do this, now or ever: a missing role, their own work, lapsed training."""


class WrongState(Refusal):
    """It could be done, but not to a post, delivery or consent in this state."""


class Stale(Refusal):
    """What the person saw is not what is there now."""


class Invalid(Refusal):
    """A value that cannot be accepted, with its field and what would be right."""


class Blocked(Refusal):
    """Checks say no: the findings, all at once."""

    def __init__(self, code: str, findings: tuple[Finding, ...]) -> None:
        super().__init__(code)
        self.findings = findings
