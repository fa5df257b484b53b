"""Small counts that two numbers of a table tell, or the name of its file: fractions, complements, one left out.

`7/1820` in a cell, 1,228 of 1,234, a sample with and without one firm, and the columns of a file called `at_risk`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from egress_review.checks.cells import judge
from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.counts import Reading, paired, whole
from egress_review.checks.listing import Listing
from egress_review.checks.one_in import lines_of_ones, ones_in
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Where
from registry.text import Text

RULES = ("cells.small", "cells.implied")
MOST_ROWS, LARGE, FEWEST = 500, 30, 2
"""Rows that are read, people of whom a fraction is, and cells of one form that make a column one of fractions."""

_FRACTION = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,7})\s?/\s?(\d{1,3}(?:,\d{3})+|\d{2,7})(?:\s?\(.{1,12}\))?")
_COUNTING = re.compile(
    r"(?:^|[_\W])(?:at_?risk|n_?risk|counts?|frequenc\w+|freq|n_by|crosstab|headcounts?)(?:$|[_\W])|위험집단|인원|빈도|환자수|대상자수|건수",
    re.IGNORECASE,
)
_WHOLE_ROW = re.compile(r"(?:all|total|main|full|overall|everyone|baseline|전체|전부|합계)(?: \w+){0,2}", re.IGNORECASE)
_LEFT_OUT = re.compile(
    r"\b(?:excl\w*|without|less|minus|except|omit\w*|drop\w*|remov\w*)\b|제외|빼고|뺀", re.IGNORECASE
)

_IMPLIED = Text(
    ko="두 수의 차이가 {value}입니다: 최소 셀 {least}보다 작은 집단이 드러납니다.",
    en="Two of the numbers differ by {value}, which tells of a group below the smallest cell, {least}.",
)
_MEND = Text(
    ko="두 수 가운데 하나를 지우거나 둘 다 반올림하고, 비율은 한 자리 줄이십시오.",
    en="Leave one of the two numbers out or round both, and show the share less exactly.",
)


def check_counts_apart(subject: Subject, listing: Listing) -> None:
    """Judge the counts that two numbers of a table tell."""
    least = subject.policy.min_cell
    counting = _COUNTING.search(subject.name.rpartition(".")[0]) is not None
    if subject.type in ("md", "txt", "tex"):
        rates = lines_of_ones(subject.lines)
        for where, value in _laid_out(subject.lines):
            if value == 1 and where.row in rates:
                continue
            judge(value, where, subject.claims, subject.policy, listing)
    for table, reading in subject.readings:
        if len(table.rows) > MOST_ROWS:
            continue
        for where, value in (*_fractions(table, reading), *(_unnamed(table, reading) if counting else ())):
            judge(value, where, subject.claims, subject.policy, listing)
        for where, value in (*_complements(table, least), *_without_some(table, reading)):
            if 0 < value < least:
                listing.flag("cells.implied", _IMPLIED.fill(value=value, least=least), _MEND, where=where, number=value)


def _fractions(table: Table, reading: Reading) -> Iterator[tuple[Where, int]]:
    taken = {*((count.row, count.column) for count in reading.counts), *ones_in(table)}
    for index in range(1, len(table.names)):
        found = [
            (number, match)
            for number, cell in zip(table.numbers, table.column(index), strict=True)
            if (match := _FRACTION.fullmatch(cell.strip()))
        ]
        parts = [(number, *(int(part.replace(",", "")) for part in match.groups())) for number, match in found]
        if len(parts) < FEWEST or any(part > of or of < LARGE for _, part, of in parts):
            continue
        yield from ((Where(row=n, column=index + 1), part) for n, part, _ in parts if (n, index + 1) not in taken)


def _laid_out(lines: Sequence[str]) -> Iterator[tuple[Where, int]]:
    """Fractions in the cells of tables that hold nothing else, as LaTeX and Markdown lay them out."""
    found = [
        (number, int(match[1].replace(",", "")), int(match[2].replace(",", "")))
        for number, line in enumerate(lines, 1)
        if "/" in line and ("&" in line or "|" in line)
        for match in _IN_CELL.finditer(line)
    ]
    if len(found) >= FEWEST and all(part <= of and of >= LARGE for _, part, of in found):
        yield from ((Where(row=number), part) for number, part, _ in found)


_IN_CELL = re.compile(
    r"[&|]\s*(\d{1,3}(?:,\d{3})+|\d{1,7})\s?/\s?(\d{1,3}(?:,\d{3})+|\d{2,7})(?:\s?\([^&|]{1,14}\))?\s*(?=[&|]|\\\\|$)"
)


def _unnamed(table: Table, reading: Reading) -> Iterator[tuple[Where, int]]:
    """Whole numbers whose columns nothing names, in a file whose name says that it counts."""
    taken = {count.column for count in reading.counts}
    for index in range(1, len(table.names)):
        values = [whole(cell) for cell in table.column(index)]
        plain = kind_of(table.names[index]) in (Kind.UNKNOWN, Kind.LABEL) and None not in values
        if index + 1 in taken or not plain or max((value or 0 for value in values), default=0) < LARGE:
            continue
        yield from (
            (Where(row=number, column=index + 1), value or 0)
            for number, value in zip(table.numbers, values, strict=True)
        )


def _complements(table: Table, least: int) -> Iterator[tuple[Where, int]]:
    """What a count and its share leave of the number of the row: 1,228 of 1,234."""
    for row, number in zip(table.rows, table.numbers, strict=True):
        wholes = [value for cell in row[1:] if (value := whole(cell)) is not None]
        for index, cell in enumerate(row[1:], 2):
            pair = paired(cell.strip())
            share = re.search(r"\((\d{1,3}(?:\.\d{1,3})?) ?%?\)$", cell.strip()) if pair and pair[0] > LARGE else None
            if not pair or not share or not 50 < float(share[1]) < 100:
                continue
            for value in wholes:
                fits = abs(100 * pair[0] / value - float(share[1])) < SLACK if value > pair[0] else False
                if fits and value - pair[0] < least:
                    yield Where(row=number, column=index), value - pair[0]


SLACK = 0.06
"""What the rounding of a share to one place may leave."""


def _without_some(table: Table, reading: Reading) -> Iterator[tuple[Where, int]]:
    """A row of everybody beside one that leaves somebody out."""
    labels = {number: row[0].strip() for row, number in zip(table.rows, table.numbers, strict=True) if row}
    everybody = [number for number, label in labels.items() if _WHOLE_ROW.fullmatch(label)]
    others = [number for number, label in labels.items() if _LEFT_OUT.search(label)]
    values = {(count.row, count.column): count.value for count in reading.counts}
    for one in others:
        for all_of in everybody[:1]:
            for column in {count.column for count in reading.counts}:
                first, second = values.get((all_of, column)), values.get((one, column))
                if first is not None and second is not None:
                    yield Where(row=one, column=column), first - second
