"""A few of every kind of the generated corpus: each planted problem is caught, no safe output is stopped."""

from __future__ import annotations

import random

import pytest

from egress_review.findings import Verdict
from tests.benchmarks.bench_egress import caught, look
from tests.benchmarks.egress_planted import PLANTED, SAFE

SEED = 20261121
EACH = 3


@pytest.mark.parametrize("kind", sorted(PLANTED))
def test_a_planted_problem_is_caught(kind: str) -> None:
    chance = random.Random(SEED)
    for _ in range(EACH):
        sample = PLANTED[kind](chance)
        assert caught(sample, look(sample)), sample


@pytest.mark.parametrize("kind", sorted(SAFE))
def test_a_safe_output_passes(kind: str) -> None:
    chance = random.Random(SEED)
    for _ in range(EACH):
        sample = SAFE[kind](chance)
        assert look(sample).verdict is Verdict.PASSED, sample
