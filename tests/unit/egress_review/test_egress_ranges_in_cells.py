"""Ranges from the smallest to the largest value in cells, `4.1 (0.2–387.4)`, beside ranges between quartiles."""

from __future__ import annotations

import pytest

from tests.unit.egress_review.egress_files import look, places

HEAD = (
    "|변수|수술군 (n=1,204)|비수술군 (n=2,311)|\n|---|---|---|\n|연령, 평균±SD|63.1 ± 10.2|66.8 ± 11.5|\n"
    "|여성, n (%)|512 (42.5)|1,040 (45.0)|\n"
)
VALUES = "|Variable|Surgery|None|\n|---|---|---|\n|CRP|4.1 (0.2–38.4)|3.6 (0.1–41.9)|\n|Stay|12 (2–97)|14 (1–88)|\n"


def row(label: str, cell: str) -> str:
    """A table with one more row."""
    return f"{HEAD}|{label}|{cell}|{cell}|\n"


@pytest.mark.parametrize(
    ("label", "cell"),
    [
        ("CRP mg/L, 중앙값 (범위)", "4.1 (0.2–387.4)"),
        ("CRP, median [min, max]", "4.1 [0.2, 387.4]"),
        ("재원일수, 중앙값(최소–최대)", "12 (1-213)"),
        ("CRP, median (range)", "4.1 (range 0.2 to 387.4)"),
        ("Age, mean ± SD (range)", "54.2 ± 11.3 (18–97)"),
        ("CRP, median (min-max)", "4.1 (0.2–387.4)"),
        ("  Range", "0.2, 387.4"),
    ],
)
def test_a_row_that_is_called_a_range_gives_ends_behind_a_value_too(label: str, cell: str) -> None:
    assert places(look("a.md", row(label, cell)), "cells.extremes")


@pytest.mark.parametrize(
    ("label", "cell"),
    [
        ("CRP mg/L, 중앙값 (사분위범위)", "4.1 (0.2–38.4)"),
        ("CRP, median (IQR)", "4.1 (0.2–38.4)"),
        ("CRP, median [Q1, Q3]", "4.1 [0.2, 38.4]"),
        ("통증 점수, 중앙값 (범위)", "3 (0–10)"),
        ("CRP, 참고범위", "0.2–38.4"),
        ("CRP, median (5–95% range)", "4.1 (0.2–38.4)"),
        ("Difference (95% CI)", "4.1 (0.2–38.4)"),
        ("Range of motion, mean (SD)", "120.1 (10.2)"),
    ],
)
def test_quartiles_intervals_scales_and_what_is_normal_are_no_ends(label: str, cell: str) -> None:
    assert not places(look("a.md", row(label, cell)), "cells.extremes")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "b.tex",
            "\\begin{tabular}{lrr}\n & A & B \\\\ \\hline\nAge, mean (SD) & 63.1 (10.2) & 66.8 (11.5) \\\\\n"
            "CRP, median (range) & 4.1 (0.2--387.4) & 3.6 (0.1--412.9) \\\\ \\hline\n\\end{tabular}\n",
        ),
        ("c.csv", 'Variable,A,B\n"Age, mean",63.1,66.8\n"CRP, median (range)",4.1 (0.2-387.4),3.6 (0.1-412.9)\n'),
        ("d.md", f"Values are median (range).\n\n{VALUES}"),
        ("e.md", f"{VALUES}\n연속형 변수는 중앙값(범위)로 제시하였다.\n"),
        ("f.md", "|군|n|CRP, 중앙값 (범위)|\n|---|---|---|\n|가|1,204|4.1 (0.2–387.4)|\n|나|2,311|3.6 (0.1–412.9)|\n"),
    ],
)
def test_ranges_are_told_in_other_files_by_headings_and_by_notes(name: str, content: str) -> None:
    assert places(look(name, content), "cells.extremes")


@pytest.mark.parametrize(
    "note", ["Values are median (IQR).", "Values are mean (95% CI).", "중앙값(사분위범위)로 제시하였다."]
)
def test_a_note_of_quartiles_or_intervals_tells_of_no_ends(note: str) -> None:
    assert not places(look("a.md", f"{VALUES}\n{note}\n"), "cells.extremes")
