"""What SDV is shown of a table: nothing of few people, since it draws every value that it saw."""

from __future__ import annotations

from datetime import date

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given as over
from hypothesis import settings

from deid.errors import DataError
from deid.synth.coding import OTHER
from deid.synth.policy import SynthPolicy, parse_synth_policy
from deid.synth.sdv_given import Given, given

HEAD = "version: 1\nname: t\ndataset: d\nproject: p\nengine: gaussian_copula\n"
COLUMNS = """columns:
  province: {kind: category}
  district: {kind: category}
  ward: {kind: category, values: [A, B, C]}
  code: {kind: category}
  wage: {kind: number}
  score: {kind: number, range: [0, 10], decimals: 1}
  came: {kind: date}
"""
TOGETHER = "constraints: {together: [[province, district]]}\n"
ROWS = 600


def policy(more: str = TOGETHER, columns: str = COLUMNS) -> SynthPolicy:
    return parse_synth_policy(HEAD + more + columns)


def people(seed: int = 1) -> pa.Table:
    """Six hundred people, of whom one has a wage, a day, a ward, a code and a district that nobody else has."""
    random = np.random.default_rng(seed)
    districts = {"서울": ["강남구", "종로구"], "부산": ["해운대구", "수영구"]}
    provinces = random.choice(list(districts), ROWS).tolist()
    named = [str(random.choice(districts[province])) for province in provinces]
    wards, codes = random.choice(["A", "B"], ROWS).tolist(), random.integers(1, 4, ROWS)
    wages, days = random.integers(2_000, 9_000, ROWS), random.integers(18_000, 19_000, ROWS)
    named[0], wards[0], codes[0], wages[0], days[0] = "울릉군", "C", 777, 987_654, 2
    return pa.table(
        {
            "province": provinces,
            "district": named,
            "ward": wards,
            "code": codes,
            "wage": wages,
            "score": [*np.round(random.normal(5.0, 1.0, ROWS - 1), 1).tolist(), 999.0],
            "came": pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32()),
        }
    )


def shown(source: pa.Table, wanted: SynthPolicy) -> Given:
    return given(source, wanted.learnt, wanted.together, wanted.least_cell)


def test_sdv_is_shown_no_value_of_few_people_and_no_extreme_one() -> None:
    source = people()
    rows = shown(source, policy()).rows
    told = {str(value) for name in rows.column_names for value in rows.column(name).to_pylist()}
    assert not told & {"울릉군", "C", "777", "987654", "999.0", "1970-01-03"}
    assert set(rows.column("ward").to_pylist()) == {"A", "B", OTHER}
    assert rows.column("code").null_count == 1  # a made-up code would look real
    wages = pc.min_max(rows.column("wage")).as_py()
    ends = np.sort(source.column("wage").to_numpy())
    assert ends[0] < wages["min"] <= ends[:10].mean()
    assert wages["max"] <= ends[-10:].mean() < ends[-1]
    assert pc.max(rows.column("score")).as_py() < 10.0


def test_what_sdv_draws_keeps_ranges_kinds_and_combinations_of_the_source() -> None:
    source, wanted = people(), policy()
    one = shown(source, wanted)
    back = one.back(one.rows, np.random.default_rng(1))
    assert back.column_names == [column.name for column in wanted.learnt]
    pairs = {tuple(row.values()) for row in source.select(["province", "district"]).to_pylist()}
    assert {tuple(row.values()) for row in back.select(["province", "district"]).to_pylist()} <= pairs
    assert back.schema.field("code").type == source.schema.field("code").type
    assert pa.types.is_date32(back.schema.field("came").type)
    wild = one.rows.set_column(one.rows.column_names.index("score"), "score", pa.array(np.linspace(-50.0, 50.0, ROWS)))
    scores = one.back(wild, np.random.default_rng(1)).column("score")
    assert pc.min_max(scores).as_py() == {"min": 0.0, "max": 10.0}


def test_one_persons_many_rows_are_not_many_people() -> None:
    """A ward of one person's sixty rows is as rare as one of a single row."""
    whose = np.concatenate([np.arange(540), np.zeros(60, dtype=np.int64)])
    source = pa.table({"ward": ["A"] * 540 + ["VIP"] * 60, "wage": [*range(540), *[900_000] * 60]})
    wanted = policy("", "columns:\n  ward: {kind: category}\n  wage: {kind: number}\n")
    rows = given(source, wanted.learnt, (), 3, whose).rows
    assert set(rows.column("ward").to_pylist()) == {"A", OTHER}
    assert pc.max(rows.column("wage")).as_py() < 540


def test_a_column_of_too_few_numbers_is_refused_and_not_shown_as_it_is() -> None:
    source = pa.table({"seen": pa.array([date(2020, 1, 1), *[None] * 599], pa.date32())})
    with pytest.raises(DataError, match="seen"):
        shown(source, policy("", "columns:\n  seen: {kind: date}\n"))


@settings(max_examples=30)
@over(st.lists(st.none() | st.integers(-40, 40), min_size=60, max_size=200))
def test_whatever_the_numbers_nothing_beyond_the_means_of_the_outermost_is_shown(found: list[int | None]) -> None:
    numbers = sorted(number for number in found if number is not None)
    wanted = policy("", "columns:\n  n: {kind: number}\n")
    try:
        column = shown(pa.table({"n": pa.array(found, pa.int64())}), wanted).rows.column("n")
    except DataError:
        assert len(numbers) < 20
        return
    assert column.null_count == found.count(None)
    least, most = pc.min(column).as_py(), pc.max(column).as_py()
    assert np.floor(np.mean(numbers[:10])) <= least <= most <= np.mean(numbers[-10:])
