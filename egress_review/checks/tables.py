"""Reading tables out of text: delimited files, pipe tables in Markdown, aligned tables as pandas prints them.

Rows are numbered from 1 with the header counted, as a spreadsheet shows them; in prose a row is a line.
"""

from __future__ import annotations

import csv
import re
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from egress_review.checks.columns import is_total
from egress_review.checks.comments import remark_rows

DELIMITERS = (",", "\t", ";", "|")
MOST_HEADER_ROWS = 3
SNIFFED_LINES = 60
MOST_KNOWN = 50_000
"""Different cells that are remembered while a table is read, so that equal ones are one string in memory."""

MOST_DISTINCT = 250_000
"""Different cells of a column up to which they are kept; of more they are found anew each time."""

LONGEST_NUMBER = 80
"""Characters up to which a cell is read as a number; longer ones only cost time."""

LARGEST_COUNT = 10**18
"""More than any number of people, and exact enough for every division."""

_NUMBER = re.compile(
    r"[-+]?\(?(?:[\d,]*\.\d+|[\d,]*\d)(?:[eE][-+]?\d+)?(?:\s*[%)명건인개세*]+(?:\s*\(.*\))?|\s*(?:\(.*\))?)"
)


@dataclass(frozen=True, slots=True)
class Table:
    """Columns with names, rows with numbers."""

    names: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int]
    """The number of each row in its file."""
    ragged: tuple[int, ...] = ()
    """Numbers of rows that have more or fewer cells than the header."""
    around: tuple[tuple[int, str], ...] = ()
    """What the records around it say that are no rows of it, with their numbers: remarks and captions."""

    _read: dict[int, list[str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _different: dict[int, Collection[str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def column(self, index: int) -> list[str]:
        """The cells of one column, empty where a row is short; read once, and not to be changed."""
        found = self._read.get(index)
        if found is None:
            try:
                found = [row[index] for row in self.rows]
            except IndexError:
                found = [row[index] if index < len(row) else "" for row in self.rows]
            self._read[index] = found
        return found

    def distinct(self, index: int) -> Collection[str]:
        """The different cells of one column, in the order in which they first stand."""
        found = self._different.get(index)
        if found is None:
            found = dict.fromkeys(self.column(index)).keys()
            if len(found) <= MOST_DISTINCT:
                self._different[index] = found
        return found


class UnreadableTableError(ValueError):
    """Text that cannot be read as a table in any delimiter."""


def read_delimited(text: str) -> tuple[Table, ...]:
    """The one table of a delimited file.

    Raises: UnreadableTableError — for text that the format does not allow, such as an endless quotation.
    """
    csv.field_size_limit(sys.maxsize)
    numbers, records = array("Q"), []
    quoted, delimiter = '="' in text, delimiter_of(text)
    # Cells of a long table repeat; each is kept once.
    known: dict[str, str] = {}
    keep: Callable[[str, str], str] = known.setdefault
    try:
        for number, record in enumerate(csv.reader(lines_of(text), delimiter=delimiter), 1):
            if quoted:
                record = [_QUOTED.sub(r"\1", cell) for cell in record]
            if any(map(str.strip, record)):
                numbers.append(number)
                records.append(tuple(map(keep, record, record)))
                if len(known) >= MOST_KNOWN:
                    keep = known.get
    except csv.Error as error:
        raise UnreadableTableError(str(error)) from None
    around: list[tuple[int, str]] = []
    if remarks := remark_rows(records, delimiter):
        around = [(numbers[at], delimiter.join(records[at])) for at in sorted(remarks)]
        numbers = array("Q", (number for at, number in enumerate(numbers) if at not in remarks))
        records = [record for at, record in enumerate(records) if at not in remarks]
    if records and _MARKED.match(records[0][0]):
        every = all(_MARKED.match(record[0]) for record in records)
        records = [(_MARKED.sub("", r[0]), *r[1:]) if every or not at else r for at, r in enumerate(records)]
    if not records:
        return ()
    table, start = _begun(numbers, records)
    around += [
        (number, delimiter.join(record)) for number, record in zip(numbers[:start], records[:start], strict=True)
    ]
    return (replace(table, around=tuple(around)) if around else table,)


_QUOTED = re.compile(r'^="([^"]*)"$')
"""A cell as Stata writes it so that spreadsheets take it for words: a formula that is nothing but its result."""


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text with their ends, as the csv module wants them, without a second copy of it all."""
    if not any(mark in text for mark in _OTHER_ENDS):
        at = 0
        while at < len(text):
            end = text.find("\n", at + _CHUNK) + 1 or len(text)
            yield from text[at:end].splitlines(keepends=True)
            at = end
        return
    at = 0
    for match in _END.finditer(text):
        yield text[at : match.end()]
        at = match.end()
    if at < len(text):
        yield text[at:]


_MARKED = re.compile(r"\s{0,8}#+\s{0,8}(?=\w)")
"""The sign before a heading, or before every row, as NumPy writes a heading and as rows are put out of the way."""
_CHUNK = 1 << 18
"""Characters that are cut into lines at once."""
_OTHER_ENDS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
"""What ends a line for `str.splitlines` and is part of a cell for a table."""
_END = re.compile(r"\r\n|\r|\n")


def delimiter_of(text: str) -> str:
    """The delimiter that cuts the first lines into the most regular table."""
    lines = [line for line in text[:200_000].splitlines()[: SNIFFED_LINES * 2] if line.strip()][:SNIFFED_LINES]
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = Counter(len(record) for record in csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            continue
        width, regular = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        if width > 1 and (score := (regular / max(1, widths.total()), width)) > best_score:
            best, best_score = delimiter, score
    return best


def table_of(numbered: Sequence[tuple[int, Sequence[str]]]) -> Table:
    """A table from numbered records: captions above the header dropped, several header rows joined."""
    return _table([number for number, _ in numbered], [record for _, record in numbered])


def _table(numbers: Sequence[int], records: Sequence[Sequence[str]]) -> Table:
    return _begun(numbers, records)[0]


def _begun(numbers: Sequence[int], records: Sequence[Sequence[str]]) -> tuple[Table, int]:
    """The table of some records, and at which of them (from 0) its heading begins."""
    widths = Counter(map(len, records))
    width = max(widths.items(), key=lambda item: (item[1], item[0]))[0]
    start = next((i for i, record in enumerate(records) if len(record) >= width), 0)
    end = start + (start < len(records) and (_numbers_name(records[start]) or _is_crossed(records[start:])))
    while end < len(records) and end - start < MOST_HEADER_ROWS and _is_heading(records, end, end > start):
        end += 1
    if end == len(records) or (end > start + 1 and not any(map(has_number, records[end:]))):
        # Words only: the first row is the header, whatever it says.
        end = min(start + 1, len(records))
    while end - start > 1 and records[start] and _INTRODUCES.match(records[start][0]):
        start += 1
    header = records[start:end]
    columns = max(map(len, records[start:]))
    names = tuple(
        " ".join(cell for record in header if index < len(record) and (cell := record[index].strip()))
        for index in range(columns)
    )
    body, places = records[end:], numbers[end:]
    uneven = zip(places, body, strict=True) if len(widths) > 1 else ()
    ragged = tuple(number for number, record in uneven if len(record) != width)
    return Table(names, body, places, ragged), start


def _is_heading(records: Sequence[Sequence[str]], at: int, below: bool) -> bool:
    """Whether a row holds no data, or names statistics, or names across what rows with labels hold."""
    record = records[at]
    if not has_number(record):
        if below and record and _KEY.fullmatch(record[0].strip()):
            return False  # The key of a row of words, in a table that tells one thing of somebody in each row.
        if below and all(row and _plain_number(row[0]) for row in records[at : at + SNIFFED_LINES]):
            return False  # As much where the rows are merely numbered: `1, went home, Jeju`.
        return not any(_is_composed(cell) or (below and _MASKED.fullmatch(cell.strip())) for cell in record[1:])
    return (below and _quantiles_name(record)) or (not below and _has_empty_corner(records[at:]))


_KEY = re.compile(r"[A-Za-z]{1,4}[-_]?\d{3,12}|\d{5,16}|[0-9a-fA-F]{12,64}")
_INTRODUCES = re.compile(r"\s*[A-Za-z가-힣][\w가-힣 ]{1,30}[:：]\s")
"""How a line of words begins that stands above a table and has a comma: `Population: patients, dialysis excluded`."""
_COMPOSED = re.compile(
    r"\d[\d,]{0,15}(?:\.\d{1,15})?\s?(?:/\s?|of |±\s?|\+/-\s?|\[|\()[-+\d][\d.,%\s/~–—;:to-]{0,60}[\])]?"
    r"(?:\s?[(\[][\d.,%\s~–—-]{0,60}[)\]])?"
    r"|\d[\d,]{0,15}(?:\.\d{1,15})?\s?(?:\^\S{1,5}|[†‡§¶]{1,3}|[a-e]\))"
)
_MASKED = re.compile(r"\*{1,3}|[xX]{1,3}|…|\.{3}|[<＜≤]=?\s?\d{1,6}|suppressed|redacted|masked|비공개|숨김|미공개")
"""What stands in a cell for a number that is hidden: its row is data, though it holds no number."""
_SPAN_OF_YEARS = re.compile(r"(?:19|20)\d\d\s*/\s*(?:(?:19|20)\d\d|\d{1,2})")


def _is_composed(cell: str) -> bool:
    """Whether a cell is data of several numbers: `7 / 1,204`, `61 ± 10`, `0.8 [0.6, 0.9]`; no span of years is."""
    plain = cell.strip()
    if not 3 <= len(plain) <= LONGEST_NUMBER or not plain[0].isdigit() or _SPAN_OF_YEARS.fullmatch(plain):
        return False
    return _COMPOSED.fullmatch(plain) is not None


def _has_empty_corner(records: Sequence[Sequence[str]]) -> bool:
    """Whether only the first of some rows lacks a label, and one of its cells is no number: `, 0, 1, Sum`."""
    first, *rows = records
    words = [cell for cell in first[1:] if cell.strip() and not _NUMBER.fullmatch(cell.strip()[:LONGEST_NUMBER])]
    return bool(words) and len(rows) > 1 and not first[0].strip() and all(row and row[0].strip() for row in rows)


_QUANTILE = re.compile(r"\d{1,2}(?:\.\d+)?%")
_YEAR = re.compile(r"(?:19|20)\d\d")
_INTERVAL = re.compile(r"\d{1,9}(?:\.\d{1,9})?%?\s?(?:[-–—~∼]|to)\s?\d{1,9}(?:\.\d{1,9})?%?")


def _numbers_name(record: Sequence[str]) -> bool:
    """Whether a row is a heading although it holds numbers: `count, mean, 25%, 50%`, or `region, 2019, 2020`."""
    cells = [cell.strip() for cell in record[1:] if cell.strip()]
    numbers = [cell for cell in cells if len(cell) <= LONGEST_NUMBER and _NUMBER.fullmatch(cell)]
    if _quantiles_name(record) or (
        is_total(record[-1]) and len(record) > len(numbers) + 1 and not _plain_number(record[0])
    ):
        return True
    if numbers == ["0"] == cells[-1:] and record[0].strip() and not _plain_number(record[0]):
        return True  # What pandas calls the sizes of groups that nobody named.
    years = len(numbers) > 1 and all(map(_YEAR.fullmatch, numbers))
    return years and all(a < b for a, b in pairwise(numbers)) and not _NUMBER.fullmatch(record[0].strip() or "-")


def _plain_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell.strip()[:LONGEST_NUMBER]) is not None


def _quantiles_name(record: Sequence[str]) -> bool:
    """Whether the only numbers of a row are quantiles beside words: `count, mean, 25%, 50%`."""
    cells = [cell.strip() for cell in record[1:] if cell.strip()]
    numbers = [cell for cell in cells if len(cell) <= LONGEST_NUMBER and _NUMBER.fullmatch(cell)]
    quantiles = 0 < len(numbers) < len(cells) and all(map(_QUANTILE.fullmatch, numbers))
    return quantiles and not any(_is_composed(cell) or _INTERVAL.fullmatch(cell) for cell in cells)


def _is_crossed(records: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the classes across that the first column names down: a matrix of classes 0, 1, 2."""
    top, *rows = ([cell.strip() for cell in record] for record in records[: MOST_CLASSES + 1])
    return len(rows) > 1 and bool(top) and not _NUMBER.fullmatch(top[0]) and top[1:] == [r[0] for r in rows if r]


MOST_CLASSES = 50


def has_number(record: Sequence[str]) -> bool:
    """Whether a row holds data: a number outside its first cell, or a number alone."""
    cells = record[1:] if len(record) > 1 else record
    return any(len(cell) <= LONGEST_NUMBER and _NUMBER.fullmatch(cell.strip()) for cell in cells)


def count_said(digits: str) -> int:
    """The whole number that digits with commas say; more digits than any number of people has say a very large one."""
    plain = digits.replace(",", "").lstrip("0") or "0"
    return min(int(plain[:LONGEST_NUMBER]), LARGEST_COUNT)
