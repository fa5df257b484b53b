"""The noise has exactly the published distribution, and what a preview tells follows from the noisy number alone."""

from __future__ import annotations

import math
import random
from collections import Counter
from fractions import Fraction
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from deid.discrete_laplace import discrete_laplace
from deid.linkage.telling import told

DRAWS = 20_000


@pytest.mark.parametrize("scale", [Fraction(1), Fraction(5, 2), Fraction(1, 3)])
def test_the_draws_follow_the_published_distribution(scale: Fraction) -> None:
    below = random.Random(20_261_121).randrange
    drawn = Counter(discrete_laplace(scale, below) for _ in range(DRAWS))
    p = math.exp(-1 / scale)
    chi, cells, rest = 0.0, 0, DRAWS
    for x in range(-60, 61):
        expected = DRAWS * (1 - p) / (1 + p) * p ** abs(x)
        if expected >= 20:
            chi += (drawn[x] - expected) ** 2 / expected
            cells, rest = cells + 1, rest - drawn[x]
    # 99.9 % of chi-squared with d degrees lies below this bound (Laurent and Massart 2000, lemma 1, with x = 7).
    degrees = cells
    assert chi < degrees + 2 * math.sqrt(degrees * 7) + 14
    assert rest < DRAWS * 0.05


def test_the_chance_of_an_answer_changes_by_no_more_than_epsilon_allows() -> None:
    p = math.exp(-1)
    chance = [(1 - p) / (1 + p) * p ** abs(x) for x in range(-30, 31)]
    ratios = [one / other for one, other in pairwise(chance)]
    assert max(ratios) <= math.e * (1 + 1e-12)
    assert min(ratios) >= 1 / math.e * (1 - 1e-12)


@pytest.mark.parametrize("scale", [Fraction(0), Fraction(-1)])
def test_a_scale_that_is_none_is_refused(scale: Fraction) -> None:
    with pytest.raises(ValueError, match="scale"):
        discrete_laplace(scale)


@given(
    first=st.integers(10, 10_000),
    second=st.integers(10, 10_000),
    part=st.floats(0, 1),
    threshold=st.integers(2, 10),
    seed=st.integers(0, 2**32),
)
def test_a_preview_tells_no_small_number_and_none_near_everybody(
    first: int, second: int, part: float, threshold: int, seed: int
) -> None:
    shared = int(part * min(first, second))
    found = told(first, second, shared, threshold, random.Random(seed).randrange)
    assert found.first % 5 == found.second % 5 == 0
    if found.shown == "some":
        assert found.shared is not None
        assert found.shared % 5 == 0
        assert threshold - 3 < found.shared < min(first, second) - threshold + 3
    else:
        assert (found.shared, found.percent) == (None, None)
    assert str(threshold) in found.say().en or found.shown == "some"
