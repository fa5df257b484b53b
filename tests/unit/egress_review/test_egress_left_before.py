"""What left before is compared as what it is: no declaration of a later request takes a count of it away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from egress_review.engine import InputFile
from egress_review.findings import Flagged
from egress_review.job import JobFile, ScanJob
from egress_review.scanner import InProcessScanner
from tests.unit.egress_review.egress_files import DEFAULT

OLD, NEW = "sex,n\nF,120\nM,130\n", "sex,n\nF,120\nM,127\n"
ANSWERS = "group,answers\nA,125\nB,140\n", "group,answers\nA,128\nB,140\n"


def found(
    home: Path,
    old: str,
    new: str,
    controls: Mapping[str, Any] | None,
    own: Mapping[str, Any] | None = None,
) -> list[tuple[int, int]]:
    """Where `table2.csv` differs from `table.csv`, which left before with the declarations `own`."""
    files = []
    for name, content in (("table.csv", old), ("table2.csv", new)):
        (home / name).write_text(content)
        files.append(JobFile(name, InputFile.of(name, content.encode()).sha256, home / name))
    before = JobFile(files[0].name, files[0].sha256, files[0].path, own)
    job = ScanJob(files=(files[1],), policy=DEFAULT, controls=controls, previous=(before,))
    [report] = InProcessScanner().scan(job).report.files
    return [
        (one.where.row, one.where.column)
        for one in report.findings
        if isinstance(one, Flagged) and one.rule == "cells.difference"
    ]


@pytest.mark.parametrize(
    "controls",
    [
        None,
        {"other": ["n"], "files": {"table2.csv": {"counts": ["n"]}}},
        {"files": {"table.csv": {"other": ["n"]}}},
        {"files": {"table.csv": {"means": ["n"], "rounded_to": 1000}}},
        {"files": {"table.csv": {"counts": ["sex"]}}},
    ],
)
def test_a_declaration_of_now_does_not_take_a_count_that_left_before_out_of_the_comparison(
    tmp_path: Path, controls: Mapping[str, Any] | None
) -> None:
    assert found(tmp_path, OLD, NEW, controls) == [(3, 2)]


def test_columns_that_only_a_declaration_makes_counts_are_compared_whoever_declared_them(tmp_path: Path) -> None:
    counts = {"counts": ["answers"]}
    assert found(tmp_path, *ANSWERS, counts) == [(2, 2)]
    assert found(tmp_path, *ANSWERS, {"files": {"table2.csv": counts}}) == [(2, 2)]
    by_form = "group,answers,refusals\nA,128,30\nB,140,40\n"
    assert found(tmp_path, ANSWERS[0], by_form, None, counts) == [(2, 2)]


def test_what_left_rounded_is_compared_as_rounded(tmp_path: Path) -> None:
    old, new = "area,n\nSeoul,120\nBusan,130\n", "area,male,female\nSeoul,60,66\nBusan,65,65\n"
    assert found(tmp_path, old, new, None) == [(2, 2)]
    assert found(tmp_path, old, new, None, {"rounded_to": 10}) == []


def test_the_order_of_columns_that_are_said_to_count_opens_no_gap(tmp_path: Path) -> None:
    old, new = "year,n\n2020,120\n2021,130\n", "year,n\n2020,120\n2021,127\n"
    assert found(tmp_path, old, new, {"files": {"table.csv": {"counts": ["year"]}}}) == [(3, 2)]
