"""Pictures of a column beside the real one: nobody can be read off them, and what differs can be seen."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from deid.synth.matrix import Space, Tables, Values
from deid.synth.policy import ColumnKind
from deid.synth.shape import NONE, REST, Shape, label_of, shape_charts
from deid.synth.shapes import LEAST_SHOWN, ROUNDED_TO, shapes

CATEGORY = ColumnKind("color", "category")
NUMBER = ColumnKind("wage", "number")


def shape_of(
    column: ColumnKind,
    real: list[float],
    made: list[float],
    names: tuple[str, ...] = (),
    people: list[int] | None = None,
) -> Shape:
    space = Space((column.name,), np.array([column.kind == "category"]), (names,), np.ones(1))
    values: list[Values] = [np.array(part, dtype=np.float64).reshape(-1, 1) for part in (made, real)]
    [found] = shapes(
        Tables(space, values[0], values[1], values[1]), [column], None if people is None else np.array(people)
    )
    return found


def test_a_category_of_few_real_people_is_joined_and_so_is_what_would_tell_its_count() -> None:
    """One real person has blue: alone, the rest would be that person, so the next smallest group goes with it."""
    found = shape_of(CATEGORY, [0.0] * 80 + [1.0] * 19 + [2.0], [0.0] * 70 + [1.0] * 20 + [2.0] * 10, ("r", "g", "b"))
    assert found.labels == ("r", REST)
    assert found.real == (0.8, 0.2)


def test_no_real_value_that_is_not_in_the_synthetic_rows_is_ever_named() -> None:
    found = shape_of(CATEGORY, [0.0] * 50 + [1.0] * 50, [0.0] * 100, ("common", "only-real"))
    assert "only-real" not in found.labels
    wages = shape_of(NUMBER, [*range(1_000, 1_200), 987_654.0], list(range(1_000, 1_200)))
    assert "987" not in " ".join(wages.labels)


def test_missing_values_are_a_group_or_left_out_where_they_are_few() -> None:
    few = shape_of(NUMBER, [*range(100), *[np.nan] * 3], [*range(100), np.nan])
    many = shape_of(NUMBER, [*range(100), *[np.nan] * 30], list(range(100)))
    assert NONE not in few.labels
    assert NONE in many.labels


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=20, max_size=200), st.lists(st.integers(0, 6), min_size=1, max_size=200))
def test_every_shown_real_group_has_people_enough_and_a_rounded_count(real: list[int], made: list[int]) -> None:
    for column, names in ((CATEGORY, tuple("abcdefg")), (NUMBER, ())):
        found = shape_of(column, [float(n) for n in real], [float(n) for n in made], names)
        assert len(found.labels) == len(found.real) == len(found.synthetic)
        assert sum(found.synthetic) == 0.0 or abs(sum(found.synthetic) - 1.0) < 0.01
        least = (LEAST_SHOWN - ROUNDED_TO / 2) / (len(real) + ROUNDED_TO * len(found.labels))
        assert all(share == 0.0 or share >= least - 1e-4 for share in found.real)


def test_one_persons_many_rows_are_no_group_of_their_own() -> None:
    """Eighty people have one row each; one more has forty, of a value, a wage or no value that nobody else has."""
    people = [*range(80), *[80] * 40]
    category = shape_of(CATEGORY, [0.0] * 40 + [1.0] * 40 + [2.0] * 40, [0.0, 1.0, 2.0] * 30, ("r", "g", "b"), people)
    assert category.labels == ("r", REST)
    usual = [float(n) for n in range(80)]
    number = shape_of(NUMBER, [*usual, *[200.0] * 40], [*usual, 200.0], people=people)
    assert number.labels[-1] == shape_of(NUMBER, usual, [*usual, 200.0]).labels[-1]
    missing = shape_of(NUMBER, [*usual, *[np.nan] * 40], [*usual, np.nan], people=people)
    assert NONE not in missing.labels


def test_real_shares_are_of_people_and_not_of_rows() -> None:
    """Twenty people have one row of g each, sixty one of r; whoever has fifty rows of g is one more of g."""
    people = [*range(80), *[80] * 50]
    real = [1.0] * 20 + [0.0] * 60 + [1.0] * 50
    assert shape_of(CATEGORY, real, [0.0, 1.0] * 30, ("r", "g"), people).real == (0.75, 0.25)
    wages = [5.0] * 20 + [15.0] * 60 + [5.0] * 50
    assert shape_of(NUMBER, wages, [5.0, 15.0] * 30, people=people).real[0] == 0.25
    none = shape_of(NUMBER, [np.nan] * 20 + [15.0] * 60 + [np.nan] * 50, [15.0] * 60 + [np.nan] * 20, people=people)
    assert (none.labels[-1], none.real[-1]) == (NONE, 0.25)


def test_rows_of_fewer_people_than_a_group_takes_have_no_shape() -> None:
    space = Space(("wage",), np.array([False]), ((),), np.ones(1))
    rows = np.arange(200, dtype=np.float64).reshape(-1, 1)
    assert shapes(Tables(space, rows, rows, rows), [NUMBER], np.arange(200) % (LEAST_SHOWN - 1)) == ()


@pytest.mark.parametrize(
    ("first", "last", "some"), [(1920, 1999, "1920 – 1939"), (0, 79_999, "20,000 – 39,999")], ids=["years", "wages"]
)
def test_only_long_numbers_have_a_comma(first: int, last: int, some: str) -> None:
    numbers = np.floor(np.linspace(first, last, 800)).tolist()
    assert some in shape_of(NUMBER, numbers, numbers).labels


@pytest.mark.parametrize(
    ("first", "last", "some"),
    [
        ("2019-01-01", "2023-12-31", "2021"),
        ("2021-03-01", "2021-12-31", "2021-07 – 2021-08"),
        ("2024-02-20", "2024-03-10", "2024-02-22 – 2024-02-26"),
        ("2024-02-01", "2024-02-07", "2024-02-03"),
        ("0001-01-01", "9999-12-31", "1970 – 3969"),
    ],
)
def test_days_are_put_together_by_months_and_years(first: str, last: str, some: str) -> None:
    begin, end = np.array([first, last], dtype="M8[D]").astype(np.int64).tolist()
    days = np.floor(np.linspace(begin, end, 400)).tolist()
    found = shape_of(ColumnKind("seen", "date"), days, days)
    assert len(found.labels) <= 9
    assert some in found.labels


def test_a_drawing_says_in_words_what_it_shows_in_both_languages() -> None:
    found = shape_of(CATEGORY, [0.0] * 80 + [1.0] * 20, [0.0] * 50 + [1.0] * 50, ("r", "g"))
    for language, real in (("ko", "실제"), ("en", "real")):
        [chart] = shape_charts([found], language)  # type: ignore[arg-type]
        assert f"r {real} 80.0%" in chart.about
        assert label_of(REST, language)  # type: ignore[arg-type]
    assert Shape.read(found.document()) == found
