"""Regions of a picture: which answer belongs to which proposed person."""

from collections.abc import Iterator, Sequence

from approvals.checks.context import Picture
from approvals.content import Media, Shown
from approvals.findings import Finding, Severity, Where
from approvals.rules import PACK

Box = tuple[float, float, float, float]
"""Left, top, width, height in pixels of the upright picture."""


def regions(i: int, media: Media, picture: Picture | None) -> Iterator[Finding]:
    """Boxes that are none, and proposed people without an answer. Detection never lowers what was declared."""
    answers = media.people or ()
    for j, answer in enumerate(answers):
        if answer.box is not None and not _inside(answer.box, picture):
            yield Finding("IMG-BOX", Severity.BLOCK, "both", Where(f"/media/{i}/people/{j}/box"))
    if picture is None or picture.refused:
        return
    if picture.regions is None:
        yield Finding("IMG-PEOPLE", Severity.BLOCK, "both", Where(f"/media/{i}/people"), {"variant": "not-looked"})
        return
    for j, answer in enumerate(answers):
        if answer.obscured and not _destroyed(answer.box, picture):
            yield Finding(
                "IMG-BOX", Severity.BLOCK, "both", Where(f"/media/{i}/people/{j}"), {"variant": "not-obscured"}
            )
    left = unanswered([region.box for region in picture.regions], answers)
    if left:
        params = {"variant": "proposed", "n": len(left), "boxes": [[round(n) for n in box] for box in left]}
        yield Finding("IMG-PEOPLE", Severity.BLOCK, "both", Where(f"/media/{i}/people"), params)


def _inside(box: Box, picture: Picture | None) -> bool:
    left, top, width, height = box
    if width <= 0 or height <= 0 or left < 0 or top < 0:
        return False
    if picture is None or not picture.width or not picture.height:
        return True
    return left + width <= picture.width and top + height <= picture.height


def _destroyed(box: Box | None, picture: Picture) -> bool:
    """Whether what is said to be obscured really was: a word in a form hides nobody. Source: MET-04."""
    if box is None:
        return False
    left, top, width, height = box
    return any(
        x <= left + 1 and y <= top + 1 and x + w >= left + width - 1 and y + h >= top + height - 1
        for x, y, w, h in picture.obscured
    )


def unanswered(proposed: Sequence[Box], answers: Sequence[Shown]) -> list[Box]:
    """Proposed boxes that no answer accounts for.

    An answered box stands for one proposed person, best overlap first; an obscured one for all that lie in it. An
    answer without a box stands for one more when it is a consent: reasons without a box dismiss nobody proposed.
    """
    left = set(range(len(proposed)))
    pairs = sorted(
        (
            (_overlap(proposed[p], answer.box), p, a)
            for a, answer in enumerate(answers)
            if answer.box is not None
            for p in left
        ),
        reverse=True,
    )
    used: set[int] = set()
    for matches, p, a in pairs:
        if matches and p in left and (a not in used or answers[a].obscured):
            left.discard(p)
            used.add(a)
    spare = sum(answer.box is None and bool(answer.consent) for answer in answers)
    return [proposed[p] for p in sorted(left)][spare:]


def _overlap(proposed: Box, answered: Box) -> float:
    """0 for two different places, otherwise how well they agree: the larger of overlap and containment."""
    width = min(proposed[0] + proposed[2], answered[0] + answered[2]) - max(proposed[0], answered[0])
    height = min(proposed[1] + proposed[3], answered[1] + answered[3]) - max(proposed[1], answered[1])
    if width <= 0 or height <= 0:
        return 0.0
    common, one, other = width * height, proposed[2] * proposed[3], answered[2] * answered[3]
    if one <= 0 or other <= 0:
        return 0.0
    union, contained = common / (one + other - common), common / min(one, other)
    if union < PACK.figures.overlap and contained < PACK.figures.containment:
        return 0.0
    return union
