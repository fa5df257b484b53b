"""A labelled corpus of outputs: safe ones as studies hand them in, and the same with one planted problem.

Everything is made here from a seed; nothing in it is of a real person. A sample names the rule that ought to find the
problem, and what was planted. Layouts, names, languages and file types vary, so that a rule cannot learn one shape.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.egress_files import notebook, workbook

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One output: its files by name, what was planted, and the rule that ought to say so."""

    name: str
    data: bytes
    planted: str | None = None
    """None for a safe output."""
    rules: tuple[str, ...] = ()
    """Rules of which one must flag the file."""
    controls: dict[str, Any] = field(default_factory=dict)
    earlier: tuple[tuple[str, bytes], ...] = ()
    """Files that were released before."""
    beside: tuple[tuple[str, bytes], ...] = ()
    """Files that are to leave together with it."""
    supporting: tuple[tuple[str, bytes], ...] = ()
    """Evidence that does not leave."""
    context: str | None = None
    policy: str = "kr-default"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table before it has a file type: heading and rows, and the place of its counts."""

    head: Row
    rows: tuple[Row, ...]
    count: int
    """Column of the counts, from 0."""

    def with_cell(self, row: int, column: int, text: str) -> Grid:
        """The table with one cell changed."""
        changed = [list(one) for one in self.rows]
        changed[row][column] = text
        return Grid(self.head, tuple(map(tuple, changed)), self.count)

    @property
    def parts(self) -> int:
        """Rows before the total."""
        return len(self.rows) - 1


LABELS = (
    ("region", ("Seoul", "Busan", "Daegu", "Incheon", "Gwangju", "Daejeon", "Ulsan")),
    ("지역", ("서울", "부산", "대구", "인천", "광주", "대전", "울산")),
    ("age group", ("0-19", "20-39", "40-59", "60-79", "80+")),
    ("연령대", ("20세 미만", "20-39세", "40-59세", "60-79세", "80세 이상")),
    ("treatment", ("celecoxib", "diclofenac", "placebo", "usual care")),
    ("진단", ("당뇨병", "고혈압", "천식", "관절염", "우울증")),
    ("exposure quartile", ("Q1", "Q2", "Q3", "Q4")),
)
COUNTS = ("n", "N", "count", "patients", "n_patients", "환자수", "대상자 수", "인원", "사례수", "Number of subjects")
MEASURES = ("mean age", "평균연령", "mean BMI", "평균 수축기혈압", "median stay")
TOTALS = {False: "total", True: "합계"}


def grid(chance: random.Random) -> Grid:
    """A table of counts by one label, with a measure and a total that adds up."""
    label, values = chance.choice(LABELS)
    korean = not label.isascii()
    head = (label, chance.choice([c for c in COUNTS if c.isascii() is not korean]), chance.choice(MEASURES))
    counts = [chance.randrange(12, 3000) for _ in values]
    rows = [(v, str(n), f"{chance.uniform(20, 90):.1f}") for v, n in zip(values, counts, strict=True)]
    rows.append((TOTALS[korean], str(sum(counts)), f"{chance.uniform(20, 90):.1f}"))
    return Grid(head, tuple(rows), 1)


def cross(chance: random.Random) -> Grid:
    """A two-way table with both margins."""
    label, values = chance.choice(LABELS)
    korean = not label.isascii()
    sexes = ("남", "여") if korean else ("male", "female")
    rows: list[Row] = []
    for value in values:
        a, b = chance.randrange(15, 900), chance.randrange(15, 900)
        rows.append((value, str(a), str(b), str(a + b)))
    sums = [sum(int(row[i]) for row in rows) for i in (1, 2, 3)]
    rows.append((TOTALS[korean], *map(str, sums)))
    return Grid((label, *sexes, TOTALS[korean]), tuple(rows), 1)


# -- file types ---------------------------------------------------------------------------------------------------


def as_csv(one: Grid, chance: random.Random) -> tuple[str, bytes]:
    target = io.StringIO()
    delimiter = chance.choice((",", ",", ";", "\t", "|"))
    csv.writer(target, delimiter=delimiter, lineterminator=chance.choice(("\n", "\r\n"))).writerows(
        (one.head, *one.rows)
    )
    return "table.csv", target.getvalue().encode(chance.choice(("utf-8", "utf-8-sig", "cp949")))


def as_markdown(one: Grid, chance: random.Random) -> tuple[str, bytes]:
    lines = [f"| {' | '.join(row)} |" for row in (one.head, tuple("---" for _ in one.head), *one.rows)]
    return (
        "table.md",
        f"# Table {chance.randrange(1, 9)}\n\n{chr(10).join(lines)}\n\nAll counts are unweighted.\n".encode(),
    )


def as_text(one: Grid, _: random.Random) -> tuple[str, bytes]:
    rows = (one.head, *one.rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(one.head))]
    lines = ["   ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "table.txt", ("\n".join(lines) + "\n").encode()


def as_json(one: Grid, _: random.Random) -> tuple[str, bytes]:
    records = [dict(zip(one.head, map(_number, row), strict=True)) for row in one.rows]
    return "table.json", json.dumps(records, ensure_ascii=False, indent=1).encode()


def as_workbook(one: Grid, _: random.Random) -> tuple[str, bytes]:
    return "table.xlsx", workbook({"Table": (one.head, *one.rows)})


def as_notebook(one: Grid, chance: random.Random) -> tuple[str, bytes]:
    name, data = as_text(one, chance)
    del name
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in one.rows)
    head = "".join(f"<th>{cell}</th>" for cell in one.head)
    html = f"<div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    shown = {"text/html": html} if chance.random() < 0.5 else {"text/html": html, "text/plain": data.decode()}
    return "analysis.ipynb", notebook(["table"], [shown])


def _number(text: str) -> int | float | str:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


FORMS: tuple[Callable[[Grid, random.Random], tuple[str, bytes]], ...] = (
    as_csv,
    as_csv,
    as_markdown,
    as_text,
    as_json,
    as_workbook,
    as_notebook,
)


def put(one: Grid, chance: random.Random, forms: tuple[Any, ...] = FORMS, **more: Any) -> Sample:
    """The table in one of the file types."""
    name, data = chance.choice(forms)(one, chance)
    return Sample(name, data, controls={"counts": [*one.head[1:2]]}, **more)
