"""Counts that a table gives in thousands, as its caption or its headings say: a 3 below `(단위: 천명)` is 3,000 people.

Only the caption of the table itself counts, or the unit in a heading; a column that names another unit keeps its own,
and so does a table whose cells would be more people than there are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from egress_review.checks.counts import Count, Reading, Why
from egress_review.checks.tables import Table

MOST_ABOVE, LONGEST, MOST_LINES = 4, 200, 400
MOST_PEOPLE = 60_000_000
"""More than live in the country, so that a cell of as many is in another unit than its caption says."""

_SCALE = {"백": 100, "천": 1_000, "만": 10_000, "십만": 100_000, "백만": 1_000_000}
_WHOM = r"(?:명|인|가구|세대|건|개사|개|호|마리)"
_OF_ALL = re.compile(
    rf"단위\s?[:：]?\s?(?:(?P<word>백만|십만|만|천|백)|(?P<digits>1,000|10,000|1000|10000))\s?{_WHOM}(?![가-힣/])"
    r"|\b(?P<en>in|unit:|units:|number,|numbers in) (?P<many>thousand|million)s?(?: of)?(?: people| persons|"
    r" inhabitants)?\s?[)\]]?\s{0,4}$"
    r"|[(\[](?P<noughts>'?000s?|thousands?|1,000 persons|thousand persons|millions?)[)\]]",
    re.IGNORECASE,
)
_OF_COLUMN = re.compile(rf"[(\[]\s?(?:단위\s?[:：]?\s?)?(?P<word>백만|십만|만|천|백)\s?{_WHOM}\s?[)\]]")
_OTHER_UNIT = re.compile(r"[(\[][^()\[\]]{1,12}[)\]]|%")
_OWN = re.compile(rf"단위\s?[:：]?\s?{_WHOM}(?![가-힣])")
"""The unit that takes every whole number for one person."""
_TITLE = re.compile(r"[ #*\[<]{0,6}(?:table|tab\.|fig\w*|표|그림)\s?[\d<\[A-Z]", re.IGNORECASE)
_CELLS = re.compile(r"[|\t,&]|\s{2,}")
_NUMBER = re.compile(r"[\d,.]{1,15}")


def in_persons(table: Table, reading: Reading, lines: Sequence[str], *, numbered: bool) -> Reading:
    """The reading of a table with its counts as people, where they are given in thousands.

    `lines` are those of the text around; `numbered` says that the rows of the table have the numbers of its lines.
    """
    if not reading.counts:
        return reading
    every = _scale_of(_captions(table, lines, numbered))
    scales = {index: scale for index, name in enumerate(table.names) if (scale := _of_column(name, every, index)) > 1}
    if not scales:
        return reading
    largest = {index: max((c.value for c in reading.counts if c.column == index + 1), default=0) for index in scales}
    true = {index: scale for index, scale in scales.items() if largest[index] * scale <= MOST_PEOPLE}
    counts = tuple(_scaled(count, true.get(count.column - 1, 1)) for count in reading.counts)
    return replace(reading, counts=counts)


def _scaled(count: Count, scale: int) -> Count:
    return count if scale == 1 or count.why is Why.PAIRED else count._replace(value=count.value * scale)


def _of_column(name: str, every: int, index: int) -> int:
    """How many people one stands for in a column."""
    plain = unicodedata.normalize("NFKC", name[:LONGEST])
    if found := _OF_COLUMN.search(plain):
        return _SCALE[found["word"]]
    if index == 0 or _OTHER_UNIT.search(plain):
        return 1
    return every


def _scale_of(captions: Iterator[str]) -> int:
    """What the nearest caption that names a unit says."""
    for line in captions:
        plain = unicodedata.normalize("NFKC", line[:LONGEST])
        if found := _OF_ALL.search(plain):
            said = (found["many"] or found["noughts"] or "").lower()
            digits = int((found["digits"] or "0").replace(",", ""))
            return _SCALE.get(found["word"] or "", digits or (1_000_000 if "million" in said else 1_000))
        if _OWN.search(plain):
            return 1
    return 1


def _captions(table: Table, lines: Sequence[str], numbered: bool) -> Iterator[str]:
    """What is said of a table, the nearest first: in its corner, in the records above it, in the lines above it."""
    if table.names:
        yield table.names[0]
    first = table.numbers[0] if table.numbers else 1
    yield from (said for number, said in reversed(table.around) if number < first)
    if not numbered:
        yield from _said_above(table, lines[:MOST_LINES])
        return
    at = first - 2
    while at >= 0 and _is_row(lines[at]):
        at -= 1  # The heading of the table, and the rule below it.
    yield from _upwards(lines, at)


def _said_above(table: Table, lines: Sequence[str]) -> Iterator[str]:
    """The lines above the headings of a table in a document, where each paragraph and each cell is a line."""
    names = [name.strip() for name in table.names if name.strip()]
    filled = [line.strip() for line in lines if line.strip()]
    for at in range(len(filled)):
        if names and filled[at : at + len(names)] == names:
            yield from _upwards(filled, at - 1)
            return


def _upwards(lines: Sequence[str], at: int) -> Iterator[str]:
    """A few lines of words upwards, to the title of the table and to nothing that is of another one."""
    told = 0
    while at >= 0 and told < MOST_ABOVE:
        line = lines[at]
        at -= 1
        if not line.strip():
            continue
        if _is_row(line):
            return
        yield line
        told += 1
        if _TITLE.match(line):
            return


def _is_row(line: str) -> bool:
    """Whether a line has cells: it is of a table, and no caption."""
    cells = [cell.strip() for cell in _CELLS.split(line[:LONGEST].strip("| \t")) if cell.strip()]
    ruled = line.lstrip()[:1] == "|" or set(line.strip()) <= set("-=+|: ")
    return ruled or (len(cells) > 1 and ("\t" in line or any(map(_NUMBER.fullmatch, cells))))
