"""Differencing: a count that is safe alone gives away a small group beside an earlier release of its table.

Cells are matched by the heading of their column and by the labels of their row. Tables that were cut
another way are not matched; a reviewer still sees them side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import TypeAlias

from egress_review.checks.cells import mend
from egress_review.checks.counts import Reading
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.claims import spelling
from egress_review.findings import Where
from registry.text import Text

Cell: TypeAlias = tuple[str, tuple[str, ...]]
"""What a published count is of: heading of the column, labels of the row."""

_MESSAGE = Text(
    ko="이전에 반출된 같은 셀과의 차이: {value}. 두 표를 빼면 작은 집단이 드러납니다.",
    en="The cell was released before and differs by {value}: subtracting the tables shows a small group.",
)


def check_difference(subject: Subject, earlier: Sequence[Subject], listing: Listing) -> None:
    """Hold every count to the same cell in every earlier release."""
    known: dict[Cell, set[int]] = {}
    for release in earlier:
        for table, reading in release.readings:
            for cell, value, _ in cells_of(table, reading):
                known.setdefault(cell, set()).add(value)
    least = subject.policy.min_cell
    for table, reading in subject.readings:
        for cell, value, where in cells_of(table, reading):
            near = [abs(value - old) for old in known.get(cell, ()) if 0 < abs(value - old) < least]
            if near:
                fix = mend(subject.policy)
                listing.flag("cells.difference", _MESSAGE.fill(value=min(near)), fix, where=where, number=min(near))


def cells_of(table: Table, reading: Reading) -> Iterator[tuple[Cell, int, Where]]:
    """Every count of a table by what it is of; a row without labels is its position."""
    counts = reading.counts
    labels = labels_of(table, {count.column - 1 for count in counts})
    for count in counts:
        name = spelling(table.names[count.column - 1]) if count.column <= len(table.names) else ""
        yield (name, labels[count.row]), count.value, Where(row=count.row, column=count.column)


def labels_of(table: Table, counted: Set[int]) -> dict[int, tuple[str, ...]]:
    """What each row is of, by its number: the cells that are no counts (columns from 0) and no measures."""
    return {
        number: tuple(
            spelling(cell) for index, cell in enumerate(row) if index not in counted and not _is_measure(cell)
        )
        or (str(position),)
        for position, (number, row) in enumerate(zip(table.numbers, table.rows, strict=True))
    }


def _is_measure(cell: str) -> bool:
    """Whether a cell is a decimal number or a percentage, which changes with the data and labels nothing."""
    text = cell.strip().removesuffix("%")
    return "." in text and text.replace(".", "", 1).lstrip("-+").isdigit()
