"""Small counts that a base elsewhere, another year, words for numbers or a size in the title give away."""

from __future__ import annotations

import json

import pytest

from egress_review.findings import Flagged
from tests.unit.egress_review.egress_files import look


def rules(name: str, content: str) -> set[str]:
    """The rules that decide against a file."""
    return {f.rule for f in look(name, content).findings if isinstance(f, Flagged) and f.severity.decides}


def exam(candidates: int, passed: float) -> str:
    """Pass rates below a title, as a program writes them."""
    rows = [{"centre": "Gangnam", "candidates": 1840, "pass_pct": 81.4}]
    rows += [{"centre": "Dobong", "candidates": candidates, "pass_pct": passed}]
    rows += [{"centre": "Seobu", "candidates": 2210, "pass_pct": 79.9}]
    return json.dumps({"title": "Licence test", "data": rows, "notes": []})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", exam(200, 97.5)),
        (
            "b.json",
            json.dumps({"A": {"tested": 1840, "positive_pct": 31.4}, "B": {"tested": 200, "positive_pct": 2.5}}),
        ),
        ("c.csv", "시험장,응시자,합격률(%)\n강남,1840,81.4\n도봉,200,97.5\n서부,2210,79.9\n"),
    ],
)
def test_a_share_of_those_who_were_asked_or_tested_implies_who_was_not(name: str, content: str) -> None:
    assert "cells.percent" in rules(name, content)


def test_shares_of_large_numbers_and_settings_of_runs_pass() -> None:
    assert not rules("a.json", exam(2000, 87.5))
    runs = [{"depth": 3, "epochs": 5, "auc": 0.81}, {"depth": 4, "epochs": 5, "auc": 0.83}]
    assert not rules("b.json", json.dumps({"title": "runs", "data": runs}))


def births(title: str, small: str) -> str:
    """A page with a table of rates, whose title says what they are for."""
    rows = [("Uljin", "4,210", "5.7"), ("Bonghwa", small, "3.1"), ("Gumi", "8,880", "4.2")]
    lines = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in rows)
    head = "<tr><th>County</th><th>Births</th><th>Stillbirth rate</th></tr>"
    return f"<html><body><h2>{title}</h2><table>{head}{lines}</table></body></html>"


def test_a_rate_is_multiplied_by_its_base_for_how_many_the_title_says() -> None:
    assert "cells.percent" in rules("a.html", births("Stillbirths per 1,000 births", "1,290"))
    assert not rules("b.html", births("Stillbirths per 1,000 births", "11,290"))
    assert not rules("c.html", births("Age-standardised rate per 1,000", "1,290"))


def test_a_hidden_count_follows_from_the_year_before_and_the_change() -> None:
    assert "cells.suppressed" in rules("a.csv", "경찰서,2022,2023,증감\n가,88,94,6\n나,15,x,-9\n다,61,58,-3\n")
    assert "cells.suppressed" in rules("b.csv", "서,전년,당해,증감률(%)\n가,88,94,6.8\n나,15,*,-60.0\n다,61,58,-4.9\n")
    assert not rules("c.csv", "site,y2022,y2023,change\nA,1200,1310,110\nB,240,*,-12\nC,500,550,50\n")
    assert not rules("d.csv", "site,y2022,y2023,change_pct\nA,1200,1310,9.2\nB,240,*,*\nC,500,550,10.0\n")


@pytest.mark.parametrize(
    "said",
    [
        "In the hospital school one in twelve of the 36 pupils on roll was excluded.",
        "A quarter of the 20 patients on the ward died within the year.",
        "Of the 45 nurses, one in nine had left by the end of the year.",
        "Ten per cent of the 40 claimants appealed.",
        "특수학교 학생 36명의 12분의 1이 제적되었다.",
        "울릉군에서는 세 명이 피해를 신고하였고, 세 명 모두 60대 여성이었다.",
        "면 지역에서는 두 가구가 지원금을 신청하였고 모두 거절되었다.",
        "해당 기간 추락 사고는 네 건이 발생하였다.",
    ],
)
def test_words_for_few_people_are_small_cells(said: str) -> None:
    assert "cells.small" in rules("a.md", f"# Results\n\n{said}\n")


@pytest.mark.parametrize(
    "said",
    [
        "One in five of the 12,450 pupils was absent at least once.",
        "Half of the 12 indicators improved.",
        "두 명의 연구자가 독립적으로 자료를 코딩하였다.",
        "다섯 명 미만인 칸은 표시하지 않았다.",
        "한 사람이 여러 번 신고한 경우는 한 건으로 셌다.",
        "응답자 세 명 중 한 명은 불안을 경험하였다고 답하였다.",
        "서울과 부산 두 곳의 사고율이 높았다.",
        "자녀가 두 명 이상인 가구의 이용률이 높았다.",
    ],
)
def test_words_for_limits_parts_of_many_and_those_who_did_the_work_pass(said: str) -> None:
    assert not rules("a.md", f"# Results\n\n{said}\n")


def quantiles(title: str, last: str) -> str:
    """A table of quantiles, printed."""
    return f"{title}\n\nQuantile   Value\n----------------\nP25          412\nP50          880\n{last}       48,217\n"


def test_a_far_quantile_rests_on_few_of_those_whom_the_title_counts() -> None:
    assert "cells.quantile" in rules("a.txt", quantiles("Paid claims, n = 140", "P99"))
    assert "cells.quantile" in rules("b.json", json.dumps({"n": 140, "p25": 412.5, "p50": 880.1, "p99": 48217.2}))
    assert not rules("c.txt", quantiles("Paid claims, n = 14,000", "P99"))
    assert not rules("d.txt", quantiles("Paid claims, n = 140", "P75"))


def test_critical_values_of_a_test_are_no_quantiles_of_people() -> None:
    critical = "Dickey-Fuller test, n = 140\n\nLevel   Value\n-------------\n1%     -3.48\n5%     -2.88\n10%    -2.57\n"
    assert not rules("a.txt", critical)
