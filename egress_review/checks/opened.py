"""Masked cells that a total of another table opens, though neither table shows both: a new row `all regions`.

The columns of two tables have the same headings; one table masks a row, the other has what all rows come to. What is
left of each total is small, and nothing is left where nothing is masked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from egress_review.checks.shown import Shown
from egress_review.claims import spelling

TOTAL = "="
"""The label of a row that sums up the others."""


def opened(everything: Sequence[Shown], least: int) -> Iterator[tuple[Shown, str, int, Shown]]:
    """Columns, the labels of their hidden cells, what these are, and the columns with the totals that tell."""
    tables: dict[int, list[Shown]] = {}
    for one in everything:
        tables.setdefault(id(one.table), []).append(one)
    for masked in tables.values():
        if not any(one.hidden for one in masked) or any(TOTAL in one.values or TOTAL in one.hidden for one in masked):
            continue
        for other in tables.values():
            if other is not masked:
                yield from _between(masked, other, least)


def _between(masked: Sequence[Shown], other: Sequence[Shown], least: int) -> Iterator[tuple[Shown, str, int, Shown]]:
    totals = {spelling(one.name): one for one in other if TOTAL in one.values}
    found: list[tuple[Shown, str, int, Shown]] = []
    agreeing = 0
    for column in masked:
        total = totals.get(spelling(column.name))
        if total is None:
            continue
        left = total.values[TOTAL] - sum(column.values.values())
        if left < 0 or (left and not column.hidden) or not column.values:
            return  # They are not of the same people.
        if not _agree(column.values, total.values):
            return
        low, high = _bounds(column, least)
        if not low <= left <= high:
            return
        agreeing += 1
        if len(column.hidden) == 1 and 0 < left < least:
            found.append((column, next(iter(column.hidden)), left, total))
    # A single pair of numbers is near by chance; so is one of numbers that are small anyway.
    if agreeing > 1 or any(column.values and sum(column.values.values()) >= LARGE * least for column, *_ in found):
        yield from found


LARGE = 20
"""How many times the smallest cell the rest of a column is from which so little left of its total is no chance."""


def _agree(values: Mapping[str, int], others: Mapping[str, int]) -> bool:
    """Whether two columns say the same wherever both speak of a group."""
    return all(others.get(label, value) == value for label, value in values.items())


def _bounds(column: Shown, least: int) -> tuple[int, int]:
    """From least to most, what the hidden cells of a column come to."""
    spans = [column.spans[label] for label in column.hidden]
    return sum(low for low, _ in spans), sum(least - 1 if high is None else high for _, high in spans)
