"""Masked cells that something beside the cells gives away: a total in words, a share, a product, a note.

Nothing here asks what a column is called: a column of whole numbers with a gap is solved from whatever holds in all of
its other rows, or from what the file says around the table. A value is told only if it is whole, small and the only one
that rounding leaves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import TypeAlias

from egress_review.checks.amounts import number_in
from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import paired, whole
from egress_review.checks.listing import Listing
from egress_review.checks.masks import is_gap, mask_range
from egress_review.checks.said_totals import few_said, hidden_said, is_mean, is_sum, means_in, totals_in, words_of
from egress_review.checks.subject import MOST_SAID, Subject
from egress_review.checks.tables import Table
from egress_review.checks.within_json import tables_within
from egress_review.claims import FileClaims
from egress_review.findings import Where
from registry.text import Text

RULE = "cells.suppressed"

MOST_ROWS, MOST_COLUMNS, MOST_GAPS = 500, 24, 30
"""Size up to which the columns of a table are tried with each other; pages of results are smaller."""
FEWEST_SEEN = 2
"""Cells of a column that are shown, in each of which something must hold before it gives away one that is not."""
SHARP = 0.05
"""Relative doubt up to which two columns are proportional, not merely alike."""
LARGEST = 10**12
MOST_TRIED = 300
"""Gaps of a file that are tried."""

Number: TypeAlias = tuple[float, float]
"""A number and half of the last place that it shows."""
Numbers: TypeAlias = dict[int, Number]
"""The numbers of a column, by position of rows."""

_GIVEN = Text(
    ko="가린 셀의 값이 {value}(으)로 계산됩니다: {by}.",
    en="The suppressed cell can be computed, it is {value}: {by}.",
)
_BY = {
    "total": (
        Text(ko="파일의 다른 곳에 적힌 합계에서 나머지 셀을 뺀 값", en="a total in the file less the other cells"),
        Text(
            ko="합계를 지우거나 반올림하고, 아니면 셀을 하나 더 가리십시오(2차 비공개).",
            en="Remove or round that total, or suppress one more cell (secondary suppression).",
        ),
    ),
    "share": (
        Text(ko="옆의 열과 비례", en="a column beside it is proportional"),
        Text(
            ko="가린 셀의 비율과 비례하는 값도 함께 가리십시오.",
            en="Suppress the share, and whatever else is proportional, with the cell.",
        ),
    ),
    "columns": (
        Text(ko="옆의 두 열로 계산", en="two columns beside it give it"),
        Text(
            ko="같은 행에서 이 값을 계산하게 하는 셀을 하나 더 가리십시오.",
            en="In the same row, suppress one more of the cells from which it is computed.",
        ),
    ),
    "said": (
        Text(ko="글이 그 수를 말함", en="the words around the table say it"),
        Text(
            ko="주석에는 ‘10명 미만’처럼 기준만 적고 수는 지우십시오.",
            en="Let the note name the limit only, such as fewer than 10, and remove the number.",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of counts of which some cells are hidden, by position of rows."""

    index: int
    shown: dict[int, int]
    gaps: tuple[int, ...]
    totals: tuple[int, ...]
    """What rows that sum up the others say."""
    means: tuple[tuple[float, float], ...]
    """What rows of averages say, and half of the last place that they show."""


def check_unmasked(subject: Subject, told: set[Where], listing: Listing) -> None:
    """Hold every gap in a column of counts to what stands beside it; `told` are places that were told already."""
    tables = subject.tables
    if subject.type == "json":
        tables = tables or tables_within(subject.json)
    words: Words | None = None
    left = MOST_TRIED
    for table in tables:
        if not table.rows or len(table.rows) > MOST_ROWS or len(table.names) > MOST_COLUMNS:
            continue
        for column in columns_of(table, subject.claims):
            words = words or Words(tuple(words_of(subject)))
            left -= len(column.gaps)
            for at, value, by in _solved(table, column, words, rounded=subject.claims.rounded_to) if left >= 0 else ():
                where = Where(row=table.numbers[at], column=column.index + 1)
                least, limits = subject.policy.min_cell, mask_range(table.column(column.index)[at]) or (0, None)
                fits = limits[0] <= value and (limits[1] is None or value <= limits[1])
                if 0 < value < least and fits and where not in told:
                    told.add(where)
                    why, fix = _BY[by]
                    message = Text(ko=_GIVEN.fill(value=value, by=why.ko).ko, en=_GIVEN.fill(value=value, by=why.en).en)
                    listing.flag(RULE, message, fix, where=where, number=value)
    if subject.type in ("md", "txt", "csv", "json"):
        lines = words_of(subject) if subject.type == "json" else subject.said.splitlines()[: subject.own_lines]
        for at, value in hidden_said(lines):
            if 0 < value < subject.policy.min_cell:
                why, fix = _BY["said"]
                message = Text(ko=_GIVEN.fill(value=value, by=why.ko).ko, en=_GIVEN.fill(value=value, by=why.en).en)
                where = Where(row=at + 1) if subject.type != "json" and len(subject.text) <= MOST_SAID else Where()
                listing.flag(RULE, message, fix, where=where, number=value)


