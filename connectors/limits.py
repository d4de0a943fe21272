"""What each platform takes: platforms.md 12.1 as data. Where sources conflict, the smaller figure stands.

Kept apart from the connectors, so that a check of a text need not load every SDK.
"""

from collections.abc import Mapping

from connectors.contract import Limits

_MB = 1_000_000

LIMITS: Mapping[str, Limits] = {
    "x": Limits(
        text=280, counting="weighted", pictures=4, picture_bytes=5 * _MB, alt=1000,
        picture_types=("image/jpeg", "image/png", "image/gif", "image/webp"),
    ),
    "facebook": Limits(
        # the sources for pictures say 4 and 10 MB; no limit of alt text is known, so other platforms' 1000
        text=63_206, counting="code-points", pictures=10, picture_bytes=4 * _MB, alt=1000, fold=477,
        edits=True,
    ),
    "instagram": Limits(
        text=2200, counting="code-points", pictures=10, picture_bytes=8 * _MB, picture_types=("image/jpeg",),
        min_width=320, max_width=1440, ratio=(0.8, 1.91), alt=1000, hashtags=30, fold=125, needs_picture=True,
    ),
    "threads": Limits(
        text=500, counting="threads", pictures=20, picture_bytes=8 * _MB, min_width=320, max_width=1440,
        ratio=(0.1, 10.0), alt=1000,
    ),
    "linkedin": Limits(
        text=3000, counting="linkedin", pictures=20, picture_bytes=8 * _MB, max_pixels=36_152_319, alt=4086, fold=210,
        picture_types=("image/jpeg", "image/png", "image/gif"), edits=True,
    ),
    "bluesky": Limits(
        # servers not yet upgraded refuse pictures between 1 and 2 MB
        text=300, counting="graphemes", text_bytes=3000, pictures=4, picture_bytes=_MB, alt=2000,
    ),
    "mastodon": Limits(
        # the defaults of an instance; its own are in /api/v2/instance
        text=500, counting="mastodon", pictures=4, picture_bytes=16_777_216, max_pixels=33_177_600, alt=1500,
        picture_types=("image/jpeg", "image/png", "image/gif", "image/webp"), edits=True,
    ),
    "wordpress": Limits(
        text=None, counting="code-points", pictures=20, picture_bytes=8 * _MB, needs_title=True, edits=True
    ),
    "youtube": Limits(
        # the text is the description; the platform takes 256 GB, but `Attempt.read` holds a whole video in memory
        text=5000, counting="utf-8", title=100, forbidden="<>", needs_title=True, pictures=1, needs_picture=True,
        picture_bytes=512 * _MB, picture_types=("video/mp4",), edits=True,
    ),
}  # fmt: skip
