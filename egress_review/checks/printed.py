"""Reading tables out of running text: Markdown, LaTeX, what pandas, R, Stata and SAS print, and lists of numbers.

A row is a line, numbered as it stands in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.latex import latex_cells
from egress_review.checks.printed_values import two_levels, values_in
from egress_review.checks.tables import LONGEST_NUMBER, Table, has_number, table_of

Line = tuple[int, str]
Record = tuple[int, list[str]]


def read_prose(text: str) -> tuple[Table, ...]:
    """The tables that stand in running text, in the order of their lines; then what programs printed as values."""
    return (*_tables(text), *values_in(text))


def _tables(text: str) -> Iterator[Table]:
    block: list[Line] = []
    said: Line | None = None
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.strip():
            block.append((number, line))
            continue
        if block:
            yield from _in_block(block, said)
            said = block[-1]
        block = []


def _in_block(block: list[Line], said: Line | None) -> Iterator[Table]:
    """The tables of one block; `said` is the line before it, which may say what is counted."""
    listed = _list_in(block, said)
    if listed is not None:
        yield listed
    if (spread := _spread_out(block, said)) is not None:
        yield spread
    elif len(block) > 1 and (table := _table_in(block)):
        yield table


_SERIES = re.compile(r"(?:Name: (.*?), )?(?:Length: \d+, )?dtype: u?[iI]nt\d+")
_SHAPE = re.compile(r"\[\d+ rows x \d+ columns\]|#.*A tibble:.*|<(?:chr|int|dbl|fct|lgl)>.*|\d+ rows?.*")
_RULE = re.compile(r"[\s|:=+─━│┃┼├┤┬┴┌┐└┘╪╞╡═-]+")
_SPACE = re.compile(r"\s+")
_BAR = re.compile(r"(?:(?<!\s)\s+)?[|│┃]\s*")
_GAPS = (
    (_BAR, False),
    (re.compile(r"\t"), False),
    (_SPACE, True),
    (re.compile(r"\s{2,}"), False),
    (_SPACE, False),
)
"""What columns are cut at, in the order of trial, and whether it counts only if it cuts every line alike."""
_CROSSED = re.compile(r"(?<!-)-{2,}\+-[-+]*")
"""The rule of a table as Stata prints it, with a bar between its labels and its numbers."""


def _table_in(block: list[Line]) -> Table | None:
    """The table that a block of lines shows, cut at pipes, tabs or gaps; None if it shows none."""
    if records := latex_cells(block):
        return _regular(records)
    if any(_CROSSED.search(line) for _, line in block):
        block = [(number, _BAR.sub("   ", line)) for number, line in block]
    series = next((match for _, line in block if (match := _SERIES.fullmatch(line.strip()))), None)
    lines = [(number, line) for number, line in block if not _is_frame(line)]
    if (table := two_levels(lines)) is not None:
        return table
    if series is not None:
        return _of_series(lines, series[1])
    for gap, even in _GAPS:
        records = [(number, gap.split(line.strip().strip("|│┃").strip())) for number, line in lines]
        if even and len({len(record) for _, record in records}) != 1:
            continue
        table = _regular(records)
        if table is not None:
            return table
    return None


def _is_frame(line: str) -> bool:
    plain = line.strip()
    return _RULE.fullmatch(line) is not None or any(p.fullmatch(plain) for p in (_SERIES, _SHAPE))


def _of_series(lines: list[Line], name: str | None) -> Table | None:
    """A Series of whole numbers as pandas prints it: of value_counts() and size(), and the head of a column."""
    split = [(number, line.strip().rsplit(maxsplit=1)) for number, line in lines]
    body = [(number, cells) for number, cells in split if len(cells) == 2 and has_number(cells)]
    heading = name if name and kind_of(name) in (Kind.STATISTIC, Kind.PERCENT, Kind.EXTREME) else f"{name or ''} n"
    return table_of([(lines[0][0], ["", heading]), *body]) if body else None


def _regular(records: list[Record]) -> Table | None:
    """A table of the last equally wide rows that hold numbers; the header may lack the index column."""
    for end in range(len(records), max(0, len(records) - MOST_NOTES - 1), -1):
        table = _ending_at(records, end)
        if table is not None:
            return table
    return None


MOST_NOTES = 3
"""Lines below a table that are narrower: its total, the names of its columns, notes."""


def _have_labels(body: list[Record]) -> bool:
    """Whether every row begins with as many words as a heading may lack."""
    return all(not any(map(str.isdigit, "".join(cells[:MOST_LABELS]))) for _, cells in body)


MOST_LABELS = 2
"""Columns of labels that a printed heading may leave without a name."""


def _ending_at(records: list[Record], end: int) -> Table | None:
    width = len(records[end - 1][1])
    if width < 2:
        return None
    start = end
    while start > 0 and len(records[start - 1][1]) == width:
        start -= 1
    body = records[start:end]
    if start > 0 and all(has_number(r) for _, r in body):
        number, short = records[start - 1]
        missing = width - len(short)
        if missing == 1 or (missing == MOST_LABELS and len(short) > 1 and not has_number(short) and _have_labels(body)):
            body = [(number, [*[""] * missing, *short]), *body]
    if len(body) < 2 or not any(has_number(record) for _, record in body[1:]):
        return None
    totals = [(number, record) for number, record in records[end:] if len(record) > 1 and is_total(record[0])]
    return table_of([*body, *totals])


# -- lists ------------------------------------------------------------------------------------------------------------

_ITEM = re.compile(
    r"(?:(?:(?:[-*•·‣]|\d{1,2}[.)])\s*)?([^\s:：=|][^:：=|]{0,59}?))?\s*[:：=]\s*(\d{1,3}(?:,\d{3})+|\d+)"
    r"\s*(명|건|인|people|patients|persons)?[.,;]?"
)


def _list_in(block: list[Line], said: Line | None) -> Table | None:
    """Lines such as `- Busan: 120` under words that say what is counted."""
    items = [(number, match) for number, line in block if (match := _ITEM.fullmatch(line.strip()))]
    if len(items) < 2 or len(items) < len(block) - 1:
        return None
    first = block[0] if block[0][0] != items[0][0] else said
    heading = first[1].strip(" #:：*-") if first else ""
    unit = next((match[3] for _, match in items if match[3]), "")
    if not (unit or _counts(heading)):
        return None
    rows = [(number, [match[1] or "", match[2]]) for number, match in items]
    return table_of([(max(1, items[0][0] - 1), ["", "n"]), *rows])


def _counts(heading: str) -> bool:
    return 0 < len(heading) <= 200 and _PEOPLE.search(heading.lower()) is not None


_PEOPLE = re.compile(
    r"\b(?:patients|people|persons|participants|subjects|individuals|respondents|counts?|frequency|frequencies|cases|"
    r"deaths|events|number of|how many|table\(|xtabs\(|tabulate|tab\b|summary\(|value_counts|distribution)"
    r"|환자|대상자|인원|명수|빈도|사람 ?수|분포|건수|사망자|도수"
)


def _spread_out(block: list[Line], said: Line | None) -> Table | None:
    """A tally that R prints across: the labels in one line, their counts in the next."""
    lines = [line for line in block if not _RULE.fullmatch(line[1])]
    told = any(_counts(line) for _, line in ([said] if said else []) + lines[:-2])
    if not told or len(lines) < 2 or (len(lines) % 2 and len(lines) > 3):
        return None
    labels: list[str] = []
    counts: list[str] = []
    for (_, above), (_, below) in zip(lines[-2::-2], lines[::-2], strict=False):
        cells = below.split()
        if not all(len(c) <= LONGEST_NUMBER and c.isdecimal() for c in cells) or len(above.split()) < len(cells):
            return None
        heads = above.split() if len(above.split()) == len(cells) else re.split(r"\s{2,}", above.strip())
        if len(heads) != len(cells) or (all(map(str.isdecimal, heads)) and len(heads) < 3):
            return None
        labels, counts = [*heads, *labels], [*cells, *counts]
    number = lines[-1][0]
    return table_of([(number - 1, ["", "n"]), *((number, [a, b]) for a, b in zip(labels, counts, strict=True))])
