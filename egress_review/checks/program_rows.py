"""Rows of values that stand in programs and between the lines of a text: lists, dictionaries, data steps, pasted CSV.

A program may leave, but what was typed or pasted into it is data like any other.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from egress_review.checks.tables import Table, has_number, table_of

FEWEST_ROWS = 5
"""Rows of equal width from which they are data; fewer are settings."""
FEWEST_VALUES = 10
"""Values in lists of one length from which the lists are the columns of a table."""
MOST_BLOCKS = 200
LONGEST_LINE = 2_000

_LITERAL = (
    r"""(?:"[^"\n]{0,60}"|'[^'\n]{0,60}'|[-+]?\d[\d.]{0,20}(?:[eE][-+]?\d{1,3})?L?|"""
    r"NA(?:_\w{1,10}_)?|None|nan|True|False|TRUE|FALSE)"
)
_RECORD = re.compile(r"\{([^{}]{1,2000})\}|\bdict\(([^()]{1,2000})\)")
_PAIR = re.compile(rf"""["']?([^\W\d][\w .-]{{0,60}})["']?\s{{0,3}}[:=]\s{{0,3}}({_LITERAL})\s{{0,200}}(?:,|$)""")
_LIST = re.compile(
    rf"""(?:["']?([^\W\d][\w.]{{0,60}})["']?\s{{0,3}}(?:=|:|<-)\s{{0,3}}(?:structure\(\s{{0,20}})?)?(?:c\(|"""
    rf"""np\.array\(\[|pd\.Series\(\[|\[|\()\s{{0,80}}"""
    rf"""({_LITERAL}(?:\s{{0,80}},\s{{0,80}}{_LITERAL}){{9,}})\s{{0,80}},?\s{{0,80}}[\])]"""
)
_VALUE = re.compile(_LITERAL)
_ROW = re.compile(
    rf"[\[({{]?\s{{0,8}}({_LITERAL}(?:\s{{0,8}},\s{{0,8}}{_LITERAL}){{2,60}})\s{{0,8}},?[\])}}]?\s{{0,8}}[,;]?"
)
_CELL = re.compile(r"[-+]?\d[\d.,:/-]{0,24}|[A-Za-z가-힣_.][\w가-힣./-]{0,40}|\.")
_STEP = re.compile(r"\s*(?:datalines4?|cards4?|lines|input\b.*|begin data\.?|DATA LIST .*)\s*(?:;\s*)?", re.IGNORECASE)
_STATA = re.compile(r"str\d{0,4}|strL|byte|int|long|float|double", re.IGNORECASE)
"""Words of Stata between the names of columns that say what they hold."""
_OPENS = re.compile(r";\s*(?:datalines4?|cards4?)\s*;\s*$", re.IGNORECASE)
"""How a line ends that begins the data of SAS after other statements: `data a; input id age; datalines;`."""
_INPUT = re.compile(r"\binput\b([^;]{1,400});", re.IGNORECASE)
_STEP_ENDS = re.compile(r"\s*(?:;+|end|end data\.?|run\s*;)\s*", re.IGNORECASE)


def tables_in_program(text: str) -> tuple[Table, ...]:
    """Every table that is written out in a program."""
    if len(text) < 40:
        return ()
    return (*records_in(text), *_columns(text), *rows_in(text), *_steps(text), *tables_between_lines(text))


def records_in(text: str, fewest: int = FEWEST_ROWS) -> Iterator[Table]:
    """Dictionaries side by side with the same keys, as they are written in a program and as it prints them."""
    found: dict[tuple[str, ...], list[tuple[int, list[str]]]] = defaultdict(list)
    line, at = 1, 0
    for match in _RECORD.finditer(text):
        line, at = line + text.count("\n", at, match.start()), match.start()
        pairs = _PAIR.findall(match[1] or match[2])
        keys = tuple(key.strip() for key, _ in pairs)
        if len(keys) > 1 and len(set(keys)) == len(keys):
            found[keys].append((line, [_plain(value) for _, value in pairs]))
    for keys, rows in found.items():
        if len(rows) >= fewest:
            yield _headed(keys, rows)


def _columns(text: str) -> Iterator[Table]:
    """Lists of one length, as the columns of a frame are given."""
    found: dict[int, list[tuple[str, list[str]]]] = defaultdict(list)
    for match in _LIST.finditer(text):
        values = [_plain(value) for value in _VALUE.findall(match[2])]
        found[len(values)].append((match[1] or "", values))
    for length, lists in found.items():
        if len(lists) > 1 and length >= FEWEST_VALUES:
            columns = [values for _, values in lists[:60]]
            yield _headed([name for name, _ in lists[:60]], list(enumerate(zip(*columns, strict=True), 2)))


