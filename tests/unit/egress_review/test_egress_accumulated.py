"""A count that adds up over time is held to its state of an earlier release; independent counts are not."""

from __future__ import annotations

import json

import pytest

from egress_review.checks.differencing import Released, released
from egress_review.checks.subject import Subject
from egress_review.claims import FileClaims
from egress_review.findings import Flagged, Severity
from tests.benchmarks.egress_files import workbook
from tests.unit.egress_review.egress_files import DEFAULT, look

Counts = dict[str, int]

MAY: Counts = {"Mapo": 612, "Nowon": 744, "Songpa": 823, "Jung": 131, "Dobong": 405}
JUNE: Counts = {"Mapo": 700, "Nowon": 841, "Songpa": 947, "Jung": 134, "Dobong": 459}
SAFE: Counts = {**JUNE, "Jung": 157, "Dobong": 405}
"""Enough more in one district, and none in another."""


def before(name: str, content: str | bytes) -> tuple[Released]:
    data = content.encode() if isinstance(content, str) else content
    kind = name.rpartition(".")[2]
    return (released(Subject(name, "0" * 64, data, DEFAULT, FileClaims(), kind, len(data))),)


def found(name: str, content: str | bytes, earlier: tuple[Released]) -> int:
    """In how many places an earlier release gives something away."""
    places = {
        one.where
        for one in look(name, content, earlier=earlier).findings
        if isinstance(one, Flagged) and one.rule == "cells.difference" and one.severity is Severity.FAIL
    }
    return len(places)


def nested(counts: Counts, month: int) -> str:
    about = {
        "indicator": "disconnections",
        "unit": "customers (cumulative since 1 January)",
        "as_of": f"2022-{month:02}",
    }
    return json.dumps({**about, "districts": counts})


def objects(counts: Counts, month: int) -> str:
    held = {name: {"cumulative_cases": value, "rate": 1.5} for name, value in counts.items()}
    return json.dumps({"date": f"2022-{month:02}-28", "by_district": held})


def records(counts: Counts, month: int) -> str:
    return json.dumps([{"district": k, "as_of": f"2022-{month:02}-28", "cumulative": v} for k, v in counts.items()])


def dated_heading(counts: Counts, month: int) -> str:
    return f"구,{month}월까지 누적 신청자\n" + "".join(f"{k},{v}\n" for k, v in counts.items())


def dated_rows(counts: Counts, month: int) -> str:
    return "기준일,구,누적확진자\n" + "".join(f"2022-{month:02}-30,{k},{v}\n" for k, v in counts.items())


def in_markdown(counts: Counts, month: int) -> str:
    until = ("", "", "", "", "", "May", "June")[month]
    rows = "".join(f"| {k} | {v} |\n" for k, v in counts.items())
    return f"# Claimants to {until} 2022\n\n| District | To {until} |\n|---|---|\n{rows}"


def in_workbook(counts: Counts, month: int) -> bytes:
    rows = [["자치구", f"2022.{month}월말 누계(명)"], *([k, str(v)] for k, v in counts.items())]
    return workbook({f"{month}월": rows})


FORMS = [
    ("cases.json", nested),
    ("cases.json", objects),
    ("cases.json", records),
    ("누적.csv", dated_heading),
    ("누적.csv", dated_rows),
    ("claimants.md", in_markdown),
    ("누계.xlsx", in_workbook),
]


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_few_who_came_in_since_the_earlier_release_are_found(name: str, form: object) -> None:
    assert callable(form)
    earlier = before(f"old_{name}", form(MAY, 5))
    assert found(name, form(JUNE, 6), earlier) == 1
    assert found(name, form(SAFE, 6), earlier) == 0


def test_the_earlier_release_may_have_another_form() -> None:
    assert found("누적.csv", dated_heading(JUNE, 6), before("cases.json", nested(MAY, 5))) == 1
    assert found("cases.json", nested(JUNE, 6), before("누적.xlsx", in_workbook(MAY, 5))) == 1


def test_words_in_the_names_of_the_files_are_enough() -> None:
    plain = [json.dumps({"districts": one}) for one in (MAY, JUNE)]
    assert found("claims_to_june.json", plain[1], before("claims_to_may.json", plain[0])) == 1
    assert found("claims_june.json", plain[1], before("claims_may.json", plain[0])) == 0


def test_counts_that_fall_somewhere_are_no_states_of_one_count() -> None:
    assert found("c.json", nested({**JUNE, "Mapo": 590}, 6), before("b.json", nested(MAY, 5))) == 0


def test_rounded_counts_and_amounts_are_not_subtracted() -> None:
    rounded = [{name: 5 * round(value / 5) for name, value in one.items()} for one in (MAY, {**JUNE, "Jung": 136})]
    assert found("c.json", nested(rounded[1], 6), before("b.json", nested(rounded[0], 5))) == 0
    money = ["구,누적 매출(백만원)\n" + "".join(f"{k},{v}\n" for k, v in one.items()) for one in (MAY, JUNE)]
    assert found("c.csv", money[1], before("b.csv", money[0])) == 0


def test_other_groups_are_no_states_of_the_same() -> None:
    other = {f"{name}-gu": value for name, value in MAY.items()}
    assert found("c.json", nested(JUNE, 6), before("b.json", nested(other, 5))) == 0
