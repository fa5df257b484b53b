"""Statistical outputs of the corpus: what only evidence, earlier releases, models, curves and claims give away.

Each planted kind has a safe twin of the same make, so that a rule is held to telling the two apart.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from images.notebook.ansim_evidence import write
from tests.benchmarks.egress_corpus import Grid, Sample, as_csv, as_json, as_markdown, as_workbook, cross, grid
from tests.benchmarks.egress_curves import PLANTED_CURVES, SAFE_CURVES
from tests.benchmarks.egress_files import notebook

Maker = Callable[[random.Random], Sample]
STRICT = "au-datalab"
_SPREAD: tuple[Any, ...] = (as_csv, as_csv, as_markdown, as_workbook, as_json)
MONEY = (("mean income", "income"), ("total cost", "cost"), ("평균 소득", "소득"), ("진료비 합계", "진료비"))
REGIONS = ("Seoul", "Busan", "Daegu", "Incheon", "Jeju")
AGES = ("0-19", "20-39", "40-59", "60-79", "80+")


def formed(one: Grid, chance: random.Random, **more: Any) -> Sample:
    name, data = chance.choice(_SPREAD)(one, chance)
    return Sample(name, data, **more)


# -- evidence -----------------------------------------------------------------------------------------------------


def frame(chance: random.Random, rows: int = 600) -> dict[str, list[Any]]:
    """People with a region and an amount, as columns."""
    return {
        "region": [chance.choice(REGIONS) for _ in range(rows)],
        "person_id": [f"p{chance.randrange(rows)}" for _ in range(rows)],
        "amount": [round(chance.uniform(10, 90), 2) for _ in range(rows)],
    }


def evidence_on(name: str, data: Mapping[str, list[Any]], heading: str) -> tuple[str, bytes]:
    """The supporting file that the notebook client writes beside a table."""
    with tempfile.TemporaryDirectory() as folder:
        renamed = {"region": data["region"], "person_id": data["person_id"], heading: data["amount"]}
        path, _ = write(renamed, Path(folder) / name, by=["region"], value=heading, unit="person_id")
        return path.name, path.read_bytes()


def money(data: Mapping[str, list[Any]], chance: random.Random, *, least: int = 1) -> Sample:
    """Sums or means of money by region, with the evidence on them."""
    heading, value = chance.choice(MONEY)
    mean = "mean" in heading or "평균" in heading
    rows = []
    for region in sorted(set(data["region"])):
        amounts = [a for a, r in zip(data["amount"], data["region"], strict=True) if r == region]
        shown = sum(amounts) / (len(amounts) if mean else 1)
        rows.append((region, str(max(len(amounts), least)), f"{shown:.2f}"))
    name, content = chance.choice((as_csv, as_markdown, as_workbook))(
        Grid(("region", "n", heading), tuple(rows), 1), chance
    )
    return Sample(name, content, policy=STRICT, supporting=(evidence_on(name, data, value),))


def dominated(chance: random.Random) -> Sample:
    data = frame(chance)
    at = chance.randrange(len(data["amount"]))
    data["amount"][at] = 3_000_000.0
    return replace(money(data, chance), planted="dominance", rules=("evidence.dominance",))


def rival(chance: random.Random) -> Sample:
    """Two contributors of a region whose rest is next to nothing."""
    data = frame(chance)
    mine = [i for i, region in enumerate(data["region"]) if region == "Seoul"]
    for i in mine:
        data["amount"][i] = 0.01
    data["amount"][mine[0]], data["amount"][mine[1]] = 900.0, 850.0
    data["person_id"][mine[0]], data["person_id"][mine[1]] = "x", "y"
    return replace(money(data, chance), planted="p%", rules=("evidence.p_percent",))


def few_behind(chance: random.Random) -> Sample:
    """Many rows of few people."""
    data = frame(chance)
    people = chance.randrange(2, 10)
    data["person_id"] = [
        f"q{i % people}" if region == "Busan" else who
        for i, (who, region) in enumerate(zip(data["person_id"], data["region"], strict=True))
    ]
    return replace(money(data, chance), planted="few contributors", rules=("evidence.small",))


def other_than_evidence(chance: random.Random) -> Sample:
    data = frame(chance)
    true = money(data, chance)
    name, content = as_csv(
        Grid(("region", "n"), tuple((r, str(data["region"].count(r) + 37)) for r in REGIONS), 1), chance
    )
    supporting = evidence_on(name, data, "income")
    return replace(
        true, name=name, data=content, supporting=(supporting,), planted="not as evidence", rules=("evidence.counts",)
    )


def without_evidence(chance: random.Random) -> Sample:
    return replace(money(frame(chance), chance), supporting=(), planted="no evidence", rules=("evidence.missing",))


def safe_money(chance: random.Random) -> Sample:
    return money(frame(chance), chance)


# -- other cuts ---------------------------------------------------------------------------------------------------


def by_sex(one: Grid) -> Grid:
    """The row totals of a cross-table as a table of their own."""
    return Grid((one.head[0], "n"), tuple((row[0], row[3]) for row in one.rows[:-1]), 1)


def inner(one: Grid) -> Grid:
    """A cross-table without its margins."""
    return Grid(one.head[:3], tuple(row[:3] for row in one.rows[:-1]), 1)


def other_margin(chance: random.Random) -> Sample:
    one = cross(chance)
    row, out = chance.randrange(one.parts), chance.randrange(1, 10)
    less = one.with_cell(row, 1, str(int(one.rows[row][1]) - out))
    earlier = as_csv(by_sex(one), chance)
    return formed(
        inner(less), chance, planted="margin of another table", rules=("cells.difference",), earlier=(earlier,)
    )


def ages(chance: random.Random) -> list[int]:
    return [chance.randrange(41, 900) for _ in AGES]


def merged_ages(chance: random.Random, *, out: int | None = None) -> Sample:
    counts = ages(chance)
    earlier = as_csv(Grid(("age group", "n"), tuple((a, str(n)) for a, n in zip(AGES, counts, strict=True)), 1), chance)
    less = chance.randrange(1, 10) if out is None else out
    new = (("0-39", str(counts[0] + counts[1] - less)), ("40-79", str(counts[2] + counts[3])), ("80+", str(counts[4])))
    return formed(
        Grid(("age group", "n"), new, 1),
        chance,
        planted="merged categories",
        rules=("cells.difference",),
        earlier=(earlier,),
    )


def linked_tables(chance: random.Random) -> Sample:
    one = cross(chance)
    row = chance.randrange(one.parts)
    less = one.with_cell(row, 2, str(int(one.rows[row][2]) - chance.randrange(1, 10)))
    return formed(
        inner(less),
        chance,
        planted="linked tables",
        rules=("cells.linked",),
        beside=(("a.csv", as_csv(by_sex(one), chance)[1]),),
    )


def unmasked_by_another(chance: random.Random) -> Sample:
    """Masked twice in each row and column, until a second table gives one of the pair."""
    small = chance.randrange(1, 10)
    counts = [[small, 41, 57], [33, 29, 61], [47, 83, 39]]
    rows = [("A", "*", "*", "57"), ("B", "*", "*", "61"), ("C", "47", "83", "39")]
    shown = tuple((*row, str(sum(line))) for row, line in zip(rows, counts, strict=True))
    totals = [sum(line[i] for line in counts) for i in range(3)]
    old = Grid(("site", "low", "mid", "top", "total"), (*shown, ("total", *map(str, totals), str(sum(totals)))), 1)
    new = Grid(("site", "level", "n"), (("B", "low", "33"), ("C", "low", "47"), ("C", "mid", "83")), 2)
    return formed(
        new, chance, planted="unmasked by another table", rules=("cells.difference",), earlier=(as_csv(old, chance),)
    )


def opened_by_all_tables(chance: random.Random) -> Sample:
    """Three masks in each row, which two more tables open together and neither alone."""
    small = chance.randrange(1, 10)
    counts = [[small, 41, 57], [33, 29, 61], [47, 83, 39]]
    totals = [sum(line[i] for line in counts) for i in range(3)]
    sums = [("A", "*", "*", "*", str(sum(counts[0]))), ("B", "*", "*", "*", str(sum(counts[1])))]
    rest = ("C", *map(str, counts[2]), str(sum(counts[2])))
    base = Grid(
        ("site", "low", "mid", "top", "total"), (*sums, rest, ("total", *map(str, totals), str(sum(totals)))), 1
    )
    one = Grid(("site", "level", "n"), (("A", "mid", "41"), ("C", "mid", "83")), 2)
    two = Grid(("site", "level", "n"), (("A", "top", "57"), ("C", "top", "39")), 2)
    beside = (("a.csv", as_csv(base, chance)[1]), ("b.csv", as_csv(one, chance)[1]))
    return formed(two, chance, planted="opened by all tables", rules=("cells.linked",), beside=beside)


def safe_masks_together(chance: random.Random) -> Sample:
    """Masks that a second table leaves as open as they were."""
    one, two = (chance.randrange(1, 10) for _ in range(2))
    rows = [("A", "*", "*", "57", str(98 + one)), ("B", "*", "*", "61", str(62 + two))]
    base = Grid(("site", "low", "mid", "top", "total"), tuple(rows), 1)
    beside = (("a.csv", as_csv(base, chance)[1]),)
    return formed(Grid(("site", "level", "n"), (("A", "top", "57"), ("B", "top", "61")), 2), chance, beside=beside)


def safe_other_cut(chance: random.Random) -> Sample:
    one = cross(chance)
    return formed(inner(one), chance, earlier=(as_csv(by_sex(one), chance),))


def safe_merged(chance: random.Random) -> Sample:
    return replace(merged_ages(chance, out=0), planted=None, rules=())


def safe_other_study(chance: random.Random) -> Sample:
    return formed(grid(chance), chance, earlier=(as_csv(cross(chance), chance),))


def safe_linked(chance: random.Random) -> Sample:
    one = cross(chance)
    return formed(inner(one), chance, beside=(("a.csv", as_csv(by_sex(one), chance)[1]),))


# -- within one table ---------------------------------------------------------------------------------------------


def implied_count(chance: random.Random) -> Sample:
    people = chance.randrange(60, 160)
    few = chance.randrange(1, 10)
    head = ("group", "n", chance.choice(("smokers (%)", "pct", "비율(%)", "prevalence", "% with event")))
    rows = (("A", str(people), f"{100 * few / people:.1f}"), ("B", "400", "37.5"), ("C", "200", "41.5"))
    return formed(Grid(head, rows, 1), chance, planted="count behind a percentage", rules=("cells.percent",))


def safe_percentages(chance: random.Random) -> Sample:
    name = chance.choice(("HbA1c (%)", "weight change (%)", "증가율(%)", "accuracy (%)", "smokers (%)", "CV %"))
    rows = tuple(
        (g, str(n), f"{100 * round(n * chance.uniform(0.2, 0.8)) / n:.1f}") for g, n in (("A", 120), ("B", 400))
    )
    return formed(Grid(("group", "n", name), rows, 1), chance)


def short_of_total(chance: random.Random) -> Sample:
    one = grid(chance)
    total = sum(int(row[1]) for row in one.rows[:-1]) + chance.randrange(1, 10)
    rows = (*one.rows[:-1], (one.rows[-1][0], str(total | 1 if total % 5 == 0 else total), one.rows[-1][2]))
    return formed(Grid(one.head, rows, 1), chance, planted="left out of a total", rules=("cells.margin",))


def forgotten_rounding(chance: random.Random) -> Sample:
    rows = [(f"area {chr(65 + i)}", str(5 * chance.randrange(4, 90))) for i in range(12)]
    rows[chance.randrange(12)] = ("area Z", str(5 * chance.randrange(4, 90) + chance.randrange(1, 5)))
    return formed(
        Grid(("area", "n"), tuple(rows), 1), chance, planted="one count not rounded", rules=("cells.rounding",)
    )


def equal_values(chance: random.Random) -> Sample:
    head, zero = chance.choice(
        ((("group", "n", "mean age", "sd"), "0.00"), (("집단", "인원", "평균연령", "표준편차"), "0"))
    )
    rows = (("A", "25", "41.00", zero), ("B", "40", "44.20", "9.81"), ("C", "31", "39.70", "8.02"))
    return formed(Grid(head, rows, 1), chance, planted="equal values", rules=("cells.equal",))


def far_quantile(chance: random.Random) -> Sample:
    name = chance.choice(("p99", "99%", "99th percentile", "p1"))
    rows = tuple((g, str(chance.randrange(100, 800)), f"{chance.uniform(60, 90):.1f}") for g in "ABC")
    return formed(Grid(("group", "n", name), rows, 1), chance, planted="far quantile", rules=("cells.quantile",))


def safe_descriptives(chance: random.Random) -> Sample:
    head = chance.choice(
        (("group", "n", "mean age", "sd", "p25", "p75"), ("집단", "인원", "평균연령", "표준편차", "25%", "75%"))
    )
    rows = tuple(
        (
            g,
            str(chance.randrange(80, 900)),
            f"{chance.uniform(30, 60):.2f}",
            f"{chance.uniform(2, 9):.2f}",
            "31.0",
            "58.5",
        )
        for g in "ABCD"
    )
    return formed(Grid(head, rows, 1), chance)


# -- claims and ACRO ----------------------------------------------------------------------------------------------

WORDS = (
    "Admissions of 12,300 patients in 2020, all counts rounded to the nearest 5. This is our first release.",
    "2020년 입원 환자 12,300명의 결과이며 모든 수는 5 단위로 반올림하였습니다. 이전 반출과 관련 없습니다.",
)
LEAST = (
    "Visits of 12,300 people in 2020. There are no cells below 30. First output of the project.",
    "2020년 방문 환자 12,300명. 30 미만의 셀은 없습니다. 첫 반출입니다.",
)


def broken_rounding(chance: random.Random) -> Sample:
    one = grid(chance).with_cell(0, 1, str(5 * chance.randrange(5, 90) + chance.randrange(1, 5)))
    return formed(one, chance, planted="promise of rounding", rules=("request.claim",), context=chance.choice(WORDS))


def broken_least(chance: random.Random) -> Sample:
    one = grid(chance).with_cell(1, 1, str(chance.randrange(11, 30)))
    return formed(one, chance, planted="promise of cell size", rules=("request.claim",), context=chance.choice(LEAST))


def safe_promise(chance: random.Random) -> Sample:
    rows = tuple((f"area {i}", str(5 * chance.randrange(8, 90))) for i in range(6))
    return formed(Grid(("area", "n"), rows, 1), chance, context=chance.choice(WORDS))


def session(name: str, status: str, failed: int) -> tuple[str, bytes]:
    """What ACRO says of one file, in one of its two forms."""
    summary = {"MinimumThresholdCheck": failed} if failed % 2 else {"suppressed": False, "threshold": failed}
    file = {"name": name, "sdc": {"summary": summary, "cells": {}}}
    output = {"uid": "output_0", "status": status, "type": "table", "properties": {}, "files": [file], "outcome": {}}
    return "results.json", json.dumps({"version": "1.0.2", "results": {"output_0": output}}).encode()


def acro_refused(chance: random.Random) -> Sample:
    one = formed(grid(chance), chance, planted="refused by ACRO", rules=("evidence.acro",))
    return replace(one, supporting=(session(one.name, "fail", chance.randrange(1, 5)),))


def safe_acro(chance: random.Random) -> Sample:
    one = formed(grid(chance), chance)
    return replace(one, supporting=(session(one.name, "pass", 0),))


def safe_frames(chance: random.Random) -> Sample:
    """A notebook that prints one frame in two layouts."""
    one = cross(chance)
    shown = ["  ".join(cell.rjust(12) for cell in row) for row in (inner(one).head, *inner(one).rows)]
    return Sample("a.ipynb", notebook(["pd.crosstab(a, b)"], [{"text/plain": "\n".join(shown)}]))


def _named(*makers: Maker) -> dict[str, Maker]:
    return {maker.__name__.replace("_", " "): maker for maker in makers}


PLANTED_STATISTICS: Mapping[str, Maker] = PLANTED_CURVES | _named(
    *(dominated, rival, few_behind, other_than_evidence, without_evidence),
    *(other_margin, merged_ages, linked_tables, unmasked_by_another, opened_by_all_tables),
    *(implied_count, short_of_total, forgotten_rounding, equal_values, far_quantile),
    *(broken_rounding, broken_least, acro_refused),
)

SAFE_STATISTICS: Mapping[str, Maker] = SAFE_CURVES | {
    "money with evidence": safe_money,
    "another cut of the same": safe_other_cut,
    "merged ages": safe_merged,
    "another study": safe_other_study,
    "tables that agree": safe_linked,
    "masks in two tables": safe_masks_together,
    "percentages": safe_percentages,
    "descriptives": safe_descriptives,
    "promise kept": safe_promise,
    "passed by ACRO": safe_acro,
    "frames in a notebook": safe_frames,
}
