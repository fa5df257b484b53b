"""A fifth set of kinds, written when the rules had been mended for the fourth: what they say at first sight.

As in `egress_programs`, every kind is one function of the people in its smallest group; the rest of the set is in
`egress_fifth_more`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import docx, page, svg
from tests.benchmarks.egress_files import workbook
from tests.benchmarks.egress_hospital import pair, said, shown, tally
from tests.benchmarks.egress_programs import Output, many, planted, safe

STAGES = ("I", "II", "III", "IV")
HOSPITALS = ("상급종합", "종합병원", "병원", "의원")


def years_down(chance: random.Random, few: int) -> Sample:
    rows = [("연도별 신규 환자", "", "", ""), ("(단위: 명)", "", "", ""), ("연도", "폐암", "위암", "흉선암")]
    rows += [
        (str(y), str(many(chance)), str(many(chance)), str(few if y == 2021 else many(chance)))
        for y in range(2018, 2024)
    ]
    return Sample("신규환자.xlsx", workbook({"암종별": rows}))


def characteristics_in_word(chance: random.Random, few: int) -> Sample:
    n = many(chance) + few + 300
    rows = [
        ("Characteristic", f"N = {n}"),
        ("Age, median (IQR)", "61 (52, 70)"),
        ("ECOG", ""),
        ("0", f"{n - 90 - few} ({100 * (n - 90 - few) / n:.1f}%)"),
        ("1", f"90 ({9000 / n:.1f}%)"),
        ("3", f"{few} ({100 * few / n:.1f}%)"),
    ]
    return Sample("Table1.docx", docx(["Table 1. Baseline"], [rows]))


def summary_of_factor(chance: random.Random, few: int) -> Sample:
    counts = tally(chance, few, STAGES)
    return said(
        "stage.txt",
        "> summary(d$stage)",
        "".join(f"{k:>6}" for k in counts),
        "".join(f"{v:>6}" for v in counts.values()),
    )


def flat_table(chance: random.Random, few: int) -> Sample:
    """ftable() of R."""
    lines = ["             death   no  yes", "stage sex                   "]
    for i, stage in enumerate(STAGES):
        lines += [
            f"{stage:<5} F            {many(chance):>4} {few if i == 2 else many(chance):>4}",
            f"      M            {many(chance):>4} {many(chance):>4}",
        ]
    return said("ftable.txt", *lines)


def aggregate_by_length(chance: random.Random, few: int) -> Sample:
    return said(
        "agg.txt",
        "> aggregate(id ~ stage, data = d, FUN = length)",
        "  stage  id",
        *(f"{i}{k:>7}{v:>4}" for i, (k, v) in enumerate(tally(chance, few, STAGES).items(), 1)),
    )


def described_by(chance: random.Random, few: int) -> Sample:
    """psych::describeBy()."""
    lines = []
    for k, v in tally(chance, few, STAGES[:3]).items():
        lines += [
            f"group: {k}",
            "    vars   n  mean   sd median trimmed  mad",
            f"age    1 {v:>4} {chance.uniform(50, 60):.2f} {chance.uniform(8, 12):.2f}     56   55.90 9.64",
            "-" * 48,
        ]
    return said("describeBy.txt", *lines)


def log_rank(chance: random.Random, few: int) -> Sample:
    """sts test of Stata."""
    a, b = (many(chance), few) if chance.random() < 0.5 else (few, many(chance))
    return said(
        "sts.log",
        "Equality of survivor functions",
        "Log-rank test",
        "",
        "      |  Observed       Expected",
        "arm   |    events         events",
        "------+-------------------------",
        f"0     |{a:>10}{a + 4.21:>15.2f}",
        f"1     |{b:>10}{b + 2.21:>15.2f}",
        "------+-------------------------",
        f"Total |{a + b:>10}{a + b + 6.42:>15.2f}",
    )


def row_shares(chance: random.Random, few: int) -> Sample:
    """tabulate, row of Stata: counts above their percentages."""
    lines = [
        "           |         death",
        "     stage |         0          1 |     Total",
        "-----------+----------------------+----------",
    ]
    for i, stage in enumerate(STAGES):
        a, b = many(chance), few if i == 1 else many(chance)
        lines += [
            f"{stage:>10} |{a:>10}{b:>11} |{a + b:>10}",
            f"           |{100 * a / (a + b):>10.2f}{100 * b / (a + b):>11.2f} |    100.00",
            "-----------+----------------------+----------",
        ]
    return said("tab_row.log", *lines)


def survdiff(chance: random.Random, few: int) -> Sample:
    n = many(chance) + 100
    return said(
        "survdiff.txt",
        "survdiff(formula = Surv(time, status) ~ arm, data = d)",
        "",
        "        N Observed Expected (O-E)^2/E (O-E)^2/V",
        f"arm=A {n:>4} {few:>8} {few + 3.2:>8.1f}     1.210      2.41",
        f"arm=B {n + 8:>4} {n // 2:>8} {n / 2 - 3.2:>8.1f}     0.914      2.41",
    )


def lifetest(chance: random.Random, few: int) -> Sample:
    n = many(chance) + 100
    return said(
        "lifetest.txt",
        "Summary of the Number of Censored and Uncensored Values",
        "",
        "                                            Percent",
        "Stratum    arm        Total  Failed    Censored    Censored",
        f"      1    A       {n:>8} {few:>7} {n - few:>11} {100 * (n - few) / n:>11.2f}",
        f"      2    B       {n:>8} {n // 2:>7} {n - n // 2:>11} {100 * (n - n // 2) / n:>11.2f}",
    )


def response_profile(chance: random.Random, few: int) -> Sample:
    """PROC LOGISTIC."""
    return said(
        "logistic.txt",
        "             Response Profile",
        "",
        " Ordered                      Total",
        "   Value        death     Frequency",
        "",
        f"       1            0     {many(chance):>9}",
        f"       2            1     {few:>9}",
        "",
        "Probability modeled is death=1.",
    )


def arms_in_a_line(chance: random.Random, few: int) -> Sample:
    text = chance.choice(
        (
            f"수술군 {few}명 / 비수술군 {many(chance)}명",
            f"train: {many(chance)} rows, test: {many(chance)} rows, positives in test: {few}",
            f"최종 분석 대상: 수술군 {many(chance)}명, 약물군 {few}명",
        )
    )
    return shown(text, "print(...)")


def missing_items(chance: random.Random, few: int) -> Sample:
    return said(
        "결측.md",
        "## 변수별 결측",
        "",
        f"- 혈압: {many(chance)}명",
        f"- 흡연력: {few}명",
        f"- 체질량지수: {many(chance)}명",
    )


def in_brackets(chance: random.Random, few: int) -> Sample:
    n = many(chance) + 300
    return said(
        "results.md",
        "### Results",
        "",
        f"The rash resolved in most users; it persisted in a minority ({few} patients, {100 * few / n:.1f}%).",
    )


def cards(chance: random.Random, few: int) -> Sample:
    """A dashboard saved as a page: a number above its word."""
    body = "".join(
        f"<div><h3>{v}</h3><p>{k}</p></div>"
        for k, v in (("patients", many(chance)), ("deaths", few), ("readmissions", many(chance)))
    )
    return Sample("dashboard.html", page(body=body))


def text_in_sheet(chance: random.Random, few: int) -> Sample:
    n = many(chance) + 300
    rows = [
        ("변수", "전체, n (%)"),
        ("남성", f"{n // 2} (50.0)"),
        ("투석", f"{few} ({100 * few / n:.1f})"),
        ("이식", f"{n // 5} (20.0)"),
    ]
    return Sample("표1.xlsx", workbook({"표1": rows}))


def strata(chance: random.Random, few: int) -> Sample:
    content = {
        "strata": [
            {"label": k, "size": v, "rate": round(chance.random(), 3)} for k, v in tally(chance, few, STAGES).items()
        ]
    }
    return Sample("strata.json", json.dumps(content).encode())


def shares_of_caption(chance: random.Random, few: int) -> Sample:
    n = chance.randrange(120, 200)
    rows = [f"| {k} | {100 * v / n:.1f}% |" for k, v in (("매우 만족", n // 3), ("보통", n // 2), ("매우 불만족", few))]
    return said("설문.md", f"표 5. 만족도 (응답자 {n}명)", "", "| 응답 | 비율 |", "|---|---|", *rows)


def mermaid(chance: random.Random, few: int) -> Sample:
    n = many(chance) + 300
    return said(
        "flow.md",
        "```mermaid",
        "flowchart TD",
        f"  A[Screened n={n}] --> B[Excluded n={few}]",
        f"  A --> C[Analysed n={n - few}]",
        "```",
    )


def bins(chance: random.Random, few: int) -> Sample:
    counts = [many(chance) for _ in range(6)]
    counts[-1] = few
    return said("hist.csv", "bin_left,bin_right,count", *(f"{10 * i},{10 * i + 10},{c}" for i, c in enumerate(counts)))


def flows(chance: random.Random, few: int) -> Sample:
    """Who went from where to where, for a Sankey diagram."""
    return said(
        "flows.csv",
        "source,target,patients",
        *(
            f"{a},{b},{v}"
            for (a, b), v in zip(
                (("ER", "ICU"), ("ER", "Ward"), ("ICU", "Ward"), ("Ward", "Home")),
                tally(chance, few, STAGES).values(),
                strict=True,
            )
        ),
    )


def columns_by_sex(chance: random.Random, few: int) -> Sample:
    return said(
        "종별.csv",
        "종별,남_환자수,여_환자수,남_평균진료비,여_평균진료비",
        *(
            f"{k},{a},{b},{chance.uniform(1, 9) * 10000:.0f},{chance.uniform(1, 9) * 10000:.0f}"
            for k, a, b in pair(chance, few, HOSPITALS)
        ),
    )


def people_with_share(chance: random.Random, few: int) -> Sample:
    rows = [
        ("구분", "발생"),
        *((k, f"{v}명({100 * v / (v + 900):.1f}%)") for k, v in tally(chance, few, HOSPITALS).items()),
    ]
    return Sample("발생.docx", docx(["표 1"], [rows]))


def slices(chance: random.Random, few: int) -> Sample:
    counts = tally(chance, few, STAGES)
    return Sample("pie.svg", svg([f"{k} {100 * v / sum(counts.values()):.1f}% ({v})" for k, v in counts.items()]))


def pie_in_plotly(chance: random.Random, few: int) -> Sample:
    counts = tally(chance, few, STAGES)
    content = {
        "data": [{"type": "pie", "labels": list(counts), "values": list(counts.values())}],
        "layout": {"title": {"text": "Patients by stage"}},
    }
    return Sample("pie.json", json.dumps(content).encode())


def steps_of_a_program(chance: random.Random, few: int) -> Sample:
    return said(
        "pipeline.log",
        "2024-03-02 09:12:01 INFO rows read: 81200",
        f"2024-03-02 09:12:04 INFO patients after filter: {few}",
        "2024-03-02 09:12:09 INFO done",
    )


def two_rows_of_numbers(chance: random.Random, few: int) -> Sample:
    """Groups across and their people below, then statistics: a table of a paper turned on its side."""
    n = (many(chance), many(chance), few)
    return said(
        "표2.md",
        "| | 1군 | 2군 | 3군 |",
        "|---|---|---|---|",
        f"| 대상자 | {n[0]} | {n[1]} | {n[2]} |",
        "| 평균 연령 | 54.1 | 55.0 | 57.9 |",
        "| 사망률(%) | 12.1 | 10.4 | 22.2 |",
    )


def counted_in_r(chance: random.Random, few: int) -> Sample:
    lines = [
        f"{i} {k:<8} {s:<3} {v:>5} {chance.uniform(3, 9):>5.2f}"
        for i, (k, s, v) in enumerate(
            ((k, s, v) for k, a, b in pair(chance, few, STAGES) for s, v in (("F", a), ("M", b))), 1
        )
    ]
    return said(
        "tbl.log",
        "# A tibble: 8 x 4",
        "# Groups:   stage [4]",
        "  stage    sex     n   los",
        "  <chr>    <chr> <int> <dbl>",
        *lines,
    )


FIFTH: Mapping[str, Output] = {
    f"fifth {make.__name__.replace('_', ' ')}": make
    for make in (
        years_down, characteristics_in_word, summary_of_factor, flat_table, aggregate_by_length, described_by, log_rank,
        row_shares, survdiff, lifetest, response_profile, arms_in_a_line, missing_items, in_brackets, cards, text_in_sheet,  # noqa: E501 - as a program writes it
        strata, shares_of_caption, mermaid, bins, flows, columns_by_sex, people_with_share, slices, pie_in_plotly,
        steps_of_a_program, two_rows_of_numbers, counted_in_r,
    )
}  # fmt: skip
PLANTED_FIFTH = planted(FIFTH)
SAFE_FIFTH = safe(FIFTH)
