from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from audit.text import Text
from deid.policy import Release
from deid.risk.assessment import Criterion, as_json, assess, criteria
from deid.risk.classes import classes
from deid.risk.measures import NotComputed, attackers, distinct_l, entropy_l, k_anonymity, t_closeness, uniques
from deid.risk.report import report_page
from deid.risk.singular import NO_SPREAD, NOT_NUMBERS, TOO_FEW, singular_values
from deid.risk.special import special_uniques

VALUES = st.sampled_from(["a", "b", "c", None])
TABLES = st.integers(1, 40).flatmap(
    lambda rows: st.fixed_dictionaries(
        {
            "x": st.lists(VALUES, min_size=rows, max_size=rows),
            "y": st.lists(st.integers(0, 3), min_size=rows, max_size=rows),
            "word": st.lists(st.sampled_from(["p", "q", "r"]), min_size=rows, max_size=rows),
            "number": st.lists(st.integers(0, 5), min_size=rows, max_size=rows),
        }
    )
)


def naive_groups(data: dict[str, list[Any]], quasi: Sequence[str]) -> dict[tuple[Any, ...], list[int]]:
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for row in range(len(data["x"])):
        groups[tuple(data[name][row] for name in quasi)].append(row)
    return groups


def naive_t(data: dict[str, list[Any]], groups: list[list[int]], name: str) -> float:
    overall, rows = Counter(data[name]), len(data[name])
    values = sorted(overall)
    worst = 0.0
    for group in groups:
        inside = Counter(data[name][row] for row in group)
        gaps = [inside[v] / len(group) - overall[v] / rows for v in values]
        if name == "number":
            distance = sum(abs(sum(gaps[: i + 1])) for i in range(len(gaps))) / max(1, len(values) - 1)
        else:
            distance = sum(map(abs, gaps)) / 2
        worst = max(worst, distance)
    return worst


@settings(deadline=None)
@given(data=TABLES)
def test_k_l_and_t_are_those_of_a_naive_reference(data: dict[str, list[Any]]) -> None:
    table = pa.table(data)
    found = classes(table, ("x", "y"))
    groups = list(naive_groups(data, ("x", "y")).values())
    assert k_anonymity(found) == min(map(len, groups))
    assert uniques(found) == sum(len(group) == 1 for group in groups)
    for name in ("word", "number"):
        inside = [Counter(data[name][row] for row in group) for group in groups]
        assert distinct_l(found, table.column(name)) == min(map(len, inside))
        entropies = [-sum(n / c.total() * math.log(n / c.total()) for n in c.values()) for c in inside]
        assert entropy_l(found, table.column(name)) == pytest.approx(math.exp(min(entropies)))
        assert t_closeness(found, table.column(name)) == pytest.approx(naive_t(data, groups, name))


def test_the_salaries_of_the_paper_on_t_closeness_have_its_distances() -> None:
    """Li, Li and Venkatasubramanian 2007, section 4: {3k, 4k, 5k} is 0.375 away, {6k, 8k, 11k} 0.167."""
    salary = pa.chunked_array([[3, 4, 5, 6, 8, 11, 7, 9, 10]])
    all_three = classes(pa.table({"q": list("aaabbbccc")}), ("q",))
    assert t_closeness(all_three, salary) == pytest.approx(0.375)
    others = pa.chunked_array([[6, 8, 11, 3, 5, 10, 4, 7, 9]])
    spread = classes(pa.table({"q": list("aaabbbccc")}), ("q",))
    assert t_closeness(spread, others) == pytest.approx(0.1667, abs=1e-3)


def naive_special(data: dict[str, list[Any]], quasi: Sequence[str], most: int) -> dict[int, list[tuple[str, ...]]]:
    minimal: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for size in range(1, most + 1):
        for names in combinations(quasi, size):
            for rows in naive_groups(data, names).values():
                if len(rows) == 1 and not any(set(part) < set(names) for part in minimal[rows[0]]):
                    minimal[rows[0]].append(names)
    return minimal


@settings(deadline=None, max_examples=60)
@given(data=TABLES)
def test_special_uniques_are_those_of_a_naive_search(data: dict[str, list[Any]]) -> None:
    quasi = ("x", "y", "word", "number")
    expected = naive_special(data, quasi, 3)
    found = special_uniques(pa.table(data), quasi, most=3)
    assert found.rows == sum(bool(sets) for sets in expected.values())
    for size in (1, 2, 3):
        assert found.by_size[size] == sum(len(names) == size for sets in expected.values() for names in sets)
    for name in quasi:
        assert found.by_column[name] == sum(name in names for sets in expected.values() for names in sets)


def test_combinations_beyond_64_bits_are_still_counted_right() -> None:
    random = np.random.default_rng(1)
    columns = {f"c{n}": random.integers(0, 5000, 3000) for n in range(8)}
    table = pa.table({name: np.concatenate([values, values]) for name, values in columns.items()})
    found = classes(table, tuple(columns))
    assert (k_anonymity(found), len(found.sizes)) == (2.0, 3000)


