"""Small cells are found where counts are, and numbers that count nobody are left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from egress_review.checks.columns import Kind, kind_of
from egress_review.findings import Verdict
from egress_review.policy import load_policy
from tests.unit.egress_review.egress_files import flagged, look, places


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_a_small_count_is_found_in_every_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    rows = (("성별", "환자수", "평균"), ("남", "1,234" if delimiter != "," else "1234", "3.5"), ("여", "7", "2.1"))
    text = "\n".join(delimiter.join(row) for row in rows)
    assert places(look("table.csv", text, encoding=encoding), "cells.small") == [(3, 2)]


@pytest.mark.parametrize(
    "name",
    [
        *("n", "N", "count", "Count", "n_patients", "nPatients", "patients", "number of patients", "freq", "cnt"),
        *("Frequency", "deaths", "sample size", "num_events", "N (total)", "size (n)", "participants"),
        *(
            "인원",
            "인원수",
            "명수",
            "건수",
            "환자수",
            "환자 수",
            "대상자수",
            "사망자 수",
            "빈도",
            "도수",
            "유동인구(명)",
        ),
        *("사례수", "표본수", "응답자수", "가구수", "명", "수", "n수"),
    ],
)
def test_columns_that_are_counts_by_name_are_held_to_the_threshold(name: str) -> None:
    assert places(look("t.csv", f"group,{name}\nA,25\nB,9\n"), "cells.small") == [(3, 2)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("mean", "3"), ("coef", "2"), ("p_value", "1"), ("pct", "5"), ("percent", "5"), ("rate", "3"), ("or", "2")),
        *(("비율(%)", "5"), ("구성비", "7"), ("평균", "3"), ("점수", "4"), ("연도", "5"), ("월", "3"), ("코드", "7")),
        *(("year", "3"), ("month", "2"), ("rank", "1"), ("age", "7"), ("region code", "3"), ("count_mean", "3")),
        *(("n", "3.5"), ("estimate", "-2"), ("df", "4"), ("auc", "1"), ("id", "3"), ("n%", "3")),
    ],
)
def test_what_is_no_count_is_left_alone(name: str, value: str) -> None:
    report = look("t.csv", f"group,{name}\nA,{value}\nB,{value}\n")
    assert places(report, "cells.small") == []
    assert report.verdict is Verdict.PASSED


def test_coefficients_beside_counts_are_left_alone() -> None:
    report = look("model.csv", "term,coef,se,p,n\nage,2,0.3,0.001,250\nsex,-1.5,1,0.2,250\n")
    assert report.verdict is Verdict.PASSED


@pytest.mark.parametrize("cell", ["<10", "*", "-", "", "NA", "10 미만", "suppressed", "x", "≤9"])
def test_suppressed_cells_are_no_counts(cell: str) -> None:
    assert look("t.csv", f"group,n\nA,25\nB,{cell}\n").verdict is Verdict.PASSED


@pytest.mark.parametrize("cell", ["7", "7.0", " 7 ", "7명", "７", "7 건"])
def test_a_count_is_read_in_every_spelling(cell: str) -> None:
    assert places(look("t.csv", f"group,n\nA,25\nB,{cell}\n"), "cells.small") == [(3, 2)]


def test_declared_columns_count_and_columns_declared_otherwise_do_not() -> None:
    text = "group,answers,n\nA,25,3\nB,4,30\n"
    assert places(look("t.csv", text, {"counts": ["answers"], "other": ["n"]}), "cells.small") == [(3, 2)]
    overruled = look("t.csv", text, {"other": ["n", "answers"]})
    assert overruled.verdict is Verdict.PASSED
    assert places(overruled, "cells.unclear") == [(2, 3)], "a reviewer must see that a count was declared away"


def test_declarations_can_be_for_one_file() -> None:
    controls = {"files": {"t.csv": {"counts": ["answers"]}}}
    text = "group,answers,mean\nA,25,1.5\nB,4,2.5\n"
    assert places(look("t.csv", text, controls), "cells.small") == [(3, 2)]
    assert places(look("u.csv", text, controls), "cells.small") == []


def test_a_cross_table_counts_without_saying_so() -> None:
    assert places(look("t.csv", "sex,young,old\nF,120,4\nM,98,77\n"), "cells.small") == [(2, 3)]


def test_columns_that_add_up_to_a_total_count() -> None:
    text = "group,a,score\nA,30,1.5\nB,4,2.5\nTotal,34,2.0\n"
    assert places(look("t.csv", text), "cells.small") == [(3, 2)]
    assert places(look("t.csv", "sex,young,old,합계\n남,30,4,34\n여,20,25,45\n"), "cells.small") == [(2, 3)]


def test_a_single_unclear_column_is_pointed_out_and_does_not_fail() -> None:
    report = look("t.csv", "group,mystery,mean\nA,3,1.5\nB,400,2.5\n")
    assert report.verdict is Verdict.PASSED
    assert places(report, "cells.unclear") == [(2, 2)]


def test_counts_in_rows_and_in_cells_with_percentages_are_found() -> None:
    text = 'variable,all,a,b\nN,200,195,5\n"age, mean (SD)",54 (10),55 (9),52 (11)\n'
    text += "female,90 (45.0%),88 (45.1%),2 (40.0%)\n"
    assert places(look("t.csv", text), "cells.small") == [(2, 4), (4, 4)]
    assert places(look("t.csv", ",age,bmi\ncount,8,250\nmean,44.5,22.1\n"), "cells.small") == [(2, 2)]
    assert places(look("t.csv", "group,n (%)\nA,25 (62.5)\nB,6 (15.0)\n"), "cells.small") == [(3, 2)]


def test_a_caption_above_and_two_rows_of_headings_are_understood() -> None:
    text = "Table 1. Patients\n\nsex,year,year\n,n,mean\nF,120,3.4\nM,6,2.1\n"
    assert places(look("t.csv", text), "cells.small") == [(6, 2)]


@pytest.mark.parametrize(
    ("content", "paths"),
    [
        ([{"sex": "F", "n": 120}, {"sex": "M", "n": 4}], ["$[2].n"]),
        ({"n": {"0": 120, "1": 4}, "mean": {"0": 3, "1": 4}}, ["$.n.1"]),
        ({"counts": {"F": 120, "M": 4}}, ["$.counts.M"]),
        ({"F": 120, "M": 4}, ["$.M"]),
        ({"accuracy": 1, "auc": 0.8, "year": 3}, []),
        ({"n_patients": 4}, ["$.n_patients"]),
    ],
)
def test_counts_in_json_are_found_by_path(content: Any, paths: list[str]) -> None:
    report = look("t.json", json.dumps(content))
    assert [where.path for _, where in flagged(report, "cells.small")] == paths


def test_the_split_form_of_pandas_is_a_table() -> None:
    content = {"columns": ["sex", "n"], "index": [0, 1], "data": [["F", 120], ["M", 4]]}
    assert places(look("t.json", json.dumps(content)), "cells.small") == [(2, 3)]


def test_tables_and_counts_in_prose_are_found_by_line() -> None:
    markdown = "# Results\n\n| sex | n |\n|-----|---|\n| F | 120 |\n| M | 4 |\n"
    assert places(look("t.md", markdown), "cells.small") == [(6, 2)]
    printed = "Result:\n\n      sex    n\n0  female  120\n1    male    4\n\nexcluded: n = 7\n"
    assert places(look("t.txt", printed), "cells.small") == [(5, 3), (7, 0)]


def test_zeros_are_what_the_policy_makes_of_them() -> None:
    text = "group,n\nA,25\nB,0\n"
    note, fail = look("t.csv", text), look("t.csv", text, policy=load_policy("uk-sdap"))
    assert (note.verdict, fail.verdict) == (Verdict.PASSED, Verdict.FLAGGED)
    assert places(note, "cells.zero") == places(fail, "cells.zero") == [(3, 2)]


def test_the_threshold_is_the_policys() -> None:
    text = "group,n\nA,25\nB,7\n"
    assert look("t.csv", text, policy=load_policy("kr-legacy-5")).verdict is Verdict.PASSED
    assert look("t.csv", text).verdict is Verdict.FLAGGED


def test_a_claim_of_rounding_is_held_to_the_numbers() -> None:
    assert places(look("t.csv", "group,n\nA,25\nB,37\n", {"rounded_to": 5}), "cells.claim") == [(3, 2)]


def test_a_percentage_that_implies_few_people_is_found() -> None:
    report = look("t.csv", "group,n,smokers (%)\nA,100,3\nB,200,40\n")
    assert places(report, "cells.percent") == [(2, 3)]
    assert report.verdict is Verdict.FLAGGED


def test_minima_and_maxima_are_pointed_out() -> None:
    assert places(look("t.csv", "group,n,max\nA,25,101.5\n"), "cells.extremes") == [(2, 3)]


def test_every_finding_says_how_to_mend_it_in_both_languages() -> None:
    finding = next(f for f in look("t.csv", "g,n\nA,3\n").findings if f.rule == "cells.small")
    assert "secondary suppression" in finding.fix.en  # type: ignore[union-attr]
    assert "2차 비공개" in finding.fix.ko  # type: ignore[union-attr]


def test_the_last_word_says_what_a_heading_is() -> None:
    assert (kind_of("birth year"), kind_of("stage I"), kind_of("1학년"), kind_of("서울시")) == (
        Kind.LABEL,
        Kind.UNKNOWN,
        Kind.UNKNOWN,
        Kind.UNKNOWN,
    )
