"""Suppressed cells in tables of several levels: chapters above blocks above codes, a province above its districts.

A row that stands for the sum of the rows below it is a total, whatever it is called. Which rows those are is told by a
column of levels, by ranges of codes, by codes that begin with other codes, or by how far labels are moved in.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.counts import whole
from egress_review.checks.masks import mask_range
from egress_review.checks.tables import Table

MOST_ROWS = 5_000
MOST_LEVELS = 6

_LEVEL = re.compile(
    r"level|lvl|depth|tier|hierarchy|granularity|type|kind|레벨|수준|단계|계층|구분|분류 ?(?:단계|수준)?|단위|위계",
    re.IGNORECASE,
)
_RANGE = re.compile(r"([A-Z]{0,2})(\d{1,4})\s*[-–~]\s*\1(\d{1,4})", re.IGNORECASE)
_CODE = re.compile(r"([A-Z]{0,2})(\d{1,4})(?:\.\d{1,2})?", re.IGNORECASE)
_PREFIX = re.compile(r"[A-Z]{0,3}[\d.]{0,10}", re.IGNORECASE)
_INDENT = re.compile(r"[ \t\u00a0\u3000]*(?:[-–·ㆍ└ㄴ>]+[ \t]*)*")

Parents = Mapping[int, Sequence[int]]


def given_by_levels(table: Table, columns: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Row and column (from 0) of masked cells that the sum of their level gives away, and their value."""
    if len(table.rows) > MOST_ROWS:
        return
    found = [one for parents in _trees(table, columns) for column in columns for one in _solved(table, column, parents)]
    yield from dict.fromkeys(found)


def _solved(table: Table, column: int, parents: Parents) -> Iterator[tuple[int, int, int]]:
    cells = table.column(column)
    shown = {at: value for at, cell in enumerate(cells) if (value := whole(cell)) is not None}
    full = [(at, below) for at, below in parents.items() if at in shown and all(one in shown for one in below)]
    fits = [shown[at] == sum(shown[one] for one in below) for at, below in full]
    if not all(fits):
        return
    for at, below in parents.items():
        hidden = [one for one in (at, *below) if one not in shown]
        if len(hidden) != 1 or len(below) < 2 or not mask_range(cells[hidden[0]]):
            continue
        parts = sum(shown.get(one, 0) for one in below)
        value = parts if hidden[0] == at else shown[at] - parts
        if value > 0:
            yield hidden[0], column, value


def _trees(table: Table, columns: Sequence[int]) -> Iterator[Parents]:
    """The rows below each row, by every sign of levels that the table has."""
    labels = [i for i in range(len(table.names)) if i not in columns and kind_of(table.names[i]) is not Kind.PERCENT]
    for index in labels:
        cells = [cell.strip() for cell in table.column(index)]
        distinct = list(dict.fromkeys(cells))
        if _LEVEL.fullmatch(table.names[index].strip()) and 1 < len(distinct) <= MOST_LEVELS and all(distinct):
            yield _in_order([distinct.index(cell) for cell in cells])
        yield _by_code(cells)
    first = table.column(0)
    depths = [len(match[0]) if (match := _INDENT.match(cell)) else 0 for cell in first]
    if labels and len(set(depths)) > 1:
        yield _in_order(depths)


def _in_order(depths: Sequence[int]) -> Parents:
    """Each row is below the last one before it that stands higher."""
    found: dict[int, list[int]] = defaultdict(list)
    open_: list[int] = []
    for at, depth in enumerate(depths):
        while open_ and depths[open_[-1]] >= depth:
            open_.pop()
        if open_:
            found[open_[-1]].append(at)
        open_.append(at)
    return found


def _by_code(cells: Sequence[str]) -> Parents:
    """Codes below the narrowest range, or the longest code, that holds them."""
    spans: dict[int, tuple[str, int, int]] = {}
    for at, cell in enumerate(cells):
        if match := _RANGE.fullmatch(cell):
            spans[at] = match[1].upper(), int(match[2]), int(match[3])
    found: dict[int, list[int]] = defaultdict(list)
    if spans:
        for at, cell in enumerate(cells):
            code = _CODE.fullmatch(cell)
            own = spans.get(at) or ((code[1].upper(), int(code[2]), int(code[2])) if code else None)
            if own and (above := _narrowest(own, at, spans)) is not None:
                found[above].append(at)
        return found
    if len(set(cells)) < len(cells) or not all(cell and _PREFIX.fullmatch(cell) for cell in cells):
        return {}
    places = {cell: at for at, cell in enumerate(cells)}
    for at, cell in enumerate(cells):
        above = next((places[cell[:n]] for n in range(len(cell) - 1, 0, -1) if cell[:n] in places), None)
        if above is not None:
            found[above].append(at)
    return found


def _narrowest(own: tuple[str, int, int], at: int, spans: Mapping[int, tuple[str, int, int]]) -> int | None:
    letter, low, high = own
    around = [
        (last - first, place)
        for place, (other, first, last) in spans.items()
        if place != at and other == letter and first <= low and high <= last and (first, last) != (low, high)
    ]
    return min(around)[1] if around else None
