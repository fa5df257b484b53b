"""Curves with a step for each person: an ROC curve at every score, an ECDF or Lorenz curve at every value.

On such a curve a row moves up or to the right by one person, so the column beside holds the scores or values of
people, in order. A curve at a few thresholds moves both ways at once, by many people; quantiles stand on even parts of
a hundred.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from egress_review.checks.amounts import number_in
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.checks.within_json import tables_within
from egress_review.findings import Where
from registry.text import Text

RULES = ("table.singular",)

FEWEST_STEPS, FEWEST_EACH = 15, 4
"""Rows of a curve from which its shape is no accident, and steps in each direction."""
MOST_COLUMNS = 12
ONE_WAY = 0.9
"""Share of steps that go one way only, from which two rates are the stairs of single people."""
ONE_EACH = 0.6
"""Share of steps that are of one person, from which a column rises with each of them."""
ROUNDED, SHARP = 3, 8
"""How many times as high as half of the last place a step has to be, at least, to be told from one of rounding, and
to be counted."""
EVEN_PARTS = frozenset((10, 20, 25, 40, 50, 100, 200, 250, 400, 500, 1000))
"""Parts into which a scale of quantiles is divided."""

_CUMULATIVE = re.compile(
    r"ecdf|\bcdf|cum|f\(x\)|\bshare|proportion|fraction|\bprop\b|lorenz|recall|tpr|true positive|sensitivity|"
    r"\bgains?\b|capture|percentile|rank|누적|재현율|민감도|비율|인구|백분위"
)

_STEPS = Text(
    ko="곡선의 행 {number}개가 한 사람씩 올라갑니다: 한 행이 한 사람의 점수나 값입니다.",
    en="The {number} rows of the curve rise by one person each: each row is the score or value of one of them.",
)
_MEND = Text(
    ko="곡선을 고르게 나눈 임곗값이나 분위수 몇 개로 줄이고 높이를 반올림하십시오.",
    en="Draw the curve at a few evenly spaced thresholds or quantiles, with rounded heights.",
)


def check_stepwise(subject: Subject, listing: Listing) -> None:
    """Flag curves whose rows are single people."""
    within = tables_within(subject.json) if subject.type == "json" and not subject.tables else ()
    for table in (*(table for table, _ in bearable(subject, RULES, listing)), *within):
        if len(table.rows) <= FEWEST_STEPS or len(table.names) > MOST_COLUMNS:
            continue
        if column := next(_stairs(table), None):
            where = Where(row=table.numbers[0], column=column)
            number = len(table.rows)
            listing.flag("table.singular", _STEPS.fill(number=number), _MEND, where=where, number=number)


def _stairs(table: Table) -> Iterator[int]:
    """Columns (from 1) whose rows are the steps of single people."""
    columns = {i: read for i in range(len(table.names)) if (read := _read(table.column(i)))}
    rates = {i: values for i, (values, slack) in columns.items() if _is_rate(values) and _is_stepped(values, slack)}
    for a, b in combinations(rates, 2):
        if _go_one_way(rates[a], rates[b]):
            yield b + 1
    for index, values in rates.items():
        name = unicodedata.normalize("NFKC", table.names[index]).lower().replace("_", " ")
        others = [one for i, (one, _) in columns.items() if i != index]
        if _CUMULATIVE.search(name) and _rises_by_one(values, columns[index][1]) and any(map(_is_uneven, others)):
            yield index + 1


def _read(cells: Sequence[str]) -> tuple[list[float], float] | None:
    """The numbers of a column of numbers, and half of the last place of the most exact of them."""
    found = [number_in(cell.strip().removesuffix("%")) for cell in cells]
    missing = sum(one is None for one in found)
    if missing > 1 or len(found) <= FEWEST_STEPS:  # The first threshold of a curve may be infinite.
        return None
    known = [one for one in found if one]
    values = [one[0] if one else known[0][0] for one in found]
    return values, min(slack for _, slack in known)


def _is_rate(values: Sequence[float]) -> bool:
    """Whether numbers go from nothing to all, or back, and never turn."""
    top = 100 if max(values) > 1 else 1
    if min(values) < 0 or max(values) > top or len(set(values)) < FEWEST_EACH:
        return False
    return all(a <= b for a, b in pairwise(values)) or all(a >= b for a, b in pairwise(values))


def _is_stepped(values: Sequence[float], slack: float) -> bool:
    """Whether the steps of a column are higher than those of its last place, to which a smooth curve is rounded."""
    steps = sorted(abs(b - a) for a, b in pairwise(values) if a != b)
    return steps[len(steps) // FEWEST_EACH] > ROUNDED * slack


def _go_one_way(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether hardly a step goes both ways, and both ways are gone, in turn."""
    steps = [(a != b, c != d) for (a, b), (c, d) in zip(pairwise(one), pairwise(other), strict=True)]
    moved = [step for step in steps if any(step)]
    across, up = (sum(step[at] for step in moved) for at in (0, 1))
    turns = sum(a != b for a, b in pairwise(moved))
    alone = sum(not all(step) for step in moved)
    enough = len(moved) >= FEWEST_STEPS and min(across, up) >= FEWEST_EACH and turns >= FEWEST_EACH
    return enough and alone >= ONE_WAY * len(moved)


def _rises_by_one(values: Sequence[float], slack: float) -> bool:
    """Whether most steps are of the smallest height, of which all others are a number, and all together are one."""
    top = 100 if max(values) > 1 else 1
    steps = [abs(b - a) for a, b in pairwise(values)]
    moved = [step for step in steps if step > 2 * slack]
    if len(moved) < FEWEST_STEPS or abs(max(values) - top) > 2 * slack:
        return False
    unit = sorted(moved)[len(moved) // 4]
    people = round(top / unit)
    if unit < SHARP * slack or (people in EVEN_PARTS and len(moved) == len(steps)) or len(moved) < len(steps) / 4:
        return False
    exact = top / people
    if any(abs(value / exact - round(value / exact)) > slack / exact + 1e-6 for value in values):
        return False
    return sum(abs(step - exact) <= 2 * slack + 1e-9 for step in moved) >= ONE_EACH * len(moved)


def _is_uneven(values: Sequence[float]) -> bool:
    """Whether numbers differ from row to row by steps of their own."""
    steps = {round(b - a, 9) for a, b in pairwise(values)}
    return len(set(values)) > len(values) / 2 and len(steps) > len(values) / 4
