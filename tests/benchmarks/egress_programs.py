"""What statistical programs print and authors type: Stata, R, SAS, SPSS, pandas, LaTeX, pages, lists, sentences.

Every kind is one function of how many people its smallest group has: a planted problem with fewer than ten of them,
a safe output of the same make with more.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import page
from tests.benchmarks.egress_files import notebook, workbook

Output = Callable[[random.Random, int], Sample]
"""An output whose smallest group has so many people."""

REGIONS = ("Seoul", "Busan", "Daegu", "Incheon", "Jeju")
PROVINCES = ("서울", "부산", "대구", "인천", "제주")


def many(chance: random.Random) -> int:
    """A count that no rule minds."""
    return chance.randrange(40, 900)


def _tally(chance: random.Random, few: int, names: Sequence[str] = REGIONS) -> dict[str, int]:
    """Counts by place, one of them small."""
    counts = {name: many(chance) for name in names}
    counts[chance.choice(list(names))] = few
    return counts


def _said(name: str, *lines: str) -> Sample:
    return Sample(name, ("\n".join(lines) + "\n").encode())


def stata_tabulate(chance: random.Random, few: int) -> Sample:
    counts = _tally(chance, few)
    total, sum_ = sum(counts.values()), 0
    lines = [". tabulate region", "", "     region |      Freq.     Percent        Cum.", "-" * 12 + "+" + "-" * 35]
    for name, n in counts.items():
        sum_ += n
        lines.append(f"{name:>11} |{n:>11,}{100 * n / total:>12.2f}{100 * sum_ / total:>12.2f}")
    return _said("out.log", *lines, "-" * 12 + "+" + "-" * 35, f"      Total |{total:>11,}      100.00")


def stata_cross(chance: random.Random, few: int) -> Sample:
    rows = [(name, many(chance), many(chance)) for name in REGIONS[:3]]
    rows[1] = (rows[1][0], few, rows[1][2])
    lines = [". tab region sex", "", "           |          sex", "    region |    female       male |     Total"]
    lines.append("-----------+----------------------+----------")
    lines += [f"{name:>10} |{a:>10}{b:>11} |{a + b:>10}" for name, a, b in rows]
    a, b = (sum(row[i] for row in rows) for i in (1, 2))  # type: ignore[misc]
    return _said(
        "tab.txt", *lines, "-----------+----------------------+----------", f"     Total |{a:>10}{b:>11} |{a + b:>10}"
    )


def r_table(chance: random.Random, few: int) -> Sample:
    counts = _tally(chance, few)
    names = "".join(f"{name:>9}" for name in counts)
    return _said("r.txt", "> table(d$region)", "", names, "".join(f"{n:>9}" for n in counts.values()))


def tibble(chance: random.Random, few: int) -> Sample:
    counts = _tally(chance, few)
    lines = ["> d |> count(region)", "# A tibble: 5 × 2", "  region      n", "  <chr>   <int>"]
    return _said("r.log", *lines, *(f"{i} {name:<8}{n:>5}" for i, (name, n) in enumerate(counts.items(), 1)))


def latex(chance: random.Random, few: int) -> Sample:
    counts = _tally(chance, few)
    body = [f"{name} & {n} & {chance.uniform(30, 70):.1f} \\\\" for name, n in counts.items()]
    head = [r"\begin{tabular}{lrr}", r"\toprule", r"Region & N & Mean age \\", r"\midrule"]
    return _said(chance.choice(("t.txt", "t.md")), *head, *body, r"\bottomrule", r"\end{tabular}")


def value_counts(chance: random.Random, few: int) -> Sample:
    counts = _tally(chance, few)
    shown = "\n".join(["region", *(f"{name:<10}{n:>5}" for name, n in counts.items()), "Name: count, dtype: int64"])
    if chance.random() < 0.5:
        return Sample("a.ipynb", notebook(["df.region.value_counts()"], [{"text/plain": shown}]))
    return Sample("counts.txt", shown.encode())


def years_across(chance: random.Random, few: int) -> Sample:
    """One row for each place, one column for each year."""
    rows = [[name, *(str(many(chance)) for _ in range(4))] for name in PROVINCES]
    rows[2][3] = str(few)
    head = (
        ["지역", "2019년", "2020년", "2021년", "2022년"]
        if chance.random() < 0.5
        else ["", "2019", "2020", "2021", "2022"]
    )
    return _said("wide.csv", *(",".join(row) for row in (head, *rows)))


def months_down(chance: random.Random, few: int) -> Sample:
    """Long and tidy, with a heading that people use and no list names."""
    head = chance.choice(
        ("해당자", "빈도(명)", "관찰 대상 수", "사람 수", "진단받은 사람", "수검자수", "발생 건수", "등록자")
    )
    rows = [f"2021-{m:02},{many(chance)},{chance.uniform(1, 9):.2f}" for m in range(1, 13)]
    rows[5] = f"2021-06,{few},2.10"
    return _said("월별.csv", f"월,{head},평균 점수", *rows)


def second_sheet(chance: random.Random, few: int) -> Sample:
    """A title and a note around the table of the second sheet."""
    safe = [
        ("Table 1. Overview", "", ""),
        ("group", "n", "mean"),
        *((q, str(many(chance)), "41.2") for q in ("Q1", "Q2", "Q3", "Q4")),
    ]
    rows = [(r, str(n), "39.5") for r, n in _tally(chance, few).items()]
    other = [("표 2. 지역별 결과", "", ""), ("지역", "대상자 수", "평균"), *rows, ("주: 2021년 기준", "", "")]
    return Sample("tables.xlsx", workbook({"T1": safe, "표2": other}))


def characteristics(chance: random.Random, few: int) -> Sample:
    """The first table of a paper, in pairs of count and share."""
    n = many(chance) + 200
    rows = [("Age, mean (SD)", f"{chance.uniform(40, 60):.1f} (11.2)"), ("Female, n (%)", f"{n // 2} (50.0)")]
    rows += [("Prior stroke, n (%)", f"{few} ({100 * few / n:.1f})"), ("Diabetes, n (%)", f"{n // 3} ({100 / 3:.1f})")]
    lines = [f"| Characteristic | Overall (N={n}) |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)]
    return _said("table1.md", *lines)


def of_all(chance: random.Random, few: int) -> Sample:
    """Cells such as 4/120 (3.3%)."""
    rows = []
    for name, n in _tally(chance, few).items():
        base = n + many(chance)
        rows.append(f"{name},{n}/{base} ({100 * n / base:.1f}%),{chance.uniform(0.5, 2):.2f}")
    return _said("events.csv", "region,events/patients (%),HR", *rows)


def marked_cells(chance: random.Random, few: int) -> Sample:
    """Counts with the mark of a footnote."""
    mark = chance.choice(("*", "†", "‡", "a)", "¹⁾", " *"))
    rows = [f"{name},{n}{mark if n == few else ''},41.{i}" for i, (name, n) in enumerate(_tally(chance, few).items())]
    return _said("t.csv", "region,n,mean age", *rows)


def in_words(chance: random.Random, few: int) -> Sample:
    """A sentence that counts patients."""
    word = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    spelled = word[few] if few < 10 else str(few)
    text = chance.choice(
        (
            f"Only {few} patients in Jeju died during follow-up.",
            f"There were {spelled} deaths among users of the drug.",
            f"제주에서는 환자 {few}명이 사망하였다.",
            f"부작용으로 중단한 대상자는 {few}명이었다.",
            f"We excluded {few} participants with missing sex.",
            f"결측으로 제외된 사람은 {few}명이다.",
        )
    )
    return _said("results.md", "# Results", "", text)


def joined_headings(chance: random.Random, few: int) -> Sample:
    """A page whose table has cells over several columns and rows."""
    rows = "".join(
        f"<tr><th>{name}</th><td>{few if i == 2 else many(chance)}</td><td>{many(chance)}</td></tr>"
        for i, name in enumerate(REGIONS)
    )
    head = '<tr><th rowspan="2">region</th><th colspan="2">patients</th></tr><tr><th>2020</th><th>2021</th></tr>'
    return Sample("t.html", page(body=f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"))


def lists(chance: random.Random, few: int) -> Sample:
    """Counts as a list of lines, or as a tally in JSON beside other things."""
    counts = _tally(chance, few)
    if chance.random() < 0.5:
        return _said("n.md", "Patients by region:", "", *(f"- {name}: {n}" for name, n in counts.items()))
    content = {"title": "patients by region", "version": 2, "region": counts, "model": {"depth": 3, "trees": 200}}
    return Sample("n.json", json.dumps(content).encode())


def sas_freq(chance: random.Random, few: int) -> Sample:
    counts = _tally(chance, few)
    total, sum_, lines = sum(counts.values()), 0, []
    for name, n in counts.items():
        sum_ += n
        lines.append(f"{name:<10}{n:>9}{100 * n / total:>11.2f}{sum_:>15}{100 * sum_ / total:>13.2f}")
    top = ["                 The FREQ Procedure", "", "                            Cumulative    Cumulative"]
    return _said("freq.txt", *top, "region    Frequency    Percent     Frequency      Percent", "-" * 58, *lines)


def cross_in_python(chance: random.Random, few: int) -> Sample:
    """pandas.crosstab as it prints: the names of both labels stand in lines of their own."""
    rows = [f"{name:<10}{many(chance):>6}{many(chance):>6}" for name in REGIONS]
    rows[3] = f"{REGIONS[3]:<10}{few:>6}{many(chance):>6}"
    shown = "\n".join(["sex            F     M", "region                ", *rows])
    return Sample("a.ipynb", notebook(["pd.crosstab(df.region, df.sex)"], [{"text/plain": shown}]))


def subtotals(chance: random.Random, few: int) -> Sample:
    """A pivot table with empty labels below the first and a subtotal for each."""
    lines = ["region,sex,patients"]
    for i, name in enumerate(PROVINCES[:3]):
        a, b = (few if i == 1 else many(chance)), many(chance)
        lines += [f"{name},여,{a}", f",남,{b}", f"{name} 소계,,{a + b}"]
    return _said("pivot.csv", *lines)


FIRST: Mapping[str, Output] = {
    "Stata tabulate": stata_tabulate,
    "Stata cross-table": stata_cross,
    "R table": r_table,
    "tibble": tibble,
    "LaTeX": latex,
    "value counts": value_counts,
    "years across": years_across,
    "months down": months_down,
    "second sheet": second_sheet,
    "characteristics": characteristics,
    "of all": of_all,
    "marked cells": marked_cells,
    "in words": in_words,
    "joined headings": joined_headings,
    "lists": lists,
    "SAS FREQ": sas_freq,
    "crosstab": cross_in_python,
    "subtotals": subtotals,
}
_RULES = ("cells.small", "cells.percent", "cells.implied", "model.classes", "model.survival", "model.freedom")


def planted(
    outputs: Mapping[str, Output], rules: tuple[str, ...] = _RULES
) -> dict[str, Callable[[random.Random], Sample]]:
    """Outputs with a group of fewer than ten."""

    def spoil(output: Output) -> Callable[[random.Random], Sample]:
        def make(chance: random.Random) -> Sample:
            one = output(chance, chance.randrange(1, 10))
            return Sample(one.name, one.data, "few people", one.rules or rules, one.controls, context=one.context)

        return make

    return {f"few: {kind}": spoil(output) for kind, output in outputs.items()}


def safe(outputs: Mapping[str, Output]) -> dict[str, Callable[[random.Random], Sample]]:
    """The same with no small group."""

    def mend(output: Output) -> Callable[[random.Random], Sample]:
        def make(chance: random.Random) -> Sample:
            one = output(chance, chance.randrange(31, 900))
            return Sample(one.name, one.data, controls=one.controls, context=one.context)

        return make

    return {kind: mend(output) for kind, output in outputs.items()}


PLANTED_PROGRAMS = planted(FIRST)
SAFE_PROGRAMS = safe(FIRST)
