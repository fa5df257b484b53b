"""Rows of single people that programs show by the way, and small groups that newer readers find."""

from __future__ import annotations

import pytest

from egress_review.findings import Verdict
from tests.unit.egress_review.egress_files import flagged, look

GLIMPSE = """Rows: 812
Columns: 3
$ id  <dbl> {ids}
$ age <int> {ages}
$ sex <chr> "F", "M", "F", "F", …
"""
ROW = "age          71\nsex           F\nadmitted  2021-03-04\nName: {name}, dtype: {kind}\n"
TREE = """n= 500

node), split, n, loss, yval, (yprob)
 1) root 500 100 no (0.8 0.2)
   2) age< 71.5 {left} 60 no (0.8 0.2) *
   3) age>=71.5 {right} 40 yes (0.4 0.6) *
"""


def rules(name: str, text: str) -> set[str]:
    return {rule for rule, _ in flagged(look(name, text)) if rule.startswith(("table.", "model.", "cells."))}


def test_the_structure_of_a_frame_with_its_values_is_rows_of_people() -> None:
    assert "table.records" in rules("s.txt", GLIMPSE.format(ids="11, 12, 13, 14, …", ages="71, 64, 80, 33, …"))
    str_of_r = '\'data.frame\':\t812 obs. of 2 variables:\n $ age: int  71 64 80 33 ...\n $ sex: chr  "F" "M" "F" ...\n'
    assert "table.records" in rules("s.txt", str_of_r)
    assert "table.records" not in rules("s.txt", "$ age : integer\n$ sex : character\n$ bmi : numeric\n")


def test_one_printed_row_is_a_person_and_a_list_of_types_is_none() -> None:
    assert "table.records" in rules("r.txt", ROW.format(name=0, kind="object"))
    types = "age      int64\nsex     object\nadmitted  datetime64[ns]\ndtype: object\n"
    assert "table.records" not in rules("r.txt", types)


@pytest.mark.parametrize(
    ("heading", "row", "found"),
    [
        ("time,status", "{n}1,{bit}", True),
        ("y_true,y_prob", "{bit},0.{n}31", True),
        ("time,status", "{n}1,1{n}", False),
        ("threshold,sensitivity", "0.{n},0.8{n}", False),
    ],
)
def test_a_row_for_each_person_is_known_by_what_stands_in_it(heading: str, row: str, found: bool) -> None:
    body = "\n".join(row.format(n=n, bit=n % 2) for n in range(10, 40))
    assert ("table.records" in rules("t.csv", f"{heading}\n{body}\n")) is found


def test_residuals_of_people_are_a_row_each_and_those_of_groups_are_few() -> None:
    many = "\n".join(f"{n}.5,{n * 7919 % 100}.25" for n in range(30))
    assert "table.records" in rules("r.csv", f"fitted,residual\n{many}\n")
    assert "table.records" not in rules("r.csv", "group,residual\nA,0.21\nB,0.12\nC,-0.33\n")


def test_the_nodes_of_a_tree_count_people() -> None:
    assert "model.classes" in rules("t.txt", TREE.format(left=496, right=4))
    assert look("t.txt", TREE.format(left=400, right=100)).verdict is Verdict.PASSED
    drawn = "samples = {n}\nvalue = [3, 1]\nclass = a\n"
    assert "model.classes" in rules("t.txt", drawn.format(n=4))
    assert "model.classes" not in rules("t.txt", drawn.format(n=400))


def test_a_mean_without_its_spread_is_one_person() -> None:
    assert "cells.implied" in rules("a.csv", "ward,mean,std\nA,51.2,9.1\nB,47.3,\nC,55.0,8.8\n")
    assert "cells.implied" not in rules("a.csv", "ward,mean,std\nA,51.2,\nB,47.3,\n")


@pytest.mark.parametrize(
    "text",
    [
        "총 800명 중 동의를 철회한 {n}명을 제외하였다.",
        "수술군 {n}명 / 비수술군 310명",
        "INFO patients after filter: {n}",
        "Of 812 participants, {n} developed the outcome.",
        "Eligible: 800\nDeclined: {n}\nIncluded: 790",
        "persisted in a minority ({n} patients)",
        "IV 1.2% ({n})",
    ],
)
def test_few_people_in_words_fail_and_many_do_not(text: str) -> None:
    assert "cells.small" in rules("t.md", text.format(n=4))
    assert look("t.md", text.format(n=40)).verdict is Verdict.PASSED


def test_a_limit_a_staff_and_a_number_of_features_are_no_people() -> None:
    for text in ("검토자 2명이 확인하였다.", "연구원은 3명으로 구성되었다.", "환자 5명 미만은 가렸다."):
        assert "cells.small" not in rules("t.md", text)
    assert look("m.json", '{"n_features": 3, "n_estimators": 7, "auc": 0.81}').verdict is Verdict.PASSED


def test_an_object_in_each_line_is_json_too() -> None:
    assert look("r.json", '{"city": "A", "patients": 90}\n{"city": "B", "patients": 80}\n').verdict is Verdict.PASSED
    assert rules("r.json", '{"city": "A", "patients": 90}\n{"city": "B", "patients": 4}\n') == {"cells.small"}
    assert look("r.json", '{"city": "A"}\n{"city": \n').verdict is not Verdict.PASSED
