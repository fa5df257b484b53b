"""Shares and far quantiles whose number of people stands once: a line below, a sentence before, a key."""

from __future__ import annotations

import json
from time import process_time

import pytest

from egress_review.checks.ends_in_cells import ends_in
from egress_review.checks.said_sizes import sizes_said
from egress_review.findings import Flagged
from tests.unit.egress_review.egress_files import look

SHARES = "| Destination | Share (%) |\n|---|---|\n| Service | 3.6 |\n| Study | 31.0 |\n| Work | 65.5 |\n"
ANSWERS = "| 응답 | 비율(%) |\n|---|---:|\n| 매우 만족 | 46.2 |\n| 만족 | 35.6 |\n| 보통 | 15.9 |\n| 불만족 | 2.3 |\n"


def rules(name: str, content: str) -> set[str]:
    """The rules that decide against a file."""
    return {f.rule for f in look(name, content).findings if isinstance(f, Flagged) and f.severity.decides}


def page(words: str, rows: list[tuple[str, str]]) -> str:
    """A page of HTML with words above a table of two columns."""
    lines = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in rows)
    head = "<tr><th>Destination</th><th>Share</th></tr>"
    return f"<html><body><p>{words}</p><table>{head}{lines}</table></body></html>"


def drawing(*labels: str) -> str:
    """A drawing with labels in their order."""
    texts = "".join(f"<text>{label}</text>" for label in labels)
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="80">{texts}</svg>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", f"{SHARES}\nBase: 84 graduates. Mean days to first job were 96 (SD 41).\n"),
        ("b.md", f"The class was matched to the register. All 84 graduates could be matched.\n\n{SHARES}"),
        ("c.md", f"응답자 수: 132명 (2022년 수료자)\n\n{ANSWERS}"),
        ("d.md", f"수료자 132명을 조사하였다.\n\n{ANSWERS}"),
        ("e.html", page("All 84 graduates of 12 regions.", [("A", "3.6%"), ("B", "31.0%"), ("C", "65.5%")])),
        ("f.csv", "# Base: 84 graduates\nDestination,Share (%)\nService,3.6\nStudy,31.0\nWork,65.5\n"),
        (
            "g.tex",
            "\\begin{table}\n\\caption{Destinations of 84 graduates}\n\\begin{tabular}{lr}\n"
            "To & Share (\\%) \\\\ \\hline\n"
            "Service & 3.6 \\\\\nStudy & 31.0 \\\\\nWork & 65.5 \\\\\n\\end{tabular}\n\\end{table}\n",
        ),
    ],
)
def test_shares_of_a_table_are_held_to_a_size_that_is_said_once_about_it(name: str, content: str) -> None:
    assert "cells.percent" in rules(name, content)


@pytest.mark.parametrize(
    "content",
    [
        f"{SHARES}\nBase: 1,840 graduates. Mean days to first job were 96 (SD 41).\n",
        f"응답자 수: 1,132명\n\n{ANSWERS}",
        "We visited 84 schools of 11,204 pupils.\n\n| A | Share (%) |\n|---|---|\n| x | 3.2 |\n| y | 30.4 |\n"
        "| z | 66.4 |\n",
        "응답자 수: 84명\n\n| 연도 | 증가율(%) |\n|---|---|\n| 2020 | 3.6 |\n| 2021 | 31.0 |\n| 2022 | 65.5 |\n",
        "Base: 84 graduates.\n\n| To | Share (%) |\n|---|---|\n| Study | 34.5 |\n| Work | 65.5 |\n",
    ],
)
def test_shares_of_many_of_others_and_of_nobody_pass(content: str) -> None:
    assert not rules("a.md", content)


