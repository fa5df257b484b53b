"""Suppressed cells in tables of several levels: chapters above blocks above codes, a province above its districts.

A row that stands for the sum of the rows below it is a total, whatever it is called. Which rows those are is told by a
column of levels, by ranges of codes, by codes that begin with other codes, or by how far labels are moved in; and they
are levels only if the sums that can be seen come out, too many to do so by accident.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.counts import whole
from egress_review.checks.masks import mask_range
from egress_review.checks.tables import Table

MOST_LEVELS = 6
LIKELY = 0.1
"""Chance up to which sums that agree by accident are taken to be sums; a few small ones agree anyhow."""

_LEVEL = re.compile(
    r"level|lvl|depth|tier|hierarchy|granularity|레벨|수준|단계|계층|분류 ?(?:단계|수준)|위계",
    re.IGNORECASE,
)
_KIND = re.compile(r"type|kind|구분|분류|단위", re.IGNORECASE)
"""What a column of levels may be called, and many others are."""
_RANGE = re.compile(r"([A-Z]{0,2})(\d{1,4})\s*[-–~]\s*\1(\d{1,4})", re.IGNORECASE)
_CODE = re.compile(r"([A-Z]{0,2})(\d{1,4})(?:\.\d{1,2})?", re.IGNORECASE)
_PREFIX = re.compile(r"[A-Z]{0,3}[\d.]{0,10}", re.IGNORECASE)
_INDENT = re.compile(r"[ \t\u00a0\u3000]*(?:[-–·ㆍ└ㄴ>]+[ \t]*)*")

Parents = Mapping[int, Sequence[int]]


class Span(NamedTuple):
    """The codes that a row stands for."""

    letter: str
    first: int
    last: int


class Levels(NamedTuple):
    """The rows below each row, as one sign of levels has them."""

    below: Parents
    sure: bool
    """Whether the sign is of nothing but levels, so that what is left for a masked cell may prove them as well."""


def levels_of(table: Table, columns: Sequence[int]) -> list[Levels]:
    """What stands below what by every sign of levels that a table has; `columns` hold its counts."""
    return [levels for levels in _signs(table, columns) if levels.below]


def given_by_levels(
    table: Table, columns: Sequence[int], found: Sequence[Levels], least: int
) -> Iterator[tuple[int, int, int]]:
    """Row and column (from 0) of masked cells that the sum of their level gives away, and their value below `least`."""
    for column in columns:
        cells = table.column(column)
        shown = {at: value for at, cell in enumerate(cells) if (value := whole(cell)) is not None}
        masks = {at: span for at, cell in enumerate(cells) if at not in shown and (span := mask_range(cell))}
        given: dict[int, int] = {}
        for levels in found if masks else ():
            given = _solved(levels, shown, masks, least) | given
        yield from ((at, column, value) for at, value in sorted(given.items()) if 0 < value < least)


def _solved(
    levels: Levels, shown: Mapping[int, int], masks: Mapping[int, tuple[int, int | None]], least: int
) -> dict[int, int]:
    """What the sums leave for masked cells; nothing where one does not come out, or where too few are there to see."""
    given: dict[int, int] = {}
    chance, compared = 1.0, False
    for at, below in levels.below.items():
        hidden = [one for one in (at, *below) if one not in shown]
        parts = sum(shown.get(one, 0) for one in below)
        if not hidden:
            if shown[at] != parts:
                return {}
            compared = True
            chance /= max(1, parts)
        elif len(hidden) == 1 and len(below) > 1 and hidden[0] in masks:
            low, high = masks[hidden[0]]
            value = parts if hidden[0] == at else shown[at] - parts
            if value < low or (high is not None and value > high) or given.setdefault(hidden[0], value) != value:
                return {}
            if hidden[0] != at and (high is not None or value < least):
                chance *= min(1.0, (least if high is None else high - low + 1) / max(1, shown[at]))
        elif at in shown and parts > shown[at]:
            return {}
    return given if chance <= LIKELY and (compared or levels.sure) else {}


def _signs(table: Table, columns: Sequence[int]) -> Iterator[Levels]:
    labels = [i for i in range(len(table.names)) if i not in columns and kind_of(table.names[i]) is not Kind.PERCENT]
    for index in labels:
        name, cells = table.names[index].strip(), [cell.strip() for cell in table.column(index)]
        sure = _LEVEL.fullmatch(name) is not None
        distinct = list(dict.fromkeys(cells))
        if (sure or _KIND.fullmatch(name)) and 1 < len(distinct) <= MOST_LEVELS and all(distinct):
            yield Levels(_in_order([distinct.index(cell) for cell in cells]), sure)
        yield _by_range(cells) or _by_beginning(cells)
    depths = [len(match[0]) if (match := _INDENT.match(cell)) else 0 for cell in table.column(0)]
    if labels and len(set(depths)) > 1:
        yield Levels(_in_order(depths), sure=True)


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


def _by_range(cells: Sequence[str]) -> Levels | None:
    """Codes below the narrowest range that holds them; None without a range."""
    ranges = {at: span for at, cell in enumerate(cells) if (span := _range(cell))}
    if not ranges:
        return None
    codes = {
        at: Span(code[1].upper(), n := int(code[2]), n)
        for at, cell in enumerate(cells)
        if (code := _CODE.fullmatch(cell))
    }
    by_letter: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for at, span in (codes | ranges).items():
        by_letter[span.letter].append((span.first, -span.last, at))
    found: dict[int, list[int]] = defaultdict(list)
    for spans in by_letter.values():
        for at, above in _narrowest(sorted(spans), ranges):
            found[above].append(at)
    return Levels(found, sure=True)


def _range(cell: str) -> Span | None:
    match = _RANGE.fullmatch(cell)
    span = Span(match[1].upper(), int(match[2]), int(match[3])) if match else None
    return span if span and span.first <= span.last else None


def _narrowest(spans: Iterable[tuple[int, int, int]], ranges: Container[int]) -> Iterator[tuple[int, int]]:
    """Each row, and that of the narrowest wider range around its own; from the left in one sweep, wide ones first."""
    ends: list[tuple[int, int, int]] = []  # Where a range ends, how wide it is, and its row: the later the wider.
    for (first, before), equal in groupby(spans, itemgetter(0, 1)):
        last, rows = -before, [at for _, _, at in equal]
        place = bisect_left(ends, (last,))
        if place < len(ends):
            yield from ((at, ends[place][2]) for at in rows)
        own = next((at for at in rows if at in ranges), None)
        if own is not None:
            start, stop = place, bisect_left(ends, (last + 1,))
            while start and ends[start - 1][1] >= last - first:
                start -= 1
            ends[start:stop] = [(last, last - first, own)]


def _by_beginning(cells: Sequence[str]) -> Levels:
    """Codes below the longest other code that they begin with."""
    found: dict[int, list[int]] = defaultdict(list)
    if len(set(cells)) == len(cells) and all(cell and _PREFIX.fullmatch(cell) for cell in cells):
        places = {cell: at for at, cell in enumerate(cells)}
        for at, cell in enumerate(cells):
            above = next((places[cell[:n]] for n in range(len(cell) - 1, 0, -1) if cell[:n] in places), None)
            if above is not None:
                found[above].append(at)
    # Ten begins with one, and no month is below another.
    return Levels(found, sure=all(len(cells[at]) > 1 for at in found))
