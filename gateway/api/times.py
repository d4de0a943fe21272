"""Times as people give them: local London time, or with an offset where the hour happens twice."""

from datetime import datetime

from approvals.content import AmbiguousHour, NoSuchHour, instant
from approvals.errors import Invalid


def moment(text: str, field: str) -> datetime:
    """Raises `Invalid` for what is not a time, never was, or was twice."""
    try:
        return instant(text)
    except NoSuchHour as error:
        raise Invalid("no-such-hour", field, at=str(error)) from error
    except AmbiguousHour as error:
        raise Invalid("ambiguous-hour", field, first=error.choices[0], second=error.choices[1]) from error
    except ValueError as error:
        raise Invalid("not-a-time", field) from error
