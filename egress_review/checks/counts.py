"""Finding the counts in a table: by what the author declared, by name, and by arithmetic."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice, pairwise, repeat
from operator import attrgetter
from typing import NamedTuple

from egress_review.checks.columns import Kind, is_per_hundred, is_pivoted, is_size, is_total, kind_of
from egress_review.checks.counted_words import by_words
from egress_review.checks.of_one_base import of_one_base
from egress_review.checks.people_words import is_of_people
from egress_review.checks.statistic_rows import counts_in_spite, statistic_names, statistic_rows
from egress_review.checks.tables import LONGEST_NUMBER, Table
from egress_review.checks.unnamed import flows, mirrored, observations, parts_of_wholes, with_shares
from egress_review.claims import FileClaims

MOST_UNCLEAR = 0.1
"""Share of cells that are no whole numbers up to which a column named as a count is still one."""

CROSS_TABLE_ROWS = 200
"""Rows up to which bare whole numbers are taken for a cross-table; longer ones are lists of values."""

CHARACTERISTICS_ROWS = 2000
"""Rows up to which the first cell of each row may name what the row holds."""

_OPENING = re.compile("[(\\[（/]|\\bof\\b")
_WHOLE = re.compile(
    r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?\s*(?:명|건|인|가구|세대|개|people|persons?|patients?|cases?|deaths?)?"
)
_OF_ALL = re.compile(r"합계|총|전체|\btotal\b|\ball\b", re.IGNORECASE)
"""What the last row calls itself when it adds up people, such as `합계 인원`."""
_WITH_UNIT = re.compile(r"[\d,]{1,20}\s*(?:명|인|people|persons|patients)")
_DECIMAL = re.compile(r"[-+]?[\d,]*\.\d+(?:[eE][-+]?\d+)?|[-+]\d+|\d+[eE][-+]?\d+")
_FRACTIONS = re.compile(r"(?>(?:[-+]?[0-9]{0,30}\.[0-9]{0,30}[1-9]0{0,8}\n)*)")
"""Cells that are all decimal numbers and none of them whole: a column of them is read in one look.