def columns_of(table: Table, claims: FileClaims) -> Iterator[Column]:
    """The columns of whole numbers with gaps."""
    for index in range(1, len(table.names)):
        name = table.names[index]
        if kind_of(name) in (Kind.PERCENT, Kind.STATISTIC, Kind.EXTREME, Kind.PERSON):
            continue
        if claims.declared(name) in (None, "counts") and (column := _column(table, index)) is not None:
            yield column


def _column(table: Table, index: int) -> Column | None:
    shown: dict[int, int] = {}
    gaps: list[int] = []
    totals: list[int] = []
    means: list[tuple[float, float]] = []
    for at, row in enumerate(table.rows):
        cell = row[index].strip() if index < len(row) else ""
        if _is_note(row):
            continue
        value = whole(cell)
        if value is None and (pair := paired(cell)):
            value = pair[0]
        sums = any(map(is_total, row[:index][:3])) or is_sum(row[0])
        if is_mean(row[0]):
            means += [found] if (found := number_in(cell)) else []
        elif value is not None and value < LARGEST:
            if sums:
                totals.append(value)
            else:
                shown[at] = value
        elif not is_gap(cell):
            return None
        elif not sums:
            gaps.append(at)
    if len(shown) < FEWEST_SEEN or not 0 < len(gaps) <= MOST_GAPS or not any(shown.values()):
        return None
    return Column(index, shown, tuple(gaps), tuple(totals), tuple(means))


_NOTE = re.compile(r"\s*(?:[*※#†‡]|주\s?[:)]|주\d|note|source|자료|출처|비고)", re.IGNORECASE)
LONGEST_LABEL = 40


def _is_note(row: Sequence[str]) -> bool:
    """Whether a row is words below a table: a first cell alone that is no label."""
    if any(cell.strip() for cell in row[1:]):
        return False
    if len(row) == 1:
        return True
    first = row[0].strip() if row else ""
    return not first or len(first) > LONGEST_LABEL or first.endswith(".") or _NOTE.match(first) is not None


@dataclass(frozen=True)
class Words:
    """What stands around the tables of a file."""

    lines: tuple[str, ...]

    @cached_property
    def totals(self) -> tuple[int, ...]:
        """Numbers in it that may be totals."""
        return totals_in(self.lines)

    @cached_property
    def means(self) -> tuple[Number, ...]:
        """Averages in it."""
        return means_in(self.lines)


def _solved(table: Table, column: Column, words: Words, *, rounded: int | None) -> Iterator[tuple[int, int, str]]:
    """Positions of gaps, what they come to, and by what."""
    about = bool(rounded) or (
        len(column.shown) > FEWEST_SEEN and all(value % 5 == 0 for value in column.shown.values())
    )
    if len(column.gaps) == 1 and not about:
        left = sum(column.shown.values())
        totals = column.totals if len(column.totals) == 1 else () if column.totals else words.totals
        yield from ((column.gaps[0], total - left, "total") for total in totals)
        rows = len(column.shown) + 1
        for mean, slack in (*column.means, *words.means):
            if (value := _only((mean - slack) * rows - left, (mean + slack) * rows - left)) is not None:
                yield column.gaps[0], value, "total"
    others = {i: _numbers(table, i) for i in range(1, len(table.names)) if i != column.index}
    for index, numbers in others.items():
        yield from ((at, v, "share") for at, v in _proportional(column, numbers))
        if kind_of(table.names[index]) is Kind.PERCENT:
            yield from ((at, v, "share") for at, v in _of_base(column, numbers, words.totals))
        yield from ((at, v, "columns") for at, v in _steps(column, numbers))
    if not about:
        for one, other in combinations(others.values(), 2):
            yield from ((at, v, "columns") for at, v in _of_two(column, one, other))
    for at in column.gaps:
        label = next((cell.strip() for cell in table.rows[at][: column.index] if cell.strip()), "")
        yield from ((at, value, "said") for value in few_said(label, words.lines))