def rows_in(text: str, fewest: int = FEWEST_ROWS) -> Iterator[Table]:
    """Lines that are each a row of literals, in brackets or without."""
    block: list[tuple[int, list[str]]] = []
    names = list[str]()
    for number, line in enumerate([*text.splitlines(), ""], 1):
        match = _ROW.fullmatch(line.strip()) if len(line) <= LONGEST_LINE else None
        row = [_plain(value) for value in _VALUE.findall(match[1])] if match else []
        if block and len(row) != len(block[0][1]):
            yield from _of_block(block, names, fewest)
            block, names = [], []
        if row:
            block.append((number, row))
        elif "~" in line:
            names = _TRIBBLE.findall(line[:LONGEST_LINE])


def _of_block(block: list[tuple[int, list[str]]], names: list[str], fewest: int) -> Iterator[Table]:
    width = len(block[0][1])
    if len(block) >= fewest:
        yield _headed(names if len(names) == width else [f"V{n}" for n in range(1, width + 1)], block)


_TRIBBLE = re.compile(r"~`?([^\W\d][\w.]{0,40})")
"""The names of columns above rows that R is given line by line: `~id, ~age`."""


def _steps(text: str) -> Iterator[Table]:
    """Rows between the words with which SAS, SPSS and Stata begin and end data in a program."""
    block: list[tuple[int, list[str]]] = []
    within, names = False, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if _STEP.fullmatch(line):
            if line.strip().lower().startswith("input"):
                names = re.findall(r"[^\W\d]\w{0,40}", line.strip()[5:])
            elif line.strip().lower().startswith("data list"):
                names = re.findall(r"(?<![(\w])[^\W\d]\w{0,40}(?!\w)", line.partition("/")[2])
            within, block = True, []
        elif _OPENS.search(line[:LONGEST_LINE]):
            said = _INPUT.search(line)
            names = re.findall(r"[^\W\d]\w{0,40}", said[1]) if said else names
            within, block = True, []
        elif within and _STEP_ENDS.fullmatch(line):
            within = False
            yield from _of_step(block, names)
        elif within and line.strip():
            cells = [cell.strip("\"'") for cell in re.split(r"\s*,\s*|\s+", line.strip()[:LONGEST_LINE])]
            block.append((number, cells))


def _of_step(block: list[tuple[int, list[str]]], names: list[str]) -> Iterator[Table]:
    width = Counter(len(row) for _, row in block).most_common(1)
    even = [(number, row) for number, row in block if width and len(row) == width[0][0]]
    if len(even) >= FEWEST_ROWS and width[0][0] > 1:
        said = [name for name in names if not _STATA.fullmatch(name)]
        yield _headed(said if len(said) == width[0][0] else [f"V{n}" for n in range(1, width[0][0] + 1)], even)


def tables_between_lines(text: str, fewest: int = FEWEST_ROWS + 1) -> Iterator[Table]:
    """Lines with as many commas as each other, as a CSV that was pasted into a text has them.

    Fewer lines than usual may hold no number but days: they are looked at for what they hold alone.
    """
    block: list[tuple[int, list[str]]] = []
    blocks = 0
    for number, line in enumerate([*text.splitlines(), ""], 1):
        plain = line.strip().strip("\"'")
        cells = _cells(plain) if 2 <= plain.count(",") <= 200 and len(plain) <= LONGEST_LINE else []
        if block and len(cells) != len(block[0][1]):
            if fewest <= FEWEST_ROWS and len(block) > fewest:
                yield _headed(block[0][1], block[1:])
            elif len(block) >= fewest and sum(has_number(row) for _, row in block) >= len(block) - 1:
                yield table_of(block)
                blocks += 1
            block = []
        if cells and blocks < MOST_BLOCKS:
            block.append((number, cells))


def _cells(line: str) -> list[str]:
    try:
        cells = [cell.strip() for cell in next(csv.reader([line]), [])]
    except csv.Error:
        return []
    return cells if all(len(cell) <= 60 and (not cell or _CELL.match(cell)) for cell in cells) else []


def _headed(names: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]) -> Table:
    return Table(tuple(names), [tuple(row) for _, row in rows], [number for number, _ in rows])


def _plain(value: str) -> str:
    return value.strip("\"'") if value[:1] in "\"'" else value.removesuffix("L")
