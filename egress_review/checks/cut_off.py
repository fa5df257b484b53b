"""Pieces of tables that were cut off their heading by a page or a line, so that a first row stands in its place."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from egress_review.checks.counts import whole
from egress_review.checks.tables import Table

WHOLE = 100
FEWEST_ROWS, MOST_COLUMNS = 3, 8
"""Rows in which a column must be the share of two others, and columns of a piece up to which two are tried."""


def may_be_share(heading: str, value: int) -> bool:
    """Whether a number up to 100 stands below another one, where its heading should be."""
    return value <= WHOLE and heading.isdecimal() and len(heading) <= len(str(WHOLE)) and int(heading) <= WHOLE


def shares_cut_off(table: Table) -> frozenset[int]:
    """Columns (from 0) that no heading names and that are, in every row, one column in each hundred of another."""
    asked = [index for index, name in enumerate(table.names) if not name or may_be_share(name, 0)]
    read = [[whole(cell) for cell in row] for row in (table.names, *table.rows)] if asked else []
    rows = [row for row in read if len(row) - row.count(None) > 1]  # Others are words above or below.
    if len(rows) < FEWEST_ROWS or len(table.names) > MOST_COLUMNS:
        return frozenset()
    columns = {
        index: [value for row in rows if index < len(row) and (value := row[index]) is not None]
        for index in range(len(table.names))
    }
    full = {index: values for index, values in columns.items() if len(values) == len(rows)}
    return frozenset(
        index
        for index in asked
        if index in full and _are_shares(full[index], [values for i, values in full.items() if i != index])
    )


def _are_shares(shares: Sequence[int], others: Sequence[Sequence[int]]) -> bool:
    return any(
        all(of and abs(WHOLE * part / of - share) <= 1 for share, part, of in zip(shares, parts, wholes, strict=True))
        for parts, wholes in permutations(others, 2)
    )
