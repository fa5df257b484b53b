"""Suppressed cells: whether what is left of the table gives them away.

A cell that is masked alone in its row and column is its total minus its neighbours. The check reads every table as an
outsider would: published cells with their rounding, masks with what they say (`<10`), totals, percentages beside
counts, and the same cell in earlier releases; then it computes the range that each mask still hides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from egress_review.checks.circulation import Arc, Circulation
from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import Reading, whole
from egress_review.checks.differencing import Cell as What
from egress_review.checks.differencing import Released, labels_of
from egress_review.checks.levels import given_by_levels, levels_of
from egress_review.checks.listing import Listing
from egress_review.checks.masks import mask_range
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.checks.unmasking import check_unmasked
from egress_review.claims import FileClaims, spelling
from egress_review.findings import Severity, Where
from registry.text import Text

__all__ = ["check_suppressed", "mask_range"]

RULE = "cells.suppressed"

MOST_CELLS = 20_000
MOST_MASKED = 300
"""Sizes up to which a table is computed; a larger one is not checked, and says so."""
MOST_ADDED = 1_000_000
"""Cells of a table, times the signs of levels that it has, up to which its levels are added up."""

NARROW = 4
"""Times as wide as the range of a masked cell the smallest cell must be, at least, for the range to hide it."""

LABEL_COLUMNS = 3
"""First columns in which the word for a total is looked for."""

_EXACT = Text(
    ko="가린 셀의 값이 합계와 나머지 셀로 정확히 계산됩니다.",
    en="The suppressed cell can be computed exactly from the totals and the other cells.",
)
_NARROW = Text(
    ko="가린 셀의 값이 합계로 {low}에서 {high} 사이로 좁혀집니다.",
    en="The totals narrow the suppressed cell to between {low} and {high}.",
)
_SHARE = Text(
    ko="가린 셀의 비율이 그대로 있어 값이 약 {value}명으로 계산됩니다.",
    en="The percentage beside the suppressed cell gives its count away: about {value}.",
)
_KNOWN = Text(
    ko="여기서 가린 셀이 이전 반출에는 값으로 나와 있습니다.",
    en="The cell that is suppressed here was released before with its value.",
)
_MEND = Text(
    ko="같은 행과 같은 열에서 각각 한 셀을 더 가리거나(2차 비공개), 합계를 {base} 단위로 반올림하거나, "
    "범주를 합치십시오.",
    en="Suppress one more cell in the same row and one in the same column (secondary suppression), "
    "round the totals to base {base}, or merge categories.",
)
_MEND_SHARE = Text(
    ko="가린 셀의 비율도 함께 가리십시오.",
    en="Suppress the percentage together with its count.",
)
_MEND_KNOWN = Text(
    ko="이미 나간 값은 되돌릴 수 없습니다. 범주를 합쳐 이 셀이 홀로 서지 않게 하고 심사자에게 알리십시오.",
    en="What has left cannot be called back: merge categories so that the cell does not stand alone, "
    "and tell the reviewers.",
)
_TOO_LARGE = Text(
    ko="표가 커서 가린 셀이 계산되는지 확인하지 못했습니다: "
    "셀 {cells}개(한도 {most}), 가린 셀 {masked}개(한도 {hidden}).",
    en="The table is too large to compute what its suppressed cells give away: {cells} cells (limit {most}), {masked} "
    "of them suppressed (limit {hidden}).",
)
_TOO_MANY_LEVELS = Text(
    ko="표가 길고 계층이 여럿이어서 가린 셀이 계층의 합으로 계산되는지 확인하지 못했습니다: "
    "행 {rows}개, 계층 {levels}가지.",
    en="The table is too long to add up its levels, and what they give away was not computed: {rows} rows, "
    "{levels} sets of levels.",
)
_MEND_LARGE = Text(ko="표를 나누어 제출하십시오.", en="Split the table into smaller ones.")


@dataclass(frozen=True, slots=True)
class Cell:
    """What is published of one count: a range that is a single number unless it is masked or rounded."""

    row: int
    """Position in the table, from 0."""
    column: int
    least: int
    most: int | None
    masked: bool


def check_suppressed(subject: Subject, earlier: Sequence[Released], listing: Listing) -> None:
    """Hold every masked cell to what the rest of the file and earlier releases say about it."""
    known = {what for release in earlier for what in release.cells}
    told: set[Where] = set()
    for table, reading in subject.readings:
        told.update(_check_table(table, reading, subject, known, listing))
    check_unmasked(subject, told, listing)


def _check_table(
    table: Table, reading: Reading, subject: Subject, known: Set[What], listing: Listing
) -> Iterator[Where]:
    """Tell what the cells of one table give away; the places that were told."""
    columns = _with_masked(table, sorted({count.column - 1 for count in reading.counts}))
    distinct = {text for column in columns for text in table.column(column)}
    if not any(whole(text) is None and mask_range(text) for text in distinct):
        return
    cells = {(cell.row, cell.column): cell for cell in _cells(table, columns, subject.claims)}
    masked = [cell for cell in cells.values() if cell.masked]
    if not masked:
        return
    if len(cells) > MOST_CELLS or len(masked) > MOST_MASKED:
        sizes = {"cells": len(cells), "most": MOST_CELLS, "masked": len(masked), "hidden": MOST_MASKED}
        listing.skip(RULE, _TOO_LARGE.fill(**sizes), _MEND_LARGE)
        return
    least = subject.policy.min_cell
    fix = _MEND.fill(base=subject.policy.round_base)
    below = _by_levels(table, columns, least, listing)
    for place, low in below.items():
        where = Where(row=table.numbers[place[0]], column=place[1] + 1)
        yield where
        listing.flag(RULE, _EXACT, fix, where=where, number=low)
    for cell, low, high in _ranges(table, columns, cells):
        where = Where(row=table.numbers[cell.row], column=cell.column + 1)
        if (cell.row, cell.column) in below:
            continue
        if low == high and 0 < low < least:
            yield where
            listing.flag(RULE, _EXACT, fix, where=where, number=low)
        elif 0 < high < least and high - low < least // 2:
            severity = None if is_told(low, high, least) else Severity.WARN
            yield from (where,) if severity is None else ()
            message = _NARROW.fill(low=low, high=high)
            listing.flag(RULE, message, fix, where=where, number=high - low, severity=severity)
    labels = labels_of(table, frozenset(columns)) if known else {}
    for cell in masked:
        where = Where(row=table.numbers[cell.row], column=cell.column + 1)
        value = _by_share(table, columns, cell, cells)
        if value is not None and 0 < value < least:
            yield where
            listing.flag(RULE, _SHARE.fill(value=value), _MEND_SHARE, where=where, number=value)
        if known and (spelling(table.names[cell.column]), labels[where.row]) in known:
            listing.flag(RULE, _KNOWN, _MEND_KNOWN, where=where)


def is_told(low: int, high: int, least: int) -> bool:
    """Whether a range of numbers of people is so narrow that it says which: of ten, one that is no more than two wide.

    Whoever takes its middle is wrong by a tenth of the smallest cell at most; below half of that cell it is doubted.
    """
    return NARROW * (high - low) < least


def _by_levels(table: Table, columns: Sequence[int], least: int, listing: Listing) -> dict[tuple[int, int], int]:
    """Small values that sums of levels give away, by position."""
    levels = levels_of(table, columns)
    if len(levels) * len(columns) * len(table.rows) > MOST_ADDED:
        listing.skip(RULE, _TOO_MANY_LEVELS.fill(rows=len(table.rows), levels=len(levels)), _MEND_LARGE)
        return {}
    return {(row, column): value for row, column, value in given_by_levels(table, columns, levels, least)}


def _cells(table: Table, columns: Sequence[int], claims: FileClaims) -> Iterator[Cell]:
    """Every count of the table as a range; cells that are neither a number nor a mask are no part of it."""
    slack = (claims.rounded_to or 1) // 2
    # Where zeros are published, a mask is at least one.
    fewest = int(any(whole(cell) == 0 for column in columns for cell in table.column(column)))
    for position, row in enumerate(table.rows):
        for column in columns:
            text = row[column] if column < len(row) else ""
            value = whole(text)
            if value is not None:
                yield Cell(position, column, max(0, value - slack), value + slack, masked=False)
            elif (span := mask_range(text)) is not None:
                yield Cell(position, column, max(fewest, span[0]), span[1], masked=True)


def _ranges(
    table: Table, columns: Sequence[int], cells: Mapping[tuple[int, int], Cell]
) -> Iterator[tuple[Cell, int, int]]:
    """The masked cells that the totals bound from above, with their bounds; the closest where blocks overlap."""
    closest: dict[Cell, tuple[int, int]] = {}
    row_total = _total_column(table, columns)
    for parts, total in _blocks(table, columns):
        block = _network(parts, total, columns, row_total, cells)
        if block is None:
            continue
        members, circulation = block
        for index, cell in enumerate(members):
            if not cell.masked:
                continue
            low, high = circulation.bounds(index)
            if high is not None:
                before = closest.get(cell, (low, high))
                closest[cell] = max(low, before[0]), min(high, before[1])
    for cell, (low, high) in closest.items():
        yield cell, low, high


def _with_masked(table: Table, columns: list[int]) -> list[int]:
    """The columns of counts, with those between them of which nothing is shown but masks, where a total is of all."""
    if not columns:
        return columns
    others = (i for i in range(columns[0] + 1, columns[-1]) if i not in columns and _is_masked(table, i))
    every = sorted({*columns, *others})
    return columns if _total_column(table, every) is None else every


def _is_masked(table: Table, column: int) -> bool:
    cells = [cell for cell in table.distinct(column) if cell.strip()]
    counted = kind_of(table.names[column]) in (Kind.COUNT, Kind.UNKNOWN, Kind.LABEL)
    return counted and bool(cells) and all(whole(cell) is None and mask_range(cell) for cell in cells)


def _total_column(table: Table, columns: Sequence[int]) -> int | None:
    """The one column that sums up the others, if there are others."""
    totals = [column for column in columns if is_total(_unit_free(table.names[column]))]
    return totals[0] if len(totals) == 1 and len(columns) > 2 else None


def _unit_free(name: str) -> str:
    return re.sub(r"[(\[].*?[)\]]", "", name)


def _blocks(table: Table, columns: Sequence[int]) -> Iterator[tuple[list[int], int | None]]:
    """Rows that add up, with the row of their total: each stretch beside one, then the totals themselves."""
    counted = [
        p for p, row in enumerate(table.rows) if any(column < len(row) and row[column].strip() for column in columns)
    ]
    totals = [p for p in counted if _sums_up(table, p)]
    if not totals:
        yield counted, None
        return
    rest, whole = totals, None
    if len(totals) > 1 and counted[0] == totals[0] and (_sums_up(table, counted[1]) or counted[-1] == totals[-1]):
        whole, rest = totals[0], totals[1:]
    above = counted[-1] != rest[-1] or (counted[0] == rest[0] and len(rest) == 1)
    for index, at in enumerate(rest):
        first, last = (
            (at, rest[index + 1] if index + 1 < len(rest) else counted[-1] + 1)
            if above
            else (rest[index - 1] if index else (-1 if whole is None else whole), at)
        )
        if parts := [p for p in counted if first < p < last]:
            yield parts, at
    if whole is not None:
        yield rest, whole
    elif len(rest) > 2:
        yield rest[:-1], rest[-1]


def _sums_up(table: Table, position: int) -> bool:
    """Whether a row is called a total, or leaves the second label empty that the rows about it have."""
    row = table.rows[position]
    if any(is_total(cell) for cell in row[:LABEL_COLUMNS]):
        return True
    return _is_nested(table) and len(row) > 1 and bool(row[0].strip()) and not row[1].strip()


@lru_cache(maxsize=8)
def _nested_rows(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether rows with a first label alone stand above rows with a second label alone, and there are no others."""
    pairs = [(bool(a), bool(b)) for a, b in zip(first, second, strict=True) if a or b]
    return pairs[:1] == [(True, False)] and set(pairs) == {(True, False), (False, True)}


