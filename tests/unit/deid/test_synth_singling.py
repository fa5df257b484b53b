"""Singling out: memory is found whatever the numbers of rows, and what is only true of people in general is not."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from deid.synth.copies import of_learnt
from deid.synth.marginals import Rule, measure
from deid.synth.matrix import Space, Tables, Values
from deid.synth.singling import LEAST_CONDITIONS, singling_out


def world(random: np.random.Generator, rows: int) -> Values:
    """People of one world: a number and five categories, of which some are rare."""
    chances = np.array([0.5, 0.25, 0.12, 0.06, 0.03, 0.02, 0.01, 0.01])
    categories = random.choice(8, (rows, 5), p=chances).astype(np.float64)
    return np.column_stack([random.integers(0, 90, rows).astype(np.float64), categories])


SPACE = Space(
    tuple("abcdef"), np.array([False, *[True] * 5]), ((), *(tuple("01234567"),) * 5), np.array([80.0, 1, 1, 1, 1, 1])
)


def tables(synthetic: Values, learnt: Values, held_out: Values) -> Tables:
    return Tables(SPACE, synthetic, learnt, held_out)


def test_rows_of_the_same_world_single_nobody_out_though_fewer_are_held_out() -> None:
    """The control is a quarter as large and finds fewer for that alone: what is left after the correction is none."""
    random = np.random.default_rng(1)
    found = singling_out(tables(world(random, 4_000), world(random, 4_000), world(random, 1_000)), 1_000, random)
    assert found.attack.of == 1_000
    assert found.scale > 1.2
    assert found.rate < 0.08


@pytest.mark.parametrize(("given_back", "least"), [(1.0, 0.8), (0.5, 0.15)])
def test_an_engine_that_gives_rows_back_is_found_by_that_part(given_back: float, least: float) -> None:
    random = np.random.default_rng(1)
    learnt = world(random, 4_000)
    kept = int(given_back * 4_000)
    drawn = np.concatenate([learnt[:kept], world(random, 4_000 - kept)])
    found = singling_out(tables(drawn, learnt, world(random, 1_000)), 1_000, random)
    assert found.rate > least
    assert found.interval[1] > 0.09


@pytest.mark.parametrize("given_back", [0.3, 0.1])
def test_what_singling_out_alone_does_not_find_the_copies_do(given_back: float) -> None:
    """Rows that are drawn beside thin the conditions out; equal rows are told from chance by the held-out ones."""
    random = np.random.default_rng(1)
    learnt = world(random, 4_000)
    kept = int(given_back * 4_000)
    found = tables(np.concatenate([learnt[:kept], world(random, 4_000 - kept)]), learnt, world(random, 1_000))
    assert of_learnt(found).too_many
    assert not of_learnt(tables(world(random, 4_000), learnt, world(random, 1_000))).too_many


def test_a_table_in_which_no_row_stands_alone_singles_nobody_out() -> None:
    random = np.random.default_rng(1)
    coarse = random.integers(0, 2, (2_000, 6)).astype(np.float64)
    found = singling_out(tables(coarse, coarse, coarse[:500]), 200, random)
    assert (found.attack.found, found.attack.of) == (0, LEAST_CONDITIONS)
    assert found.interval[1] < 0.09


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(100, 300))
def test_whatever_the_table_the_interval_holds_the_excess(seed: int, columns: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, 5, (rows, columns)).astype(np.float64)
    values[random.random(values.shape) < 0.1] = np.nan
    space = Space(tuple("abc"[:columns]), np.ones(columns, dtype=bool), (tuple("01234"),) * columns, np.ones(columns))
    found = singling_out(Tables(space, values, values, values[:100]), 100, random)
    low, high = found.interval
    assert 0.0 <= low <= found.rate + 1e-9
    assert found.rate <= high + 1e-9 <= 1.0 + 1e-9


def test_a_value_of_few_people_is_not_reproduced_though_the_policy_names_it() -> None:
    codes = np.zeros((500, 2), dtype=np.int32)
    codes[:3, 0] = 1
    codes[:250, 1] = 1
    random = np.random.default_rng(1)
    found = measure(codes, (2, 2), Rule(least_value=10), random)
    assert found.ones[0].tolist() == pytest.approx([500.0, 0.0])
    assert found.pairs[0, 1][1].tolist() == [0.0, 0.0]
    assert measure(codes, (2, 2), Rule(), random).ones[0].tolist() == [497.0, 3.0]