def test_attackers_have_the_chances_of_the_class_sizes() -> None:
    found = classes(pa.table({"q": list("aaab")}), ("q",))
    risk = attackers(found)
    assert (risk.prosecutor_highest, risk.prosecutor_average, risk.marketer) == (1.0, 0.5, 0.5)
    assert isinstance(risk.journalist_highest, NotComputed)
    assert attackers(found, 10.0).journalist_highest == pytest.approx(0.1)


def test_three_sigmas_say_that_they_see_nothing_in_ten_values_and_the_median_sees_the_outlier() -> None:
    few = singular_values(pa.chunked_array([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10**9]]))
    assert few.by_sigma == TOO_FEW
    assert few.by_median == 1
    hidden = singular_values(pa.chunked_array([list(range(100)) + [10**6] * 3]))
    assert hidden.by_median == 3
    assert singular_values(pa.chunked_array([[5] * 20 + [6]])).by_median == NO_SPREAD


def test_numbers_that_a_csv_holds_as_text_are_singular_like_numbers_and_codes_are_none() -> None:
    as_text = singular_values(pa.chunked_array([[str(n) for n in range(100)] + ["1000000.5"] * 3 + ["", None]]))
    assert (as_text.by_median, as_text.by_sigma) == (3, 3)
    for codes in (["007", "12"], ["4111356000", "1"], ["11110", "41135"], ["I10", "3"], ["1,000", "2"], ["", None]):
        assert singular_values(pa.chunked_array([pa.array(codes, pa.string())])).by_median == NOT_NUMBERS


def test_rare_words_are_singular_too() -> None:
    assert singular_values(pa.chunked_array([["서울"] * 20 + ["울릉"] * 4])).by_frequency == 4


def test_what_was_not_computed_never_looks_like_a_figure() -> None:
    empty = assess(pa.table({"q": pa.array([], pa.string()), "s": pa.array([], pa.string())}), ["q"], ["s"])
    without = assess(pa.table({"s": ["a", "b"]}), [], ["s"])
    for found in (empty, without):
        assert isinstance(found.k, NotComputed)
        assert as_json(found)["k"].keys() == {"not_computed"}
        demands = criteria(Release(k=2, l_diversity={"s": 2}, t_closeness={"s": 0.9}), found)
        assert {demand.met for demand in demands} == {"not_computed"}
        page = report_page(found, None, demands, "en", name="t")
        assert "no verdict" in page
        assert "Every criterion" not in page


def test_a_criterion_is_met_at_its_bound_and_failed_beyond() -> None:
    assert Criterion("k", None, 5, 5.0).met == "met"
    assert Criterion("k", None, 5, 4.0).met == "failed"
    assert Criterion("t", "s", 0.2, 0.2).met == "met"
    assert Criterion("t", "s", 0.2, 0.21).met == "failed"
    assert Criterion("l", "s", 2, NotComputed(Text("", ""))).met == "not_computed"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_report_is_one_page_without_anything_from_elsewhere_and_escapes_names(language: Any) -> None:
    name = "<script>alert(1)</script>"
    table = pa.table({name: list("aabbbc"), "s": [1, 2, 3, 4, 5, 6]})
    found = assess(table, [name], ["s"])
    page = report_page(found, found, criteria(Release(k=2), found), language, name=name)
    assert "<script" not in page
    assert "http" not in page
    assert "<svg" in page


_KINDS = (
    st.lists(st.sampled_from(["11", "26", "가"]), min_size=1, max_size=30),
    st.lists(st.text(max_size=9), min_size=1, max_size=30),
    st.lists(st.one_of(st.none(), st.text("ab", min_size=1, max_size=1)), min_size=1, max_size=30),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=30),
    st.lists(st.integers(-3, 3), min_size=1, max_size=30),
)


@given(st.lists(st.sampled_from(_KINDS).flatmap(lambda kind: kind), min_size=1, max_size=4), st.integers(0, 5))
def test_classes_are_the_rows_that_show_the_same_however_a_column_is_told_apart(
    columns: list[list[object]], skipped: int
) -> None:
    rows = min(map(len, columns))
    whole = pa.table({f"q{place}": pa.array(column[:rows]) for place, column in enumerate(columns)})
    table = whole.slice(min(skipped, rows - 1))
    shown = list(zip(*table.to_pydict().values(), strict=True))
    found = classes(table, table.column_names)
    same: dict[tuple[object, ...], int] = {}
    assert all(same.setdefault(row, number) == number for row, number in zip(shown, found.of_row.tolist(), strict=True))
    assert len(set(same.values())) == len(same) == len(found.sizes)
    assert [shown.count(row) for row in shown] == found.size_of_row().tolist()
