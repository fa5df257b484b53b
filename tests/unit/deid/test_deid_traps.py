"""The traps of de-identification, each by its name; those that need files are in the integration tests.

Elsewhere: unknown columns, category levels, statistics and metadata of Parquet, CSV formulas, CP949 (extracts); leading
zeroes, whole numbers as floats, pseudonyms of nothing (actions); suppressed rows as a class (anonymising).
"""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest

from deid.action import Action
from deid.actions.dates import DateShift
from deid.actions.deletion import LONGEST_KEPT, Keep, RareToOther, SuppressLocal
from deid.actions.encryption import OrderPreserving, PseudonymOneWay, PseudonymReversible
from deid.actions.generalisation import Range, Round, RoundControlled, RoundRandom, TopBottomCode
from deid.actions.randomisation import Noise
from deid.actions.statistics import Aggregate, Microaggregate
from deid.actions.tokens import Tokenize
from deid.cautions import cautions
from deid.errors import DataError
from deid.policy import parse_policy
from tests.unit.deid.deid_world import changed

ON_NUMBERS: list[Action] = [
    Aggregate(),
    Microaggregate(by=("group",)),
    Noise(scale=1.0),
    OrderPreserving(accept_leak_of_order=True),
    Range(width=10),
    Round(to=10),
    RoundControlled(to=10),
    RoundRandom(to=10),
    TopBottomCode(top=50),
]


@pytest.mark.parametrize("action", ON_NUMBERS, ids=lambda action: type(action).__name__)
@pytest.mark.parametrize("gap", [math.nan, None], ids=["NaN", "null"])
def test_nan_is_a_missing_value_and_never_a_number(action: Action, gap: float | None) -> None:
    group = ["a", "a", "b"]
    assert changed(action, [11.0, gap, 42.0], group=group) == changed(action, [11.0, None, 42.0], group=group)


@pytest.mark.parametrize("action", ON_NUMBERS, ids=lambda action: type(action).__name__)
@pytest.mark.parametrize("endless", [math.inf, -math.inf, "inf", "1e999"])
def test_what_has_no_end_is_refused_by_its_row(action: Action, endless: object) -> None:
    values = ["1", endless, "2"] if isinstance(endless, str) else [1.0, endless, 2.0]
    with pytest.raises(DataError, match="row 2"):
        changed(action, values, group=["a", "a", "b"])


def test_an_empty_text_a_blank_and_nan_have_no_pseudonym_and_are_one_gap_in_numbers() -> None:
    for action in (PseudonymOneWay(), PseudonymReversible(), Tokenize()):
        assert changed(action, ["", "  ", None, "\u3000", "7"])[:4] == [None] * 4
        assert changed(action, [math.nan, 7.0])[0] is None
    assert changed(Round(to=10), ["", "  ", None, "7"]) == [None, None, None, 10]


def test_empty_and_blank_texts_are_values_of_their_own_and_missing_is_not_one_of_them() -> None:
    shown = changed(RareToOther(min_count=2), ["", "", " ", None, None, "x", "x"])
    assert shown == ["", "", "기타", None, None, "x", "x"]
    assert changed(SuppressLocal(fewer_than=2), ["", "", " ", None, "x", "x"]) == ["", "", None, None, "x", "x"]


def test_a_shift_by_weeks_keeps_every_weekday_and_one_by_days_is_warned_of() -> None:
    workdays = [date(2024, 1, 1) + timedelta(days=7 * n + n % 5) for n in range(200)]
    shifted = changed(DateShift(subject="who", most=8), workdays, who=[f"p{n}" for n in range(200)])
    assert [day.weekday() for day in shifted if isinstance(day, date)] == [day.weekday() for day in workdays]
    assert DateShift(subject="who").caution() is None
    assert DateShift(subject="who", unit="days").caution() is not None


def test_prose_that_is_declared_keep_is_refused_unless_somebody_read_it() -> None:
    prose = "환" * (LONGEST_KEPT + 1)
    with pytest.raises(DataError, match="row 3") as caught:
        changed(Keep(), ["a", None, prose])
    assert prose not in str(caught.value)
    assert changed(Keep(long_text=True), [prose]) == [prose]
    assert changed(Keep(), ["환" * LONGEST_KEPT, None]) == ["환" * LONGEST_KEPT, None]


def test_a_policy_says_what_it_shows_although_it_is_permitted() -> None:
    text = """
version: 1
name: t
dataset: hospital
project: cardio
purpose: statistics
order: {order}
columns:
  rrn: {{role: direct, action: pseudonym_one_way, reason: r}}
  born: {{role: quasi, action: date_shift, params: {{subject: rrn, unit: days}}, reason: r}}
  cost: {{role: sensitive, action: order_preserving, params: {{accept_leak_of_order: true}}, reason: r}}
"""
    found = cautions(parse_policy(text.format(order="source")))
    assert [caution.column for caution in found] == ["born", "cost", None]
    assert [c.column for c in cautions(parse_policy(text.format(order="shuffled")))] == ["born", "cost"]
    assert "순서" in found[1].text.ko
