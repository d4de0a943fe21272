"""The one way in which a picture is turned away."""

from typing import Final

CODES: Final = (
    "MEDIA-EMPTY",
    "MEDIA-TYPE",
    "MEDIA-SVG",
    "MEDIA-PDF",
    "MEDIA-RAW",
    "MEDIA-VIDEO",
    "MEDIA-OFFICE",
    "MEDIA-ARCHIVE",
    "MEDIA-BYTES",
    "MEDIA-PIXELS",
    "MEDIA-TINY",
    "MEDIA-FRAMES",
    "MEDIA-ANIMATION",
    "MEDIA-TRUNCATED",
    "MEDIA-DECODE",
    "MEDIA-TIME",
    "MEDIA-MEMORY",
    "MEDIA-HDR",
    "MEDIA-REGION",
    "MEDIA-NOT-CLEAN",
    "MEDIA-PROOF",
    "MEDIA-RATIO",
    "MEDIA-SMALL",
    "MEDIA-FORMAT",
    "MEDIA-FIT",
)
"""Every code that a refusal can carry; each has a sentence in `i18n/*/media.po`."""


class PictureRefused(Exception):  # noqa: N818 - a refusal is an answer, and callers say so
    """`code` is one of `CODES`; `params` fill its sentence and hold figures and kinds, never contents."""

    def __init__(self, code: str, **params: str | float) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return f"{self.code} {self.params}" if self.params else self.code
