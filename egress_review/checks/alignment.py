"""Which published number a line of evidence is about: by the labels of its row and the heading of its column.

A list that researchers made themselves is of a column as well if what it lists adds up to what stands there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from egress_review.checks.amounts import number_in
from egress_review.checks.columns import is_total
from egress_review.checks.counts import Reading
from egress_review.checks.evidence import Categories, Contributors, Evidence, label
from egress_review.checks.listed_contributors import Key, Listed
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


POWERS = (0, 3, 4, 6, 8, 2, 5, 9, -3, -4, -6, -8)
"""Powers of ten between the unit of a list and that of a table: 원, 천원, 만원, 백만원, 억원, thousands, millions."""
NEARLY = 0.001
"""Part of a sum by which the rounding of what was added may change it."""
MOST_CHANCE = 0.01
"""How likely it may be that numbers which have nothing to do with a list are its sums."""
FEWEST_ADDED, FEWEST_CELLS, MOST_CELLS = 3, 2, 0.7
"""Contributors of a group whose sum is not met by chance; groups, and part of them, that are met in one unit."""


def listed_behind(table: Table, listed: Listed, money: Collection[int]) -> Iterator[tuple[int, int, Contributors]]:
    """Positions and columns (from 0) of cells, and who is listed behind each: by its labels and by what adds up.

    In a column of `money` the labels alone are enough, unless the list may be of something else.
    """
    labels = [i for i in range(len(table.names)) if i == 0 or not any(map(number_in, table.distinct(i)))]
    for column in (i for i in range(1, len(table.names)) if i not in labels):
        cells = [
            (position, number, behind, exact)
            for position, row in enumerate(table.rows)
            if column < len(row)
            and (number := number_in(row[column]))
            and (found := _behind(row, labels, table.names[column], listed))
            for behind, exact in [found]
        ]
        sums = _added_up([(position, number, behind) for position, number, behind, _ in cells], listed)
        for position, number, behind, exact in cells:
            if (
                (column in money and exact and not listed.by_sums)
                or position in sums
                or is_sum_of(number, behind, listed)
            ):
                yield position, column, behind


def _behind(
    row: Sequence[str], labels: Sequence[int], heading: str, listed: Listed
) -> tuple[Contributors, bool] | None:
    """Who is listed under the labels of a row, or these and the heading; and whether the row has no other label."""
    said = [label(row[i]) for i in labels if i < len(row) and row[i].strip() and not is_total(row[i])]
    keys: list[Key] = [frozenset(said), frozenset((*said, label(heading))), *(frozenset((one,)) for one in said)]
    for at, key in enumerate(keys):
        if (behind := listed.groups.get(key)) is not None and (key or is_total(row[0])):
            return behind, at == 0
    return None


def is_sum_of(shown: tuple[float, float], behind: Contributors, listed: Listed) -> bool:
    """Whether a number with its slack is the sum or the mean of what contributors gave, whatever it is called."""
    if not behind.total or behind.units < FEWEST_ADDED:
        return False
    return any(abs(shown[0] - one) <= shown[1] + 1e-9 * abs(one) for one in _sum_and_mean(behind, listed))


def _sum_and_mean(behind: Contributors, listed: Listed) -> tuple[float, ...]:
    total = behind.total or 0.0
    return (total, total / behind.units) if listed.each else (total,)


def _added_up(cells: Sequence[tuple[int, tuple[float, float], Contributors]], listed: Listed) -> Collection[int]:
    """The positions of the numbers that are sums or means of a list in one unit: most of them, and not by chance."""
    known = [(at, value, slack, behind) for at, (value, slack), behind in cells if behind.total and value > 0]
    for power in POWERS:
        for which in range(1 + listed.each):
            fitting = [
                (at, value, slack, behind)
                for at, value, slack, behind in known
                if abs(value - _sum_and_mean(behind, listed)[which] / 10.0**power) <= slack + NEARLY * value
            ]
            chance = 2.0 * len(POWERS)
            for value, slack in {(value, slack) for _, value, slack, behind in fitting if behind.units >= FEWEST_ADDED}:
                chance *= min(1.0, 2 * (slack / value + NEARLY))
            if len(fitting) >= max(FEWEST_CELLS, MOST_CELLS * len(known)) and chance < MOST_CHANCE:
                return {at for at, *_ in fitting}
    return ()
