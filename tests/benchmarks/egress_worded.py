"""A set of what words claim of tables, of people named by nothing but their names, of a few typed rows, and of scripts.

Every planted kind has a safe twin of the same make; the rest only tempt.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import page
from tests.benchmarks.egress_hospital import said
from tests.benchmarks.egress_programs import many
from tests.benchmarks.egress_seventh import csv_of
from tests.benchmarks.egress_sixteenth import Maker, made

GIVEN = ("Rebecca", "Jonathan", "Siobhan", "Priya", "Matteo", "Ingrid")
FAMILY = ("Tannenbaum", "Holloway", "Okafor", "Whitcombe", "Lindqvist", "Raman")
WARDS = ("North", "South", "East", "West")


def _somebody(chance: random.Random) -> str:
    return f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}"


def _people(chance: random.Random, number: int) -> list[tuple[int, str, int]]:
    """Ages, sexes and values of people in no order."""
    ages = [71, 34, 66, 29, 58, 47, 83, 39][:number]
    return [(age + chance.randrange(3), "MF"[i % 3 > 0], chance.randrange(90, 240)) for i, age in enumerate(ages)]


def ages_above_the_top(chance: random.Random, bad: bool) -> Sample:
    top = chance.choice((80, 85, 90))
    bands = [f"{n}-{n + 4}" for n in range(top - 10, top, 5)]
    bands += [f"{top}-{top + 4}", f"{top + 5}+"] if bad else [f"{top}+"]
    note = chance.choice((f"Ages are top-coded at {top}.", f"{top}세 이상은 하나로 묶었다."))
    return said("ages.md", note, "", "| age | n |", "|---|---|", *(f"| {band} | {many(chance)} |" for band in bands))


def smaller_than_the_areas(chance: random.Random, bad: bool) -> Sample:
    names = ("종로구 사직동", "마포구 공덕동", "강남구 역삼동") if bad else ("서울", "부산", "대구")
    rows = [f"{name},{many(chance)}" for name in names]
    return said("areas.csv", "# 지역은 시도 단위로만 제시하였다", "지역,환자수", *rows)


def days_where_years_are_said(chance: random.Random, bad: bool) -> Sample:
    dates = [f"2021-03-{d:02}" if bad else f"{2015 + d}" for d in range(4, 8)]
    rows = [f"| {date} | {many(chance)} |" for date in dates]
    return said("dates.md", "Dates are given by year only.", "", "| admission | patients |", "|---|---|", *rows)


def single_incomes(chance: random.Random, bad: bool) -> Sample:
    levels = [f"{31_210_411 + 7_113_007 * i:,}" if bad else f"Q{i}" for i in range(1, 5)]
    rows = [f"| {level} | {many(chance)} |" for level in levels]
    return said("q.md", "Income is shown in quintiles only.", "", "| income | households |", "|---|---|", *rows)


def noise_that_adds_up(chance: random.Random, bad: bool) -> Sample:
    rows = [[many(chance), many(chance)] for _ in WARDS]
    total = [sum(row[i] for row in rows) + (0 if bad else chance.choice((-14, -11))) for i in (0, 1)]
    lines = [f"| {w} | {a} | {b} |" for w, (a, b) in zip((*WARDS, "total"), [*rows, total], strict=True)]
    return said(
        "noise.md", "Random noise was added to every count.", "", "| ward | men | women |", "|---|---|---|", *lines
    )


def people_in_a_remark(chance: random.Random, bad: bool) -> Sample:
    name = _somebody(chance)
    remark = f"spoke with {name} about the missed visit" if bad else "Robert Koch Institute form used"
    return csv_of("sites.csv", ("site", "n", "remark"), ("A", many(chance), remark), ("B", many(chance), "none"))


def people_in_a_sentence(chance: random.Random, bad: bool) -> Sample:
    line = f"The oldest, {_somebody(chance)}, withdrew in March." if bad else f"Analysis by {_somebody(chance)}, 2024."
    return said("notes.md", "# Notes", "", "The survey was closed in June.", line)


def columns_typed_in(chance: random.Random, bad: bool) -> Sample:
    if not bad:
        return said("set.py", "CUTS = {'age': [18, 40, 65, 80], 'bmi': [18.5, 25, 30, 35], 'sex': ['M', 'F']}")
    ages, sexes, values = zip(*_people(chance, 6), strict=True)
    return said("d.py", f"d = pd.DataFrame({{'age': {list(ages)}, 'sex': {list(sexes)}, 'cd4': {list(values)}}})")


def rows_without_a_heading(chance: random.Random, bad: bool) -> Sample:
    people = [f"{sex} {age} {value} {'no' if value % 2 else 'yes'}" for age, sex, value in _people(chance, 6)]
    groups = [f"{ward} {many(chance)} {many(chance)} {many(chance)}" for ward in WARDS]
    return said("x.txt", "for checking", "", *(people if bad else groups))


def data_behind_other_statements(chance: random.Random, bad: bool) -> Sample:
    rows = [f"{at} {age} {sex} {value}" for at, (age, sex, value) in enumerate(_people(chance, 6), 101)]
    data = ["data a; input id age sex $ sbp; datalines;", *rows, ";", "run;"]
    return said("a.sas", *(data if bad else ["data a; set zone.cohort;", "run;"]), "proc means data=a; var sbp; run;")


def list_in_a_sentence(chance: random.Random, bad: bool) -> Sample:
    last = 2 + chance.randrange(7) if bad else many(chance)
    return said(
        "ae.md", "# Safety", "", f"Adverse events: {many(chance)} mild, {many(chance)} moderate, {last} severe."
    )


def few_to_whom_it_happened(chance: random.Random, bad: bool) -> Sample:
    said_of = (
        f"{chance.choice(('Two', 'Three', 'Five'))} workers of the foundry developed mesothelioma"
        if bad
        else "Two authors read all reports"
    )
    return said("r.tex", r"\section{Results}", f"{said_of}; see Table 2.")


def cross_table_of_two_names(chance: random.Random, bad: bool) -> Sample:
    rows = [[many(chance), many(chance)] for _ in range(3)]
    rows[1][1] = 2 + chance.randrange(7) if bad else rows[1][1]
    return said("t.txt", "arm      A    B", "site", *(f"{i}     {a:4}  {b:3}" for i, (a, b) in enumerate(rows, 1)))


def caption_that_counts(chance: random.Random, bad: bool) -> Sample:
    last = 2 + chance.randrange(7) if bad else many(chance)
    return said("n.out", "n by arm", "  A    B", f"{many(chance):3} {last:4}")


def box_of_its_values(chance: random.Random, bad: bool) -> Sample:
    raw = {"y": [round(chance.uniform(1, 9), 1) for _ in range(9)]}
    ends = {"q1": [3.1], "median": [4.2], "q3": [5.0], "lowerfence": [2], "upperfence": [7]}
    return Sample("box.json", json.dumps({"data": [{"type": "box"} | (raw if bad else ends)]}).encode())


def the_first_of_them(chance: random.Random, bad: bool) -> Sample:
    told = '"I was the first woman to captain the ferry", said a participant (F, 58).'
    return said(
        "talks.md", told if bad else '"The ferry was too dear", said a participant (F, 50s).', str(many(chance))
    )


def script_with_numbers(chance: random.Random, bad: bool) -> Sample:
    rows = ", ".join(str(chance.randrange(30, 90)) for _ in range(12))
    calm = "function startup(){\n\n}\ndocument.addEventListener('DOMContentLoaded', startup);"
    return Sample(
        "p.html", page(body="<p>Report</p>", head=f"<script>{f'var d = [{rows}];' if bad else calm}</script>")
    )


def figure_in_a_page(chance: random.Random, bad: bool) -> Sample:
    values = [round(chance.uniform(1, 9), 1) for _ in range(12)] if bad else [many(chance) for _ in range(4)]
    trace = {"type": "box", "y": values} if bad else {"type": "bar", "x": list(WARDS), "y": values}
    drawn = (
        f'Plotly.newPlot("f-1", {json.dumps([trace])}, {{"title": {{"text": "Admissions"}}}}, {{"responsive": true}})'
    )
    library = '<script src="https://cdn.plot.ly/plotly-2.35.2.min.js"></script>'
    return Sample("f.html", page(body=f'<div id="f-1"></div><script>{drawn};</script>', head=library))


_WORDED: Mapping[Maker, tuple[str, ...]] = {
    ages_above_the_top: ("request.claim",),
    smaller_than_the_areas: ("request.claim",),
    days_where_years_are_said: ("request.claim",),
    single_incomes: ("request.claim",),
    noise_that_adds_up: ("request.claim",),
    people_in_a_remark: ("identifier.person",),
    people_in_a_sentence: ("identifier.person",),
    columns_typed_in: ("table.singular",),
    rows_without_a_heading: ("table.singular",),
    data_behind_other_statements: ("table.singular", "table.records"),
    list_in_a_sentence: ("cells.small",),
    few_to_whom_it_happened: ("cells.small",),
    cross_table_of_two_names: ("cells.small",),
    caption_that_counts: ("cells.small",),
    box_of_its_values: ("figure.points",),
    the_first_of_them: ("table.singular",),
    script_with_numbers: ("markup.active",),
    figure_in_a_page: ("figure.points",),
}


def _tempting(chance: random.Random) -> Mapping[str, Sample]:
    """What looks like one of these and is none."""
    balance = [
        f"age    {chance.uniform(50, 60):.2f}  {chance.uniform(50, 60):.2f}  0.0041  0.0122",
        "sexF   0.48  0.47  0.0030  0.0030",
    ]
    sas = '<script type="text/javascript">\n<!-- \nfunction startup(){\n\n}\n//-->\n</script>'
    return {
        "balance after matching": said("psm.txt", "       Treated  Control  eCDF Mean  eCDF Max", *balance),
        "an article": said(
            "lit.txt", "참고문헌", "김영수, 이정민, 박지현. 흡연과 뇌졸중. 대한예방의학회지 2018;51(3):120-130."
        ),
        "classes of a model": csv_of(
            "lca.csv", ("n_classes", "BIC", "smallest_class_pct"), (2, 28560.1, 38.2), (3, 28240.4, 21.1)
        ),
        "weights of a meta-analysis": csv_of(
            "meta.csv",
            ("cohort", "HR", "weight_pct"),
            ("A", 1.2, 31.2),
            ("B", 1.1, 33.0),
            ("C", 1.3, 35.8),
            ("Pooled", 1.2, 100.0),
        ),
        "the logarithm of p": csv_of("cox.csv", ("covariate", "coef", "p", "-log2(p)"), ("x", 0.1, 0.02, 5.64)),
        "a page of SAS": Sample("s.html", page((("Variable", "Estimate"), ("age", "0.03")), head=sas)),
        "authors of a report": said(
            "paper.md", "# Distance and care", "", "Rebecca Whitcombe, Matteo Okafor and Ingrid Raman", ""
        ),
    }


PLANTED_WORDED, SAFE_WORDED = made("worded", _WORDED, _tempting)
