"""The zone's own engine: schema, keys, constraints, rare values, and how like the source its rows are."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from deid.errors import DataError, MissingExtraError, PolicyError
from deid.synth import sdv_process
from deid.synth.coding import LEAST_ROWS, OTHER, learn_coding
from deid.synth.grouping import grouped, ungrouped
from deid.synth.made import Makers
from deid.synth.making import learn_and_draw, split
from deid.synth.marginals import Rule, measure
from deid.synth.ordering import ordered
from deid.synth.policy import ColumnKind, SynthPolicy, parse_synth_policy
from deid.synth.sampling import draw, spanning_tree

HEAD = "version: 1\nname: t\ndataset: d\nproject: p\nengine: marginals\n"
ADULT = Path(__file__).parents[2] / "data" / "adult" / "adult.parquet"


def policy(columns: str, more: str = "") -> SynthPolicy:
    return parse_synth_policy(f"{HEAD}{more}columns:\n{columns}")


def drawn_from(source: pa.Table, wanted: SynthPolicy, seed: int) -> pa.Table:
    return pa.concat_tables(learn_and_draw(source, wanted, np.random.default_rng(seed)).drawn.tables)


def hospital(rows: int = 2_000) -> pa.Table:
    """Province and district that belong together, admission before discharge, a stay that depends on age."""
    random = np.random.default_rng(7)
    districts = {"서울": ["강남구", "종로구"], "부산": ["해운대구", "수영구"], "제주": ["제주시"]}
    provinces = random.choice(list(districts), rows, p=[0.6, 0.3, 0.1])
    age = random.integers(0, 95, rows)
    came = random.integers(18_000, 19_000, rows)
    return pa.table(
        {
            "province": provinces,
            "district": [random.choice(districts[p]) for p in provinces],
            "age": age,
            "came": pa.array(came.astype("datetime64[D]")),
            "left": pa.array((came + 1 + age // 20 + random.integers(0, 3, rows)).astype("datetime64[D]")),
            "cost": np.round(random.lognormal(6.0, 1.0, rows), 2),
        }
    )


WHOLE = """  id: {kind: key}
  province: {kind: category}
  district: {kind: category}
  age: {kind: number}
  came: {kind: date}
  left: {kind: date}
  cost: {kind: number, decimals: 2}
