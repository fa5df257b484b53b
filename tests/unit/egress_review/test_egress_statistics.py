"""What percentages, totals, spreads and quantiles give away, and what only looks like it."""

from __future__ import annotations

import json

import pytest

from egress_review.checks.statistics import statistic
from egress_review.findings import Verdict
from egress_review.policy import load_policy
from tests.unit.egress_review.egress_files import flagged, look, places


def verdict(text: str, name: str = "t.csv") -> Verdict:
    return look(name, text).verdict


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("group,n,smokers (%)\nA,100,3\nB,200,40\n", [(2, 3)]),
        ("group,n,smokers (%)\nA,120,96.7\nB,200,40\n", [(2, 3)]),
        ("group,n,pct\nA,120,0.025\nB,200,0.4\n", [(2, 3)]),
        ("지역,인원,유병률(%)\n서울,120,2.5\n부산,400,12.5\n", [(2, 3)]),
    ],
)
def test_a_percentage_gives_a_small_count_away(text: str, found: list[tuple[int, int]]) -> None:
    report = look("t.csv", text)
    assert places(report, "cells.percent") == found
    assert report.verdict is Verdict.FLAGGED


@pytest.mark.parametrize(
    "text",
    [
        "group,n,mean HbA1c (%)\nA,100,6.5\nB,200,7.1\n",
        "group,n,HbA1c %\nA,100,6\nB,200,7\n",
        "group,n,weight change (%)\nA,100,3\nB,200,4\n",
        "year,n,growth (%)\n2019,100,3\n2020,200,-4\n",
        "group,n,cv %\nA,100,3\nB,200,4\n",
        "group,n,rate\nA,100,3.37\nB,200,4.11\n",
        "group,n,% of total\nA,100,33.3\nB,200,66.7\ntotal,300,100\n",
        "지역,인원,증가율(%)\n서울,120,2.5\n부산,400,1.5\n",
        "group,n,rate per 100000\nA,100,3\nB,200,4\n",
        "group,n,pct\nA,100,30\nB,200,40\n",
    ],
)
def test_a_percentage_that_is_no_share_or_no_small_one_is_left_alone(text: str) -> None:
    report = look("t.csv", text)
    assert places(report, "cells.percent") == []
    assert report.verdict is Verdict.PASSED


def test_nobody_and_everybody_are_what_the_policy_makes_of_zeros() -> None:
    text = "group,n,smokers (%)\nA,100,100\nB,200,0\nC,50,40\n"
    assert places(look("t.csv", text), "cells.zero") == [(2, 3), (3, 3)]
    assert look("t.csv", text).verdict is Verdict.PASSED
    assert look("t.csv", text, policy=load_policy("uk-sdap")).verdict is Verdict.FLAGGED
    paired = "group,smokers (%)\nA,25 (100%)\nB,40 (30%)\ntotal,65 (100%)\n"
    assert places(look("t.csv", paired), "cells.zero") == [(2, 2)]


def test_a_total_must_not_leave_a_small_group() -> None:
    report = look("t.csv", "region,n\nSeoul,120\nBusan,91\ntotal,215\n")
    assert places(report, "cells.margin") == [(4, 2)]
    assert report.verdict is Verdict.FLAGGED


def test_a_cross_table_is_held_to_both_margins() -> None:
    text = "region,male,female,total\nSeoul,51,40,95\nBusan,31,30,61\ntotal,82,70,152\n"
    assert (2, 4) in places(look("t.csv", text), "cells.margin")


@pytest.mark.parametrize(
    "text",
    [
        "region,n\nSeoul,120\nBusan,91\ntotal,211\n",
        "region,n\nSeoul,120\nBusan,90\nDaegu,35\ntotal,250\n",
        "region,n\nSeoul,120\nBusan,91\ntotal,500\n",
        "answer,n\nA,120\nB,91\nC,70\ntotal,150\n",
        "region,sub,n\nSeoul,a,51\nSeoul,b,40\nSeoul,total,91\nBusan,a,30\nBusan,b,33\nBusan,total,63\n",
        "region,n,mean age\nSeoul,120,40.1\nBusan,91,41.2\ntotal,211,40.6\n",
    ],
)
def test_totals_that_fit_or_that_are_of_something_else_pass(text: str) -> None:
    assert verdict(text) is Verdict.PASSED


def test_one_count_that_was_forgotten_in_rounding_is_found() -> None:
    rows = "".join(f"r{i},{20 + 5 * i}\n" for i in range(11))
    report = look("t.csv", f"region,n\n{rows}r11,137\n")
    assert places(report, "cells.rounding") == [(13, 2)]
    assert report.verdict is Verdict.FLAGGED
    assert verdict(f"region,n\n{rows}") is Verdict.PASSED
    assert verdict("region,n\n" + "".join(f"r{i},{21 + 7 * i}\n" for i in range(12))) is Verdict.PASSED


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("group,n,mean age,sd\nA,25,40.0,0.00\nB,30,41.0,3.20\n", [(2, 4)]),
        ("집단,인원,평균,표준편차\n가,25,40.0,0\n나,30,41.0,3.2\n", [(2, 4)]),
        ("group,n,min,max\nA,25,40,40\nB,30,12,60\n", [(2, 4)]),
        (",age,bmi\ncount,50,50\nmean,40.0,25.0\nstd,0.0,3.1\n", [(4, 2)]),
    ],
)
def test_a_group_whose_values_are_all_equal_is_found(text: str, found: list[tuple[int, int]]) -> None:
    report = look("t.csv", text)
    assert places(report, "cells.equal") == found
    assert report.verdict is Verdict.FLAGGED