@pytest.mark.parametrize(
    "words",
    [
        "설문에 334명이 응답하였다. 여성은 181명(54.2%)이었다.\n지도를 받은 비율은 97.9%였고, 나머지는 아니다.",
        "We surveyed 240 firms in the county. 97.9% of them filed on time; the rest did not.",
        "설문에 응답한 업체는 240개소이다. 기한 내 신고율은 97.9%였다.",
        "설문에 응답한 업체는 240개 업체이다. 미신고 비율은 2.1%였다.",
        "All 84 graduates could be matched. Further study was taken up by most, and 3.6% were in military service.",
        "334명 중 97.9%가 복약지도를 받았고 나머지는 받지 않았다.",
        "Of the 334 patients, 97.9% had been told; the rest had not been told.",
        "The sample consists of 132 trainees.\n\nThe proportion who were satisfied was 97.7%.",
        "표본: 132명\n\n- 만족 97.7%\n- 재수강 의향 있음 81.8%",
        "응답자는 132명이다.\n\n- 만족: 46.2%\n- 보통: 51.5%\n- 불만족: 2.3%",
        "132명을 조사하였다. 여성은 129명(97.7%)이었다.",
    ],
)
def test_a_share_and_what_it_leaves_are_held_to_the_number_of_an_earlier_sentence(words: str) -> None:
    assert rules("a.md", f"# 결과\n\n{words}\n") & {"cells.percent", "cells.small"}


@pytest.mark.parametrize(
    "words",
    [
        "설문에 3,340명이 응답하였다. 복약지도를 받은 비율은 97.9%였고, 나머지는 받지 않았다.",
        "We surveyed 240 firms in the county. 62.5% of them filed on time; the rest did not.",
        "We followed 240 patients. Sensitivity was 97.9% and specificity 96.2%.",
        "334명을 분석하였다. 금리는 2.1% 상승하였다. 물가 상승률은 3.3%였다.",
        "We interviewed 240 women and 310 men. The rate was 97.9%.",
        "334명이 응답하였다. 전국 비율은 97.9%이다.",
        "We enrolled 240 patients. HbA1c fell by 2.1%, and adherence was 88.8%.",
        "수료생 1,132명을 조사하였다. 여성은 629명(55.6%)이었다.",
        "334명이 응답하였다. 동의한 비율은 97.5%였고, 나머지는 동의하지 않았다.",
    ],
)
def test_shares_of_many_and_percentages_of_other_things_pass_in_sentences(words: str) -> None:
    assert not rules("a.md", f"# 결과\n\n{words}\n")


SETTINGS = "대상:\n  지역: 제주\n  사업체수: 240\n결과:\n  기한내_신고율_퍼센트: 97.9\n  평균_소요일: 18.6\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", SETTINGS),
        ("b.yaml", "firms: 240\nfiled_pct: 97.9\nmean_days: 18.6\n"),
        (
            "c.yaml",
            "groups:\n  - name: A\n    n: 1840\n    pass_pct: 81.4\n  - name: B\n    n: 200\n    pass_pct: 97.5\n",
        ),
        ("d.toml", "[result]\nrespondents = 84\nservice_share = 0.036\nstudy_share = 0.310\n"),
        ("e.json", json.dumps({"sample": {"n_firms": 240}, "result": {"on_time_pct": 97.9, "mean_days": 18.6}})),
        ("f.json", json.dumps({"n": 240, "on_time": "97.9%"})),
        ("g.txt", "지역: 제주\n사업체수: 240개\n기한내 신고율(%): 97.9\n평균 소요일: 18.6\n"),
    ],
)
def test_a_share_under_one_key_is_held_to_the_number_under_another(name: str, content: str) -> None:
    assert "cells.percent" in rules(name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", SETTINGS.replace("240", "2400")),
        ("b.yaml", "n: 240\nlearning_rate: 0.001\ndropout_rate: 0.02\nepochs: 30\n"),
        ("c.yaml", "n_firms: 240\nn_workers: 18840\nfiled_pct: 97.9\nmean_days: 18.6\n"),
        ("d.json", json.dumps({"n": 240, "women_pct": 54.2, "mean_age": 41.2})),
        ("e.yaml", "cases: 240\ncontrols: 480\nexposed_pct: 2.1\n"),
    ],
)
def test_settings_and_shares_of_many_or_of_nobody_sure_pass_under_keys(name: str, content: str) -> None:
    assert not rules(name, content)


