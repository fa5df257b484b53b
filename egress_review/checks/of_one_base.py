"""Cells such as `532 (42.9)` that are counts with their shares, told by the one number that all of them are of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress_review.checks.tables import LONGEST_NUMBER, Table, count_said

FEWEST, FEWEST_ALONE = 2, 3
"""Cells that agree on a base which the heading says, and on one that nothing says."""
SHARP = 0.02
"""Width of what the rounding of the sharpest share leaves of an unsaid base, at most, relative to it."""

_PAIR = re.compile(r"(\d{1,3}(?:,\d{3}){1,5}|\d{1,15})\s?[(\[]\s?(\d{1,3}(?:\.(\d{1,4}))?)\s?%?\s?[)\]]")
_BASE = re.compile(
    r"\b[nN]\s?[=:]\s?(\d{1,3}(?:,\d{3}){1,5}|\d{1,15})\b|[(\[]\s?(\d{1,3}(?:,\d{3}){1,5}|\d{2,15})\s?(?:명)?\s?[)\]]"
)


def of_one_base(table: Table, column: int) -> Iterator[tuple[int, int, int]]:
    """Row, column and value of the counts of a column whose cells are counts with shares of one number."""
    pairs = []
    for number, cell in zip(table.numbers, table.column(column), strict=True):
        match = _PAIR.fullmatch(cell.strip()) if len(cell) <= LONGEST_NUMBER and "." in cell else None
        if match and float(match[2]) <= 100:
            slack = 0.5 * 10.0 ** -len(match[3] or "")
            pairs.append((number, count_said(match[1]), float(match[2]), slack))
    if len(pairs) < FEWEST:
        return
    said = _BASE.search(table.names[column])
    base = count_said(said[1] or said[2]) if said else 0
    fitting = [pair for pair in pairs if base and abs(100 * pair[1] / base - pair[2]) <= pair[3] + 1e-6]
    if len(fitting) < FEWEST:
        fitting = pairs if len(pairs) >= FEWEST_ALONE and _agree(pairs) else []
    for number, value, _, _ in fitting:
        yield number, column + 1, value


def _agree(pairs: list[tuple[int, int, float, float]]) -> bool:
    """Whether some number is the base of every share, and the shares leave little doubt which."""
    low, high = 0.0, float("inf")
    for _, value, share, slack in pairs:
        if value == 0 or share == 0:
            continue
        low = max(low, 100 * value / (share + slack))
        high = min(high, 100 * value / (share - slack)) if share > slack else high
    return 0 < low <= high and high - low <= SHARP * low
