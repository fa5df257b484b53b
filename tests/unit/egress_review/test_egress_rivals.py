"""Amounts of the largest one or two beside their total are held to the rules of dominance and of p per cent."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.benchmarks.egress_files import workbook
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look

HEADINGS = [
    ("Energy cost total", "Largest (rounded)", "Second largest (rounded)"),
    ("총매출액(억원)", "1위 업체", "2위 업체"),
    ("합계", "최대 업체 매출", "둘째 업체 매출"),
    ("total_sales", "top1", "second"),
    ("revenue", "largest_firm", "second_largest_firm"),
]
BOTH = ("Total output", "Largest plant", "Two largest plants")


def rows(headings: tuple[str, ...], first: int, second: int) -> list[list[str]]:
    """Three sectors, of which the second one has these largest plants."""
    groups = (("Paper", 46, 21400, 4300, 3700), ("Cement", 13, 48200, first, second), ("Glass", 22, 15900, 5200, 3800))
    told = [[*group[:4], group[3] + group[4] if headings == BOTH else group[4]] for group in groups]
    return [["Sector", "Establishments", *headings], *([str(cell) for cell in group] for group in told)]


def csv(lines: list[list[str]]) -> str:
    return "".join(",".join(line) + "\n" for line in lines)


def told(name: str, content: str | bytes) -> set[str]:
    return {rule for rule, where in flagged(look(name, content), "evidence.") if rule != "evidence.missing"}


@pytest.mark.parametrize("headings", [*HEADINGS, BOTH])
def test_the_second_could_work_out_the_first(headings: tuple[str, ...]) -> None:
    assert "evidence.p_percent" in told("t.csv", csv(rows(headings, 33100, 12600)))
    assert told("t.csv", csv(rows(headings, 15100, 9600))) == set()


def test_it_is_told_in_workbooks_in_json_and_of_tables_on_their_side() -> None:
    lines = rows(HEADINGS[0], 33100, 12600)
    turned = [list(line) for line in zip(*lines, strict=True)]
    objects = [dict(zip(lines[0], [line[0], *map(int, line[1:])], strict=True)) for line in lines[1:]]
    assert "evidence.p_percent" in told("t.xlsx", workbook({"one": lines}))
    assert "evidence.p_percent" in told("t.csv", csv(turned))
    assert "evidence.p_percent" in told("t.json", json.dumps(objects))


def test_one_that_has_nearly_all_dominates() -> None:
    assert "evidence.dominance" in told("t.csv", csv(rows(HEADINGS[0], 47100, 500)))


@pytest.mark.parametrize(
    "headings",
    [
        ("Total", "Largest share (%)", "Second largest share (%)"),
        ("Energy cost, mean", "Maximum", "Median"),
        ("Mean size", "Largest depth (m)", "Second depth"),
        ("총사업비", "1위 업체명", "2위 업체명"),
        ("합계", "순위 1위", "순위 2위"),
    ],
)
def test_shares_ranks_and_other_statistics_are_no_amounts_of_contributors(headings: tuple[str, ...]) -> None:
    heads = tuple(head.replace(",", "") for head in headings)
    lines = [["Sector", *heads], ["Paper", "21400", "36", "28"], ["Cement", "48200", "41", "22"]]
    assert told("t.csv", csv(lines)) == set()


def test_a_policy_that_looks_at_neither_rule_tells_nothing() -> None:
    policy = replace(DEFAULT, dominance_n=0, dominance_k=0, p_percent=0)
    report = look("t.csv", csv(rows(HEADINGS[0], 33100, 12600)), policy=policy)
    assert not {"evidence.dominance", "evidence.p_percent"} & {rule for rule, _ in flagged(report)}