"""
CONSTRAINTS = "constraints:\n  together: [[province, district]]\n  orders: [{low: came, high: left}]\n"


@pytest.fixture(scope="module")
def made() -> tuple[pa.Table, pa.Table]:
    source = hospital()
    wanted = policy(WHOLE, CONSTRAINTS)
    return source, Makers(wanted, np.random.default_rng(1), {}).complete(drawn_from(source, wanted, 3), 1)


def test_the_extract_has_the_columns_and_kinds_of_the_policy_in_its_order(made: tuple[pa.Table, pa.Table]) -> None:
    _, table = made
    assert table.column_names == ["id", "province", "district", "age", "came", "left", "cost"]
    kinds = [str(kind) for kind in table.schema.types]
    assert kinds == ["string", "string", "string", "int64", "date32[day]", "date32[day]", "double"]


def test_keys_are_new_and_each_is_there_once(made: tuple[pa.Table, pa.Table]) -> None:
    _, table = made
    keys = table.column("id").to_pylist()
    assert len(set(keys)) == table.num_rows == 1_600
    assert all(key.startswith("S") for key in keys)


def test_whole_numbers_that_are_all_different_are_learnt_as_numbers_and_taken_for_no_id() -> None:
    source = pa.table({"pay": np.random.default_rng(1).permutation(600) * 5 + 1_000})
    pays = drawn_from(source, policy("  pay: {kind: number}\n"), 2).column("pay")
    assert len(pc.unique(pays)) > 100
    assert 2_000 < pc.mean(pays).as_py() < 3_000
    # SDV is told the kind of every column and guesses none.
    assert sdv_process.SDTYPES["number"] == "numerical"
    assert "detect_from" not in inspect.getsource(sdv_process)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("['end_with']({parent})", ""),
        ("['main'](dict(parent=1), dict())", "the process that began this one has ended"),
    ],
)
def test_a_process_of_sdv_whose_parent_has_ended_already_ends_too(call: str, said: str) -> None:
    """Who is killed before the kernel was asked to kill its child too leaves none behind."""
    program = f"import runpy; runpy.run_path({sdv_process.__file__!r}){call.format(parent=os.getpid())}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.stderr.strip(), done.returncode) == (said, 1 if said else 0)


def test_columns_that_belong_together_are_combined_as_in_the_source(made: tuple[pa.Table, pa.Table]) -> None:
    source, table = made
    real, synthetic = (
        {(row["province"], row["district"]) for row in part.select(["province", "district"]).to_pylist()}
        for part in (source, table)
    )
    assert synthetic <= real


def test_a_column_that_must_not_exceed_another_never_does(made: tuple[pa.Table, pa.Table]) -> None:
    _, table = made
    assert pc.all(pc.less_equal(table.column("came"), table.column("left"))).as_py()


def test_no_extreme_value_of_the_source_appears(made: tuple[pa.Table, pa.Table]) -> None:
    source, table = made
    ends, drawn = pc.min_max(source.column("cost")), pc.min_max(table.column("cost"))
    assert ends["min"].as_py() < drawn["min"].as_py()
    assert drawn["max"].as_py() < ends["max"].as_py()


def test_a_rare_category_is_folded_and_never_named() -> None:
    source = pa.table({"word": ["common"] * 500 + ["rare"] * (LEAST_ROWS - 1), "x": ["a"] * (499 + LEAST_ROWS)})
    coding = learn_coding(source, [ColumnKind("word", "category")], public_only=False)
    shown = coding.decode(coding.encode(source), np.random.default_rng(1)).column("word").unique().to_pylist()
    assert sorted(shown) == sorted(["common", OTHER])


def test_a_combination_of_too_few_people_is_not_reproduced_from_its_count() -> None:
    codes = np.array([[0, 0]] * 500 + [[1, 1]] * 500 + [[0, 1]] * 2, dtype=np.int32)
    marginals = measure(codes, (2, 2), Rule(least_cell=3), np.random.default_rng(1))
    assert marginals.pairs[0, 1][0, 1] == 0.0
    assert marginals.pairs[0, 1].sum() == pytest.approx(len(codes))


def test_missing_values_stay_about_as_frequent() -> None:
    random = np.random.default_rng(2)
    gaps = random.random(2_000) < 0.2
    source = pa.table({"n": pa.array(random.normal(50, 9, 2_000), mask=gaps), "w": random.choice(["a", "b"], 2_000)})
    wanted = policy("  n: {kind: number, decimals: 1}\n  w: {kind: category}\n")
    drawn = drawn_from(source, wanted, 2)
    assert drawn.column("n").null_count / drawn.num_rows == pytest.approx(0.2, abs=0.05)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 5), st.integers(1, 400))
def test_drawn_rows_are_always_values_that_exist(seed: int, columns: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    sizes = [int(random.integers(1, 6)) for _ in range(columns)]
    codes = np.stack([random.integers(0, size, 50) for size in sizes], axis=1).astype(np.int32)
    drawn = np.vstack(list(draw(measure(codes, sizes, Rule(), random), rows, random)))
    assert drawn.shape == (rows, columns)
    assert (drawn >= 0).all()
    assert (drawn < np.array(sizes)).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_joining_columns_and_parting_them_again_loses_nothing(seed: int, least: int) -> None:
    random = np.random.default_rng(seed)
    codes = random.integers(0, 3, (60, 4)).astype(np.int32)
    joined, groups = grouped(codes, (3, 3, 3, 3), [(2, 0)], least=1)
    assert (ungrouped(joined, groups) == codes).all()
    thinned, groups = grouped(codes, (3, 3, 3, 3), [(2, 0)], least=least)
    again = ungrouped(thinned, groups)
    assert (again[:, [1, 3]] == codes[:, [1, 3]]).all()
    assert {tuple(row) for row in again[:, [2, 0]]} <= {tuple(row) for row in codes[:, [2, 0]]}


def test_the_tree_takes_the_strongest_pairs() -> None:
    random = np.random.default_rng(4)
    first = random.integers(0, 4, 3_000)
    codes = np.stack([first, (first + (random.random(3_000) < 0.05)) % 4, random.integers(0, 4, 3_000)], axis=1)
    assert spanning_tree(measure(codes.astype(np.int32), (4, 4, 4), Rule(), random))[0] == (0, 1)


def test_the_same_seed_draws_the_same_rows_and_another_seed_others() -> None:
    source = hospital(800)
    tables = [drawn_from(source, policy(WHOLE), seed) for seed in (1, 1, 2)]
    assert tables[0].equals(tables[1])
    assert not tables[0].equals(tables[2])


def test_pairs_of_the_adult_data_are_nearly_as_like_as_other_real_rows() -> None:
    source = pq.read_table(ADULT)
    columns = "".join(
        f"  {name}: {{kind: {'number' if name == 'age' else 'category'}}}\n" for name in source.column_names
    )
    parts = learn_and_draw(source, policy(columns), np.random.default_rng(5))
    names = ("education", "salary-class")
    both = (parts.learnt, pa.concat_tables(parts.drawn.tables))
    shares = [{tuple(row.values()): n for row, n in _counted(table, names)} for table in both]
    apart = sum(abs(shares[0].get(key, 0.0) - shares[1].get(key, 0.0)) for key in shares[0].keys() | shares[1].keys())
    # Other real rows come to 0.01 to 0.02; noise of 39 rows on each of 32 counts of 24,000 adds as much.
    assert apart / 2.0 < 0.04


def _counted(table: pa.Table, names: tuple[str, ...]) -> list[tuple[dict[str, str], float]]:
    found = table.select(names).group_by(list(names)).aggregate([([], "count_all")]).to_pylist()
    return [({name: row[name] for name in names}, row["count_all"] / table.num_rows) for row in found]


def test_values_are_changed_over_where_their_order_is_wrong() -> None:
    table = pa.table({"a": [1, 5, None], "b": [2, 3, 1]})
    wanted = policy("  a: {kind: number}\n  b: {kind: number}\n", "constraints: {orders: [{low: a, high: b}]}\n")
    assert ordered(table, wanted).to_pydict() == {"a": [1, 3, None], "b": [2, 5, 1]}


def test_too_few_rows_for_a_control_are_refused() -> None:
    with pytest.raises(DataError, match="at least 500"):
        split(pa.table({"a": range(499)}), np.random.default_rng(1))


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="gone"):
        learn_and_draw(hospital(600), policy("  gone: {kind: category}\n"), np.random.default_rng(1))


def test_words_in_a_column_of_numbers_are_refused_without_being_quoted() -> None:
    source = pa.table({"n": ["secret"] * 600})
    with pytest.raises(DataError) as refused:
        learn_and_draw(source, policy("  n: {kind: number}\n"), np.random.default_rng(1))
    assert "secret" not in str(refused.value)


def test_an_engine_that_is_not_installed_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANSIM_SDV_PYTHON", raising=False)
    monkeypatch.setattr("sys.path", [])
    wanted = parse_synth_policy(HEAD.replace("marginals", "ctgan") + "columns:\n  a: {kind: category}\n")
    with pytest.raises(MissingExtraError) as refused:
        learn_and_draw(pa.table({"a": ["x", "y"] * 400}), wanted, np.random.default_rng(1))
    assert "sdv" in refused.value.hint.en


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("columns:\n  a: {kind: secret}\n", 7),
        ("columns:\n  a: {kind: key, bins: 3}\n", 7),
        ("columns:\n  a: {kind: number, range: [5, 1]}\n", 7),
        ("columns:\n  a: {kind: date, range: [x, 2024-01-01]}\n", 7),
        ("columns:\n  a: {kind: category, values: [x, x]}\n", 7),
        ("privacy: {epsilon: 99, delta: 1.0e-6}\ncolumns:\n  a: {kind: category, values: [x]}\n", 6),
        ("privacy: {epsilon: 1.0e-9, delta: 1.0e-6}\ncolumns:\n  a: {kind: category, values: [x]}\n", 6),
        ("privacy: {epsilon: 1, delta: 1.0e-300}\ncolumns:\n  a: {kind: category, values: [x]}\n", 6),
        ("privacy: {epsilon: 1, delta: 1.0e-6}\ncolumns:\n  a: {kind: category}\n", 6),
        ("privacy: {epsilon: 1, delta: 1.0e-6}\ncolumns:\n  a: {kind: number}\n", 6),
        ("gate: {singling_out: 2}\ncolumns:\n  a: {kind: category}\n", 6),
        ("gate: {sources: {singling_out: our rule}}\ncolumns:\n  a: {kind: category}\n", 6),
        ("targets: [b]\ncolumns:\n  a: {kind: category}\n", 6),
        ("unknown: 1\ncolumns:\n  a: {kind: category}\n", 6),
        ("constraints: {together: [[a, b]]}\ncolumns:\n  a: {kind: category}\n", 6),
    ],
)
def test_a_wrong_policy_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(PolicyError, match=f"line {line}\\b"):
        parse_synth_policy(HEAD + text)


def test_a_budget_goes_with_the_zones_own_engine_only_and_not_with_learnt_combinations() -> None:
    declared = "privacy: {epsilon: 1, delta: 1.0e-6}\ncolumns:\n  a: {kind: category, values: [x]}\n"
    with pytest.raises(PolicyError, match="marginals"):
        parse_synth_policy(HEAD.replace("marginals", "tvae") + declared)
    together = declared + "  b: {kind: category, values: [y]}\nconstraints: {together: [[a, b]]}\n"
    with pytest.raises(PolicyError, match="together"):
        parse_synth_policy(HEAD + together)


def test_dates_keep_to_the_range_of_the_policy() -> None:
    source = hospital(800).select(["came", "province"])
    wanted = policy("  came: {kind: date, range: [2019-01-01, 2021-12-31]}\n  province: {kind: category}\n")
    ends = pc.min_max(drawn_from(source, wanted, 1).column("came"))
    assert date(2019, 1, 1) <= ends["min"].as_py() <= ends["max"].as_py() <= date(2021, 12, 31)
