"""The rest of the fifth set: single people that analyses list by the way, and safe outputs with many small numbers."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import docx, svg
from tests.benchmarks.egress_drawn import even, joined, matplotlib
from tests.benchmarks.egress_files import notebook, workbook
from tests.benchmarks.egress_hospital import said, shown
from tests.benchmarks.egress_people import person

Maker = Callable[[random.Random], Sample]

# -- single people ----------------------------------------------------------------------------------------------------

RULES = (
    "table.records",
    "table.unique",
    "table.singular",
    "figure.points",
    "identifier.other_id",
    "identifier.person",
    "identifier.birth_date",
)


def _single(sample: Sample) -> Sample:
    return Sample(sample.name, sample.data, "single people", RULES)


def tail_in_r(chance: random.Random) -> Sample:
    rows = [
        f"{n} {chance.randrange(10**7, 10**8)} 20{chance.randrange(15, 24)}-0{chance.randrange(1, 10)}-1{chance.randrange(9)}  {chance.randrange(20, 90)}   {chance.choice('MF')}  {chance.uniform(60, 190):.0f}"  # noqa: E501 - as a program writes it
        for n in range(812, 818)
    ]
    return _single(said("tail.txt", "> tail(d)", "         ptid      visit age sex  ldl", *rows))


def matched_pairs(chance: random.Random) -> Sample:
    return _single(
        said(
            "pairs.csv",
            "case_id,control_id,distance",
            *(
                f"{chance.randrange(10**5, 10**6)},{chance.randrange(10**5, 10**6)},{chance.uniform(0, 0.2):.4f}"
                for _ in range(12)
            ),
        )
    )


def probabilities(chance: random.Random) -> Sample:
    return _single(
        said(
            "predictions.csv",
            "row,y_true,y_prob",
            *(f"{i},{chance.randrange(2)},{chance.random():.6f}" for i in range(30)),
        )
    )


def fitted_and_left(chance: random.Random) -> Sample:
    return _single(
        said(
            "residuals.csv",
            "fitted,residual",
            *(f"{chance.gauss(120, 15):.5f},{chance.gauss(0, 8):.5f}" for _ in range(40)),
        )
    )


def quoted_note(chance: random.Random) -> Sample:
    return _single(
        said(
            "topics.md",
            "## Topic 3: 호흡기",
            "",
            "대표 문서:",
            "",
            f"> {person(chance)} 환자, {chance.randrange(50, 90)}세 남자. 3일 전부터 기침과 발열로 응급실 내원. 과거력: 고혈압.",  # noqa: E501 - as a program writes it
        )
    )


def waterfall(chance: random.Random) -> Sample:
    """The best change of every patient, each a bar, in order."""
    changes = sorted((chance.uniform(-80, 60) for _ in range(24)), reverse=True)
    bars = "".join(
        f'<g id="patch_{i}"><path d="M {40 + 9 * i:.2f} 110.00 L {48 + 9 * i:.2f} 110.00 L {48 + 9 * i:.2f} {110 - c:.2f} L {40 + 9 * i:.2f} {110 - c:.2f} z" style="fill: #4c72b0"/></g>'  # noqa: E501 - as a program writes it
        for i, c in enumerate(changes)
    )
    return _single(Sample("waterfall.svg", matplotlib(bars, labels=("patients", "best change (%)"))))


def scatter_of_altair(chance: random.Random) -> Sample:
    """The SVG of Vega: every point a path that was moved."""
    points = "".join(
        f'<path aria-label="age: {chance.randrange(20, 90)}" role="graphics-symbol" transform="translate({chance.uniform(5, 290):.3f},{chance.uniform(5, 190):.3f})" d="M2.739,0A2.739,2.739,0,1,1,-2.739,0A2.739,2.739,0,1,1,2.739,0" stroke="#4c78a8" fill="none"/>'  # noqa: E501 - as a program writes it
        for _ in range(14)
    )
    return _single(
        Sample(
            "vega.svg",
            f'<svg xmlns="http://www.w3.org/2000/svg" class="marks" width="340" height="240" viewBox="0 0 340 240"><g transform="translate(40,5)"><g class="mark-symbol role-mark marks">{points}</g></g></svg>'.encode(),  # noqa: E501 - as a program writes it
        )
    )


PLANTED_FIFTH_MORE: Mapping[str, Maker] = {
    f"fifth {maker.__name__.replace('_', ' ')}": maker
    for maker in (tail_in_r, matched_pairs, probabilities, fitted_and_left, quoted_note, waterfall, scatter_of_altair)
}

# -- safe -------------------------------------------------------------------------------------------------------------


def sas_log(chance: random.Random) -> Sample:
    return said(
        "log.txt",
        "1    proc sort data=a; by id; run;",
        "",
        f"NOTE: There were {chance.randrange(9000, 90000)} observations read from the data set WORK.A.",
        f"NOTE: The data set WORK.A has {chance.randrange(9000, 90000)} observations and 12 variables.",
        "NOTE: PROCEDURE SORT used (Total process time):",
        "      real time           0.03 seconds",
        "      cpu time            0.02 seconds",
    )


def do_file(chance: random.Random) -> Sample:
    return said(
        "analysis.md",
        "```stata",
        "use cohort, clear",
        f"keep if age >= 19 & n_visits > {chance.randrange(2, 9)}",
        "stset time, failure(death==1)",
        "stcox i.arm age, vce(cluster hosp)",
        "```",
    )


def dictionary_of_codes(chance: random.Random) -> Sample:
    return said(
        "codes.csv",
        "code,name_ko,level",
        *(
            f"{c},{n},{chance.randrange(1, 5)}"
            for c, n in (("I10", "본태성 고혈압"), ("E11", "2형 당뇨병"), ("J45", "천식"), ("N18", "만성 신장병"))
        ),
    )


def loadings(chance: random.Random) -> Sample:
    return said(
        "pca.csv",
        "variable,PC1,PC2,PC3",
        *(
            f"{v},{chance.uniform(-1, 1):.3f},{chance.uniform(-1, 1):.3f},{chance.uniform(-1, 1):.3f}"
            for v in ("age", "bmi", "sbp", "hba1c")
        ),
    )


def hazard_by_year(chance: random.Random) -> Sample:
    return said(
        "hr.md",
        "| Year of follow-up | HR | 95% CI | p |",
        "|---|---|---|---|",
        *(f"| {y} | {chance.uniform(0.6, 1.2):.2f} | 0.51-1.40 | {chance.random():.3f} |" for y in range(1, 6)),
    )


def references(chance: random.Random) -> Sample:
    return said(
        "references.md",
        "1. Vansteelandt S, Keiding N. Am J Epidemiol 2011;173:739-42.",
        f"2. Greenland S. Epidemiology {chance.randrange(1990, 2020)};2(4):1-7.",
        "3. 통계청. 한국표준질병사인분류 제8차 개정. 대전: 통계청; 2020.",
    )


def table_of_tests(chance: random.Random) -> Sample:
    rows = [
        ("검정", "통계량", "자유도", "p"),
        ("Hosmer-Lemeshow", f"{chance.uniform(4, 12):.2f}", "8", "0.412"),
        ("Likelihood ratio", f"{chance.uniform(20, 60):.2f}", "5", "<0.001"),
        ("Wald", f"{chance.uniform(20, 60):.2f}", "5", "<0.001"),
    ]
    return Sample("검정.docx", docx(["표 6. 모형 적합도"], [rows]))


def decimals_on_a_heatmap(chance: random.Random) -> Sample:
    body = "".join(
        f'<g id="text_{i}"><!-- {chance.uniform(-1, 1):.2f} --><g transform="translate({40 + 60 * (i % 4)} {60 + 40 * (i // 4)}) scale(0.1 -0.1)"><use xlink:href="#DejaVuSans-30"/></g></g>'  # noqa: E501 - as a program writes it
        for i in range(12)
    )
    return Sample("corr.svg", svg(["age", "bmi", "sbp", "ldl"], body=body))


def cairo_of_r(chance: random.Random) -> Sample:
    """svg() of R: letters are symbols that are used at places."""
    letters = "".join(
        f'<use xlink:href="#glyph-0-{chance.randrange(9)}" x="{40 + 5 * (i % 30):.2f}" y="{200 + 12 * (i // 30):.2f}"/>'
        for i in range(70)
    )
    way = " L ".join(f"{x:.2f} {y:.2f}" for x, y in even(chance, 20))
    return Sample(
        "trend.svg",
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="504pt" height="504pt" viewBox="0 0 504 504" version="1.1"><defs><g><symbol overflow="visible" id="glyph-0-1"><path d="M 1 2 L 3 4 L 5 6 Z"/></symbol></g></defs><g>{letters}</g><path style="fill:none;stroke-width:0.75" d="M {way}"/></svg>'.encode(),  # noqa: E501 - as a program writes it
    )


def ages_as_steps(chance: random.Random) -> Sample:
    return said(
        "asmr.csv",
        "연령군,표준인구 가중치,연령별 사망률(10만명당)",
        *(f"{a}-{a + 9},{chance.uniform(0.05, 0.2):.3f},{chance.uniform(20, 900):.1f}" for a in range(20, 90, 10)),
    )


def shap(chance: random.Random) -> Sample:
    return Sample(
        "shap.json",
        json.dumps(
            {
                "features": ["age", "bmi", "sbp"],
                "mean_abs_shap": [round(chance.random(), 4) for _ in range(3)],
                "n_features": 3,
                "trees": 400,
            }
        ).encode(),
    )


def questionnaire(chance: random.Random) -> Sample:
    rows = [
        ("문항", "내용", "척도"),
        *(
            (str(i), t, "1-5점")
            for i, t in enumerate(
                ("의료진의 설명은 충분하였다", "대기 시간은 적절하였다", "다시 이용할 의향이 있다"), 1
            )
        ),
    ]
    return Sample("설문지.xlsx", workbook({"문항": rows}))


def readme(chance: random.Random) -> Sample:
    return said(
        "README.md",
        "# 재입원 예측",
        "",
        "1. `01_clean.py` 실행",
        "2. `02_model.py` 실행 (약 5분)",
        f"3. 결과는 `out/` 폴더의 표 {chance.randrange(2, 5)}개와 그림 3개",
        "",
        "의존성: Python 3.11, pandas 2.2",
    )


def area_in_matplotlib(chance: random.Random) -> Sample:
    return Sample(
        "area.svg", matplotlib(joined(even(chance, 40)), joined(even(chance, 40)), labels=("week", "positivity (%)"))
    )


def thresholds(chance: random.Random) -> Sample:
    return said(
        "thresholds.csv",
        "threshold,sensitivity,specificity,ppv",
        *(f"{t / 10:.1f},{1 - t / 11:.3f},{t / 10.5:.3f},{chance.uniform(0.2, 0.9):.3f}" for t in range(1, 10)),
    )


def interaction(chance: random.Random) -> Sample:
    return shown(
        "\n".join(
            [
                "                  coef  std err      z  P>|z|",
                "arm             -0.210    0.100 -2.100  0.036",
                f"arm:sex          0.{chance.randrange(100, 400)}    0.140  0.910  0.363",
            ]
        ),
        "res.summary().tables[1]",
    )


def change_list(chance: random.Random) -> Sample:
    return said(
        "변경이력.md",
        "| 판 | 날짜 | 내용 |",
        "|---|---|---|",
        "| 1 | 2024-01-03 | 초안 |",
        f"| 2 | 2024-02-{chance.randrange(10, 28)} | 표 3 수정 |",
        "| 3 | 2024-03-11 | 심사 의견 4건 반영 |",
    )


def variance(chance: random.Random) -> Sample:
    return said(
        "anova.txt",
        "             Df Sum Sq Mean Sq F value   Pr(>F)    ",
        f"arm           2   {chance.randrange(100, 900)}   412.1   11.21 1.6e-05 ***",
        f"Residuals   {chance.randrange(300, 900)}  21811    36.8                     ",
    )


def wide_rates(chance: random.Random) -> Sample:
    return said(
        "rates.csv",
        "region,2019,2020,2021,2022",
        *(
            f"{r},{','.join(f'{chance.uniform(2, 9):.1f}' for _ in range(4))}"
            for r in ("Seoul", "Busan", "Daegu", "Jeju")
        ),
    )


def settings_in_notebook(chance: random.Random) -> Sample:
    return Sample(
        "fit.ipynb",
        notebook(
            ["model.get_params()"],
            [
                {
                    "text/plain": f"{{'max_depth': {chance.randrange(2, 9)}, 'n_estimators': 200, 'min_samples_leaf': 5, 'random_state': 7}}"  # noqa: E501 - as a program writes it
                }
            ],
        ),
    )


SAFE_FIFTH_MORE: Mapping[str, Maker] = {
    f"fifth {maker.__name__.replace('_', ' ')}": maker
    for maker in (
        sas_log, do_file, dictionary_of_codes, loadings, hazard_by_year, references, table_of_tests, decimals_on_a_heatmap,  # noqa: E501 - as a program writes it
        cairo_of_r, ages_as_steps, shap, questionnaire, readme, area_in_matplotlib, thresholds, interaction, change_list,  # noqa: E501 - as a program writes it
        variance, wide_rates, settings_in_notebook,
    )
}  # fmt: skip
