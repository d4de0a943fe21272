"""Regions destroyed in the pixels. Blur is not offered: it can be undone. Source: MET-04."""

from collections.abc import Iterable
from typing import Final

from PIL import Image

from gateway.media.errors import PictureRefused
from gateway.media.protocol import Obscure

BLOCKS_ACROSS: Final = 5
"""Blocks on the longer side of a region. With 16 and even 8, trained networks still match faces to a short list."""


def obscure(picture: Image.Image, regions: Iterable[Obscure]) -> None:
    """Change the pixels of each region, in place. Raises `PictureRefused` for a region outside the picture."""
    for region in regions:
        x, y, width, height = region.box
        box = (max(x, 0), max(y, 0), min(x + width, picture.width), min(y + height, picture.height))
        if width < 1 or height < 1 or box[0] >= box[2] or box[1] >= box[3]:
            raise PictureRefused("MEDIA-REGION", x=x, y=y, width=width, height=height)
        if region.how == "solid":
            picture.paste("black", box)
        else:
            picture.paste(_mosaic(picture.crop(box)), box)


def _mosaic(region: Image.Image) -> Image.Image:
    """Averages of a few blocks: nothing finer is left of the region, however it is enlarged."""
    block = max(region.size) / BLOCKS_ACROSS
    few = (max(1, round(region.width / block)), max(1, round(region.height / block)))
    return region.resize(few, Image.Resampling.BOX).resize(region.size, Image.Resampling.NEAREST)
