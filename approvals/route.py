"""What a submitted version still needs before it is approved: one pure function."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from approvals.content import Content
from approvals.findings import Finding, Severity, decided_by

Step = Literal["line", "welsh", "privacy", "comms"]


class RouteStep(Struct, frozen=True):
    step: Step
    when: Literal["always", "people"] = "always"

    @property
    def always(self) -> bool:
        return self.when == "always"


class Outstanding(Struct, frozen=True):
    """One thing that somebody has to do: sign a step, or first decide the findings that are its business."""

    step: Step
    undecided: tuple[Finding, ...] = ()


def decode(route: Sequence[object]) -> tuple[RouteStep, ...]:
    return msgspec.convert(route, tuple[RouteStep, ...])


def outstanding(
    route: Iterable[RouteStep],
    content: Content,
    findings: Iterable[Finding],
    signed: Collection[str],
    decided: Collection[str],
) -> tuple[Outstanding, ...]:
    """The steps still to be signed, in the order in which they must be; empty means approved.

    `signed` are the steps that have a sign-off on this version, `decided` the keys of findings with a decision.
    A decision that is still missing keeps its step open even if it was signed before the finding arose, and opens a
    step that the route does not have: no route lets a finding go undecided.
    """
    open_findings: Mapping[Step, list[Finding]] = {"line": [], "welsh": [], "privacy": [], "comms": []}
    asked = [f for f in findings if f.severity is Severity.DECIDE]
    for finding in asked:
        if finding.key not in decided:
            open_findings[decided_by(finding)].append(finding)  # type: ignore[index]  # the three steps it names
    people = shows_people(content) or any(decided_by(f) == "privacy" for f in asked)
    todo = tuple(
        Outstanding(s.step, tuple(open_findings[s.step]))
        for s in route
        if (s.when == "always" or people) and (s.step not in signed or open_findings[s.step])
    )
    there = {one.step for one in todo}
    apart = tuple(Outstanding(step, tuple(found)) for step, found in open_findings.items() if found)
    return (*(one for one in apart if one.step not in there), *todo)


def shows_people(content: Content) -> bool:
    """Whether anybody is shown or named, which is what calls the privacy step in."""
    return bool(content.people) or any(media.people or media.others for media in content.media)
