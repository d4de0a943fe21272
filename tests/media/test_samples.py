"""Real cameras' files, where they lie beside the repository: each ends clean, or clearly refused."""

from pathlib import Path

import pytest

from gateway.media.containers import foreign
from gateway.media.errors import CODES, PictureRefused
from gateway.media.metadata import EVERYTHING, Exiftool
from gateway.media.process import Decoder
from gateway.media.verify import unexpected

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parents[3] / "shared" / "photos" / "metadata"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
CANNOT = pytest.param(None, marks=pytest.mark.skip(reason="no camera files beside the repository"))


@pytest.mark.parametrize("path", FILES or [CANNOT], ids=lambda path: path.name if path else "none")
async def test_a_camera_file_ends_clean_or_clearly_refused(path: Path, decoder: Decoder, exiftool: Exiftool) -> None:
    clean = refusal = None
    try:
        clean = await decoder.clean(path.read_bytes())  # noqa: ASYNC240 - nobody waits for this loop
    except PictureRefused as refused:
        refusal = refused
    if clean is None:
        assert refusal is not None
        assert refusal.code in CODES
        return
    assert foreign(clean.data, clean.media_type) == ()
    assert unexpected(exiftool.read(clean.data, EVERYTHING), clean.media_type) == ()
    assert clean.removed
