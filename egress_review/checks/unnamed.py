"""Columns of counts that no heading names: parts of a whole in one cell, flows between classes, mirrored pyramids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from egress_review.checks.amounts import amount_of
from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.one_in import ones_in
from egress_review.checks.tables import LONGEST_NUMBER, Table, count_said

FEWEST_CELLS = 2
"""Cells in which something must stand before its form says what it is."""
LEAST_WHOLE = 30
"""What the largest of such counts is at least; smaller numbers may be scores, levels or settings."""

_OF_WHOLE = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)\s*/\s*(\d{1,3}(?:,\d{3})+|\d+)")
_MIRRORED = re.compile(r"[-\u2212](\d{1,9})(?:\.0+)?")
_VALUE = re.compile(r"values?|weight|flow|size|z|y|값|수치|측정값|흐름", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[\d.,]+%?")


def parts_of_wholes(table: Table) -> Iterator[tuple[int, int, int]]:
    """Row, column and count of cells such as `7 / 1,204` in a column of nothing else, whose wholes are of people."""
    rates = {column for _, column in ones_in(table)}
    for index in range(1, len(table.names)):
        filled = [cell.strip() for cell in table.distinct(index) if cell.strip()]
        if index + 1 in rates or not filled or any("/" not in cell or len(cell) > LONGEST_NUMBER for cell in filled):
            continue
        read = {cell: match for cell in filled if (match := _OF_WHOLE.fullmatch(cell))}
        pairs = [(count_said(match[1]), count_said(match[2])) for match in read.values()]
        wholes = {of for _, of in pairs}
        if len(read) < max(FEWEST_CELLS, len(filled)) or any(part > of for part, of in pairs):
            continue
        if max(wholes) < LEAST_WHOLE or (len(wholes) == 1 and not wholes.isdisjoint(_OF_SCORES)):
            continue
        for number, cell in zip(table.numbers, table.column(index), strict=True):
            if match := read.get(cell.strip()):
                yield number, index + 1, count_said(match[1])


_OF_SCORES = frozenset((30, 50, 100, 1000))
"""What scores are out of."""


def flows(table: Table) -> tuple[int, ...]:
    """The column of a long table that is called a mere value: whole numbers beside columns of labels that repeat."""
    numbers = [i for i in range(len(table.names)) if _are_whole(table, i)]
    labels = [i for i in range(len(table.names)) if i not in numbers]
    if len(numbers) != 1 or len(labels) < FEWEST_CELLS or not _VALUE.fullmatch(table.names[numbers[0]].strip()):
        return ()
    rows = len(table.rows)
    words = all(not _NUMBER.fullmatch(cell.strip()) for i in labels for cell in table.distinct(i))
    repeat = all(len(table.distinct(i)) < rows for i in labels[:2])
    once = len(set(zip(*(table.column(i) for i in labels), strict=True))) == rows
    large = max(int(cell) for cell in table.distinct(numbers[0])) >= LEAST_WHOLE
    return tuple(numbers) if rows > FEWEST_CELLS and words and repeat and once and large else ()


def observations(table: Table) -> tuple[int, ...]:
    """The column that Stata calls `Obs`, which counts people; in SAS it numbers rows, and rises by one."""
    found = []
    for index in range(1, len(table.names)):
        if table.names[index].strip().lower() != "obs":
            continue
        cells = [cell.strip().replace(",", "") for cell in table.column(index)]
        if all(c.isdecimal() and len(c) < LONGEST_NUMBER for c in cells):
            numbers = list(map(int, cells))
            if any(b - a != 1 for a, b in pairwise(numbers)) or len(numbers) == 1:
                found.append(index)
    return tuple(found)


def with_shares(table: Table) -> tuple[int, ...]:
    """Columns of whole numbers beside a column of percentages that are their shares of their sum."""
    percents = [i for i, name in enumerate(table.names) if kind_of(name) is Kind.PERCENT]
    if len(percents) != 1 or not FEWEST_CELLS < len(table.rows) <= MOST_ROWS:
        return ()
    shares = [cell.strip().rstrip("%") for cell in table.column(percents[0])]
    found = []
    for index in range(1, len(table.names)):
        name = table.names[index]
        if index == percents[0] or kind_of(name) is not Kind.UNKNOWN or amount_of(name) or _UNIT.search(name):
            continue
        pairs = [(cell.strip(), share) for cell, share in zip(table.column(index), shares, strict=True)]
        pairs = [(cell, share) for cell, share in pairs if cell.isdecimal() and _SHARE.fullmatch(share)]
        counts = [int(cell) for cell, _ in pairs if len(cell) <= LONGEST_NUMBER]
        if len(pairs) <= FEWEST_CELLS or len(counts) < len(pairs) or max(counts) < LEAST_WHOLE:
            continue
        for total in {sum(counts), max(counts)}:
            if all(abs(100 * int(cell) / total - float(share)) < 0.06 for cell, share in pairs):
                found.append(index)
                break
    return tuple(found)


MOST_ROWS = 2_000
_SHARE = re.compile(r"\d{1,3}(?:\.\d{1,6})?")
_UNIT = re.compile(r"[(\[]\s*(?:원|천원|만원|억원?|백만|달러|kg|g|mg|톤|시간|일|회|점|대|m|km)", re.IGNORECASE)


def mirrored(table: Table) -> dict[int, Sequence[str]]:
    """Columns of whole numbers below zero beside one above, as a pyramid is drawn: their cells without the sign."""
    found: dict[int, Sequence[str]] = {}
    for index in range(1, len(table.names)):
        column = table.column(index)
        if len(column) <= FEWEST_CELLS or not _MIRRORED.fullmatch(column[0].strip()):
            continue
        cells = [cell.strip() for cell in column]
        if not all(map(_MIRRORED.fullmatch, cells)):
            continue
        beside = [i for i in (index - 1, index + 1) if 0 < i < len(table.names) and _are_whole(table, i)]
        if (
            kind_of(table.names[index]) in (Kind.UNKNOWN, Kind.COUNT)
            and len(beside) == 1
            and len(table.names) == len("abc")
        ):
            found[index] = [_MIRRORED.sub(r"\1", cell) for cell in cells]
    return found


def _are_whole(table: Table, index: int) -> bool:
    cells = table.distinct(index)
    return bool(cells) and all(cell.strip().isdecimal() and len(cell) <= LONGEST_NUMBER for cell in cells)
