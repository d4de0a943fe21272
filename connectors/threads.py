"""Threads. Source: platforms.md 5."""

from connectors.containers import Containers, Words
from connectors.limits import LIMITS


class Threads(Containers):
    platform = "threads"
    limits = LIMITS["threads"]
    words = Words(
        host="graph.threads.net", version="v1.0", containers="threads", publish="threads_publish", posts="threads",
        text="text", status="status", refresh="refresh_access_token", grant="th_refresh_token",
        profile="id,username,name",
    )  # fmt: skip

    def public(self, username: str) -> str:
        return f"https://www.threads.net/@{username}"