In an atomic group: a possessive one of several parts goes wrong in CPython before 3.11.5 (gh-106052).
"""
_PAIRED = re.compile(
    r"(\d{1,3}(?:,\d{3})+|\d+)\s*(?:(?:명|건)\s*)?(?:(?:/|of)\s*[\d,]+\s*(?:(?:명|건)\s*)?)?"
    r"[(\[]\s*(?:[<>≤≥]\s*)?[\d.,]+\s*(%?)\s*[)\]]\s*\*{0,3}"
    r"|(\d{1,3}(?:,\d{3})+|\d+)\s*(?:/|of)\s*[\d,]+"
)
"""A count with its share, with the count that it is of, or with both: `4 (3.3%)`, `4/120`, `4/120 (3.3%)`."""
_FOOTNOTE = re.compile(r"(?<=\d)\s?(?:[*†‡§¶]+|\^?[⁰¹²³⁴-⁹⁽⁾ᵃ-ᶻ]+|[a-e]\)|\^[a-z1-9*†‡§¶,]{1,5})$")
"""The mark of a note behind a number; superscripts go before they are read as digits."""


class Why(StrEnum):
    """How a cell came to be read as a count."""

    DECLARED = "declared"
    NAMED = "named"
    ADDS_UP = "adds up"
    CROSS_TABLE = "cross-table"
    PAIRED = "count with percentage"


class Count(NamedTuple):
    """One published count: where it stands and how large it is; a tuple, because a table may have a million."""

    row: int
    column: int
    value: int
    why: Why


@dataclass(frozen=True, slots=True)
class Reading:
    """The counts of a table, and the columns whose meaning stays open."""

    counts: tuple[Count, ...]
    unclear: tuple[int, ...]
    """Columns (from 0) of whole numbers that nothing names."""
    not_whole: tuple[int, ...]
    """Columns (from 0) that are named as counts and hold other numbers."""
    overruled: tuple[int, ...]
    """Columns (from 0) that are named as counts and were declared as something else."""
    dropped: tuple[int, ...] = ()
    """Other columns (from 0) that hold counts unless what was declared is believed."""


@lru_cache(maxsize=1 << 16)  # the cells of a long table repeat
def whole(cell: str) -> int | None:
    """The whole number in a cell, with thousands commas, `.0` or a unit; None for anything else."""
    if len(cell) > LONGEST_NUMBER:
        return None
    plain = _plain(cell)
    if not plain[:1].isdigit():
        return None
    if plain.isdecimal() and cell[-1:].isdecimal():
        return int(plain)
    plain = _plain(_FOOTNOTE.sub("", cell.strip()))
    match = _WHOLE.fullmatch(plain)
    return int(match[1].replace(",", "")) if match else None


def paired(cell: str) -> tuple[int, bool] | None:
    """The count in a cell such as `12 (34.5%)`, and whether the cell itself says that it is a percentage."""
    match = _PAIRED.fullmatch(_plain(cell)) if len(cell) <= LONGEST_NUMBER else None
    return (int((match[1] or match[3]).replace(",", "")), match[2] == "%") if match else None


def _plain(cell: str) -> str:
    return cell.strip() if cell.isascii() else unicodedata.normalize("NFKC", cell).strip()


@dataclass(frozen=True, slots=True)
class _Column:
    """What one column is by name and declaration, and its whole numbers."""

    index: int
    name: str
    kind: Kind
    declared: str | None
    values: list[int | None]
    whole_numbers: int
    others: int
    """Numbers that are not whole or are negative."""

    has_unit: bool
    """Whether the cells themselves say that they count people."""

    @property
    def mostly_whole(self) -> bool:
        return self.others <= MOST_UNCLEAR * (self.whole_numbers + self.others)


def read_counts(table: Table, claims: FileClaims) -> Reading:
    """Every count of a table with its place."""
    if changed := mirrored(table):
        rows = [
            [changed[i][at] if i in changed else cell for i, cell in enumerate(row)]
            for at, row in enumerate(table.rows)
        ]
        table = Table(table.names, rows, table.numbers, table.ragged)
    columns = [_read_column(table, index, claims) for index in range(len(table.names))]
    reasons = {c.index: why for c in columns if (why := _reason(c)) and not _are_sizes(table, c, columns)}
    unnamed = [c for c in columns if c.index not in reasons and _could_count(c)]
    reasons |= _by_arithmetic(table, columns, unnamed)
    if _is_cross_table(table, columns, unnamed):
        reasons |= {c.index: Why.CROSS_TABLE for c in unnamed if c.index not in reasons}
    reasons |= {
        index: Why.NAMED
        for index in (*flows(table), *with_shares(table), *observations(table))
        if columns[index].declared is None
    }
    left = [c.index for c in unnamed if c.index not in reasons]
    reasons |= dict.fromkeys(by_words(table, left, tuple(reasons)), Why.NAMED)
    counts = list(_in_columns(table, columns, reasons))
    parts = (Count(*one, Why.PAIRED) for one in parts_of_wholes(table) if columns[one[1] - 1].declared is None)
    others = {(c.row, c.column): c for c in (*parts, *_in_pairs(table, columns), *_in_rows(table, columns))}
    if others:
        taken = {(c.row, c.column) for c in counts}
        counts += [count for place, count in others.items() if place not in taken]
    if others or len(reasons) > 1:
        counts.sort(key=attrgetter("row", "column"))
    if spared := statistic_rows(table):
        kept = (Why.DECLARED, Why.PAIRED)
        counts = [
            c
            for c in counts
            if (label := spared.get(c.row)) is None
            or c.why in kept
            or counts_in_spite(label, table.names[c.column - 1])
        ]
    measured = statistic_names(table.names)
    if measured:
        counts = [c for c in counts if c.column - 1 not in measured or c.why in (Why.DECLARED, Why.PAIRED)]
    named = [c for c in columns if c.kind is Kind.COUNT]
    return Reading(
        tuple(counts),
        tuple(c.index for c in unnamed if c.index not in reasons and c.index not in measured),
        tuple(c.index for c in named if c.declared is None and c.others and not c.mostly_whole),
        tuple(c.index for c in named if c.declared not in (None, "counts")),
    )


def _read_column(table: Table, index: int, claims: FileClaims) -> _Column:
    cells = table.column(index)
    distinct, name = table.distinct(index), table.names[index]
    values: list[int | None]
    if distinct and all(map(str.isdecimal, distinct)) and max(map(len, distinct)) <= LONGEST_NUMBER:
        values, others = list(map(int, cells)), 0
    elif distinct and _FRACTIONS.fullmatch("\n".join([*distinct, ""])):
        values, others = [None] * len(cells), len(cells)
    else:
        read = {cell: whole(cell) for cell in distinct}
        values = [read[cell] for cell in cells]
        strange = {cell for cell, value in read.items() if value is None and _is_other_number(cell)}
        others = sum(map(strange.__contains__, cells)) if strange else 0
    found = len(values) - values.count(None)
    kind = kind_of(name)
    if (
        kind is Kind.STATISTIC
        and not others
        and is_per_hundred(name)
        and max((v or 0 for v in values), default=0) > 100
    ):
        kind = Kind.COUNT  # Of a hundred there are no more than a hundred.
    if name.strip().lower() == "no" and "yes" in map(str.lower, table.names):
        kind = Kind.UNKNOWN  # The answer, not the number of the row.
    has_unit = bool(found) and kind in (Kind.UNKNOWN, Kind.LABEL) and _have_unit(distinct)
    return _Column(index, name, kind, claims.declared(name), values, found, others, has_unit)


def _have_unit(cells: Collection[str]) -> bool:
    """Whether more than half of some cells are numbers of people."""
    first = list(islice(cells, 20))
    return 2 * sum(_WITH_UNIT.fullmatch(cell.strip()) is not None for cell in first) > len(first)


def _is_other_number(cell: str) -> bool:
    return 0 < len(cell) <= LONGEST_NUMBER and _DECIMAL.fullmatch(cell.strip()) is not None


def _reason(column: _Column) -> Why | None:
    if column.declared == "counts":
        return Why.DECLARED
    of_people = column.has_unit or (column.index > 0 and is_of_people(column.name))
    says_so = column.kind is Kind.COUNT or (column.kind in (Kind.UNKNOWN, Kind.LABEL) and of_people)
    if column.declared is None and says_so and column.whole_numbers and column.mostly_whole:
        return Why.NAMED
    return None


def _are_sizes(table: Table, column: _Column, columns: list[_Column]) -> bool:
    """Whether a first column says how large what is counted is: households of 1인, 2인, 3인 이상, or of 1, 2, 3."""
    sizes = [value for value in column.values if value is not None]
    in_turn = len(sizes) > 2 and sizes == list(range(sizes[0], sizes[0] + len(sizes))) and sizes[0] <= 1
    if in_turn and column.index == 0 and column.name.strip().lower() == "obs" and column.declared is None:
        return True  # SAS numbers the rows that it prints.
    return (
        column.index == 0
        and column.declared is None
        and (in_turn or column.has_unit or _have_unit(table.distinct(0)))
        and all(a < b for a, b in pairwise(sizes))
        and any(c.mostly_whole and min((v or 0 for v in c.values), default=0) > sizes[-1] for c in columns[1:])
    )


def _could_count(column: _Column) -> bool:
    """Whether a column of unknown meaning holds whole numbers only; the first column holds the categories."""
    return (
        column.index > 0
        and column.kind is Kind.UNKNOWN
        and column.declared is None
        and column.whole_numbers > 0
        and column.others == 0
    )


def _by_arithmetic(table: Table, columns: list[_Column], unnamed: list[_Column]) -> dict[int, Why]:
    """Columns that add up to a total row, or to a total column: only counts and amounts do."""
    found: dict[int, Why] = {}
    last = table.rows[-1] if table.rows else ()
    if len(table.rows) > 2 and any(is_total(cell) for cell in last[:3]):
        for column in unnamed:
            *parts, total = column.values
            if total is not None and None not in parts and sum(v or 0 for v in parts) == total:
                found[column.index] = Why.ADDS_UP
    sizes = [c for c in columns if c.whole_numbers or c.others]
    found |= {column.index: Why.NAMED for column in columns if _counts_numbers(table, column, columns)}
    if unnamed and (is_pivoted(table.names[0]) or (sizes == unnamed == [columns[-1]] and is_size(unnamed[0].name))):
        found |= {column.index: Why.NAMED for column in unnamed}
    if last and kind_of(last[0]) is Kind.COUNT and _OF_ALL.search(last[0]):
        found |= {column.index: Why.NAMED for column in unnamed}
    for column in columns:
        parts_of = [c for c in unnamed if c.index != column.index]
        if is_total(table.names[column.index]) and len(parts_of) > 1 and _sums_rows(column, parts_of):
            found |= {c.index: Why.ADDS_UP for c in (*parts_of, column)}
    return found


def _counts_numbers(table: Table, column: _Column, columns: list[_Column]) -> bool:
    """Whether a column that is called a number of people counts them: small, beside labels that each stand once."""
    named = column.kind is Kind.PERSON or column.name.strip().lower() == "id"
    beside = columns[column.index - 1]
    labels = table.distinct(beside.index)
    return (
        named
        and column.index > 0
        and column.declared is None
        and column.others == 0
        and len(labels) == len(table.rows) == column.whole_numbers
        and not beside.whole_numbers
        and not beside.others
        and len(table.rows) <= CROSS_TABLE_ROWS
        and FEWEST_COUNTED <= max(value or 0 for value in column.values) < LEAST_NUMBER
    )


FEWEST_COUNTED = 30
"""What the largest of such counts is at least; smaller numbers may be those of rows."""
LEAST_NUMBER = 100_000
"""What numbers of people are as a rule not below, and their counts in a table are."""


def _sums_rows(total: _Column, parts: list[_Column]) -> bool:
    return all(
        value is not None and sum(p.values[i] or 0 for p in parts) == value for i, value in enumerate(total.values)
    )


def _is_cross_table(table: Table, columns: list[_Column], unnamed: list[_Column]) -> bool:
    """Whether the table is categories by categories: several columns of bare whole numbers, nothing else.

    An author may have declared only some of the columns; beside a total the others are counts as well.
    """
    measured = [c for c in columns[1:] if c.whole_numbers or c.others]
    declared = [c for c in measured if c.declared == "counts" and c.kind is not Kind.COUNT]
    has_total = any(is_total(c.name) for c in measured) if declared else True
    return (
        has_total
        and bool(unnamed)
        and len(unnamed) + len(declared) > 1
        and len(unnamed) == len([c for c in measured if c.kind is not Kind.COUNT and c not in declared])
        and (1 if all(_SEX.fullmatch(c.name.strip().lower()) for c in unnamed) else 2)
        <= len(table.rows)
        <= CROSS_TABLE_ROWS
        and not (_numbers(columns[0]) and not _are_years(columns[0]))
    )


_SEX = re.compile(r"남성?|여성?|남자|여자|남아|여아|males?|females?|men|women|boys|girls")


def _numbers(column: _Column) -> bool:
    return any(value is not None for value in column.values[:-1])


def _are_years(column: _Column) -> bool:
    """Whether a column of labels holds years or months one after another; its last cell may be a total."""
    times = [value for value in column.values[:-1] if value is not None]
    years = all(1900 <= time <= 2100 for time in times) or all(
        1900 <= t // 100 <= 2100 and 0 < t % 100 < 13 for t in times
    )
    return len(times) == len(column.values) - 1 and years and all(a < b for a, b in pairwise(times))


def _in_columns(table: Table, columns: list[_Column], reasons: dict[int, Why]) -> Iterator[Count]:
    for index, why in reasons.items():
        values = columns[index].values
        told = zip(table.numbers, repeat(index + 1), values, repeat(why), strict=False)
        yield from map(Count._make, told if None not in values else (one for one in told if one[2] is not None))


def _in_rows(table: Table, columns: list[_Column]) -> Iterator[Count]:
    """Counts in rows that are named as counts, as `describe()` and tables of characteristics have them."""
    if len(table.rows) > CHARACTERISTICS_ROWS:
        return
    for position, row in enumerate(table.rows):
        if not row or kind_of(row[0]) is not Kind.COUNT:
            continue
        for column in columns[1:]:
            value = column.values[position]
            if value is not None and column.declared in (None, "counts") and column.kind is not Kind.PERCENT:
                yield Count(table.numbers[position], column.index + 1, value, Why.NAMED)


def _in_pairs(table: Table, columns: list[_Column]) -> Iterator[Count]:
    """Counts written with their percentage in one cell; without a % sign the heading must say so."""
    for column in columns:
        cells = table.column(column.index)
        if column.declared in (None, "counts") and column.kind not in (Kind.COUNT_AND_PERCENT, Kind.COUNT):
            yield from (Count(*one, Why.PAIRED) for one in of_one_base(table, column.index))
        if column.declared not in (None, "counts") or not _OPENING.search("\n".join(cells)):
            continue
        says_so = column.kind in (Kind.COUNT_AND_PERCENT, Kind.COUNT)
        for row, number, cell in zip(table.rows, table.numbers, cells, strict=True):
            pair = paired(cell)
            if pair and (pair[1] or says_so or kind_of(row[0]) is Kind.COUNT_AND_PERCENT):
                yield Count(number, column.index + 1, pair[0], Why.PAIRED)
