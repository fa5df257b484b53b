"""The accounting of differential privacy and its noise, against published values and exact distributions."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from deid.synth.accounting import epsilon_of, rho_of, sigma_of
from deid.synth.making import learn_and_draw
from deid.synth.marginals import measure_privately
from deid.synth.noise import discrete_gaussian, noisy, without_negatives
from deid.synth.policy import parse_synth_policy


@pytest.mark.parametrize(("rho", "epsilon"), [(2.56, 17.14), (0.07, 2.47)])
def test_the_budgets_of_the_census_of_2020_come_to_its_published_epsilons(rho: float, epsilon: float) -> None:
    """US Census Bureau, June 2021: persons and housing units at delta 1e-10; rho is published with two decimals."""
    assert epsilon_of(rho - 0.005, 1e-10) <= epsilon <= epsilon_of(rho + 0.006, 1e-10)


@given(st.floats(1e-4, 20.0), st.sampled_from([1e-3, 1e-5, 1e-10]))
def test_the_epsilon_is_never_above_that_of_the_simple_conversion(rho: float, delta: float) -> None:
    assert epsilon_of(rho, delta) <= rho + 2.0 * math.sqrt(rho * math.log(1.0 / delta)) + 1e-9


@given(st.floats(0.05, 10.0), st.sampled_from([1e-3, 1e-6]))
def test_a_budget_is_spent_but_never_overspent(epsilon: float, delta: float) -> None:
    rho = rho_of(epsilon, delta)
    assert epsilon_of(rho, delta) <= epsilon + 1e-9
    assert epsilon_of(rho * 1.001, delta) > epsilon - 1e-3


@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 1e-5), (-1.0, 1e-5), (1.0, 0.0), (1.0, 1.0)])
def test_a_budget_that_means_nothing_is_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(ValueError, match="epsilon"):
        rho_of(epsilon, delta)


@pytest.mark.parametrize("sigma", [0.7, 3.0, 21.6])
def test_the_noise_has_the_chances_of_the_discrete_gaussian(sigma: float) -> None:
    drawn = discrete_gaussian(sigma, 200_000, np.random.default_rng(1))
    values = np.arange(-int(6 * sigma) - 1, int(6 * sigma) + 2)
    weights = np.exp(-(values**2) / (2.0 * sigma**2))
    expected = weights / weights.sum() * len(drawn)
    found = np.array([(drawn == value).sum() for value in values])
    large = expected >= 20.0
    chi2 = float(((found[large] - expected[large]) ** 2 / expected[large]).sum())
    freedom = int(large.sum()) - 1
    assert chi2 < freedom + 5.0 * math.sqrt(2.0 * freedom) + 10.0


def test_noise_without_a_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="scale"):
        discrete_gaussian(0.0, 1, np.random.default_rng(1))


@given(st.lists(st.floats(-50.0, 50.0), min_size=1, max_size=30), st.floats(0.0, 200.0))
def test_a_table_without_negatives_keeps_its_total_and_its_order(cells: list[float], total: float) -> None:
    counts = np.array(cells)
    result = without_negatives(counts, total)
    assert (result >= 0.0).all()
    assert result.sum() == pytest.approx(total, abs=1e-6) or total == 0.0
    order = np.argsort(counts)
    assert (np.diff(result[order]) >= -1e-9).all()


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_a_noisy_table_has_no_negative_cell(seed: int) -> None:
    random = np.random.default_rng(seed)
    assert (noisy(np.array([[0.0, 3.0], [1.0, 200.0]]), sigma_of(0.01), random) >= 0.0).all()


def test_what_is_measured_with_noise_differs_from_the_truth_and_says_nothing_for_sure() -> None:
    """One person more or less must look alike: with a small budget the noise is far larger than one person."""
    codes = np.zeros((1_000, 2), dtype=np.int32)
    one_more = np.vstack([codes, np.array([[1, 1]], dtype=np.int32)])
    cells = [
        [measure_privately(rows, (2, 2), 0.01, np.random.default_rng(seed)).ones[0][1] for seed in range(60)]
        for rows in (codes, one_more)
    ]
    assert abs(float(np.median(cells[0])) - float(np.median(cells[1]))) < sigma_of(0.01 * 0.1 / 2)


def test_under_a_budget_the_number_of_rows_is_noisy_too_unless_the_policy_says_it() -> None:
    """How many rows there are, exactly, would tell whether somebody is among them."""
    source = pa.table({"sex": ["F", "M"] * 400, "ward": ["A", "B", "C", "D"] * 200})
    columns = "columns:\n  sex: {kind: category, values: [F, M]}\n  ward: {kind: category, values: [A, B, C, D]}\n"
    head = "version: 1\nname: t\ndataset: d\nproject: p\nengine: marginals\nprivacy: {epsilon: 0.5, delta: 1.0e-5}\n"

    def rows(more: str, seed: int) -> int:
        made = learn_and_draw(source, parse_synth_policy(head + more + columns), np.random.default_rng(seed))
        return sum(table.num_rows for table in made.drawn.tables)

    found = {rows("", seed) for seed in range(4)}
    assert len(found) > 1
    assert all(400 < one < 900 for one in found)
    assert rows("rows: 123\n", 1) == 123
