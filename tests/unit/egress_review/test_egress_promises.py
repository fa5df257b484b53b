"""What authors say in words, and what ACRO said beside the data, is held to what stands in the files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from egress_review.checks.acro import read_acro
from egress_review.checks.promises import Promises, promises_in
from egress_review.checks.subject import Subject
from egress_review.checks.supporting import Supporting, read_supporting
from egress_review.claims import FileClaims
from egress_review.findings import Flagged, NotChecked, Verdict
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look, places


@pytest.mark.parametrize(
    ("words", "promises"),
    [
        ("All counts are rounded to the nearest 5.", Promises(5)),
        ("Counts were rounded to base 10; totals are recomputed.", Promises(10)),
        ("Frequencies rounded to the nearest five.", Promises(5)),
        ("모든 수는 5 단위로 반올림하였습니다.", Promises(5)),
        ("인원은 10명 단위로 반올림함", Promises(10)),
        ("5의 배수로 반올림했다", Promises(5)),
        ("Midpoint 6 rounding was applied.", Promises(midpoint=True)),
        ("There are no cells below 10.", Promises(least=10)),
        ("Cells with fewer than 10 people are suppressed.", Promises(least=10)),
        ("We suppressed all counts below ten.", Promises(least=10)),
        ("minimum cell size: 10", Promises(least=10)),
        ("All groups have at least 10 people.", Promises(least=10)),
        ("10 미만의 셀은 없습니다.", Promises(least=10)),
        ("10명 미만인 칸은 비공개 처리하였다", Promises(least=10)),
        ("모든 셀은 10명 이상입니다", Promises(least=10)),
        ("최소 셀 크기는 10입니다", Promises(least=10)),
        ("Means are rounded to 2 decimals.", Promises()),
        ("Coefficients were rounded to 3 significant digits", Promises()),
        ("The counts are not rounded to the nearest 5.", Promises()),
        ("people younger than 10 were left out", Promises()),
        ("k nearest 5 neighbours", Promises()),
        ("소수점 둘째 자리까지 반올림하였다", Promises()),
        ("5 단위로 반올림하지 않았습니다.", Promises()),
        ("2015년부터 10개 병원의 환자 1,200명", Promises()),
    ],
)
def test_promises_are_read_in_both_languages(words: str, promises: Promises) -> None:
    assert promises_in(words) == promises


def test_a_count_that_breaks_a_promise_is_found() -> None:
    words = "Admissions of 12,300 patients of 2020, rounded to the nearest 5. First release."
    report = look("t.csv", "group,n\nA,25\nB,37\n", context=words)
    assert places(report, "request.claim") == [(3, 2)]
    assert report.verdict is Verdict.FLAGGED
    assert look("t.csv", "group,n\nA,25\nB,35\n", context=words).verdict is Verdict.PASSED


def test_a_small_cell_against_a_promise_is_found_even_below_a_lower_threshold() -> None:
    report = look("t.csv", "group,n\nA,25\nB,17\n", context="환자 12,300명. 20 미만의 셀은 없습니다. 첫 반출입니다.")
    assert places(report, "request.claim") == [(3, 2)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Mean stay by region, with age and sex adjusted for.", 1),
        ("Mean stay by region among 12,300 inpatients of 2020 (n = 12,300).", 0),
        ("지역별 평균 재원일수이며 나이와 성별을 보정하였습니다.", 1),
        ("2020년 입원 환자 12,300명의 지역별 평균 재원일수입니다.", 0),
        ("short", 0),
    ],
)
def test_what_a_description_leaves_out_is_pointed_out(words: str, told: int) -> None:
    report = look("t.csv", "group,n\nA,25\n", context=words)
    assert len([f for f in report.findings if isinstance(f, Flagged) and f.rule == "request.described"]) == told


def session(status: str, summary: dict[str, Any], **properties: str) -> bytes:
    """A `results.json` of ACRO with one output."""
    output = {
        "uid": "output_0",
        "status": status,
        "type": "table",
        "properties": {"method": "crosstab", **properties},
        "files": [{"name": "output_0_0.csv", "sdc": {"summary": summary, "cells": {}}}],
        "outcome": {},
        "command": "acro.crosstab(…)",
        "summary": "",
        "timestamp": "2026-11-21T23:35:03",
        "comments": [],
        "exception": "",
    }
    return json.dumps({"version": "1.0.2", "results": {"output_0": output}}).encode()


NEW = {"MinimumThresholdCheck": 2, "NKCheck": 1, "PPercentCheck": 0}
OLD = {"suppressed": False, "negative": 0, "missing": 0, "threshold": 2, "p-ratio": 0, "nk-rule": 1}


def beside(data: bytes) -> Supporting:
    return read_supporting([Subject("results.json", "0" * 64, data, DEFAULT, FileClaims(), "json", len(data))])


@pytest.mark.parametrize("summary", [NEW, OLD])
def test_both_forms_of_acro_are_read(summary: dict[str, Any]) -> None:
    read = read_acro(json.loads(session("fail", summary)))
    assert read is not None
    assert (read.files["output_0_0.csv"].status, read.files["output_0_0.csv"].failed) == ("fail", 2)


@pytest.mark.parametrize(
    ("status", "summary", "table", "verdict", "told"),
    [
        ("fail", NEW, "g,n\na,25\nb,40\n", Verdict.FLAGGED, True),
        ("fail", OLD, "g,n\na,25\nb,40\n", Verdict.FLAGGED, True),
        ("fail", {**OLD, "suppressed": True}, "g,n\na,25\nb,40\n", Verdict.PASSED, False),
        ("fail", NEW, "g,n\na,25\nb,4\n", Verdict.FLAGGED, False),
        ("pass", {}, "g,n\na,25\nb,40\n", Verdict.PASSED, False),
        ("pass", {}, "g,n\na,25\nb,4\n", Verdict.FLAGGED, True),
        ("review", {}, "g,n\na,25\nb,40\n", Verdict.PASSED, True),
    ],
)
def test_another_verdict_than_that_of_acro_is_a_finding(
    status: str, summary: dict[str, Any], table: str, verdict: Verdict, told: bool
) -> None:
    report = look("output_0_0.csv", table, supporting=beside(session(status, summary)))
    assert report.verdict is verdict
    assert bool(flagged(report, "evidence.acro")) is told


def test_a_pass_of_acro_takes_no_finding_away() -> None:
    bare = look("output_0_0.csv", "g,n\na,25\nb,4\n")
    with_it = look("output_0_0.csv", "g,n\na,25\nb,4\n", supporting=beside(session("pass", {})))
    assert set(flagged(bare)) <= set(flagged(with_it))


@pytest.mark.parametrize("content", [[], {}, {"version": 1, "results": {}}, {"version": "1", "results": {"a": 1}}])
def test_what_is_no_session_of_acro_is_not_taken_for_one(content: Any) -> None:
    assert read_acro(content) is None


def test_supporting_files_that_nobody_can_read_are_named_as_not_compared() -> None:
    supporting = beside(b"\x00\x01 no json")
    assert supporting.unread == ("results.json",)
    report = look("t.csv", "g,n\na,25\n", supporting=supporting)
    assert [f.rule for f in report.findings if isinstance(f, NotChecked) and f.rule.startswith("request.")] == [
        "request.evidence"
    ]
