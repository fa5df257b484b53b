from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction
from statistics import fmean, pstdev
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from deid.action import Action
from deid.actions.dates import DateFloor, DateShift
from deid.actions.deletion import Mask, PartialSuppress, RareToOther, SuppressLocal
from deid.actions.encryption import OrderPreserving, PseudonymOneWay, PseudonymReversible
from deid.actions.generalisation import (
    Categorize,
    GeoLevel,
    Range,
    Round,
    RoundControlled,
    RoundRandom,
    TopBottomCode,
)
from deid.actions.randomisation import Noise, Permute, RandomReplace
from deid.actions.statistics import Aggregate, Microaggregate
from deid.actions.text import ScrubText
from deid.errors import DataError
from tests.unit.deid.deid_world import KEY, OTHER_KEY, changed

NUMBERS = st.lists(st.one_of(st.none(), st.integers(-(10**9), 10**9)), min_size=1, max_size=60)
ON_NUMBERS: list[Action] = [
    Aggregate(),
    Microaggregate(by=("group",)),
    Noise(scale=10.0),
    Noise(scale=10.0, shape="laplace"),
    Noise(scale=10.0, shape="uniform"),
    OrderPreserving(accept_leak_of_order=True),
    Permute(),
    Permute(by=("group",)),
    PseudonymOneWay(),
    PseudonymReversible(),
    RandomReplace(low=0, high=9),
    Range(width=10),
    RareToOther(min_count=2),
    Round(to=7),
    RoundControlled(to=10),
    RoundControlled(to=10, by=("group",)),
    RoundRandom(to=10),
    SuppressLocal(fewer_than=2),
    TopBottomCode(top=100),
]


@pytest.mark.parametrize("action", ON_NUMBERS, ids=lambda action: type(action).__name__)
@given(values=NUMBERS, cut=st.integers(1, 20))
def test_the_result_does_not_depend_on_how_the_rows_were_cut(
    action: Action, values: list[int | None], cut: int
) -> None:
    if all(value is None for value in values):
        values = [*values, 1]
    group = [index % 3 for index in range(len(values))]
    whole = changed(action, values, group=group)
    assert changed(action, values, batch_rows=cut, group=group) == whole
    assert len(whole) == len(values)


@given(values=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=60), to=st.integers(1, 1000))
def test_controlled_rounding_keeps_the_rounded_total_and_moves_no_value_by_a_whole_unit(
    values: list[int], to: int
) -> None:
    shown = [v for v in changed(RoundControlled(to=to), values) if isinstance(v, int)]
    assert all(v % to == 0 and abs(v - value) < to for v, value in zip(shown, values, strict=True))
    assert abs(Fraction(sum(shown) - sum(values))) <= Fraction(to, 2)


def test_random_rounding_is_right_on_average() -> None:
    shown = [v for v in changed(RoundRandom(to=10), [13] * 20_000) if isinstance(v, int)]
    assert set(shown) == {10, 20}
    assert fmean(shown) == pytest.approx(13, abs=0.2)


def test_noise_has_the_stated_spread_and_pairs_share_it() -> None:
    first = [float(v) for v in changed(Noise(scale=5.0, pair="stay", digits=3), [100.0] * 20_000) if v is not None]  # type: ignore[arg-type]
    second = [float(v) for v in changed(Noise(scale=5.0, pair="stay", digits=3), [160.0] * 20_000) if v is not None]  # type: ignore[arg-type]
    assert pstdev(first) == pytest.approx(5.0, rel=0.05)
    assert {round(b - a, 3) for a, b in zip(first, second, strict=True)} == {60.0}


def test_noise_of_one_person_is_the_same_in_every_row() -> None:
    shown = changed(Noise(scale=50.0, subject="who"), [100, 100, 100], who=["a", "b", "a"])
    assert shown[0] == shown[2] != shown[1]


def test_one_identifier_has_one_token_in_a_domain_and_another_in_the_next() -> None:
    spellings = ["900101-1234567", "９００１０１－１２３４５６７", "9001011234567", " 900101 1234567 "]
    for action in (PseudonymReversible(), PseudonymOneWay()):
        mine, others = changed(action, spellings), changed(action, spellings, key=OTHER_KEY)
        assert len(set(mine)) == 1
        assert not set(mine) & set(others)


def test_a_missing_or_empty_identifier_has_no_token() -> None:
    for action in (PseudonymReversible(), PseudonymOneWay()):
        assert changed(action, [None, "", "-", "7"])[:3] == [None, None, None]


def test_whole_numbers_read_as_floats_have_the_token_of_the_number_and_fractions_are_refused() -> None:
    assert changed(PseudonymOneWay(), [1.0, None]) == changed(PseudonymOneWay(), ["1", None])
    with pytest.raises(DataError, match="column value"):
        changed(PseudonymOneWay(), [1.5])


