"""Percentages below the size of their group: a row of bases, and rows of shares in the same columns.

Tables of surveys have their groups side by side: `응답자수` in the first row, or `Base` in the last, and a share of
each answer between. Turned about they are the tables that `shares` reads.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import whole
from egress_review.checks.tables import Table

MOST_ROWS, MOST_COLUMNS = 500, 200
LEAST_BASE = 10

_BASE = re.compile(
    r"(?:un)?(?:weighted )?(?:base|n|sample(?: size)?|respondents|total n|participants|patients|people|persons|pupils|"
    r"households|number(?: of .{1,30})?|base ?\(.{1,20}\))|"
    r"(?:전체 ?|총 ?|응답 ?|조사 ?|분석 ?)?(?:응답자|대상자?|사례|표본|인원|환자|학생|가구|조사자|참여자|조사 ?대상자?)"
    r"(?: ?수)?|기준(?: ?수)?|모수|명|n수"
)
_NUMBER = re.compile(r"\d{1,3}(?:\.(\d{1,18}))?\s*%?")


def turned(table: Table) -> Iterator[tuple[Table, Sequence[int]]]:
    """A table of shares for each row of bases, with its groups as rows, and the numbers of the rows it was made of.

    Its first column names the groups, its second holds the bases; its rows are numbered by the columns of that one.
    """
    if not 1 < len(table.rows) <= MOST_ROWS or not 2 < len(table.names) <= MOST_COLUMNS:
        return
    bases = [at for at, row in enumerate(table.rows) if _is_base(row)]
    if not bases or any(kind_of(name) in (Kind.PERCENT, Kind.COUNT) for name in table.names[1:]):
        return
    for base in bases:
        below = [at for at in range(len(table.rows)) if at != base and _nearest(bases, at) == base]
        rows = [at for at in below if _has_shares(table.rows[at])]
        if not rows:
            continue
        kept = (base, *rows)
        names = tuple(table.rows[at][0].strip() for at in kept)
        width = len(table.names)
        cells = [
            (table.names[i], *(_tidy(table.rows[at][i]) if i < len(table.rows[at]) else "" for at in kept))
            for i in range(1, width)
        ]
        numbers = [table.numbers[at] for at in kept]
        yield Table((table.names[0], *names), cells, [i + 1 for i in range(1, width)]), numbers


def _nearest(bases: list[int], at: int) -> int:
    """The base of a row: the last one above it, or the first one below where there is none above."""
    above = [base for base in bases if base < at]
    return above[-1] if above else bases[0]


def _is_base(row: Sequence[str]) -> bool:
    if not row:
        return False
    plain = re.sub(r"[(\[][^()\[\]]{0,60}[)\]]|[:：]", " ", unicodedata.normalize("NFKC", row[0]).lower())
    label = " ".join(plain.split())
    values = [whole(cell) for cell in row[1:] if cell.strip()]
    return (
        bool(label)
        and len(values) > 1
        and not is_total(label)
        and (_BASE.fullmatch(label) is not None or (kind_of(row[0]) is Kind.COUNT and "%" not in row[0]))
        and all(value is not None and value >= LEAST_BASE for value in values)
    )


def _has_shares(row: Sequence[str]) -> bool:
    cells = [cell.strip() for cell in row]
    filled = [cell for cell in cells[1:] if cell]
    if len(filled) < 2 or not all(_NUMBER.fullmatch(cell) for cell in filled):
        return False
    said = "%" in cells[0] or kind_of(cells[0]) is Kind.PERCENT or all(cell.endswith("%") for cell in filled)
    return said and any("." in cell for cell in filled)


def _tidy(cell: str) -> str:
    """A number as it was meant, without what a spreadsheet keeps of its binary form: 9.800000000000001 is 9.8."""
    plain = cell.strip()
    match = _NUMBER.fullmatch(plain)
    return (
        f"{float(plain):.8g}" if match and match[1] and len(match[1]) > len("12345678") and "%" not in plain else plain
    )
