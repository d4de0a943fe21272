"""Instagram professional accounts, by Instagram Login. Source: platforms.md 4."""

from connectors.containers import Containers, Words
from connectors.limits import LIMITS


class Instagram(Containers):
    platform = "instagram"
    limits = LIMITS["instagram"]
    words = Words(
        host="graph.instagram.com", version="", containers="media", publish="media_publish", posts="media",
        text="caption", status="status_code", refresh="refresh_access_token", grant="ig_refresh_token",
        profile="id,user_id,username,name",
    )  # fmt: skip

    def public(self, username: str) -> str:
        return f"https://www.instagram.com/{username}/"
