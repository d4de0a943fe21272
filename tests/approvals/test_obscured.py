"""What is said to be obscured must have been: the recipe that was applied is the evidence."""

from datetime import UTC, datetime

from approvals import checks
from approvals.checks.context import Context, Picture, Region
from approvals.content import Bilingual, Content, Media, Shown
from approvals.findings import Finding

FACE = (40.0, 40.0, 60.0, 60.0)


def found(obscured: tuple[tuple[float, float, float, float], ...]) -> list[Finding]:
    media = Media(upload="m", alt=Bilingual(cy="Ward", en="Ward"), people=(Shown(box=FACE, obscured="pixelate"),))
    picture = Picture(clean=True, width=200, height=200, regions=(Region(FACE, 0.9),), obscured=obscured)
    context = Context(now=datetime(2026, 11, 23, tzinfo=UTC), pictures={"m": picture})
    content = Content(text=Bilingual(cy="Helo", en="Hello"), media=(media,))
    return [f for f in checks.run(content, context) if f.code == "IMG-BOX"]


def test_a_region_that_was_obscured_accounts_for_its_person() -> None:
    assert found(((30.0, 30.0, 80.0, 80.0),)) == []


def test_a_claim_without_the_recipe_blocks() -> None:
    (finding,) = found(())
    assert (finding.severity, finding.params["variant"]) == ("block", "not-obscured")


def test_a_region_that_covers_half_the_face_blocks() -> None:
    assert len(found(((40.0, 40.0, 30.0, 60.0),))) == 1
