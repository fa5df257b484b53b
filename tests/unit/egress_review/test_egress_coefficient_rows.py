"""Tables of coefficients that say only how many people they are of: what the coefficients leave is the freedom."""

from __future__ import annotations

import pytest

from tests.unit.egress_review.egress_files import look, places

TERMS = (
    *("상수|412.1|55.2|<0.001", "연령|-3.1|1.2|0.04", "여성|-22.4|14.8|0.19", "BMI|-2.2|1.9|0.29"),
    *("FEV1|61.0|19.7|0.02", "DLCO|1.4|0.6|0.06", "Hb|8.1|4.9|0.15", "흡연력|-12.0|9.9|0.27"),
)


def markdown(head: str, *rows: str) -> str:
    """A table of Markdown."""
    return "\n".join((f"|{head}|", "|---" * (head.count("|") + 1) + "|", *(f"|{row}|" for row in rows), ""))


def side_by_side(first: str, second: str) -> str:
    """Two models beside each other, with errors in brackets."""
    body = ("Wage|0.31**|0.29*", " |(0.12)|(0.11)", "Age|0.1|0.2", " |(0.02)|(0.03)", "Tenure||1.2*", " ||(0.3)")
    tail = ("Constant|2.1|2.2", " |(0.5)|(0.6)", f"Observations|{first}|{second}", "R-squared|0.6|0.8")
    return markdown(" |(1)|(2)", *body, *tail)


@pytest.mark.parametrize(
    "last",
    [
        *("관측치 수 (N)|17||", "Observations|17||", "N|17||", "N = 17|||", "No. of observations|17||"),
        *("표본 수|17||", "관측치 수: 17|||", "Number of firms|17||"),
    ],
)
def test_a_row_of_observations_below_the_coefficients_gives_the_freedom(last: str) -> None:
    assert places(look("a.md", markdown("변수|B|SE|p", *TERMS, last, "R²|0.88||")), "model.freedom")


def test_models_side_by_side_have_the_freedom_of_their_own_coefficients() -> None:
    # The second has four coefficients, the first three.
    assert places(look("a.md", side_by_side("16", "13")), "model.freedom") == [(11, 3)]


def test_the_number_may_stand_in_the_title_or_in_latex() -> None:
    titled = f"표 3. 회귀 (N = 17)\n\n{markdown('변수|계수|표준오차|p값', *TERMS, 'R²|0.88||')}"
    assert places(look("a.md", titled), "model.freedom")
    latex = "\\begin{tabular}{lrr}\n & Coef. & SE \\\\ \\hline\nAge & 1.2 & 0.3 \\\\\nBMI & 2.2 & 0.4 \\\\\n"
    latex += "Sex & 0.5 & 0.2 \\\\\n"
    latex += "Constant & 3.1 & 0.9 \\\\ \\hline\nObservations & 12 & \\\\\n\\end{tabular}\n"
    assert places(look("a.tex", latex), "model.freedom")
    lines = (
        "변수,B,SE,p\n상수,412.1,55.2,0.01\n연령,-3.1,1.2,0.04\n여성,-22.4,14.8,0.19\n관측치 수 (N),12,,\nR²,0.88,,\n"
    )
    assert places(look("a.csv", lines), "model.freedom") == [(5, 2)]


@pytest.mark.parametrize(
    "content",
    [
        markdown("변수|B|SE|p", *TERMS, "관측치 수 (N)|117||", "R²|0.88||"),
        markdown("변수|평균|SD|p", *TERMS, "N|17||"),
        side_by_side("1,604", "1,412"),
        f"단변량 분석 (N = 17)\n\n{markdown('변수|계수|표준오차|p값', *TERMS)}",
        markdown("변수|OR|95% CI|p", "연령|1.1|1.0–1.2|0.04", "여성|Ref.||", "남성|1.3|1.1–1.4|0.01", "N|21||"),
    ],
)
def test_models_of_many_single_regressions_and_means_pass(content: str) -> None:
    assert not places(look("a.md", content), "model.freedom")
