"""Summaries of models and survival curves as their programs print them: freedom, classes and steps are counts."""

from __future__ import annotations

import json
import random

import pytest

from egress_review.checks.subject import Subject
from egress_review.checks.supporting import read_supporting
from egress_review.claims import FileClaims
from egress_review.findings import Flagged, Severity, Verdict
from tests.benchmarks.egress_files import notebook
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look, places, png


def ols(n: int, freedom: int, fit: str = "0.412", terms: str = "x              0.0865      0.054      1.590") -> str:
    """A summary as statsmodels prints it."""
    return (
        "                            OLS Regression Results                            \n"
        "==============================================================================\n"
        f"Dep. Variable:                      y   R-squared:                       {fit}\n"
        "Model:                            OLS   Adj. R-squared:                  1.000\n"
        f"No. Observations:                 {n}   AIC:                             800.8\n"
        f"Df Residuals:                     {freedom}   BIC:                             811.9\n"
        f"Df Model:                           {n - freedom - 1}                                         \n"
        "==============================================================================\n"
        "                 coef    std err          t      P>|t|      [0.025      0.975]\n"
        "------------------------------------------------------------------------------\n"
        "Intercept     -0.1117      0.053     -2.111      0.036      -0.216      -0.008\n"
        f"{terms}\n"
        "==============================================================================\n"
    )


LOW_CSV = (
    "                      OLS Regression Results                     \n"
    "Dep. Variable:   ,y               ,  R-squared:         ,   0.003\n"
    "No. Observations:,    12          ,  AIC:               ,   24.11\n"
    "Df Residuals:    ,     6          ,  BIC:               ,   24.70\n"
    "Df Model:        ,     5          ,                     ,        \n"
    "         ,   coef   , std err ,    t    ,P>|t| ,  [0.025 ,  0.975] \n"
    "Intercept,    0.2097,    0.280,    0.749, 0.482,   -0.476,    0.895\n"
)


LOW_HTML = (
    "<table><tr><th>No. Observations:</th><td>    12</td></tr><tr><th>Df Residuals:</th><td>     6</td></tr></table>"
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.txt", ols(12, 6)),
        ("m.csv", LOW_CSV),
        ("m.txt", "Residual standard error: 0.512 on 7 degrees of freedom\nMultiple R-squared: 0.3\n"),
        ("m.txt", "No. Observations: 14\nDf Model: 9\n"),
        ("m.csv", "model,adj.r.squared,df.residual,nobs\nA,0.3,200,210\nB,0.4,5,40\n"),
        ("m.json", json.dumps({"model": {"rsquared": 0.4, "df_resid": 5, "nobs": 40}})),
        ("m.md", "## 결과\n\n잔차 자유도: 6\n"),
        ("m.ipynb", notebook(["fit.summary()"], [{"text/plain": ols(12, 6)}])),
        ("m.ipynb", notebook(["fit.summary()"], [{"text/html": LOW_HTML}])),
    ],
)
def test_a_model_with_little_freedom_left_is_found(name: str, text: str | bytes) -> None:
    report = look(name, text)
    assert flagged(report, "model.freedom"), report.findings
    assert report.verdict is Verdict.FLAGGED


@pytest.mark.parametrize(
    ("text", "found"), [(ols(30, 0), True), (ols(300, 297, "1.000"), True), (ols(300, 297), False)]
)
def test_a_saturated_model_is_found(text: str, found: bool) -> None:
    assert bool(flagged(look("m.txt", text), "model.saturated")) is found


def test_an_ordinary_summary_passes_without_a_word() -> None:
    report = look("m.txt", ols(300, 297))
    assert report.verdict is Verdict.PASSED
    assert flagged(report, "model.") == []


def test_a_regression_on_one_group_is_pointed_out() -> None:
    report = look("m.txt", ols(300, 298, terms="C(sex)[T.M]   -0.1014      0.107     -0.951"))
    assert [rule for rule, _ in flagged(report, "model.")] == ["model.group"]
    assert report.verdict is Verdict.PASSED


REPORT = (
    "              precision    recall  f1-score   support\n\n"
    "           0       0.56      0.50      0.53       148\n"
    "           1       0.56      0.62      0.59       {n}\n\n"
    "    accuracy                           0.56       300\n"
    "   macro avg       0.56      0.56      0.56       300\n"
)


def test_the_classes_of_a_report_are_counts() -> None:
    assert places(look("r.txt", REPORT.format(n=6)), "model.classes") == [(4, 0)]
    assert look("r.txt", REPORT.format(n=152)).verdict is Verdict.PASSED
    table = ",precision,recall,f1-score,support\n0,0.5,0.5,0.5,148.0\n1,0.5,0.6,0.6,{n}\naccuracy,0.56,0.56,0.56,0.56\n"
    assert places(look("r.csv", table.format(n="6.0")), "model.classes") == [(3, 5)]
    assert flagged(look("r.csv", table.format(n="152.0")), "model.") == []
    as_json = {"0": {"precision": 0.5, "recall": 0.5, "support": 6}, "accuracy": 0.5}
    assert [where.path for _, where in flagged(look("r.json", json.dumps(as_json)), "model.classes")] == ["$.0.support"]


