"""Suppressed counts that follow from another year's column and the change since: 15 in 2022 and -9 are 6 in 2023.

That a column is the change between two others is read from its name, and from the rows in which all three are shown.
A change in per cent gives a count away where rounding leaves one number only.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import permutations

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.counts import whole
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.masks import is_gap, mask_range
from egress_review.checks.subject import Subject
from egress_review.checks.tables import LONGEST_NUMBER, Table
from egress_review.findings import Where
from registry.text import Text

RULES = ("cells.suppressed",)

MOST_COLUMNS = 30
"""Columns of a table up to which they are held to each other."""

_CHANGE = re.compile(
    r"\b(?:change|diff(?:erence)?|delta|increase|decrease|growth|gain|yoy|net|variation|vs|rise|fall)\b|δ|△|∆|±|\+/-|"
    r"증감|증가|감소|변동|변화|차이|전년 ?대비|전월 ?대비|전기 ?대비|대비|격차"
)
_PERCENT = re.compile(r"%|percent|pct|\brate\b|[율률]|퍼센트")
_SIGNED = re.compile(
    r"(?P<sign>[-+−–▲△▼▽↑↓]?)\s?(?P<digits>\d{1,12}(?:,\d{3})*(?:\.\d{1,6})?)\s?(?P<unit>%?)(?:\s?(?:명|건|인|p))?"
)
_DOWN = frozenset("-−–▼▽↓")

_GIVEN = Text(
    ko="가린 셀의 값이 다른 시점의 값과 증감으로 계산됩니다: {value}.",
    en="The suppressed count is {value}: another column and the change between them give it away.",
)
_MEND = Text(
    ko="증감도 함께 가리거나, 범주를 합치십시오.",
    en="Suppress the change together with the count, or merge categories.",
)


def check_changes(subject: Subject, listing: Listing) -> None:
    """Compute every masked count from the other count of its row and the change between them."""
    least = subject.policy.min_cell
    for table, _ in bearable(subject, RULES, listing):
        for row, column, value in _given(table):
            if 0 < value < least:
                where = Where(row=table.numbers[row], column=column + 1)
                listing.flag("cells.suppressed", _GIVEN.fill(value=value), _MEND, where=where, number=value)


def _given(table: Table) -> Iterator[tuple[int, int, int]]:
    """Row and column (from 0) of masked cells, and the one number that each can be."""
    if len(table.names) > MOST_COLUMNS:
        return
    named = [i for i, name in enumerate(table.names) if i and _is_change(name)]
    counted = [i for i in range(1, len(table.names)) if i not in named and _holds_counts(table, i)] if named else []
    told: set[tuple[int, int]] = set()
    for change in named:
        cells = [_signed(cell) for cell in table.column(change)]
        percent = _PERCENT.search(table.names[change].lower()) is not None or any(
            "%" in c for c in table.column(change)
        )
        for old, new in permutations(counted, 2):
            before, after = [[whole(cell) for cell in table.column(i)] for i in (old, new)]
            if not _agree(before, after, cells, percent=percent):
                continue
            for row, found in enumerate(cells):
                if found is None or (before[row] is None) == (after[row] is None):
                    continue
                column = old if before[row] is None else new
                value = _solve(before[row], after[row], found, percent=percent)
                if value is not None and (row, column) not in told and _hides(table, row, column, value):
                    told.add((row, column))
                    yield row, column, value


def _is_change(name: str) -> bool:
    return _CHANGE.search(unicodedata.normalize("NFKC", name).lower().replace("_", " ")) is not None


def _holds_counts(table: Table, index: int) -> bool:
    """Whether a column holds whole numbers and what hides them."""
    if kind_of(table.names[index]) in (Kind.PERCENT, Kind.STATISTIC, Kind.EXTREME):
        return False
    cells = table.distinct(index)
    return any(whole(cell) is not None for cell in cells) and all(whole(c) is not None or is_gap(c) for c in cells)


def _signed(cell: str) -> tuple[float, float] | None:
    """A change with half of its last place; None where none is shown."""
    match = _SIGNED.fullmatch(cell.strip().strip("()")) if len(cell) <= LONGEST_NUMBER else None
    if match is None:
        return None
    digits = match["digits"].replace(",", "")
    places = len(digits.partition(".")[2])
    return float(digits) * (-1 if match["sign"] in _DOWN else 1), 0.5 * 10.0**-places


def _agree(
    before: Sequence[int | None],
    after: Sequence[int | None],
    cells: Sequence[tuple[float, float] | None],
    *,
    percent: bool,
) -> bool:
    """Whether the change is that between two columns in every row that shows all three, and is no chance."""
    rows = [(a, b, c) for a, b, c in zip(before, after, cells, strict=True) if a is not None and b is not None and c]
    if percent:
        fits = all(a and abs(100 * (b - a) / a - value) <= slack + 1e-6 for a, b, (value, slack) in rows)
    else:
        fits = all(b - a == value for a, b, (value, _) in rows)
    return fits and any(value for _, _, (value, _) in rows)


def _solve(before: int | None, after: int | None, change: tuple[float, float], *, percent: bool) -> int | None:
    """The one number that the hidden count can be; None where rounding leaves several."""
    value, slack = change
    if not percent:
        known = float(after) - value if before is None and after is not None else float(before or 0) + value
        return int(known) if known.is_integer() else None
    low, high = 1 + (value - slack) / 100, 1 + (value + slack) / 100
    if low <= 0:
        return None
    ends = (before * low, before * high) if before is not None else ((after or 0) / high, (after or 0) / low)
    first, last = math.ceil(ends[0] - 1e-9), math.floor(ends[1] + 1e-9)
    return first if first == last else None


def _hides(table: Table, row: int, column: int, value: int) -> bool:
    """Whether a cell is masked, and by a mask behind which the number may stand."""
    span = mask_range(table.column(column)[row])
    return span is not None and span[0] <= value and (span[1] is None or value <= span[1])
