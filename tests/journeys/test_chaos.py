"""A short `make chaos`: faults on a fifth of the calls, two workers killed again and again, the database too."""

import pytest

from benchmarks.chaos import Plan, play
from connectors.registry import PLATFORMS


@pytest.mark.timeout(300)
def test_each_post_is_out_once_or_waits_for_a_person_with_the_reason() -> None:
    count = play(Plan(deliveries=60, seconds=10, chaos=0.2, seed=20270328))
    assert count.clean, count
    assert sum(count.states.values()) >= 60
    assert count.states["published"] > 20, count
    assert set(count.by_platform) == set(PLATFORMS), count
    assert count.pairs > 0, count
    assert count.kills > 0
    assert count.restarts > 0
