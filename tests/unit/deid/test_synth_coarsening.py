"""A small table is learnt in as many bins as its rows can tell, and still drawn in as fine ones as they lie in."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from deid.errors import PolicyError
from deid.synth.coarsening import LEAST_BINS, bins_for, coarsened
from deid.synth.coding import LEAST_ROWS, Coder, Coding, Numbers, learn_coding
from deid.synth.engine import MarginalEngine, noise_of
from deid.synth.policy import ColumnKind, parse_synth_policy

HEAD = "version: 1\nname: t\ndataset: d\nproject: p\nengine: marginals\ncolumns:\n"


def learnt(values: np.ndarray, noise: float = 3.0) -> tuple[Numbers, Numbers]:
    """Return a column as it is read and as it is learnt."""
    table, column = pa.table({"n": values}), ColumnKind("n", "number")
    coding = learn_coding(table, [column], public_only=False)
    [fine] = coding.coders
    [coarse] = coarsened(coding, coding.encode(table), noise, np.random.default_rng(1)).coders
    assert isinstance(fine, Numbers)
    assert isinstance(coarse, Numbers)
    return fine, coarse


@pytest.mark.parametrize(("rows", "bins"), [(20, LEAST_BINS), (2_155, 7), (24_000, 14), (1_000_000, 91)])
def test_the_bins_grow_with_the_rows(rows: int, bins: int) -> None:
    assert bins_for(rows, noise_of(rows)) == bins


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([60, 400, 3_000]), st.sampled_from([3, 40, 100_000]))
def test_coarse_bins_are_made_of_fine_ones_and_each_of_them_can_be_drawn(seed: int, rows: int, widest: int) -> None:
    fine, coarse = learnt(np.random.default_rng(seed).integers(0, widest, rows))
    if coarse.fine is None:
        assert coarse is fine
        return
    assert coarse.size < fine.size
    assert set(coarse.edges) <= set(fine.edges)
    assert (coarse.edges[0], coarse.edges[-1]) == (fine.edges[0], fine.edges[-1])
    codes = np.random.default_rng(seed).integers(0, coarse.size, 500).astype(np.int32)
    drawn = coarse.decode(codes, np.random.default_rng(seed)).to_numpy()
    assert (coarse.edges[codes] <= drawn).all()
    assert (drawn < coarse.edges[codes + 1]).all()


def test_a_fine_bin_of_few_rows_is_not_drawn_by_itself() -> None:
    """Ten thousand people at the two ends of a given range, and five between."""
    values = np.array([5] * 5_000 + [95] * 5_000 + [50] * 5)
    table, column = pa.table({"n": values}), ColumnKind("n", "number", range=(0.0, 100.0), bins=20)
    coding = learn_coding(table, [column], public_only=False)
    [coarse] = coarsened(coding, coding.encode(table), 40.0, np.random.default_rng(1)).coders
    assert isinstance(coarse, Numbers)
    assert coarse.fine is not None
    held = [(low, high) for low, high, weight in zip(*_spans(coarse), coarse.fine.weights, strict=True) if weight]
    assert all(weight == 0.0 or weight >= LEAST_ROWS for weight in coarse.fine.weights)
    assert not any(low <= 50 < high for low, high in held)


def test_a_fine_bin_of_one_persons_many_rows_is_not_drawn_by_itself() -> None:
    """A thousand visits of two hundred people below 110, and twelve of one person at 305: people are counted."""
    values = np.concatenate([np.arange(1_000) % 110, np.full(12, 305)])
    people = np.concatenate([np.arange(1_000) % 200, np.zeros(12, dtype=np.int64)])
    table, column = pa.table({"n": values}), ColumnKind("n", "number", range=(0.0, 320.0), bins=32)
    coding = learn_coding(table, [column], public_only=False, people=people)
    codes = coding.encode(table)
    [by_rows] = coarsened(coding, codes, 3.0, np.random.default_rng(1)).coders
    [by_people] = coarsened(coding, codes, 3.0, np.random.default_rng(1), people).coders
    assert _told_above(by_rows, 110) == 1  # where each row is somebody else, twelve are enough
    assert _told_above(by_people, 110) == 0


def test_where_nobody_has_two_rows_people_and_rows_are_learnt_alike() -> None:
    values = np.random.default_rng(3).integers(0, 400, 700)
    table, column = pa.table({"n": pa.array(values, mask=values < 20)}), ColumnKind("n", "number", range=(0.0, 500.0))
    coding = learn_coding(table, [column], public_only=False)
    rows, people = (
        coarsened(coding, coding.encode(table), 3.0, np.random.default_rng(1), owners).coders[0]
        for owners in (None, np.random.default_rng(4).permutation(700))
    )
    assert isinstance(rows, Numbers)
    assert isinstance(people, Numbers)
    assert rows.fine is not None
    assert people.fine is not None
    assert rows.edges.tolist() == people.edges.tolist()
    assert rows.fine.weights.tolist() == people.fine.weights.tolist()


def _told_above(column: Coder, value: float) -> int:
    """Return how many fine bins above a value are drawn from."""
    assert isinstance(column, Numbers)
    assert column.fine is not None
    return int((column.fine.weights[column.fine.edges[:-1] >= value] > 0.0).sum())


def _spans(column: Numbers) -> tuple[list[float], list[float]]:
    assert column.fine is not None
    return [low for low, _ in pairwise(column.fine.edges)], [high for _, high in pairwise(column.fine.edges)]


def test_what_columns_of_many_values_have_to_do_with_each_other_is_kept_in_a_small_table() -> None:
    """As in the GiBleed extract: years and conditions of two thousand people, one drug or the other."""
    random, rows = np.random.default_rng(4), 2_000
    born = random.integers(1910, 1985, rows)
    drug = random.integers(0, 2, rows)
    columns = {
        "born": born,
        "conditions": np.round((1990 - born) / 2 + random.normal(0, 8, rows)).astype(np.int64),
        "drugs": random.integers(10, 46, rows),
        "one": drug.astype(str),
        "other": (1 - drug).astype(str),
        **{f"c{n}": random.choice(["a", "b", "c"], rows) for n in range(3)},
    }
    kinds = "".join(f"  {n}: {{kind: {'number' if v.dtype.kind == 'i' else 'category'}}}\n" for n, v in columns.items())
    policy = parse_synth_policy(HEAD + kinds)
    made = MarginalEngine().make(pa.table(columns), policy, rows, np.random.default_rng(1), lambda _done, _all: None)
    drawn = pa.concat_tables(made.tables)
    real, found = (np.corrcoef(t["born"], t["conditions"])[0, 1] for t in (columns, drawn.to_pydict()))
    assert found < 0.8 * real < 0.0
    unlike = np.array(drawn["one"].to_pylist()) != np.array(drawn["other"].to_pylist())
    assert unlike.mean() > 0.97


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-9, 1e6), st.integers(0, 6), st.integers(2, 60), st.sampled_from([3.0, 40.0]))
@example(1.0000000000000003e-09, 0.5, 0, 2, 3.0)
@example(1.1, 0.5, 2, 4, 3.0)
def test_whatever_the_ends_of_a_range_what_is_drawn_lies_within_or_the_policy_is_refused(
    low: float, width: float, decimals: int, bins: int, noise: float
) -> None:
    high = low + width
    assume(low < high)
    text = f"  n: {{kind: number, range: [{low:.12f}, {high:.12f}], decimals: {decimals}, bins: {bins}}}\n"
    try:
        policy = parse_synth_policy(HEAD + text)
    except PolicyError:
        return
    table = pa.table({"n": np.linspace(low, high, 200)})
    coding: Coding = learn_coding(table, policy.columns, public_only=False)
    coding = coarsened(coding, coding.encode(table), noise, np.random.default_rng(1))
    codes = np.arange(coding.sizes[0], dtype=np.int32).repeat(20)[:, None]
    drawn = np.array(coding.decode(codes, np.random.default_rng(2)).column("n").to_pylist())
    slack = 1e-9 * max(abs(low), abs(high), 1.0)
    assert (drawn >= low - slack).all()
    assert (drawn <= high + slack).all()


@pytest.mark.parametrize("span", ["[0.1, 0.2]", "[1.0e-9, 0.5]", "[-1.0e+308, 1.0e+308]", "[0, 1.0e+16]"])
def test_a_range_without_a_number_or_beyond_what_can_be_told_apart_is_refused(span: str) -> None:
    with pytest.raises(PolicyError, match=r"line 7"):
        parse_synth_policy(HEAD + f"  n: {{kind: number, range: {span}}}\n")
