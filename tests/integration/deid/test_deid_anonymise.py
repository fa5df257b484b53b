"""The optimum on public data is the published one, and every result keeps what it promises."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from deid.anonymise.apply import anonymise
from deid.anonymise.hierarchy import Hierarchy, code, read_hierarchy
from deid.anonymise.lattice import Demand, Lattice
from deid.anonymise.mondrian import recode
from deid.errors import DataError
from deid.risk.classes import classes, codes
from deid.risk.measures import distinct_l, k_anonymity, t_closeness

ADULT = Path("tests/data/adult")
QUASI = [
    "sex",
    "age",
    "race",
    "marital-status",
    "education",
    "native-country",
    "workclass",
    "occupation",
    "salary-class",
]


@pytest.fixture(scope="module")
def adult() -> pa.Table:
    return pq.read_table(ADULT / "adult.parquet")


@pytest.fixture(scope="module")
def hierarchies() -> list[Hierarchy]:
    return [read_hierarchy(ADULT / f"{name}.csv", name) for name in QUASI]


# Published with ARX 3.9.2 (TestAnonymizationKAnonymity): Adult, precomputed non-uniform entropy.
PUBLISHED = [
    (5, 0.04, (1, 0, 1, 1, 3, 2, 2, 0, 1), 255559.85455731067, 906),
    (5, 0.0, (1, 2, 1, 1, 3, 2, 2, 1, 1), 407289.5388925293, 0),
    (100, 0.04, (1, 1, 1, 1, 3, 2, 2, 1, 1), 379417.3460570988, None),
    (100, 0.0, (0, 4, 1, 1, 3, 2, 2, 1, 1), 453196.8932458743, 0),
]


@pytest.mark.parametrize(("k", "limit", "node", "loss", "suppressed"), PUBLISHED)
def test_the_optimum_on_adult_is_the_published_one(
    adult: pa.Table,
    hierarchies: list[Hierarchy],
    k: int,
    limit: float,
    node: tuple[int, ...],
    loss: float,
    suppressed: int | None,
) -> None:
    made = anonymise(adult, hierarchies, k=k, max_suppression=limit)
    assert made.found.node == node
    assert made.found.loss == pytest.approx(loss, rel=1e-9)
    assert suppressed in (None, made.found.suppressed)
    assert adult.num_rows - made.table.num_rows == made.found.suppressed
    least = k_anonymity(classes(made.table, QUASI))
    assert isinstance(least, float)
    assert least >= k


def test_diversity_is_met_too(adult: pa.Table, hierarchies: list[Hierarchy]) -> None:
    without = [one for one in hierarchies if one.column != "occupation"]
    made = anonymise(adult, without, k=5, max_suppression=0.04, sensitive="occupation", distinct=3, metric="loss")
    found = classes(made.table, [one.column for one in without])
    least = distinct_l(found, made.table.column("occupation"))
    assert isinstance(least, float)
    assert least >= 3


VALUES = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), min_size=1, max_size=30)
PAIRS = {"a": "ab", "b": "ab", "c": "cd", "d": "cd"}
FIRST = Hierarchy("p", ({v: v for v in "abcd"}, PAIRS, dict.fromkeys("abcd", "*")))
SECOND = Hierarchy("q", ({v: v for v in "wxyz"}, dict.fromkeys("wxyz", "*")))


@settings(max_examples=80)
@given(
    rows=VALUES,
    k=st.integers(2, 6),
    share=st.sampled_from([0.0, 0.1, 0.4]),
    metric=st.sampled_from(["entropy", "loss"]),
)
def test_the_search_finds_what_trying_every_node_finds(
    rows: list[tuple[str, str]], k: int, share: float, metric: str
) -> None:
    columns = [code([row[i] for row in rows], one) for i, one in enumerate((FIRST, SECOND))]
    lattice = Lattice(columns, metric)  # type: ignore[arg-type]
    demand = Demand(k, share)
    losses = dict(lattice._by_loss())
    good = [
        node for node in product(range(3), range(2)) if lattice.outliers(node, demand).sum() <= int(share * len(rows))
    ]
    if not good:
        with pytest.raises(DataError):
            lattice.best(demand)
        return
    found = lattice.best(demand)
    assert found.loss == pytest.approx(min(losses[node] for node in good))
    assert found.suppressed == lattice.outliers(found.node, demand).sum()


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(st.integers(0, 50), st.sampled_from("abcdef"), st.integers(0, 2)), max_size=60),
    k=st.integers(2, 6),
)
def test_local_recoding_keeps_every_row_in_a_class_that_hides_it_and_shows_what_is_true(
    rows: list[tuple[int, str, int]], k: int
) -> None:
    table = pa.table(
        {
            "n": pa.array([r[0] for r in rows], pa.int64()),
            "w": pa.array([r[1] for r in rows], pa.string()),
            "s": pa.array([r[2] for r in rows], pa.int64()),
        }
    )
    made = recode(table, ["n", "w"], k)
    if len(rows) < k:
        assert made.num_rows == 0
        return
    assert made.num_rows == len(rows)
    least = k_anonymity(classes(made, ["n", "w"]))
    assert isinstance(least, float)
    assert least >= k
    for (number, _, _), shown in zip(rows, made.column("n").to_pylist(), strict=True):
        low, _, high = shown.partition("~")
        assert int(low) <= number <= int(high or low)


def test_local_recoding_shows_numbers_of_a_csv_as_ranges_of_numbers() -> None:
    numbers = [9, 10, 99, 100, 101, 1_000, 7, 8]
    made = [recode(pa.table({"n": pa.array(kind)}), ["n"], 2) for kind in (numbers, [str(n) for n in numbers])]
    assert made[0].equals(made[1])
    assert "9~10" in made[1].column("n").to_pylist()
    codes = recode(pa.table({"n": ["007", "012", "013", "014"]}), ["n"], 2).column("n").to_pylist()
    assert codes == ["007|012"] * 2 + ["013|014"] * 2


def test_local_recoding_shows_short_codes_as_sets_and_numbers_as_they_were_written() -> None:
    provinces = recode(pa.table({"n": ["11", "26", "41", "50"] * 3}), ["n"], 5).column("n").to_pylist()
    assert set(provinces) == {"11|26", "41|50"}
    ages = recode(pa.table({"n": [str(n) for n in range(20, 60)]}), ["n"], 5).column("n").to_pylist()
    assert all("~" in age for age in ages)
    written = recode(pa.table({"n": ["5", "9", "10.50", " 12", ""]}), ["n"], 2).column("n").to_pylist()
    assert written[:2] == ["5~9"] * 2
    assert "10.50~12" in written


def test_local_recoding_takes_secret_numbers_of_a_csv_for_numbers() -> None:
    """A demand of t-closeness is met, and measured, alike whichever file they stand in."""
    numbers = [n % 7 * n % 53 for n in range(80)]
    kinds = (pa.array(numbers), pa.array([str(n) for n in numbers]))
    made = [recode(pa.table({"n": list(range(80)), "s": kind}), ["n"], 4, "s", 2, 0.2) for kind in kinds]
    assert made[0].column("n").equals(made[1].column("n"))
    assert len(set(made[0].column("n").to_pylist())) > 1
    found = [t_closeness(classes(one, ["n"]), one.column("s")) for one in made]
    assert found[0] == found[1]
    assert isinstance(found[0], float)
    assert found[0] <= 0.2


def test_local_recoding_of_adult_makes_many_small_classes(adult: pa.Table) -> None:
    quasi = [name for name in QUASI if name != "salary-class"]
    found = classes(recode(adult, quasi, 5), quasi)
    assert k_anonymity(found) == 5
    assert len(found.sizes) > 3000
    assert float(np.mean(found.sizes)) < 10


def test_a_hierarchy_that_lacks_a_value_or_splits_one_is_refused_without_showing_it(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("a;x\nb;x\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        code(["a", "김철수"], read_hierarchy(tmp_path / "p.csv", "p"))
    assert "김철수" not in str(caught.value)
    (tmp_path / "q.csv").write_text("a;x;1\nb;x;2\n", encoding="utf-8")
    with pytest.raises(DataError, match="splits"):
        read_hierarchy(tmp_path / "q.csv", "q")


def test_numbers_of_values_have_no_gaps() -> None:
    numbers, count = codes(pa.chunked_array([["b", None, "a", "b"]]))
    assert (sorted(set(numbers.tolist())), count) == ([0, 1, 2], 3)
