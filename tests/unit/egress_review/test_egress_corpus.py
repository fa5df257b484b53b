"""One of every kind of the generated corpus: each planted problem is caught, no safe output is stopped.

`make bench-egress` takes twenty of each and gives the rates; kinds that are known to be missed are named there.
"""

from __future__ import annotations

import random

import pytest

from egress_review.findings import Verdict
from tests.benchmarks.bench_egress import caught, look
from tests.benchmarks.egress_kinds import KNOWN_ALARMS, KNOWN_GAPS, PLANTED, SAFE

SEED = 20261121


@pytest.mark.parametrize("kind", sorted(PLANTED.keys() - KNOWN_GAPS))
def test_a_planted_problem_is_caught(kind: str) -> None:
    sample = PLANTED[kind](random.Random(SEED))
    assert caught(sample, look(sample)), sample


@pytest.mark.parametrize("kind", sorted(SAFE.keys() - KNOWN_ALARMS))
def test_a_safe_output_passes(kind: str) -> None:
    sample = SAFE[kind](random.Random(SEED))
    assert look(sample).verdict is Verdict.PASSED, sample


def test_what_is_not_caught_is_still_missed() -> None:
    """A gap that is closed is taken off the list, so that the list stays true."""
    assert not any(caught(one, look(one)) for one in (PLANTED[kind](random.Random(SEED)) for kind in KNOWN_GAPS))
