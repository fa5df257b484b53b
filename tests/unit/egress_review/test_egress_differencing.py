"""Tables that were cut in other ways are compared by what their cells are of, and only small groups are told."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.checks import differencing
from egress_review.checks.differencing import Gathered, Released, released
from egress_review.checks.ranges import parts_of
from egress_review.checks.subject import Subject
from egress_review.claims import FileClaims
from egress_review.findings import FileReport, Flagged, NotChecked, Severity, Verdict
from tests.benchmarks.egress_files import workbook
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look


def before(text: str, name: str = "old.csv") -> tuple[Released]:
    """A file that was released before."""
    data = text.encode()
    return (released(Subject(name, "0" * 64, data, DEFAULT, FileClaims(), name.rpartition(".")[2], len(data))),)


def against(old: str, new: str) -> FileReport:
    return look("new.csv", new, earlier=before(old))


def failing(report: FileReport, rule: str = "cells.difference") -> list[tuple[int, int]]:
    return [
        (f.where.row, f.where.column)
        for f in report.findings
        if isinstance(f, Flagged) and f.rule == rule and f.severity is Severity.FAIL
    ]


LONG = "region,n\nSeoul,120\nBusan,90\nDaegu,60\n"
CROSS = "region,male,female\nSeoul,70,{seoul}\nBusan,40,50\nDaegu,35,25\n"
AGES = "age,n\n0-19,40\n20-39,55\n40-59,70\n60+,80\n"


def test_a_margin_of_a_finer_table_is_compared_with_what_was_released() -> None:
    report = against(LONG, CROSS.format(seoul=53))
    assert failing(report) == [(2, 2)]
    assert report.verdict is Verdict.FLAGGED
    message = next(f.message.en for f in report.findings if isinstance(f, Flagged) and f.rule == "cells.difference")
    assert "old.csv, 2:2" in message
    assert "3" not in message.replace("old.csv, 2:2", "")


def test_the_same_people_in_another_layout_are_no_difference() -> None:
    assert against(LONG, CROSS.format(seoul=50)).verdict is Verdict.PASSED
    assert against(CROSS.format(seoul=50), LONG).verdict is Verdict.PASSED


def test_a_large_difference_is_none_that_gives_anybody_away() -> None:
    assert failing(against(LONG, CROSS.format(seoul=90))) == []


@pytest.mark.parametrize(
    ("new", "places_of"),
    [
        ("age,n\n0-39,99\n40-59,70\n60+,80\n", [(2, 2)]),
        ("age,n\n0-19,40\n20-39,55\n40+,146\n", [(4, 2)]),
        ("age,n\n0-39,95\n40+,150\n", []),
        ("age,n\nunder 20,40\n20 and over,209\n", [(3, 2)]),
    ],
)
def test_merged_ages_are_held_to_the_ages_that_they_are_made_of(new: str, places_of: list[tuple[int, int]]) -> None:
    assert failing(against(AGES, new)) == places_of


def test_categories_that_were_joined_by_name_or_are_all_that_is_left_are_compared() -> None:
    assert failing(against(LONG, "region,n\nSeoul + Busan,205\nDaegu,60\n")) == [(2, 2)]
    assert failing(against(LONG, "region,n\nSeoul,120\nsouth east,144\n")) == [(3, 2)]
    assert failing(against(LONG, "region,n\nSeoul,120\nsouth east,150\n")) == []


def test_a_filter_that_leaves_out_few_people_shows_them() -> None:
    old = "region,sex,n\nSeoul,F,50\nSeoul,M,70\nBusan,F,50\nBusan,M,40\n"
    new = "region,male,female\nSeoul,66,50\nBusan,40,50\n"
    assert failing(against(old.replace(",F,", ",female,").replace(",M,", ",male,"), new)) == [(2, 2)]


def test_two_tables_together_unmask_what_each_of_them_hides() -> None:
    old = "region,male,female,total\nSeoul,*,*,60\nBusan,41,49,90\nDaegu,*,*,45\ntotal,91,104,195\n"
    assert flagged(look("old.csv", old), "cells.suppressed") == []
    new = "region,sex,n\nSeoul,male,45\nBusan,male,41\nDaegu,male,*\n"
    assert failing(against(old, new)) == [(4, 3)]


def test_a_cell_that_was_suppressed_before_must_not_follow_from_the_new_table() -> None:
    old = "region,n\nSeoul,120\nBusan,90\nDaegu,<10\n"
    new = "district,region,n\nA,Daegu,3\nB,Daegu,4\nC,Busan,40\nD,Busan,50\n"
    assert failing(against(old, new)) == [(2, 3)]


def test_rounded_tables_do_not_show_differences() -> None:
    old = "region,n\nA,120\nB,95\nC,60\nD,45\nE,30\nF,15\n"
    new = "region,n\nA,115\nB,95\nC,60\nD,45\nE,30\nF,15\n"
    controls = {"rounded_to": 5}
    report = look("new.csv", "region,male,female\nA,55,60\nB,45,50\nC,30,30\nD,25,20\n", controls, earlier=before(old))
    assert failing(report) == []
    assert len(failing(look("new.csv", new, earlier=before(new)))) == 0


def test_unrelated_tables_that_come_near_by_chance_are_only_pointed_out() -> None:
    report = against("drug,n\ncelecoxib,700\nplacebo,800\ntotal,1500\n", "region,n\nSeoul,600\nBusan,903\ntotal,1503\n")
    assert report.verdict is Verdict.PASSED
    assert [f.severity for f in report.findings if isinstance(f, Flagged) and f.rule == "cells.difference"] == ["warn"]


def test_earlier_tables_that_cannot_be_compared_are_named() -> None:
    report = against("drug,n\ncelecoxib,70\nplacebo,80\n", LONG)
    assert report.verdict is Verdict.PASSED
    (told,) = [f for f in report.findings if isinstance(f, NotChecked) and f.rule == "cells.unaligned"]
    assert "old.csv" in told.message.ko
    assert not [f for f in against(LONG, LONG).findings if isinstance(f, NotChecked)]


def test_releases_beyond_what_is_compared_are_the_oldest_and_reviewers_are_warned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(differencing, "MOST_COMPARED", 19)
    old, other = before(LONG), before("drug,n\n" + "".join(f"d{n},{100 + n}\n" for n in range(15)), "drugs.csv")
    assert old[0].size < 19 < old[0].size + other[0].size
    for earlier, found in (((*old, *other), [(2, 2)]), ((*other, *old), [])):
        report = look("new.csv", CROSS.format(seoul=53), earlier=earlier)
        assert failing(report) == found
        told = [f for f in report.findings if isinstance(f, NotChecked) and f.severity is Severity.WARN]
        assert [(f.rule, f.message.en[:24]) for f in told] == [("cells.unaligned", "1 files released before ")]


def test_one_release_that_is_too_large_keeps_no_other_from_being_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differencing, "MOST_COMPARED", 10)
    large = before("drug,n\n" + "".join(f"d{n},{100 + n}\n" for n in range(15)), "drugs.csv")
    assert failing(look("new.csv", CROSS.format(seoul=53), earlier=(*large, *before(LONG)))) == [(2, 2)]


def test_sheets_of_a_workbook_and_files_of_a_request_are_compared_with_each_other() -> None:
    long = [row.split(",") for row in LONG.strip().splitlines()]
    cross = [row.split(",") for row in CROSS.format(seoul=53).strip().splitlines()]
    report = look("t.xlsx", workbook({"one": long, "two": cross}))
    assert [(where.sheet, where.row) for rule, where in flagged(report, "cells.linked")] == [("two", 2)]
    gathered = Gathered()
    assert look("a.csv", LONG, gathered=gathered).verdict is Verdict.PASSED
    assert failing(look("b.csv", CROSS.format(seoul=53), gathered=gathered), "cells.linked") == [(2, 2)]
    assert look("c.csv", CROSS.format(seoul=50), gathered=Gathered()).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("label", "others", "parts"),
    [
        ("0-39", ["0-19", "20-39", "40+"], ("0-19", "20-39")),
        ("0-39", ["0-19", "21-39"], ()),
        ("40+", ["40-59", "60+"], ("40-59", "60+")),
        ("20-39세", ["20-29세", "30-39세"], ("20-29세", "30-39세")),
        ("(0, 20]", ["(0, 10]", "(10, 20]"], ("(0, 10]", "(10, 20]")),
        ("seoul + busan", ["seoul", "busan", "daegu"], ("seoul", "busan")),
        ("seoul", ["seoul", "busan"], ()),
        ("0-19", ["0-19"], ()),
    ],
)
def test_a_category_is_known_to_be_made_of_others(label: str, others: list[str], parts: tuple[str, ...]) -> None:
    assert parts_of(label, others) == parts


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(12, 400), min_size=3, max_size=3), min_size=3, max_size=5),
    st.integers(0, 2),
    st.integers(1, 9),
)
def test_whatever_is_taken_out_of_one_cell_is_found_from_the_margins(
    cells: list[list[int]], row: int, out: int
) -> None:
    old = "\n".join(["region,n", *(f"r{i},{sum(line)}" for i, line in enumerate(cells))])
    assert failing(against(old, as_cross(cells))) == []
    cells[row][1] -= out
    assert (row + 2, 2) in failing(against(old, as_cross(cells)))


def as_cross(cells: list[list[int]]) -> str:
    return "\n".join(["region,low,mid,top", *(f"r{i},{','.join(map(str, line))}" for i, line in enumerate(cells))])


def test_a_long_history_is_compared_within_bounds() -> None:
    chance = random.Random(1)
    history = tuple(
        before(
            "region,year,n\n"
            + "\n".join(f"r{i},{2000 + j},{chance.randrange(20, 900)}" for i in range(20) for j in range(10)),
            f"{k}.csv",
        )[0]
        for k in range(40)
    )
    began = time.process_time()
    look("new.csv", "region,n\n" + "\n".join(f"r{i},{chance.randrange(200, 9000)}" for i in range(20)), earlier=history)
    assert time.process_time() - began < 10


PLACES = ("Seoul", "Incheon", "Gangwon", "Jeju")


def of_places(heading: str, *counts: int) -> str:
    return f"region,{heading}\n" + "".join(f"{one},{n}\n" for one, n in zip(PLACES, counts, strict=True))


@pytest.mark.parametrize(
    ("before_it", "now"),
    [
        ("claimants_18_64", "claimants_18_63"),
        ("patients aged 18-64", "patients aged 18 to 63"),
        ("수급자 18~64세", "수급자 18~63세"),
        ("수급자_18_64", "수급자_18_63"),
        ("cases_65plus", "cases_66plus"),
        ("patients_u65", "patients_u64"),
        ("claimants under 65", "claimants under 64"),
    ],
)
def test_ages_in_a_heading_that_hold_each_other_are_subtracted(before_it: str, now: str) -> None:
    old = of_places(before_it, 1842, 604, 212, 131)
    assert failing(against(old, of_places(now, 1790, 581, 206, 119))) == [(4, 2)]
    assert failing(against(old, of_places(now, 1790, 581, 180, 110))) == []


@pytest.mark.parametrize(
    ("before_it", "now"),
    [
        ("cases_2023", "cases_2024"),
        ("claimants_18_64", "claimants_65_79"),
        ("n_item_1_12", "n_item_1_13"),
        ("patients_icd_10_2016", "patients_icd_10_2017"),
    ],
)
def test_years_items_and_ages_apart_hold_nobody_of_each_other(before_it: str, now: str) -> None:
    report = against(of_places(before_it, 1842, 604, 212, 131), of_places(now, 1790, 581, 206, 119))
    assert failing(report) == []


def test_labels_of_two_numbers_are_codes_and_no_ages() -> None:
    def coded(first: int) -> str:
        return "group,n\n" + "".join(f"{first} {number},{number + 20 + first}\n" for number in range(300))

    assert failing(against(coded(0), coded(1))) == []


OF_ONE = 'Group,n,deaths_28d,survivors_28d\n"{}",{},{},{}\n'


@pytest.mark.parametrize(
    ("everybody", "fewer"),
    [
        ("Septic shock, all", "Septic shock, DNR excluded"),
        ("Septic shock", "Septic shock (excluding DNR)"),
        ("Adults", "Adults without DNR order"),
        ("All patients", "Excluding DNR"),
        ("Main analysis", "Sensitivity analysis (DNR excluded)"),
        ("패혈성 쇼크", "패혈성 쇼크(DNR 제외)"),
        ("전체", "DNR 환자 제외"),
    ],
)
def test_who_is_left_out_of_a_group_of_another_table_is_told_by_subtraction(everybody: str, fewer: str) -> None:
    def linked(*tables: str) -> int:
        gathered = Gathered()
        return sum(len(failing(look("t.csv", one, gathered=gathered), "cells.linked")) for one in tables)

    main, few, many = (
        OF_ONE.format(everybody, 638, 188, 450),
        OF_ONE.format(fewer, 633, 184, 449),
        OF_ONE.format(fewer, 598, 164, 434),
    )
    assert linked(main, few) >= 2
    assert linked(few, main) >= 2
    assert linked(main, many) == 0
    assert linked(main, OF_ONE.format(f"Women, {fewer}".replace("Septic", "Cardiogenic"), 633, 184, 449)) == 0


def test_those_who_were_excluded_are_no_group_without_somebody() -> None:
    gathered = Gathered()
    look("a.csv", OF_ONE.format("Screened", 638, 188, 450), gathered=gathered)
    assert failing(look("b.csv", OF_ONE.format("Excluded", 633, 184, 449), gathered=gathered), "cells.linked") == []
