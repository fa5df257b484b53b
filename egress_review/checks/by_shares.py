"""Masked cells that another table gives as a share of its counts: 41 in all, of whom 82.9 % are men.

That a percentage is one of the masked column is not read from its name: it is so where it gives every number that the
column shows, within what rounding leaves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from egress_review.checks.amounts import number_in
from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.shown import FEWEST_SHOWN, Shown, shared
from egress_review.checks.tables import Table

WIDEST = 0.05
"""What rounding may leave open of a shown number, relative to it, for a share to be one of it."""
PLACES = 10
"""Decimals that a result has; what is shown beyond them is how a computer writes a fraction."""


def shares_in(table: Table, labels: Mapping[int, str]) -> list[dict[str, tuple[float, float]]]:
    """The percentages of a table, from least to most by the labels of its rows (their numbers), for each column."""
    found = []
    for index, name in enumerate(table.names):
        if index == 0 or (kind_of(name) is not Kind.PERCENT and "%" not in name):
            continue
        cells = (
            (labels[n], _percent(c)) for n, c in zip(table.numbers, table.column(index), strict=True) if n in labels
        )
        column = {label: share for label, share in cells if share is not None}
        if len(column) >= FEWEST_SHOWN:
            found.append(column)
    return found


def _percent(cell: str) -> tuple[float, float] | None:
    text = cell.strip().removesuffix("%").strip()
    if len(text.partition(".")[2]) > PLACES:
        text = f"{float(text):.{PLACES}f}".rstrip("0") if text.replace(".", "", 1).isdecimal() else ""
    found = number_in(text)
    if found is None or not 0 <= found[0] <= 100:
        return None
    return max(0.0, found[0] - found[1]), min(100.0, found[0] + found[1])


def parts_of(
    values: Mapping[str, int], shares: Sequence[Mapping[str, tuple[float, float]]]
) -> tuple[Mapping[str, tuple[float, float]], ...]:
    """What each column of shares is of a column of counts."""
    return tuple(
        {
            label: (low * values[label] / 100, high * values[label] / 100)
            for label, (low, high) in one.items()
            if label in values
        }
        for one in shares
    )


def filled(everything: Sequence[Shown]) -> list[Shown]:
    """The same columns, with the gaps filled that a share of another column gives."""
    return [_filled(one, everything) for one in everything]


def _filled(column: Shown, everything: Sequence[Shown]) -> Shown:
    known = {label: value for label, value, _ in given_by_shares(column, everything)}
    return replace(column, values={**column.values, **known}) if known else column


def given_by_shares(column: Shown, everything: Sequence[Shown]) -> Iterator[tuple[str, int, Shown]]:
    """Labels of hidden cells, their values, and the column of whose counts they are a share."""
    for whole in everything if column.hidden else ():
        if whole is column or not whole.parts or not shared(column, whole):
            continue
        for part in whole.parts:
            if _is_of(column, part):
                for label in column.hidden:
                    if label in part and (value := _only(*part[label])) is not None:
                        yield label, value, whole


def _is_of(column: Shown, part: Mapping[str, tuple[float, float]]) -> bool:
    """Whether what a share gives is a column wherever both are shown."""
    both = [(value, *part[label]) for label, value in column.values.items() if label in part]
    if len(both) < FEWEST_SHOWN or len(both) < len(column.values) - 1 or len({value for value, _, _ in both}) < 2:
        return False
    return all(low - 1e-6 <= value <= high + 1e-6 and high - low <= WIDEST * value for value, low, high in both)


def _only(low: float, high: float) -> int | None:
    first, last = math.ceil(low - 1e-6), math.floor(high + 1e-6)
    return first if first == last else None
