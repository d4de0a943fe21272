"""Mutated files: whatever comes, the service answers, nothing leaks, and the next picture is cleaned."""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.media.containers import foreign
from gateway.media.errors import CODES, PictureRefused
from gateway.media.intake import MIB, IntakeLimits, sniff
from gateway.media.process import Decoder
from gateway.media.protocol import Recipe
from gateway.media.removed import trailing
from tests.media import files

EXAMPLES = int(os.environ.get("PORTH_FUZZ_EXAMPLES", "150"))
"""More for a long run."""
SEEDS = tuple(files.ORIGINALS)
LIMITS = IntakeLimits(bytes=4 * MIB, pixels=4_000_000, seconds=10, frames=20)

patches = st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8))
mutations = st.tuples(
    st.sampled_from(SEEDS),
    st.lists(patches, max_size=6),
    st.floats(0.2, 1),
    st.sampled_from([b"", files.SECRET, b"\xff\xd9"]),
)


@cache
def seed(name: str) -> bytes:
    return files.ORIGINALS[name]()


def mutated(mutation: tuple[str, list[tuple[float, bytes]], float, bytes]) -> bytes:
    """A seed with some bytes overwritten, cut short, and something after its end."""
    name, changes, length, after = mutation
    data = bytearray(seed(name))
    for place, patch in changes:
        at = int(place * len(data))
        data[at : at + len(patch)] = patch
    return bytes(data[: int(len(data) * length)]) + after


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[asyncio.Runner, Decoder]]:
    """A loop of its own: hypothesis runs many examples inside one test."""
    with asyncio.Runner() as runner:
        decoder = Decoder(LIMITS, processes=1)
        runner.run(decoder.__aenter__())
        yield runner, decoder
        runner.run(decoder.__aexit__())


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutation=mutations)
def test_no_mutated_file_stops_the_service_or_leaks(
    mutation: tuple[str, list[tuple[float, bytes]], float, bytes], service: tuple[asyncio.Runner, Decoder]
) -> None:
    runner, decoder = service
    clean = refusal = None
    try:
        clean = runner.run(decoder.clean(mutated(mutation), Recipe(people=True)))
    except PictureRefused as refused:
        refusal = refused
    if clean is None:
        assert refusal is not None
        assert refusal.code in set(CODES) - {"MEDIA-NOT-CLEAN", "MEDIA-PROOF"}
        assert files.SECRET.decode() not in str(refusal)
    else:
        assert files.SECRET not in clean.data
        assert foreign(clean.data, clean.media_type) == ()


def test_after_all_that_a_picture_is_cleaned(service: tuple[asyncio.Runner, Decoder]) -> None:
    runner, decoder = service
    assert runner.run(decoder.clean(files.jpeg())).width == 160


@settings(max_examples=EXAMPLES * 4, deadline=None)
@given(
    data=st.binary(max_size=200),
    head=st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF", b"II*\x00"]),
)
def test_what_reads_bytes_in_the_service_itself_never_fails_otherwise(data: bytes, head: bytes) -> None:
    """The sniffing and the walks run outside the decoding process: they may refuse or find, nothing else."""
    whole = head + data
    with contextlib.suppress(PictureRefused):
        assert trailing(whole, sniff(whole)) <= {"trailer", "motion photo", "further pictures"}
    for media_type in ("image/jpeg", "image/png", "image/webp", "image/gif"):
        assert foreign(whole, media_type) != ()


@settings(max_examples=EXAMPLES * 2, deadline=None)
@given(
    kind=st.sampled_from(["image/jpeg", "image/png", "image/webp", "image/gif"]),
    place=st.floats(0, 1),
    patch=st.binary(min_size=1, max_size=20),
)
def test_the_walk_of_a_damaged_file_ends_and_names_kinds_only(kind: str, place: float, patch: bytes) -> None:
    data = files.plain(kind)
    at = int(place * len(data))
    found = foreign(data[:at] + patch + data[at:], kind)
    assert all(isinstance(name, str) and len(name) < 40 for name in found)