def test_leading_zeroes_make_another_identifier() -> None:
    assert len(set(changed(PseudonymReversible(), ["007", "7", "07"]))) == 3


def test_whole_weeks_keep_the_weekday_and_nobody_stays_in_place() -> None:
    days = [date(2024, 1, 1)] * 500
    shifted = changed(DateShift(subject="who", most=4), days, who=list(range(500)))
    weeks = Counter((day - days[0]).days // 7 for day in shifted if isinstance(day, date))
    assert all(isinstance(day, date) and day.weekday() == 0 for day in shifted)
    assert set(weeks) == {-4, -3, -2, -1, 1, 2, 3, 4}


def test_a_date_without_a_person_is_left_out() -> None:
    assert changed(DateShift(subject="who"), ["2024-01-01", None], who=[None, "a"]) == [None, None]


@pytest.mark.parametrize("spelling", ["2024-05-17", "20240517", "2024/05/17", "2024.05.17", "2024-05-17 13:00:00"])
def test_dates_are_cut_to_the_month_in_every_spelling(spelling: str) -> None:
    assert changed(DateFloor(unit="month"), [spelling, None]) == [date(2024, 5, 1), None]


def test_what_is_no_date_is_refused_without_being_shown() -> None:
    with pytest.raises(DataError) as caught:
        changed(DateFloor(unit="year"), ["2024-05-17", "홍길동"])
    assert "홍길동" not in str(caught.value) + caught.value.text("ko")


def test_what_is_no_number_is_refused_by_its_row_without_being_shown() -> None:
    with pytest.raises(DataError, match="row 3") as caught:
        changed(Round(to=10), ["1,000", "", "홍길동"])
    assert "홍길동" not in str(caught.value) + caught.value.text("ko")


def test_numbers_beyond_the_edges_are_in_open_ranges() -> None:
    shown = changed(Range(edges=(0.0, 10.0, 65.0)), [-1, 0, 9, 10, 65, 99, None])
    assert shown == ["~0", "0~10", "0~10", "10~65", "65~", "65~", None]


def test_region_codes_are_cut_and_other_texts_refused() -> None:
    assert changed(GeoLevel(level="sigungu"), ["1168010100", "11680", None]) == ["11680", "11680", None]
    with pytest.raises(DataError, match="row 2"):
        changed(GeoLevel(level="sido"), ["1168010100", "서울"])


def test_a_text_without_a_category_is_refused_unless_one_is_named_for_it() -> None:
    with pytest.raises(DataError, match="row 2"):
        changed(Categorize(categories={"a": "A"}), ["a", "b"])
    assert changed(Categorize(categories={"a": "A"}, other="?"), ["a", "b", None]) == ["A", "?", None]


@given(text=st.text(max_size=20), first=st.integers(0, 4), last=st.integers(0, 4))
def test_masking_keeps_the_length_and_shows_no_more_than_it_may(text: str, first: int, last: int) -> None:
    (shown,) = changed(Mask(show_first=first, show_last=last, sign="■"), [text])
    assert isinstance(shown, str)
    assert len(shown) == len(text)
    kept = sum(a == b for a, b in zip(shown, text, strict=True) if b != "■")
    assert kept <= (first + last if len(text) > first + last else 0)


@given(text=st.text(max_size=20), keep=st.integers(0, 5))
def test_a_part_of_a_text_is_its_beginning_or_its_end(text: str, keep: int) -> None:
    assert changed(PartialSuppress(keep=keep), [text]) == [text[:keep]]
    assert changed(PartialSuppress(keep=keep, side="end"), [text]) == [text[len(text) - min(keep, len(text)) :]]


@given(values=st.lists(st.integers(-1000, 1000), min_size=1, max_size=50))
def test_order_is_preserved_exactly(values: list[int]) -> None:
    shown: list[Any] = changed(OrderPreserving(accept_leak_of_order=True), values)
    for a, x in zip(values, shown, strict=True):
        for b, y in zip(values, shown, strict=True):
            assert (a < b) == (x < y)


def test_text_is_scrubbed_of_what_the_rules_know_and_the_same_identifier_keeps_its_token() -> None:
    texts = ["연락처 010-1234-5678", "연락처 010-1234-5678, 회신 바람", None]
    plain = changed(ScrubText(), texts)
    assert plain == ["연락처 [PHONE]", "연락처 [PHONE], 회신 바람", None]
    tokens = [str(text) for text in changed(ScrubText(tokens=True), texts)]
    assert tokens[0].split("[")[1] in tokens[1] + "]"
    assert "5678" not in "".join(tokens)


def test_randomness_differs_between_domains() -> None:
    for action in (Noise(scale=1000.0), RandomReplace(low=0, high=10**9), Permute()):
        values = list(range(100))
        assert changed(action, values, key=KEY) != changed(action, values, key=OTHER_KEY)
