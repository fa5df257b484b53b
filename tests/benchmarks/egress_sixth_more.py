"""The rest of the sixth set: single people in lists and figures, and safe outputs with many small numbers."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import docx
from tests.benchmarks.egress_drawn import circles, grammar, joined, marked, matplotlib, people
from tests.benchmarks.egress_hospital import said

Maker = Callable[[random.Random], Sample]

# -- single people, and figures -----------------------------------------------------------------------------------------  # noqa: E501 - as a program writes it


def _single(sample: Sample) -> Sample:
    return Sample(
        sample.name, sample.data, "single people", ("table.records", "table.singular", "figure.points", "table.unique")
    )


def change_of_each(chance: random.Random) -> Sample:
    """Before and after of each person, in a wide table."""
    return _single(
        said(
            "prepost.csv",
            "subject_id,pre,post,diff",
            *(
                f"S{i:02},{chance.uniform(50, 90):.1f},{chance.uniform(50, 90):.1f},{chance.uniform(-20, 20):.1f}"
                for i in range(1, 16)
            ),
        )
    )


def ages_of_cases(chance: random.Random) -> Sample:
    return _single(
        said(
            "사례.md",
            "| 번호 | 성별 | 나이 | 진단 | 입원일 |",
            "|---|---|---|---|---|",
            *(
                f"| {i} | {chance.choice('남여')} | {chance.randrange(20, 90)} | 간경변 | 2021-0{chance.randrange(1, 10)}-1{chance.randrange(9)} |"  # noqa: E501 - as a program writes it
                for i in range(1, 6)
            ),
        )
    )


def tooltips(chance: random.Random) -> Sample:
    spots = people(chance)
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [round(x, 1) for x, _ in spots],
        "y": [round(y, 1) for _, y in spots],
    }
    content = {"data": [trace | {"text": [f"id {chance.randrange(10**5, 10**6)}" for _ in spots]}], "layout": {}}
    return _single(Sample("fig.json", json.dumps(content).encode()))


def scatter_with_smooth(chance: random.Random) -> Sample:
    curve = " ".join(f"{60 + 9 * i:.2f},{250 - 3 * i + chance.uniform(-1, 1):.2f}" for i in range(40))
    return _single(
        Sample(
            "smooth.svg", grammar(circles(people(chance)) + f"<polyline points='{curve}' style='stroke: #3366FF;' />")
        )
    )


def agreement(chance: random.Random) -> Sample:
    """Bland and Altman: differences against means, three level lines."""
    level = [[(36, y), (259, y)] for y in (60, 110, 160)]
    return _single(Sample("bland.svg", matplotlib(marked("a", people(chance)), *map(joined, level))))


PLANTED_SIXTH_MORE: Mapping[str, Maker] = {
    f"sixth {maker.__name__.replace('_', ' ')}": maker
    for maker in (change_of_each, ages_of_cases, tooltips, scatter_with_smooth, agreement)
}


# -- safe ----------------------------------------------------------------------------------------------------------


def lme(chance: random.Random) -> Sample:
    return said(
        "lme.txt",
        "Linear mixed model fit by REML ['lmerMod']",
        f"REML criterion at convergence: {chance.uniform(2000, 9000):.1f}",
        "Fixed effects:",
        "            Estimate Std. Error t value",
        "(Intercept)  2.41210    0.21110  11.426",
        "age          0.01120    0.00410   2.732",
        f"Number of obs: {chance.randrange(900, 9000)}, groups:  hospital, 14",
    )


def equation(chance: random.Random) -> Sample:
    return said(
        "model.md",
        f"logit(p) = -{chance.uniform(2, 5):.2f} + 0.03·age + 0.4·(sex = 2) + 0.7·smoker",
        "",
        "여기서 sex는 1=남, 2=여이다.",
    )


def intervals_of_means(chance: random.Random) -> Sample:
    return said(
        "means.csv",
        "visit,arm,lsmean,lower,upper",
        *(
            f"{v},{a},{chance.uniform(5, 9):.2f},{chance.uniform(3, 5):.2f},{chance.uniform(9, 11):.2f}"
            for v in (1, 2, 3)
            for a in "AB"
        ),
    )


def word_frequency(chance: random.Random) -> Sample:
    return said(
        "topics.csv",
        "topic,rank,term,weight",
        *(f"{t},{r},{w},{chance.random():.4f}" for t in (1, 2) for r, w in enumerate(("통증", "수면", "식이"), 1)),
    )


def roc_in_svg(chance: random.Random) -> Sample:
    points = [(36 + 20 * i, 190 - 160 * (i / 11) ** 0.4) for i in range(12)]
    return Sample(
        "roc.svg",
        matplotlib(
            joined(points),
            joined([(36, 192), (259, 26)]),
            marked("b", [points[4]]),
            labels=("1 - specificity", "sensitivity"),
        ),
    )


def checklist(chance: random.Random) -> Sample:
    return said(
        "STROBE.md",
        "| Item | Recommendation | Page |",
        "|---|---|---|",
        *(
            f"| {i} | {t} | {chance.randrange(1, 9)} |"
            for i, t in enumerate(("Title", "Background", "Objectives", "Design"), 1)
        ),
    )


def vif(chance: random.Random) -> Sample:
    return said(
        "vif.txt",
        "         GVIF Df GVIF^(1/(2*Df))",
        f"age  {chance.uniform(1, 2):.6f}  1        1.051071",
        f"area {chance.uniform(1, 2):.6f}  4        1.012110",
    )


def plan(chance: random.Random) -> Sample:
    return Sample(
        "계획.docx",
        docx(
            [
                "분석 계획",
                f"1. 1차 분석은 {chance.randrange(2, 5)}월까지 마친다.",
                "2. 민감도 분석은 3가지 정의로 수행한다.",
                "3. 하위군은 성별, 연령(65세), 지역의 3개로 한다.",
            ]
        ),
    )


def weights(chance: random.Random) -> Sample:
    return said(
        "charlson.csv",
        "condition,weight,icd10",
        *(
            f"{c},{w},{i}"
            for c, w, i in (
                ("myocardial infarction", 1, "I21"),
                ("hemiplegia", 2, "G81"),
                ("metastatic tumour", 6, "C77"),
                ("AIDS", 6, "B20"),
            )
        ),
    )


def two_lines(chance: random.Random) -> Sample:
    return Sample(
        "two.svg",
        grammar(
            "".join(
                f"<polyline points='{' '.join(f'{60 + 30 * i:.2f},{chance.uniform(60, 300):.2f}' for i in range(12))}' style='stroke: #F8766D;' />\n"  # noqa: E501 - as a program writes it
                for _ in range(2)
            )
        ),
    )


SAFE_SIXTH_MORE: Mapping[str, Maker] = {
    f"sixth {maker.__name__.replace('_', ' ')}": maker
    for maker in (
        lme,
        equation,
        intervals_of_means,
        word_frequency,
        roc_in_svg,
        checklist,
        vif,
        plan,
        weights,
        two_lines,
    )
}
