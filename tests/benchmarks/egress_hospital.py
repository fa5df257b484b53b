"""A fourth set of kinds, written before a look at the rules: what a clinical study prints and exports.

As in `egress_programs`, every kind is one function of the people in its smallest group.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import page
from tests.benchmarks.egress_files import notebook, workbook
from tests.benchmarks.egress_programs import Output, many, planted, safe

WARDS = ("내과", "외과", "소아청소년과", "산부인과", "응급의학과")
DRUGS = ("metformin", "sitagliptin", "insulin", "empagliflozin")


def said(name: str, *lines: str) -> Sample:
    """A file of lines."""
    return Sample(name, ("\n".join(lines) + "\n").encode())


def shown(text: str, source: str = "out") -> Sample:
    """A notebook whose cell showed this."""
    return Sample("analysis.ipynb", notebook([source], [{"text/plain": text}]))


def tally(chance: random.Random, few: int, names: Sequence[str] = WARDS) -> dict[str, int]:
    """Counts by name, one of them small."""
    counts = {name: many(chance) for name in names}
    counts[chance.choice(list(names))] = few
    return counts


def pair(chance: random.Random, few: int, names: Sequence[str] = WARDS) -> list[tuple[str, int, int]]:
    """Counts by name and sex, one of them small."""
    rows = [[many(chance), many(chance)] for _ in names]
    rows[chance.randrange(len(rows))][chance.randrange(2)] = few
    return [(name, a, b) for name, (a, b) in zip(names, rows, strict=True)]


def crosstab_with_margins(chance: random.Random, few: int) -> Sample:
    """pandas.crosstab(..., margins=True).to_csv()."""
    rows = pair(chance, few)
    body = [f"{name},{a},{b},{a + b}" for name, a, b in rows]
    a, b = sum(r[1] for r in rows), sum(r[2] for r in rows)
    return said("crosstab.csv", "진료과,남,여,All", *body, f"All,{a},{b},{a + b}")


def two_headings(chance: random.Random, few: int) -> Sample:
    """pivot_table with two values, as CSV: two lines of headings and one with the name of the index."""
    body = [f"{n},{a},{b},{chance.uniform(40, 60):.2f},{chance.uniform(40, 60):.2f}" for n, a, b in pair(chance, few)]
    return said("pivot.csv", ",patient_id,patient_id,age,age", "sex,F,M,F,M", "dept,,,,", *body)


def printed_frame(chance: random.Random, few: int) -> Sample:
    """DataFrame.to_string() with Korean labels of double width."""
    body = [
        f"{i}  {name:>8}  {n:>4}  {chance.uniform(1, 9):.1f}" for i, (name, n) in enumerate(tally(chance, few).items())
    ]
    return said("result.txt", "      진료과  환자수  평균재원일", *body)


def group_sizes(chance: random.Random, few: int) -> Sample:
    """groupby(...).size().to_csv(): the heading of the counts is a nought."""
    return said(
        "size.csv", "dept,sex,0", *(f"{n},{s},{v}" for n, a, b in pair(chance, few) for s, v in (("F", a), ("M", b)))
    )


def indicators_in_rows(chance: random.Random, few: int) -> Sample:
    """A long table whose measure is named in each row."""
    lines = ["indicator,dept,value"]
    lines += [f"n_patients,{name},{n}" for name, n in tally(chance, few).items()]
    lines += [f"mean_los,{name},{chance.uniform(3, 12):.2f}" for name in WARDS]
    return said("tidy.csv", *lines)


def first_table(chance: random.Random, few: int) -> Sample:
    """The tableone package, through tabulate: n (%) in cells, categories in a column of their own."""
    n = many(chance) + 300
    lines = [
        "|                    |       | Missing   | Overall     |",
        "|:-------------------|:------|:----------|:------------|",
        f"| n                  |       |           | {n}         |",
        f"| age, mean (SD)     |       | 0         | {chance.uniform(50, 70):.1f} (11.4) |",
        f"| sex, n (%)         | F     |           | {n // 2} ({50.0}) |",
        f"| dialysis, n (%)    | yes   |           | {few} ({100 * few / n:.1f}) |",
        f"|                    | no    |           | {n - few} ({100 * (n - few) / n:.1f}) |",
    ]
    return said("table1.md", *lines)


def tableone_in_r(chance: random.Random, few: int) -> Sample:
    """print(CreateTableOne())."""
    n = many(chance) + 200
    return said(
        "tableone.txt",
        "                         Stratified by arm",
        "                          0             1             p      test",
        f"  n                        {n}           {n + 7}",
        f"  age (mean (SD))          {chance.uniform(50, 60):.2f} (9.1)  {chance.uniform(50, 60):.2f} (8.8)   0.412",
        f"  stroke = 1 (%)             {few} ({100 * few / n:4.1f})     {n // 4} (25.0)    0.030",
    )


def gtsummary_page(chance: random.Random, few: int) -> Sample:
    """gtsummary as a page: the base in the heading, counts with shares."""
    n = many(chance) + 300
    rows = [
        ("Characteristic", f"Drug A, N = {n}", f"Drug B, N = {n + 12}", "p-value"),
        ("Age", "57 (48, 66)", "58 (47, 67)", "0.7"),
        ("Grade", "", "", ""),
        ("I", f"{n // 3} (33%)", f"{n // 2} (48%)", ""),
        ("IV", f"{few} ({100 * few / n:.1f}%)", f"{n // 5} (19%)", "0.9"),
    ]
    return Sample("table1.html", page(rows))


def data_table_in_r(chance: random.Random, few: int) -> Sample:
    body = [
        f"{i}: {n:>12} {v:>5} {chance.uniform(4, 9):.3f}"
        for i, (n, v) in enumerate(tally(chance, few, DRUGS).items(), 1)
    ]
    return said("dt.log", "> d[, .(.N, los = mean(los)), by = drug]", "           drug     N   los", *body)


def quoted_rows_of_r(chance: random.Random, few: int) -> Sample:
    """write.csv() with row names and quotes."""
    body = [f'"{i}","{n}",{v},{chance.uniform(40, 70):.5f}' for i, (n, v) in enumerate(tally(chance, few).items(), 1)]
    return said("by_dept.csv", '"","dept","n","mean_age"', *body)


def kable(chance: random.Random, few: int) -> Sample:
    body = [f"|{n:<14}|{v:>5}|{chance.uniform(4, 9):>8.2f}|" for n, v in tally(chance, few, DRUGS).items()]
    return said(
        "report.md",
        "",
        "Table: Patients by first drug",
        "",
        "|drug          |    n| hba1c  |",
        "|:-------------|----:|-------:|",
        *body,
    )


def with_margins_in_r(chance: random.Random, few: int) -> Sample:
    """addmargins(table(...))."""
    rows = pair(chance, few, DRUGS)
    body = [f"  {n:<14}{a:>5}{b:>5}{a + b:>5}" for n, a, b in rows]
    a, b = sum(r[1] for r in rows), sum(r[2] for r in rows)
    return said(
        "r.log",
        "> addmargins(table(d$drug, d$death))",
        "                ",
        "                   0    1  Sum",
        *body,
        f"  Sum           {a:>5}{b:>5}{a + b:>5}",
    )


def tabstat(chance: random.Random, few: int) -> Sample:
    """tabstat age, by(drug) stat(n mean sd)."""
    body = [
        f"{n:>14} | {v:>9} {chance.uniform(40, 60):>9.4f} {chance.uniform(8, 12):>9.4f}"
        for n, v in tally(chance, few, DRUGS).items()
    ]
    return said(
        "tabstat.log",
        "          drug |         N      Mean        SD",
        "---------------+------------------------------",
        *body,
    )


def sas_means(chance: random.Random, few: int) -> Sample:
    body = [
        f"{n:<16}{v:>5}{v:>8}{chance.uniform(4, 9):>14.7f}{chance.uniform(1, 2):>14.7f}"
        for n, v in tally(chance, few, DRUGS).items()
    ]
    top = [
        "The MEANS Procedure",
        "Analysis Variable : los",
        "",
        "                N",
        "drug              Obs       N          Mean       Std Dev",
    ]
    return said("means.txt", *top, "-" * 57, *body, "-" * 57)


def sas_cross(chance: random.Random, few: int) -> Sample:
    """PROC FREQ with two variables: four numbers in each cell, one below another."""
    a, b, c, d = few, many(chance), many(chance), many(chance)
    n = a + b + c + d
    top = [
        "The FREQ Procedure",
        "",
        "Table of drug by death",
        "",
        "drug      death",
        "",
        "Frequency|",
        "Percent  |",
        "Row Pct  |",
        "Col Pct  |       0|       1|  Total",
        "---------+--------+--------+",
    ]
    body = []
    for name, x, y in (("A", b, a), ("B", d, c)):
        body += [
            f"{name:<9}|{x:>7} |{y:>7} |{x + y:>7}",
            f"         |{100 * x / n:>7.2f} |{100 * y / n:>7.2f} |{100 * (x + y) / n:>7.2f}",
            f"         |{100 * x / (x + y):>7.2f} |{100 * y / (x + y):>7.2f} |",
            "---------+--------+--------+",
        ]
    return said("freq.lst.txt", *top, *body, f"Total    {b + d:>8} {a + c:>8} {n:>8}")


def spss_page(chance: random.Random, few: int) -> Sample:
    """A frequency table of a Korean SPSS, exported as a page."""
    counts = tally(chance, few)
    total = sum(counts.values())
    rows: list[tuple[str, ...]] = [("", "", "빈도", "퍼센트", "유효 퍼센트", "누적 퍼센트")]
    cumulated = 0
    for i, (name, n) in enumerate(counts.items()):
        cumulated += n
        share = f"{100 * n / total:.1f}"
        rows.append(("유효" if i == 0 else "", name, str(n), share, share, f"{100 * cumulated / total:.1f}"))
    return Sample("빈도분석.html", page([*rows, ("", "전체", str(total), "100.0", "100.0", "")]))


def pivot_of_excel(chance: random.Random, few: int) -> Sample:
    counts = tally(chance, few)
    rows = [
        ("개수 : 환자ID", ""),
        ("행 레이블", "요약"),
        *((n, str(v)) for n, v in counts.items()),
        ("총합계", str(sum(counts.values()))),
    ]
    return Sample("피벗.xlsx", workbook({"Sheet4": rows}))


def describe_wide(chance: random.Random, few: int) -> Sample:
    """groupby().describe().to_csv(): counts are decimals."""
    body = [
        f"{n},{v}.0,{chance.uniform(50, 60):.3f},{chance.uniform(9, 12):.3f},44.0,55.0,63.0"
        for n, v in tally(chance, few).items()
    ]
    return said("describe.csv", ",age,age,age,age,age,age", ",count,mean,std,25%,50%,75%", "dept,,,,,,", *body)


def lonely_spread(chance: random.Random, few: int) -> Sample:
    """agg(['mean', 'std']) of a group of one: its standard deviation is missing."""
    alone = few < 10
    body = [
        f"{n},{chance.uniform(50, 60):.3f},{'' if alone and i == 2 else f'{chance.uniform(8, 12):.3f}'}"
        for i, n in enumerate(WARDS)
    ]
    if chance.random() < 0.5:
        body = [line + ("NaN" if line.endswith(",") else "") for line in body]
    return said("agg.csv", "dept,mean,std", *body)


def event_table(chance: random.Random, few: int) -> Sample:
    """KaplanMeierFitter.event_table.to_csv(), by quarter."""
    risk, body = 900, []
    for i, at in enumerate((0, 90, 180, 270, 360)):
        observed = 0 if i == 0 else min(few, 300) if i == 3 else 40
        censored = 0 if i == 0 else 35
        body.append(f"{at}.0,{observed + censored},{observed},{censored},{risk if i == 0 else 0},{risk}")
        risk -= observed + censored
    return said("event_table.csv", "event_at,removed,observed,censored,entrance,at_risk", *body)


def at_risk_below_a_curve(chance: random.Random, few: int) -> Sample:
    """The numbers at risk that survminer prints below a curve."""
    n = many(chance) + 300
    return said(
        "risk.txt",
        "Number at risk",
        "             0    12    24    36",
        f"arm=A      {n}   {n // 2}   {n // 3}    {few}",
        f"arm=B      {n + 5}   {n // 2 + 9}   {n // 3 + 4}   {n // 4}",
    )


def cox_in_r(chance: random.Random, few: int) -> Sample:
    n = many(chance) + 100
    return said(
        "cox.txt",
        "Call:",
        "coxph(formula = Surv(time, status) ~ arm + age, data = d)",
        "",
        f"  n= {n}, number of events= {few}",
        "",
        "        coef exp(coef) se(coef)     z Pr(>|z|)",
        "arm  -0.2231    0.8000   0.1102 -2.02   0.0431 *",
        "age   0.0212    1.0214   0.0071  2.98   0.0028 **",
    )


def lifelines_summary(chance: random.Random, few: int) -> Sample:
    n = many(chance) + 100
    return shown(
        "<lifelines.CoxPHFitter: fitted with "
        f"{n} total observations, {n - few} right-censored observations>\n             duration col = 'T'\n"
        f"                event col = 'E'\n      baseline estimation = breslow\n   number of observations = {n}\n"
        f"number of events observed = {few}\n   partial log-likelihood = -412.31",
        "cph.print_summary()",
    )


def support(chance: random.Random, few: int) -> Sample:
    """classification_report of scikit-learn."""
    lines = ["              precision    recall  f1-score   support", ""]
    counts = tally(chance, few, ("0", "1", "2"))
    lines += [f"{n:>12}{0.81:>11.2f}{0.77:>10.2f}{0.79:>10.2f}{v:>10}" for n, v in counts.items()]
    total = sum(counts.values())
    lines += [
        "",
        f"{'accuracy':>12}{'':>21}{0.84:>10.2f}{total:>10}",
        f"{'macro avg':>12}{0.8:>11.2f}{0.8:>10.2f}{0.8:>10.2f}{total:>10}",
    ]
    return shown("\n".join(lines), "print(classification_report(y, p))")


def matrix(chance: random.Random, few: int) -> Sample:
    a, b, c = many(chance), many(chance), many(chance)
    cells = [[a, few], [b, c]] if chance.random() < 0.5 else [[a, b], [few, c]]
    text = f"[[{cells[0][0]:>4} {cells[0][1]:>4}]\n [{cells[1][0]:>4} {cells[1][1]:>4}]]"
    return shown(chance.choice((text, f"array([{cells[0]},\n       {cells[1]}])")), "confusion_matrix(y_test, pred)")


def tree_in_words(chance: random.Random, few: int) -> Sample:
    """A decision tree as rpart prints it: the people in every node."""
    n = many(chance) + 200
    return said(
        "rpart.txt",
        f"n= {n} ",
        "",
        "node), split, n, loss, yval, (yprob)",
        "      * denotes terminal node",
        "",
        f" 1) root {n} {n // 3} no (0.667 0.333)  ",
        f"   2) age< 71.5 {n - few - 90} {n // 5} no (0.75 0.25) *",
        f"   3) age>=71.5 {few + 90} 40 yes (0.42 0.58)  ",
        "     6) crp< 8.2 90 38 no (0.60 0.40) *",
        f"     7) crp>=8.2 {few} 0 yes (0.00 1.00) *",
    )


HOSPITAL: Mapping[str, Output] = {
    f"hospital {make.__name__.replace('_', ' ')}": make
    for make in (
        crosstab_with_margins, two_headings, printed_frame, group_sizes, indicators_in_rows, first_table, tableone_in_r,
        gtsummary_page, data_table_in_r, quoted_rows_of_r, kable, with_margins_in_r, tabstat, sas_means, sas_cross,
        spss_page, pivot_of_excel, describe_wide, lonely_spread, event_table, at_risk_below_a_curve, cox_in_r,
        lifelines_summary, support, matrix, tree_in_words,
    )
}  # fmt: skip
PLANTED_HOSPITAL = planted(HOSPITAL)
SAFE_HOSPITAL = safe(HOSPITAL)
