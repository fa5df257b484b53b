"""Masked cells in tables of several levels: what are levels, what only looks like them, and how long it takes."""

from __future__ import annotations

from time import process_time

import pytest

from egress_review.checks import suppression
from egress_review.checks.levels import given_by_levels, levels_of
from egress_review.checks.tables import read_delimited
from egress_review.findings import NotChecked
from tests.unit.egress_review.egress_files import DEFAULT, look, places

LEVELS = "code,patients\nG00-G99,4120\nG10-G14,118\nG10,77\nG11,{}\nG12,36\nG20-G26,4002\nG20,3811\nG24,191\n"
QUICK = 1.0


def given(text: str, column: int = 1) -> list[tuple[int, int]]:
    """Row (from 0) and value of the masked cells of one column that levels give away."""
    (table,) = read_delimited(text)
    found = given_by_levels(table, (column,), levels_of(table, (column,)), DEFAULT.min_cell)
    return [(row, value) for row, _, value in found]


def test_a_block_of_codes_less_its_other_codes_gives_the_masked_one() -> None:
    assert given(LEVELS.format("..")) == [(3, 5)]


def test_levels_that_do_not_add_up_give_nothing() -> None:
    assert not given(LEVELS.format("..").replace("191", "190"))


def test_two_masks_below_one_total_give_neither() -> None:
    assert not given(LEVELS.format("..").replace("G12,36", "G12,*"))


def test_codes_that_begin_with_other_codes_are_below_them() -> None:
    assert given("code,people\n11,500\n11010,420\n11020,*\n11030,74\n21,300\n21010,100\n21020,200\n") == [(2, 6)]


@pytest.mark.parametrize(
    ("mask", "rest", "found"),
    [("<10", 6, True), ("1-9", 6, True), ("<5", 6, False), ("<10", 340, False), ("*", -3, False), ("*", 40, False)],
)
def test_what_is_left_for_a_mask_is_held_against_what_the_mask_says(mask: str, rest: int, found: bool) -> None:
    rows = f"11,{494 + rest}\n11010,420\n11020,{mask}\n11030,74\n21,300\n21010,100\n21020,200\n"
    assert bool(given(f"code,people\n{rows}")) is found


def test_a_mask_that_cannot_be_refutes_the_levels_of_all_others() -> None:
    rows = "11,500\n11010,420\n11020,*\n11030,74\n21,300\n21010,100\n21020,<5\n21030,100\n"
    assert not given(f"code,people\n{rows}31,50\n31010,20\n31020,30\n")


@pytest.mark.parametrize(
    "text",
    [
        "month,cases\n1,30\n2,41\n3,25\n10,12\n11,*\n12,9\n",
        "구분,이름,인원\n기관,갑,121\n지역,동구,*\n지역,서구,115\n",
        "type,name,people\nclinic,A,480\nward,north,*\nward,south,474\n",
        "kind,sex,n\na,M,60\na,F,58\nb,M,*\nb,F,52\n",
        "band,n\n10-14,22\n10,15\n11,*\n12,3\n",
    ],
)
def test_where_no_sum_can_be_seen_to_come_out_there_are_no_levels(text: str) -> None:
    columns = text.partition("\n")[0].count(",")
    assert not given(text, columns)
    assert not places(look("t.csv", text, {"counts": [text.partition("\n")[0].split(",")[-1]]}), "cells.suppressed")


@pytest.mark.parametrize(
    "text",
    [
        "level,area,cases\nprovince,Jeju,482\ndistrict,Jeju-si,476\ndistrict,Seogwipo,*\n",
        "수준,지역,환자수\n시도,제주,482\n시군구,제주시,476\n시군구,서귀포시,<10\n",
        "area,,cases\nJeju,,482\n  Jeju-si,,476\n  Seogwipo,,*\n",
        "code,,cases\nG10-G14,,118\nG10,,77\nG11,,*\nG12,,36\n",
        "code,,cases\n50,,482\n50110,,476\n50130,,*\n",
    ],
)
def test_one_large_sum_with_a_small_rest_is_enough_where_the_table_names_its_levels(text: str) -> None:
    assert [value for _, value in given(text, 2)] in ([6], [5])


def test_a_column_of_kinds_is_one_of_levels_where_a_sum_comes_out() -> None:
    rows = "시도,갑,482\n시군구,갑1,476\n시군구,갑2,*\n시도,을,700\n시군구,을1,300\n시군구,을2,400\n"
    assert given(f"구분,지역,환자수\n{rows}", 2) == [(2, 6)]
    assert not given(f"구분,지역,환자수\n{rows.replace('을2,400', '을2,398')}", 2)


def test_a_cell_that_totals_and_levels_both_give_away_is_told_once() -> None:
    text = "수준,지역,환자수\n계,전국,482\n시도,갑,476\n시도,을,*\n"
    assert places(look("t.csv", text), "cells.suppressed") == [(4, 3)]


def test_a_range_within_others_is_below_the_narrowest_of_them() -> None:
    text = "code,n\nA00-A99,900\nA10-A29,500\nA20-A39,300\nA25-A27,200\nA26,150\nA26-A26,1\nB26,7\n"
    (table,) = read_delimited(text)
    (levels,) = levels_of(table, (1,))
    assert {at: list(below) for at, below in levels.below.items()} == {0: [1, 2], 2: [3], 3: [4, 5]}


@pytest.mark.parametrize(
    "codes",
    [
        [f"A{n % 5000:04}-A{5000 + n % 5000:04}" for n in range(5_000)],
        [f"A{n:04}-A{9_999 - n:04}" for n in range(5_000)],
        [f"A{n:04}-A{9_999 - n:04}" for n in range(2_500)] + [f"A{2_500 + n:04}" for n in range(2_500)],
        ["A0000-A9999"] * 5_000,
        ["1" * (1 + n % 10) + str(n) for n in range(5_000)],
        [" " * (n % 2_000) + f"x{n}" for n in range(5_000)],
    ],
)
def test_five_thousand_rows_of_levels_take_no_time(codes: list[str]) -> None:
    (table,) = read_delimited(
        "code,n\n" + "".join(f"{code},{'*' if n == 4 else 50 + n}\n" for n, code in enumerate(codes))
    )
    begun = process_time()
    list(given_by_levels(table, (1,), levels_of(table, (1,)), 10))
    assert process_time() - begun < QUICK


def test_a_table_too_long_for_all_its_levels_is_told_as_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [one for one in look("t.csv", LEVELS.format("*")).findings if isinstance(one, NotChecked)]
    monkeypatch.setattr(suppression, "MOST_ADDED", 7)
    [skipped] = [one for one in look("t.csv", LEVELS.format("*")).findings if isinstance(one, NotChecked)]
    assert (skipped.rule, "8 rows" in skipped.message.en) == ("cells.suppressed", True)
