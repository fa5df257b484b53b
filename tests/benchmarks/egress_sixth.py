"""A sixth set of kinds, written when the rules had been mended for the fifth: what they say at first sight."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import docx, lines, page, pdf, pdf_table
from tests.benchmarks.egress_drawn import even, grammar, joined, matplotlib
from tests.benchmarks.egress_files import workbook
from tests.benchmarks.egress_hospital import pair, said, shown, tally
from tests.benchmarks.egress_programs import Output, many, planted, safe

REASONS = ("동의 철회", "추적 소실", "부작용", "사망")
SCHOOLS = ("초등학교", "중학교", "고등학교", "특수학교")


def reasons_for_leaving(chance: random.Random, few: int) -> Sample:
    rows = [
        ("중도탈락 사유", "n", "%"),
        *((k, str(v), f"{chance.uniform(1, 40):.1f}") for k, v in tally(chance, few, REASONS).items()),
    ]
    return Sample("탈락.docx", docx(["표 3. 중도탈락"], [rows]))


def pupils(chance: random.Random, few: int) -> Sample:
    rows = [
        ("학교급", "학생수", "학급수"),
        *((k, str(v), str(chance.randrange(30, 60))) for k, v in tally(chance, few, SCHOOLS).items()),
    ]
    return Sample("학생.xlsx", workbook({"현황": rows}))


def frequencies_procedure(chance: random.Random, few: int) -> Sample:
    """DataFrame.value_counts() of two columns, with a heading line."""
    body = [f"{k:<10}  {s}      {v:>4}" for k, a, b in pair(chance, few, SCHOOLS) for s, v in (("F", a), ("M", b))]
    return shown(
        "\n".join(["school      sex", *body, "Name: count, dtype: int64"]), "df[['school','sex']].value_counts()"
    )


def tidy_model(chance: random.Random, few: int) -> Sample:
    """broom::glance()."""
    n = few + 4
    return said(
        "glance.csv",
        "r.squared,adj.r.squared,sigma,statistic,p.value,df,logLik,AIC,BIC,deviance,df.residual,nobs",
        f"0.41,0.39,2.31,11.2,0.001,3,-120.1,250.2,260.1,812.1,{few},{n}",
    )


def cell_of_cross(chance: random.Random, few: int) -> Sample:
    """CrossTable() of gmodels: the contents of a cell one below another."""
    a, b, c = many(chance), few, many(chance)
    return said(
        "gmodels.txt",
        "             | d$death ",
        "       d$sex |         0 |         1 | Row Total | ",
        "-------------|-----------|-----------|-----------|",
        f"           F |{a:>10} |{b:>10} |{a + b:>10} | ",
        f"             |{a / (a + b):>10.3f} |{b / (a + b):>10.3f} |{0.5:>10.3f} | ",
        "-------------|-----------|-----------|-----------|",
        f"           M |{c:>10} |{a + 7:>10} |{c + a + 7:>10} | ",
        f"             |{0.4:>10.3f} |{0.6:>10.3f} |{0.5:>10.3f} | ",
        "-------------|-----------|-----------|-----------|",
    )


def crude_rate(chance: random.Random, few: int) -> Sample:
    """Events and person-years beside a rate."""
    return said(
        "ir.csv",
        "group,events,person_years,rate_per_1000py",
        *(
            f"{k},{v},{v * 41 + 900},{1000 * v / (v * 41 + 900):.2f}"
            for k, v in tally(chance, few, ("A", "B", "C")).items()
        ),
    )


def strobe(chance: random.Random, few: int) -> Sample:
    n = many(chance) + 500
    return Sample(
        "flow.html", page(body=f"<ul><li>Eligible: {n}</li><li>Declined: {few}</li><li>Included: {n - few}</li></ul>")
    )


def abstract(chance: random.Random, few: int) -> Sample:
    n = many(chance) + 500
    return said(
        "abstract.md",
        "**Results** ",
        f"Of {n} participants, {few} (mean age 61 years) developed the outcome; the adjusted odds ratio was 1.42 (95% CI 1.01-2.00).",  # noqa: E501 - as a program writes it
    )


def korean_abstract(chance: random.Random, few: int) -> Sample:
    n = many(chance) + 500
    return Sample(
        "초록.docx",
        docx(["결과", f"전체 {n}명의 대상자 중에서 이상반응은 {few}건(명) 보고되었고, 입원은 {few}명이었다."]),
    )


def severity(chance: random.Random, few: int) -> Sample:
    rows = [
        ("Adverse event", "Grade 1-2", "Grade 3-4", "Any"),
        *((k, str(a), str(b), str(a + b)) for k, a, b in pair(chance, few, ("Nausea", "Rash", "Fatigue"))),
    ]
    return Sample("ae.pdf", pdf([lines(["Table 4. Patients with adverse events"]) + pdf_table(rows)]))


def subgroups(chance: random.Random, few: int) -> Sample:
    """A forest plot as a table: events of all in each arm."""
    body = [
        f"| {k} | {v}/{v + many(chance)} | {many(chance)}/{many(chance) + 900} | {chance.uniform(0.5, 1.5):.2f} (0.41-1.90) |"  # noqa: E501 - as a program writes it
        for k, v in tally(chance, few, ("Age <65", "Age ≥65", "Women", "Men")).items()
    ]
    return said(
        "forest.md", "| Subgroup | Drug (events/N) | Placebo (events/N) | HR (95% CI) |", "|---|---|---|---|", *body
    )


def by_cluster(chance: random.Random, few: int) -> Sample:
    content = {
        "clusters": {
            str(i): {"n_members": v, "centroid": [round(chance.random(), 3) for _ in range(3)]}
            for i, v in enumerate(tally(chance, few, ("a", "b", "c")).values())
        }
    }
    return Sample("clusters.json", json.dumps(content).encode())


def monthly_new(chance: random.Random, few: int) -> Sample:
    values = [many(chance) for _ in range(12)]
    values[7] = few
    return said(
        "월별.csv", "연월,신규등록,재등록", *(f"2023{m:02},{v},{many(chance)}" for m, v in enumerate(values, 1))
    )


def cumulative_percent(chance: random.Random, few: int) -> Sample:
    """proc freq into Excel: frequency and cumulative frequency."""
    total, rows = 0, [("Code", "Frequency Count", "Percent", "Cumulative Frequency")]
    for k, v in tally(chance, few, ("A01", "B02", "C03")).items():
        total += v
        rows.append((k, str(v), f"{chance.uniform(1, 60):.2f}", str(total)))
    return Sample("freq.xlsx", workbook({"Freq 1": rows}))


def summary_by_arm(chance: random.Random, few: int) -> Sample:
    """dplyr::summarise() printed as a data frame across the screen."""
    return said(
        "out.txt",
        "    arm n_total n_event   rate",
        *(
            f"{i} {k:>5} {many(chance) + 900:>7} {v:>7} {chance.random():.4f}"
            for i, (k, v) in enumerate(tally(chance, few, ("A", "B", "C")).items(), 1)
        ),
    )


def warnings_of_a_fit(chance: random.Random, few: int) -> Sample:
    """A mixed model of lme4: groups and observations."""
    return said(
        "lmer.txt",
        "Random effects:",
        " Groups   Name        Variance Std.Dev.",
        " hospital (Intercept) 0.2110   0.4593  ",
        " Residual             1.0210   1.0104  ",
        f"Number of obs: {few}, groups:  hospital, 3",
    )


def two_sexes_in_words(chance: random.Random, few: int) -> Sample:
    return said(
        "note.md",
        f"대상자는 남자 {many(chance)}명, 여자 {few}명이다."
        if chance.random() < 0.5
        else f"The sample comprised {many(chance)} men and {few} women.",
    )


def bars_with_numbers(chance: random.Random, few: int) -> Sample:
    """Bars with their numbers above them, drawn by ggplot2."""
    counts = tally(chance, few, ("A", "B", "C", "D"))
    body = "".join(
        f"<rect x='{60 + 90 * i}.00' y='{320 - v / 4:.2f}' width='60.00' height='{v / 4:.2f}' style='fill: #595959;' />\n<text x='{90 + 90 * i}.00' y='{314 - v / 4:.2f}'>{v}</text>\n"  # noqa: E501 - as a program writes it
        for i, v in enumerate(counts.values())
    )
    return Sample("bars.svg", grammar(body + "<text x='20' y='170'>number of patients</text>"))


def legend_with_people(chance: random.Random, few: int) -> Sample:
    labels = [f"Arm A (n = {many(chance)})", f"Arm B (n = {few})"]
    return Sample("km.svg", matplotlib(joined(even(chance, 20)), joined(even(chance, 20)), labels=["months", *labels]))


def group_in_title(chance: random.Random, few: int) -> Sample:
    return said(
        "table.csv",
        f"Table 2. Costs of rare disease patients (n={few})",
        "item,mean cost,sd",
        f"drug,{chance.uniform(100, 900):.1f},41.2",
        f"visit,{chance.uniform(100, 900):.1f},33.1",
    )


SIXTH: Mapping[str, Output] = {
    f"sixth {make.__name__.replace('_', ' ')}": make
    for make in (
        reasons_for_leaving, pupils, frequencies_procedure, tidy_model, cell_of_cross, crude_rate, strobe, abstract,
        korean_abstract, severity, subgroups, by_cluster, monthly_new, cumulative_percent, summary_by_arm,
        warnings_of_a_fit, two_sexes_in_words, bars_with_numbers, legend_with_people, group_in_title,
    )
}  # fmt: skip


PLANTED_SIXTH = planted(SIXTH)
SAFE_SIXTH = safe(SIXTH)
