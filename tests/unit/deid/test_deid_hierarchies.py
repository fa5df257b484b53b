"""Hierarchies that nobody wrote widen without splitting, and what l and t ask for is there in every class."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given, settings

from deid.anonymise.apply import anonymise
from deid.anonymise.builtin import NOTHING, as_texts, builtin_hierarchy
from deid.anonymise.hierarchy import Hierarchy
from deid.anonymise.mondrian import recode
from deid.errors import DataError, UsageError
from deid.risk.classes import classes
from deid.risk.measures import distinct_l, k_anonymity, t_closeness

VALUES = {
    "age": st.integers(0, 120).map(str),
    "date": st.dates(date(1900, 1, 1), date(2099, 12, 31)).map(date.isoformat),
    "region": st.integers(10**9, 10**10 - 1).map(str),
    "flat": st.sampled_from(["남", "여", "-"]),
}


@settings(deadline=None, max_examples=40)
@given(data=st.data(), kind=st.sampled_from(sorted(VALUES)))
def test_what_is_one_at_a_level_stays_one_above_and_the_last_level_shows_nothing(
    data: st.DataObject, kind: str
) -> None:
    values = data.draw(st.lists(VALUES[kind], min_size=1, max_size=30))
    made = builtin_hierarchy("c", kind, values)
    assert set(made.levels[-1].values()) == {NOTHING}
    for lower, higher in zip(made.levels, made.levels[1:], strict=False):
        parents = defaultdict(set)
        for value in values:
            parents[lower[value]].add(higher[value])
        assert all(len(above) == 1 for above in parents.values())


def test_the_levels_are_those_that_a_person_expects() -> None:
    age = builtin_hierarchy("c", "age", ["37"])
    assert [level["37"] for level in age.levels] == ["37", "35~39", "30~39", "20~39", "*"]
    day = builtin_hierarchy("c", "date", ["2024-05-31"])
    assert [level["2024-05-31"] for level in day.levels] == ["2024-05-31", "2024-05", "2024Q2", "2024", "2020s", "*"]
    region = builtin_hierarchy("c", "region", ["1168010100"])
    assert [level["1168010100"] for level in region.levels] == ["1168010100", "11680101", "11680", "11", "*"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("age", ["37", "김철수"]),
        ("age", ["999"]),
        ("date", ["2024-02-30"]),
        ("date", ["yesterday"]),
        ("region", ["서울"]),
        ("region", ["11", "1168010100"]),
    ],
)
def test_a_value_that_is_not_of_the_kind_is_refused_and_not_shown(kind: str, values: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        builtin_hierarchy("c", kind, values)
    assert "김철수" not in str(caught.value) + caught.value.text("ko")


def test_there_is_no_other_kind() -> None:
    with pytest.raises(UsageError):
        builtin_hierarchy("c", "name", ["x"])


PEOPLE = st.lists(
    st.tuples(st.none() | st.integers(20, 60), st.integers(0, 40)),
    min_size=4,
    max_size=60,
)


@settings(deadline=None, max_examples=60)
@given(rows=PEOPLE, k=st.integers(2, 5), distinct=st.integers(1, 3), closeness=st.none() | st.sampled_from([0.2, 0.5]))
def test_the_lattice_and_mondrian_meet_k_l_and_t_of_numbers(
    rows: list[tuple[int | None, int]], k: int, distinct: int, closeness: float | None
) -> None:
    table = pa.table({"age": pa.array([r[0] for r in rows], pa.int64()), "paid": pa.array([r[1] for r in rows])})
    hierarchy = builtin_hierarchy("age", "age", as_texts(table.column("age").unique().to_pylist()))
    if len({r[1] for r in rows}) < distinct:
        return
    made = [recode(table, ["age"], k, "paid", distinct, closeness)] if len(rows) >= k else []
    try:
        made.append(
            anonymise(
                table, [hierarchy], k=k, max_suppression=0.3, sensitive="paid", distinct=distinct, closeness=closeness
            ).table
        )
    except DataError:  # a few rows without an age can be in the way of every generalisation
        assert len(rows) < 2 * k or any(r[0] is None for r in rows)
    for shown in made:
        found = classes(shown, ["age"])
        measured = (k_anonymity(found), distinct_l(found, shown.column("paid")))
        assert isinstance(measured[0], float)
        assert isinstance(measured[1], float)
        assert measured[0] >= k
        assert measured[1] >= distinct
    if closeness is not None and len(rows) >= k:
        # Nothing is left out here, so the whole table is the same before and after.
        nearest = t_closeness(classes(made[0], ["age"]), made[0].column("paid"))
        assert isinstance(nearest, float)
        assert nearest <= closeness + 1e-9


def test_a_missing_value_stays_missing_and_is_never_called_none() -> None:
    table = pa.table({"age": pa.array([31, 32, None, None], pa.int64()), "s": list("abab")})
    hierarchy = builtin_hierarchy("age", "age", as_texts(table.column("age").unique().to_pylist()))
    shown = anonymise(table, [hierarchy], k=2).table.column("age").to_pylist()
    assert Counter(shown) == {"30~34": 2, None: 2}
    all_alike = pa.table({"age": pa.array([31, 62, None, None], pa.int64())})
    assert set(anonymise(all_alike, [hierarchy_of(all_alike)], k=4).table.column("age").to_pylist()) == {"*"}


def hierarchy_of(table: pa.Table) -> Hierarchy:
    return builtin_hierarchy("age", "age", as_texts(table.column("age").unique().to_pylist()))
