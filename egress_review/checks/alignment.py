"""Which published number a line of evidence is about: by the labels of its row and the heading of its column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from egress_review.checks.columns import is_total
from egress_review.checks.counts import Reading
from egress_review.checks.evidence import Categories, Contributors, Evidence, label
from egress_review.checks.tables import Table
from egress_review.claims import spelling


@dataclass(frozen=True, slots=True)
class Published:
    """One cell of a table and who stands behind it."""

    position: int
    """Row of the table, from 0."""
    column: int
    """From 0."""
    text: str
    counted: bool
    """Whether the cell was read as a count."""
    behind: Contributors


def published(table: Table, reading: Reading, evidence: Evidence) -> Iterator[Published]:
    """Every cell that the evidence is about; cells whose labels it does not know are left out."""
    columns = _label_columns(table, evidence)
    labelled = set(columns.values())
    values = [evidence.values_of(dimension) for dimension in range(len(evidence.by))]
    headings = [
        () if column in labelled else _of_heading(name, columns, values) for column, name in enumerate(table.names)
    ]
    counted = {(count.row, count.column - 1) for count in reading.counts}
    for position, (number, row) in enumerate(zip(table.numbers, table.rows, strict=True)):
        said = _of_row(row, columns, values)
        if said is None:
            continue
        for column, text in enumerate(row):
            if column in labelled or column >= len(headings):
                continue
            of = tuple(a if a is not None else b for a, b in zip(said, headings[column], strict=True))
            if (behind := evidence.cells.get(of)) is not None:
                yield Published(position, column, text, (number, column) in counted, behind)


def _label_columns(table: Table, evidence: Evidence) -> dict[int, int]:
    """The column that holds the categories of each dimension: by its heading, else by what stands in it."""
    found: dict[int, int] = {}
    spelled = [spelling(name) for name in table.names]
    for dimension, name in enumerate(evidence.by):
        if spelling(name) in spelled:
            found[dimension] = spelled.index(spelling(name))
    for dimension in range(len(evidence.by)):
        values = evidence.values_of(dimension)
        for column in range(len(table.names)):
            if dimension in found or column in found.values():
                continue
            cells = [label(cell) for cell in table.column(column) if cell.strip() and not is_total(cell)]
            # Numbers may be categories only under the name of their dimension: counts would pass for years.
            if cells and values.issuperset(cells) and not all(cell.isdigit() for cell in cells):
                found[dimension] = column
    return found


def _of_row(row: Sequence[str], columns: dict[int, int], values: Sequence[frozenset[str]]) -> Categories | None:
    """What the labels of a row say of each dimension; None for a row of which one label is unknown."""
    said: list[str | None] = [None] * len(values)
    for dimension, column in columns.items():
        text = row[column] if column < len(row) else ""
        if not text.strip() or is_total(text):
            continue
        said[dimension] = label(text)
        if said[dimension] not in values[dimension]:
            return None
    return tuple(said)


def _of_heading(name: str, columns: dict[int, int], values: Sequence[frozenset[str]]) -> Categories:
    """What a heading says of the dimensions that no column holds: `male`, `mean male`, `male n`."""
    heading = label(name)
    words = heading.split()
    said: list[str | None] = [None] * len(values)
    for dimension, of in enumerate(values):
        if dimension not in columns:
            fitting = (one for one in of if one == heading or _within(one.split(), words))
            said[dimension] = max(fitting, key=len, default=None)
    return tuple(said)


def _within(part: list[str], words: list[str]) -> bool:
    return any(words[start : start + len(part)] == part for start in range(len(words) - len(part) + 1))
