"""A sentence that speaks of shares, means or amounts as well still promises what it promises of counts."""

from __future__ import annotations

import pytest

from egress_review.checks.claim_subjects import about_counts
from egress_review.checks.claimed import claims_in
from egress_review.checks.cut_off import shares_cut_off
from egress_review.checks.promises import Promises
from egress_review.checks.tables import Table
from egress_review.findings import Flagged, Severity
from tests.unit.egress_review.egress_files import look, places

FIVE, TEN, LEAST = Promises(5), Promises(10), Promises(least=10)


@pytest.mark.parametrize(
    ("words", "promises"),
    [
        ("All counts are rounded to the nearest 5 and percentages are computed from them.", FIVE),
        ("Percentages are rounded to one decimal and counts are rounded to the nearest 5.", FIVE),
        ("Percentages have one decimal, counts are rounded to the nearest 5.", FIVE),
        ("Counts and percentages are rounded to the nearest 5.", FIVE),
        ("Percentages and counts are rounded to the nearest 5.", FIVE),
        ("Counts by age group are rounded to the nearest 10.", TEN),
        ("Age group counts are rounded to the nearest 10.", TEN),
        ("n (%) rounded to the nearest 5", FIVE),
        ("Cells below 10 were suppressed (4% of all cells).", LEAST),
        ("Cells with fewer than 10 people, 3.5 % of the table, are suppressed.", LEAST),
        ("Counts below 10 are suppressed with their percentages.", LEAST),
        ("Counts below 10 and the percentages based on them are suppressed.", LEAST),
        ("모든 빈도는 5 단위로 반올림하였고 비율(%)은 소수 첫째 자리까지 적었다.", FIVE),
        ("비율은 소수 첫째 자리까지 적었으며 빈도는 5 단위로 반올림하였다.", FIVE),
        ("빈도(%)는 5 단위로 반올림하였다.", FIVE),
        ("빈도와 비율은 5 단위로 반올림하였다.", FIVE),
        ("연령별 환자 수는 5 단위로 반올림하였다.", FIVE),
        ("10명 미만인 칸은 비율과 함께 비공개 처리하였다.", LEAST),
    ],
)
def test_what_is_said_of_counts_is_claimed_whatever_else_the_sentence_speaks_of(words: str, promises: Promises) -> None:
    assert [claim.promises for claim in claims_in(words)] == [promises]


@pytest.mark.parametrize(
    "words",
    [
        "Percentages are rounded to the nearest 5.",
        "The percentages of patients are rounded to the nearest 5.",
        "Mean ages of participants are rounded to the nearest 5.",
        "Mean number of visits per group is rounded to the nearest 5.",
        "Rates are rounded to the nearest 5 in all tables.",
        "Rounded to the nearest 5, percentages of cells",
        "Counts are exact, percentages are rounded to the nearest 5.",
        "Weighted percentages, rounded to the nearest 10, are shown beside unrounded counts.",
        "Patients' ages are rounded to the nearest 5.",
        "Income and weight are rounded to the nearest 100 for all groups.",
        "Cells with mean age below 10 were dropped.",
        "Groups with a response rate below 10 were suppressed.",
        "Cells that hold less than 10% of the total were removed.",
        "No cell is below 10 percent.",
        "비율은 5 단위로 반올림하였다.",
        "환자 비율은 10 단위로 반올림함.",
        "환자의 연령은 5 단위로 반올림하였다.",
        "평균 연령은 5 단위로 반올림하였고 인원은 그대로 두었다.",
        "평균 환자 수는 10 단위로 반올림하였다.",
        "매출 합계는 100 단위로 반올림하였다.",
        "10% 미만인 셀은 합쳤다.",
    ],
)
def test_what_is_said_of_shares_means_and_amounts_is_claimed_of_no_count(words: str) -> None:
    assert not claims_in(words)


def test_a_sentence_of_counts_alone_is_taken_as_it_stands() -> None:
    for words in ("All counts (n) are rounded, by area, to the nearest 5.", "모든 수는 5 단위로 반올림하였습니다."):
        assert about_counts(words) == words


@pytest.mark.parametrize(
    "note", ["All counts are rounded to the nearest 5; {}", "All counts are rounded to the nearest 5, {}"]
)
def test_a_count_that_was_not_rounded_is_found_beside_a_word_on_percentages(note: str) -> None:
    table = "| area | n | % |\n|---|---|---|\n| A | 40 | 40 |\n| B | 37 | 37 |\n| C | 25 | 25 |\n"
    words = note.format("percentages are of the column (100 %).")
    assert places(look("t.md", f"{table}\n{words}\n"), "request.claim") == [(4, 2)]


WORDS = "Counts are rounded to the nearest 10.{more}\n\n"
PIECE = WORDS + "London 87,280 50,780 58\nSouth East 91,200 52,770 {share}\nSouth West 55,890 34,960 63\n"
BARE = WORDS + "North  87,280  50,780  58\nEast   91,200  52,770  {share}\nWest   55,890  34,960  63\n"


def weights(text: str) -> set[Severity]:
    """How grave the broken claims of a file are."""
    return {f.severity for f in look("t.md", text).findings if isinstance(f, Flagged) and f.rule == "request.claim"}


@pytest.mark.parametrize("more", ["", " 8 % are missing."])
@pytest.mark.parametrize("piece", [PIECE, BARE])
def test_shares_of_a_table_that_was_cut_off_its_heading_are_known_by_what_they_are_of(piece: str, more: str) -> None:
    assert not weights(piece.format(more=more, share=58))


def test_a_word_on_percentages_does_not_make_a_share_of_every_number_below_no_heading() -> None:
    assert weights(PIECE.format(more="", share=88)) == {Severity.FAIL}
    assert weights(PIECE.format(more=" 8 % are missing.", share=88)) == {Severity.WARN}
    assert weights(BARE.format(more=" 8 % are missing.", share=88)) == {Severity.FAIL}


def test_a_column_without_a_heading_is_one_of_shares_only_where_it_is_in_every_row() -> None:
    rows = [["North", "26470", "17260", "65"], ["West", "72570", "39970", "55"], ["East", "53930", "32320", "60"]]
    for names in (("", "", "", ""), ("South", "91200", "52770", "58")):
        assert shares_cut_off(Table(names, rows, (1, 2, 3), ())) == {3}
        assert not shares_cut_off(Table(names, [*rows[:2], ["East", "53930", "32320", "37"]], (1, 2, 3), ()))
        assert not shares_cut_off(Table(names, [*rows[:2], ["East", "53930", "32320", "*"]], (1, 2, 3), ()))
    assert not shares_cut_off(Table(("area", "pupils", "passed", "left"), rows, (1, 2, 3), ()))
