"""A suppressed cell that the rest of the table gives away is found, and one that stays hidden is left alone."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.checks.circulation import Arc, Circulation
from egress_review.checks.differencing import released
from egress_review.checks.subject import Subject
from egress_review.checks.suppression import RULE, mask_range
from egress_review.claims import FileClaims
from egress_review.findings import FileReport, Flagged, NotChecked, Severity
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look, places

MOST = 5


def found(text: str, **request: Any) -> list[tuple[int, int]]:
    return places(look("table.csv", text, **request), RULE)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("<10", 0, 9),
        ("< 10", 0, 9),
        ("＜10", 0, 9),
        ("≤9", 0, 9),
        ("10 미만", 0, 9),
        ("9명 이하", 0, 9),
        ("*", 0, None),
        ("비공개", 0, None),
        ("[c]", 0, None),
        ("suppressed", 0, None),
    ],
)
def test_what_a_mask_says_is_read(text: str, least: int, most: int | None) -> None:
    assert mask_range(text) == (least, most)


@pytest.mark.parametrize("text", ["", "12", "1,234", "서울", "3.5", "<10%", "10대 미만", "-"])
def test_other_cells_are_no_masks(text: str) -> None:
    assert mask_range(text) is None


def test_one_mask_beside_its_total_is_computed() -> None:
    assert found("region,n\nA,40\nB,*\nC,53\ntotal,97\n") == [(3, 2)]


def test_two_masks_that_can_be_exchanged_stay_hidden() -> None:
    assert found("region,n\nA,40\nB,*\nC,*\nD,60\ntotal,140\n") == []


def test_a_large_cell_that_can_be_computed_is_no_disclosure() -> None:
    assert found("region,n\nA,40\nB,*\nC,53\ntotal,193\n") == []


def test_masks_in_a_square_hide_each_other_and_one_more_column_opens_them() -> None:
    hidden = "region,male,female,total\nA,*,*,60\nB,*,*,70\nC,30,40,70\ntotal,90,110,200\n"
    assert found(hidden, controls={"counts": ["male", "female", "total"]}) == []
    opened = "region,male,female,total\nA,*,57,60\nB,*,*,70\nC,30,40,70\ntotal,90,110,200\n"
    assert (2, 2) in found(opened, controls={"counts": ["male", "female", "total"]})


def test_masks_that_open_one_after_the_other_are_all_found() -> None:
    # (3, 3) is alone in its row; with it (2, 3) is alone in its column, and then (2, 2) in its row.
    text = "region,a,b,c,total\nA,*,*,50,62\nB,60,*,40,104\ntotal,65,11,90,166\n"
    assert found(text, controls={"counts": ["a", "b", "c", "total"]}) == [(2, 2), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("total", "severity"),
    [(117, Severity.FAIL), (116, Severity.FAIL), (115, Severity.WARN), (114, Severity.WARN), (113, None), (109, None)],
)
def test_a_mask_that_says_below_ten_is_narrowed_by_its_total(total: int, severity: Severity | None) -> None:
    # Two that sum up to 17 are 8 and 9; to 14, anything from 5 to 9; to 13 and 9, no more is told than by the masks.
    report = look("table.csv", f"region,n\nA,40\nB,<10\nC,<10\nD,60\ntotal,{total}\n")
    assert places(report, RULE) == ([(3, 2), (4, 2)] if severity else [])
    assert all(f.severity is severity for f in report.findings if f.rule == RULE and isinstance(f, Flagged))


def test_masked_columns_between_counts_are_read_with_the_total_of_the_row() -> None:
    across = "구분,심혈관,암,호흡기,자살,패혈증,합계\n환자 수,211,184,96,<10,<10,{}\n"
    assert found(across.format(508)) == [(2, 5), (2, 6)]
    assert found(across.format(501)) == []
    latex = " & 심혈관 & 자살 & 패혈증 & 합계 \\\\ \\hline\n환자 수 & 211 & $<$10 & $<$10 & 228 \\\\"
    text = f"\\begin{{tabular}}{{lrrrr}}\n\\hline\n{latex} \\hline\n\\end{{tabular}}\n"
    assert len(places(look("table.tex", text), RULE)) == 2


def test_four_masks_in_a_square_and_stars_of_tests_pass() -> None:
    square = "구분,경증,중등도,중증,합계\n가,412,*,*,443\n나,288,161,55,504\n다,301,*,*,341\n합계,1001,196,91,1288\n"
    assert found(square) == []
    assert found("group,A,B,sig,total\nx,100,80,*,180\ny,90,50,**,140\n") == []


def test_rounded_totals_hide_what_exact_ones_show() -> None:
    text = "region,n\nA,40\nB,*\nC,55\ntotal,100\n"
    assert found(text) == [(3, 2)]
    assert found(text, controls={"rounded_to": 5}) == []


def test_subtotals_are_blocks_of_their_own() -> None:
    text = "area,n\nA1,40\nA2,*\n소계,44\nB1,50\nB2,60\n소계,110\n합계,154\n"
    assert found(text) == [(3, 2)]


def test_a_total_in_the_first_row_counts_as_well() -> None:
    assert found("지역,환자수\n합계,97\nA,40\nB,비공개\nC,53\n") == [(4, 2)]


def test_a_percentage_left_beside_a_mask_gives_it_away() -> None:
    text = "region,n,percent\nA,40,20.0\nB,*,2.0\nC,*,3.0\nD,150,75.0\ntotal,200,100\n"
    assert set(found(text)) == {(3, 2), (4, 2)}


def test_a_cell_that_was_released_before_is_not_hidden_by_a_mask() -> None:
    before = b"region,n\nA,40\nB,14\n"
    earlier = Subject("old.csv", "0" * 64, before, DEFAULT, FileClaims(), "csv", len(before))
    assert found("region,n\nA,40\nB,*\n", earlier=(released(earlier),)) == [(3, 2)]
    assert found("region,n\nA,40\nB,*\n") == []


def test_a_table_that_does_not_add_up_is_left_alone() -> None:
    assert found("region,n\nA,40\nB,*\nC,90\ntotal,100\n") == []


def test_a_table_too_large_to_compute_is_not_checked_and_says_so() -> None:
    text = "region,n\n" + "".join(f"r{i},*\n" for i in range(400)) + "A,50\ntotal,9000\n"
    report = look("table.csv", text)
    assert [f for f in report.findings if f.rule == RULE and isinstance(f, NotChecked)]


def test_a_mask_in_running_text_is_seen_too() -> None:
    report: FileReport = look("note.md", "Result\n\n| region | n |\n|---|---|\n| A | 40 |\n| B | * |\n| total | 44 |\n")
    assert [where.column for rule, where in flagged(report, RULE)] == [2]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_bounds_are_those_of_all_tables_that_agree_with_what_is_published(data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    places_of = list(itertools.product(range(rows), range(columns)))
    true = {place: data.draw(st.integers(0, MOST)) for place in places_of}
    masked = data.draw(st.lists(st.sampled_from(places_of), unique=True, max_size=4))
    open_rows = data.draw(st.sets(st.integers(0, rows - 1)))
    row_sum = [sum(true[i, j] for j in range(columns)) for i in range(rows)]
    column_sum = [sum(true[i, j] for i in range(rows)) for j in range(columns)]
    last_row, last_column = rows, rows + 1 + columns
    arcs = [
        Arc(i, rows + 1 + j, 0, MOST) if (i, j) in masked else Arc(i, rows + 1 + j, true[i, j], true[i, j])
        for i, j in places_of
    ]
    arcs += [Arc(rows + 1 + j, last_row, total, total) for j, total in enumerate(column_sum)]
    arcs += [
        Arc(last_column, i, 0, None) if i in open_rows else Arc(last_column, i, total, total)
        for i, total in enumerate(row_sum)
    ]
    arcs.append(Arc(last_row, last_column, sum(row_sum), sum(row_sum)))
    circulation = Circulation(arcs)
    assert circulation.feasible
    agreeing = []
    for values in itertools.product(range(MOST + 1), repeat=len(masked)):
        table = true | dict(zip(masked, values, strict=True))
        rows_agree = all(
            i in open_rows or sum(table[i, j] for j in range(columns)) == total for i, total in enumerate(row_sum)
        )
        if rows_agree and all(sum(table[i, j] for i in range(rows)) == t for j, t in enumerate(column_sum)):
            agreeing.append(values)
    for index, place in enumerate(masked):
        possible = [values[index] for values in agreeing]
        assert circulation.bounds(places_of.index(place)) == (min(possible), max(possible))