def test_the_cells_of_a_confusion_matrix_are_counts() -> None:
    report = look("c.txt", "confusion matrix\n[[74  3]\n [58 94]]\n")
    assert places(report, "model.classes") == [(2, 0)]
    assert report.verdict is Verdict.FLAGGED
    assert places(look("c.txt", "array([[74,  3],\n       [58, 94]])\n"), "model.classes") == [(1, 0)]
    doubtful = look("c.txt", "array([[4,  3],\n       [5, 2]])\n")
    assert doubtful.verdict is Verdict.PASSED
    assert flagged(doubtful, "model.classes")
    assert flagged(look("c.txt", "confusion matrix\n[[74 30]\n [58 94]]\n"), "model.") == []
    assert flagged(look("c.txt", "indices [[0, 1, 2], [3, 4, 5]]\n"), "model.") == []


def curve(people: int, seed: int = 1, digits: int = 6) -> list[tuple[int, str, int, int]]:
    """A Kaplan-Meier table with one event at a time: time, height, at risk, events."""
    chance = random.Random(seed)
    height, rows = 1.0, [(0, "1.0", people, 0)]
    at_risk = people
    for time in range(1, people // 2):
        height *= 1 - 1 / at_risk
        rows.append((time, f"{height:.{digits}f}", at_risk, 1))
        at_risk -= 1 + (chance.random() < 0.3)
    return rows


def table(rows: list[tuple[int, str, int, int]], columns: tuple[int, ...], names: str) -> str:
    return "\n".join([names, *(",".join(str(row[c]) for c in columns) for row in rows)]) + "\n"


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ((0, 1, 2, 3), "time,survival,n.risk,n.event"),
        ((0, 1, 2), "time,survival,n at risk"),
        ((0, 1), "timeline,KM_estimate"),
        ((0, 2, 3), "event_at,at_risk,observed"),
        ((0, 1, 3), "시간,생존율,사건수"),
    ],
)
def test_a_curve_of_single_events_is_found_in_every_form(columns: tuple[int, ...], names: str) -> None:
    report = look("km.csv", table(curve(80), columns, names))
    assert flagged(report, "model.survival")
    assert report.verdict is Verdict.FLAGGED


@pytest.mark.parametrize(
    "text",
    [
        "time,survival,n at risk\n0,1.0,1200\n12,0.912,1031\n24,0.840,877\n36,0.775,641\n",
        "time,survival,n.risk,n.event\n0,1.000,1200,0\n12,0.912,1031,105\n24,0.840,877,81\n36,0.775,641,68\n",
        "개월,생존율(%)\n12,91.2\n24,84.0\n36,77.5\n60,70.1\n",
        "time,loss\n0,1.0\n1,0.98\n2,0.95\n3,0.91\n4,0.90\n5,0.85\n6,0.80\n",
        "year,estimate\n2015,0.9\n2016,0.8\n2017,0.85\n",
    ],
)
def test_curves_that_were_grouped_and_curves_of_other_things_pass(text: str) -> None:
    report = look("km.csv", text)
    assert report.verdict is Verdict.PASSED
    assert flagged(report, "model.survival") == []


def test_few_people_at_risk_are_found_where_they_begin() -> None:
    text = "time,survival,n at risk\n0,1.0,1200\n12,0.5,600\n24,0.1,9\n36,0.05,4\n"
    assert (4, 3) in places(look("km.csv", text), "model.survival")


def behind(name: str, text: str) -> object:
    data = text.encode()
    return read_supporting([Subject(name, "0" * 64, data, DEFAULT, FileClaims(), "csv", len(data))])


def test_a_plot_is_held_to_the_counts_behind_it() -> None:
    bare = look("fig.png", png())
    assert [f.severity for f in bare.findings if isinstance(f, Flagged) and f.rule == "figure.counts"] == [
        Severity.WARN
    ]
    assert bare.verdict is Verdict.PASSED
    good = look("fig.png", png(), supporting=behind("fig.csv", "bin,n\n0-9,25\n10-19,31\n"))
    assert flagged(good, "figure.counts") == []
    bad = look("fig.png", png(), supporting=behind("fig_counts.csv", "bin,n\n0-9,25\n10-19,3\n"))
    assert flagged(bad, "figure.counts")
    assert bad.verdict is Verdict.FLAGGED
    assert flagged(look("fig.png", png(), names=frozenset(("fig.png", "fig.csv"))), "figure.counts") == []