def _numbers(table: Table, index: int) -> Numbers:
    """The numbers of a column by position, with half of the last place; whole ones may be exact."""
    cells = ((at, number_in(cell.strip().removesuffix("%").strip())) for at, cell in enumerate(table.column(index)))
    return {at: found for at, found in cells if found and found[0] >= 0}


def _only(low: float, high: float) -> int | None:
    """The one whole number in a range."""
    if not abs(low) + abs(high) < LARGEST:
        return None
    first, last = math.ceil(low - 1e-6), math.floor(high + 1e-6)
    return first if first == last else None


def _proportional(column: Column, beside: Numbers) -> Iterator[tuple[int, int]]:
    """A share of one base: what holds in every row that is shown holds in the others."""
    seen = [(value, *beside[at]) for at, value in column.shown.items() if at in beside]
    if len(seen) < max(FEWEST_SEEN, len(column.shown)) or len({value for value, _, _ in seen}) < FEWEST_SEEN:
        return
    if any(number <= slack for _, number, slack in seen):
        return
    low = max(value / (number + slack) for value, number, slack in seen)
    high = min(value / (number - slack) for value, number, slack in seen)
    if not 0 < low <= high * (1 + 1e-9) or high - low > SHARP * low:
        return
    for at in column.gaps:
        if at in beside:
            number, slack = beside[at]
            if (value := _only(low * (number - slack), high * (number + slack))) is not None:
                yield at, value


def _of_base(column: Column, shares: Numbers, bases: Sequence[int]) -> Iterator[tuple[int, int]]:
    """A share of a base that the words say, where a row that is shown agrees with it."""
    known = [(value, *shares[at]) for at, value in column.shown.items() if at in shares]
    for base in bases:
        if known and all(abs(share * base / 100 - value) <= slack * base / 100 + 1e-6 for value, share, slack in known):
            for at in column.gaps:
                share, slack = shares.get(at, (0.0, 0.0))
                if (value := _only((share - slack) * base / 100, (share + slack) * base / 100)) is not None:
                    yield at, value


def _steps(column: Column, running: Numbers) -> Iterator[tuple[int, int]]:
    """A running total: the gap is the step that it takes there."""
    order = sorted((*column.shown, *column.gaps))
    if any(at not in running or running[at][0] % 1 for at in order):
        return
    steps = {b: int(running[b][0] - running[a][0]) for a, b in pairwise(order)}
    agreeing = [steps[at] == value for at, value in column.shown.items() if at in steps]
    if len(agreeing) >= FEWEST_SEEN and all(agreeing):
        yield from ((at, steps[at]) for at in column.gaps if at in steps)


_OF = (1.0, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
"""What a rate is of: one, per cent, per thousand, per ten thousand, …"""


def _of_two(column: Column, one: Numbers, other: Numbers) -> Iterator[tuple[int, int]]:
    """The difference, the product or the quotient of two columns, such as a rate of a population or a sum by a mean."""
    if any(at not in one or at not in other for at in column.shown):
        return
    for relation in (_difference, _product, _quotient, lambda a, b, of: _quotient(b, a, of)):
        for of in _OF if relation is not _difference else (1.0, -1.0):
            ranges = ((value, relation(one[at], other[at], of)) for at, value in column.shown.items())
            if all(
                low - 1e-6 <= value <= high + 1e-6 and high - low < max(1.0, SHARP * value)
                for value, (low, high) in ranges
            ):
                for at in column.gaps:
                    if at in one and at in other and (value := _only(*relation(one[at], other[at], of))) is not None:
                        yield at, value
                return


def _difference(a: Number, b: Number, of: float) -> tuple[float, float]:
    value = (a[0] - b[0]) * of
    return (value, value) if not (a[0] % 1 or b[0] % 1) else (0.0, math.inf)


def _product(a: Number, b: Number, of: float) -> tuple[float, float]:
    one, other = _exact(a), _exact(b)
    return max(0.0, one[0] - one[1]) * max(0.0, other[0] - other[1]) * of, (one[0] + one[1]) * (
        other[0] + other[1]
    ) * of


def _quotient(a: Number, b: Number, of: float) -> tuple[float, float]:
    one, other = _exact(a), _exact(b)
    if other[0] <= other[1]:
        return 0.0, math.inf
    return (one[0] - one[1]) / (other[0] + other[1]) / of, (one[0] + one[1]) / (other[0] - other[1]) / of


def _exact(number: Number) -> Number:
    """A whole number is taken to be exact where it may be a number of people: a population, a sum."""
    return number if number[1] < WHOLE or number[0] < LEAST_EXACT else (number[0], 0.0)


LEAST_EXACT, WHOLE = 20, 0.5
