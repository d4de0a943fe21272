"""The sandbox's own clock: the machine's, or ahead of it, so that a test can let a token or a window end."""

from datetime import UTC, datetime, timedelta


class Clock:
    ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def time(self) -> float:
        """Seconds since 1970."""
        return self.now().timestamp()


CLOCK = Clock()
"""A process is one sandbox, and has one clock."""