def _is_nested(table: Table) -> bool:
    rows = [row for row in table.rows if len(row) > 2]
    return _nested_rows(tuple(row[0].strip() for row in rows), tuple(row[1].strip() for row in rows))


def _network(
    parts: Sequence[int],
    total: int | None,
    columns: Sequence[int],
    row_total: int | None,
    cells: Mapping[tuple[int, int], Cell],
) -> tuple[list[Cell], Circulation] | None:
    """The block as a circulation; None where it has no totals, has gaps, or does not add up as it was read."""
    if total is None and row_total is None:
        return None
    rows = [*parts, *([] if total is None else [total])]
    if any((row, column) not in cells for row in rows for column in columns):
        return None
    # A node per equation; a margin that is not there makes its equations one node.
    row_node = {row: 0 if row_total is None else index for index, row in enumerate(rows)}
    first = 1 + max(row_node.values())
    column_node = {column: first if total is None else first + index for index, column in enumerate(columns)}
    members, arcs = [], []
    for row in rows:
        for column in columns:
            cell = cells[row, column]
            ends = row_node[row], column_node[column]
            against = (row == total) is not (column == row_total)  # a total enters with the other sign
            members.append(cell)
            arcs.append(Arc(*(ends[::-1] if against else ends), cell.least, cell.most))
    circulation = Circulation(arcs)
    return (members, circulation) if circulation.feasible else None


def _by_share(table: Table, columns: Sequence[int], cell: Cell, cells: Mapping[tuple[int, int], Cell]) -> int | None:
    """The count that a percentage in the next column gives away with the total of the masked column."""
    beside = cell.column + 1
    if beside >= len(table.names) or kind_of(table.names[beside]) is not Kind.PERCENT:
        return None
    totals = [
        other.least
        for (row, column), other in cells.items()
        if column == cell.column and not other.masked and any(map(is_total, table.rows[row][:LABEL_COLUMNS]))
    ]
    row = table.rows[cell.row]
    text = row[beside].strip().removesuffix("%") if beside < len(row) else ""
    if len(totals) != 1 or not re.fullmatch(r"\d{1,3}(?:\.\d{1,12})?", text):
        return None
    return round(float(text) * totals[0] / 100)