@pytest.mark.parametrize(
    "text",
    [
        "term,coef,std err,p\nage,0.2,0.000,0.000\nbmi,0.1,0.010,0.300\n",
        "model,mean_test_score,std_test_score\na,0.8,0.00\nb,0.7,0.01\n",
        "group,n,mean age,sd\nA,25,40.0,2.1\nB,30,41.0,3.20\n",
        "feature,weight\nage,0.1\nsex,0.0\n",
        "parameter,value\nmax_depth,5\nmin_samples_leaf,1\nmax_iter,100\n",
    ],
)
def test_small_errors_of_estimates_and_settings_of_models_are_no_equal_groups(text: str) -> None:
    report = look("t.csv", text)
    assert flagged(report, "cells.e") == []
    assert report.verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("group,n,p99\nA,200,81.5\nB,2000,79.2\n", [(2, 3)]),
        (",age\ncount,30\nmean,44.1\n1%,20.5\n50%,44.0\n", [(4, 2)]),
        ("group,n,p50,p25\nA,12,81.5,70.1\nB,12,79.2,70.2\n", []),
        ("group,n,p90\nA,200,81.5\nB,2000,79.2\n", []),
    ],
)
def test_a_quantile_needs_people_beyond_it(text: str, found: list[tuple[int, int]]) -> None:
    assert places(look("t.csv", text), "cells.quantile") == found


@pytest.mark.parametrize(
    ("name", "what"),
    [
        *(("SD", "sd"), ("표준편차", "sd"), ("Std. Dev", "other"), ("std err", "other"), ("SE", "other")),
        *(("25%", "quantile"), ("p5", "quantile"), ("95th percentile", "quantile"), ("0.975", "other"), ("p", "other")),
        *(("mode", "mode"), ("최빈값", "mode"), ("mode of transport", "other"), ("1%", "quantile"), ("2019", "other")),
        *(("q1", "other"), ("Q4", "other"), ("1분위", "other"), ("10백분위수", "quantile"), ("p2", "other")),
        *(("n", "n"), ("p-value", "other"), ("max", "max"), ("max_depth", "other"), ("10", "other")),
    ],
)
def test_statistics_are_known_by_name(name: str, what: str) -> None:
    assert statistic(name)[0] == what


QUANTILES = (
    "변수,관측치,평균,표준편차,25분위,중위,75분위\n"
    "매출액(백만원),6214,4820,9120,610,1840,4720\n"
    "종사자수(명),6214,23.4,41.2,6,11,24\n"
)


@pytest.mark.parametrize(
    "content",
    [
        QUANTILES,
        QUANTILES.replace("25분위,중위,75분위", "1사분위수,중앙값,3사분위수"),
        QUANTILES.replace("25분위,중위,75분위", "p25,median,p75"),
        QUANTILES.replace("25분위,중위,75분위", "25th percentile,Median,75th percentile"),
        "variable,N,Mean,SD,Q1,Median,Q3\nemployees (persons),6214,8,9,3,6,9\nsales,6214,482,912,61,184,472\n",
        "variable,N,Mean,SD,25%,50%,75%\nNumber of children,6214,2,1,1,2,3\nvisits (건),6214,8,3,2,4,9\n",
    ],
)
def test_means_and_quantiles_of_numbers_of_people_count_nobody(content: str) -> None:
    assert not flagged(look("t.csv", content), "cells.small")
    lines = content.splitlines()
    bars = "\n".join(
        ["| " + " | ".join(line.split(",")) + " |" for line in (lines[0], ",".join(["---"] * 7), *lines[1:])]
    )
    assert not flagged(look("t.md", f"{bars}\n"), "cells.small")


def test_means_and_quantiles_below_a_key_of_people_count_nobody() -> None:
    said = {"employees": {"mean": 6, "sd": 4, "p25": 2, "median": 5, "p75": 8}}
    assert not flagged(look("t.json", json.dumps(said)), "cells.small")
    assert flagged(look("t.json", json.dumps({"employees": {"n": 6, "mean": 5, "median": 5}})), "cells.small")


@pytest.mark.parametrize(
    "content",
    [
        "income,n\nQ1,120\nQ2,130\nQ3,6\nQ4,125\n",
        "exposure quartile,male,female\nQ1,4,860\nQ2,231,43\nQ3,272,232\nQ4,314,528\n",
        "exposure quartile,male,female\nQ1 (lowest),231,860\nQ2,231,43\nQ3,4,232\nQ4 (highest),314,528\n",
        "소득 분위,남,여\n1분위,231,860\n2분위,231,43\n3분위,4,232\n4분위,314,528\n",
        "sex,Q1,Q2,Q3,Q4\nmale,40,6,50,60\nfemale,50,60,70,80\n",
        "성별,1분위,2분위,3분위,4분위,5분위\n남,40,6,50,60,77\n여,50,60,70,80,91\n",
        "group,n,mean,median\nA,6,12,11\nB,90,13,12\n",
        "site,P25,P26,n\nA,40,30,6\nB,50,60,90\n",
    ],
)
def test_groups_that_are_called_like_quantiles_are_counted(content: str) -> None:
    assert flagged(look("t.csv", content), "cells.small")


def test_quartiles_in_rows_beside_a_median_are_statistics_of_what_was_measured() -> None:
    content = "statistic,male,female\nMean,41,44\nQ1,4,6\nMedian,40,43\nQ3,6,8\n"
    assert not flagged(look("t.csv", content), "cells.small")