def test_the_shares_of_a_figure_are_held_to_the_sizes_of_its_groups() -> None:
    groups = ("A (n=412)", "B (n=388)", "D (n=56)")
    assert "cells.percent" in rules("a.svg", drawing(*groups, "0", "20", "40", "14.1%", "17.3%", "12.5%"))
    assert "cells.percent" in rules("b.svg", drawing(*groups, "0%", "20%", "40%", "14.1%", "17.3%", "12.5%"))
    parts = ("비율 (%)", "0", "50", "14.3", "17.0", "12.5", "85.7", "83.0", "87.5")
    assert "cells.percent" in rules("c.svg", drawing("A", "n=112", "B", "n=88", "D", "n=56", *parts))


def test_figures_of_large_groups_and_of_other_percentages_pass() -> None:
    large = ("A (n=412)", "B (n=388)", "D (n=560)")
    assert not rules("a.svg", drawing(*large, "0%", "20%", "40%", "14.1%", "17.3%", "12.5%"))
    assert not rules("b.svg", drawing("n=412", "n=388", "n=56", "HbA1c", "5.9%", "6.3%", "7.2%"))
    assert not rules("c.svg", drawing("n=412", "n=388", "n=56", "14.1%", "17.3%", "17.9%"))


PERCENTILES = (
    "| Percentile | Use |\n|---|---|\n| 5 | 1,284.6 |\n| 25 | 3,907.1 |\n| 50 | 8,116.3 |\n| 95 | 64,218.7 |\n"
)


def named(*names: str) -> str:
    """A table of quantiles under these names."""
    return "| 구분 | 사용량 |\n|---|---|\n" + "".join(
        f"| {one} | {1284.6 + at:.1f} |\n" for at, one in enumerate(names)
    )


@pytest.mark.parametrize(
    "content",
    [
        f"The glass sample comprises 18 metered plants. Use in 2022 is as follows.\n\n{PERCENTILES}",
        f"표본은 18개소이다.\n\n{named('5백분위', '25백분위', '중앙값', '95백분위')}",
        f"표본은 18개소이다.\n\n{named('5분위', '25분위', '50분위', '95분위')}",
        f"{named('P1', 'P25', 'P50', 'P99')}\n분석 대상은 24개 병원이다.\n",
        "We studied 24 hospitals.\n\nThe 5th percentile was 12.4 and the 95th percentile 88.1.\n",
        "분석 대상은 24개 병원이다.\n평균은 40.1이고 5백분위수 12.4, 95백분위수 88.1이다.\n",
    ],
)
def test_far_quantiles_are_held_to_a_size_that_a_sentence_says(content: str) -> None:
    assert rules("a.md", content) == {"cells.quantile"}


@pytest.mark.parametrize(
    "content",
    [
        f"The glass sample comprises 1,218 metered plants. Use in 2022 is as follows.\n\n{PERCENTILES}",
        f"표본은 380개소이다.\n\n{named('5백분위', '25백분위', '중앙값', '95백분위')}",
        "We studied 24 hospitals.\n\nThe median was 12.4 and the 75th percentile 88.1.\n",
        "응답자는 840명이다.\n\n| 소득 | 비율 |\n|---|---|\n| 1분위 | 20.2 |\n| 5분위 | 19.1 |\n",
        f"The model was fitted in 24 hospitals with 18,400 patients.\n\n{PERCENTILES}",
    ],
)
def test_quantiles_of_many_and_those_further_inside_pass(content: str) -> None:
    assert not rules("a.md", content)


@pytest.mark.parametrize("filler", ["1 ", "84 graduates ", "n = ", "표본 ", "84명 (", "1,", "range 1 ", "a: ", "3.6% "])
def test_sizes_and_ranges_are_looked_for_in_time_that_grows_with_the_text_alone(filler: str) -> None:
    begun = process_time()
    list(sizes_said(filler * 20_000))
    ends_in(filler * 20_000)
    look("a.txt", f"{filler * 20_000}\n응답자 84명\n" + f"{filler * 20}\n" * 200)
    assert process_time() - begun < 20
