"""What is said or implied beside the cells of a table: small groups are found there, look-alikes are left alone."""

from __future__ import annotations

import pytest

from egress_review.findings import Verdict
from egress_review.tracebacks import redact
from tests.unit.egress_review.egress_files import flagged, look


@pytest.mark.parametrize(
    "text",
    [
        "Only 3 patients died.",
        "There were two deaths among them.",
        "환자 4명이 사망하였다.",
        "4명의 대상자를 제외하였다.",
        "Adverse events occurred in 4 of 120 patients (3.3%).",
        "전체 120명 중 4명에서 발생하였다.",
    ],
)
def test_a_sentence_about_few_people_is_a_small_cell(text: str) -> None:
    assert [rule for rule, _ in flagged(look("results.md", f"# Results\n\n{text}\n".encode()), "cells.small")]


@pytest.mark.parametrize(
    "text",
    [
        "Cells with fewer than 5 patients were suppressed.",
        "Each group has at least two patients.",
        "환자 5명 미만인 칸은 가렸다.",
        "Each clinic had 3 or more nurses per shift.",
        "The area under the curve rose in 4 of 5 folds.",
        "We fitted 3 models and 2 sensitivity analyses.",
        "2021년 3분기와 4분기를 비교하였다.",
    ],
)
def test_a_limit_or_a_number_of_other_things_is_none(text: str) -> None:
    assert not flagged(look("methods.md", f"# Methods\n\n{text}\n".encode()), "cells.small")


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        ("month,cumulative patients\n1,120\n2,124\n3,310\n", "cells.implied"),
        ("region,total days,mean days\nA,1200.00,10.0000\nB,45.00,9.0000\n", "cells.implied"),
        ("region,mean,sd,se\nA,41.2,9.0000,0.9000\nB,40.1,9.0000,4.5000\n", "cells.implied"),
        ("region,patients,deaths\nA,120,40\nB,120,117\n", "cells.implied"),
        ("region,population,rate per 1000\nA,1000,40.00\nB,2000,1.50\n", "cells.percent"),
        ("fpr,tpr,threshold\n0,0,1\n0.1,0.3333,0.8\n0.3,0.6667,0.5\n0.4,1,0.2\n1,1,0\n", "model.classes"),
        ("rank,age,sex,stay\n1,81,F,90\n2,44,M,80\n3,67,F,70\n4,59,M,60\n", "table.singular"),
    ],
)
def test_a_group_that_other_numbers_give_away_is_found(table: str, rule: str) -> None:
    assert flagged(look("t.csv", table.encode()), rule)


@pytest.mark.parametrize(
    "table",
    [
        "month,cumulative patients\n1,120\n2,164\n3,310\n",
        "form,total score,mean score\nA,20.0,4.0\nB,15.0,3.0\n",
        "term,estimate,std err\nage,0.0312,0.0041\nsex,0.2211,0.0911\n",
        "region,patients,deaths\nA,120,40\nB,120,60\n",
        "region,population,rate per 100000\nA,1000000,40.0\nB,2000000,15.0\n",
        "age group,sex,mean cost index\n20-29,F,1.2\n20-29,M,1.1\n30-39,F,1.4\n30-39,M,1.3\n",
    ],
)
def test_the_same_of_large_groups_or_of_no_people_passes(table: str) -> None:
    report = look("t.csv", table.encode())
    assert report.verdict is Verdict.PASSED, flagged(report)


def test_settings_and_codes_in_json_count_nobody_and_tallies_do() -> None:
    settings = b'{"model": {"depth": 3, "trees": 200}, "sex": {"male": 1, "female": 2}}'
    assert look("m.json", settings).verdict is Verdict.PASSED
    assert flagged(look("n.json", b'{"region": {"Seoul": 120, "Busan": 4}}'), "cells.small")


def test_a_traceback_in_a_text_is_stopped_until_its_values_are_gone() -> None:
    raw = "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\nKeyError: 'Kim Minji'\n"
    assert flagged(look("error.txt", raw.encode()), "notebook.error")
    assert not flagged(look("error.txt", redact(raw).encode()))


@pytest.mark.parametrize("name", ["patient_P0012345.csv", "010-2345-6789.csv", "hong@hospital.example.org.csv"])
def test_a_name_that_is_of_a_person_is_found_and_one_with_a_date_is_not(name: str) -> None:
    table = b"region,n\nA,120\nB,240\n"
    assert flagged(look(name, table), "identifier.")
    assert look("table_2021-06-30_v2.csv", table).verdict is Verdict.PASSED
