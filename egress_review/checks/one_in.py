"""Columns of one in so many, `1/250`, that are sampling fractions, scales, odds or dilutions and count nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from egress_review.checks.tables import Table, count_said

FEWEST, MOST_ROWS, MOSTLY = 2, 2_000, 0.5
"""Cells, rows, and the share of round denominators from which a column named for it holds fractions that are chosen."""

_ONE_IN = re.compile(r"1\s?[/:]\s?(\d{1,3}(?:,\d{3}){1,4}|\d{1,12})")
_SURE = re.compile(
    r"sampl|select(?:ion|ing) (?:prob|rate|fraction)|dilut|titr|titer|scale|odds|learning|gear|aspect|shutter|"
    r"exposure time|"
    r"reduction ratio|subsampl|thinning|downsampl|"
    r"추출|표집|표본|축척|배율|축소|희석|역가|승산|배당|감속|학습률|echantillon|échantillon|sondage|échelle|"
    r"stichprobe|auswahlsatz|"
    r"maßstab|verdünnung|muestreo|escala|dilución|抽出|縮尺|希釈|抽样|比例尺|稀释",
    re.IGNORECASE,
)
_MAYBE = re.compile(
    r"\b(?:rates?|fractions?|ratios?|probabilit\w+|proportions?|chances?|shares?)\b|비율|비$|율$|률$|확률|분율|"
    r"tasa|taux|"
    r"quote|anteil|比率|確率|比例",
    re.IGNORECASE,
)
"""What may as well be the rate of what befell people."""
_BEFELL = re.compile(
    r"\bhiv\b|\baids\b|\btb\b|tubercul|cancer|diabet|stroke|syphilis|"
    r"death|died|mortal|case|fatal|event|incid|preval|infect|positiv|attack|relaps|dropout|attrition|withdraw|surviv|"
    r"respon|readmi|admi|diagnos|disease|injur|suicid|patient|person|people|women|men\b|children|success|failure|"
    r"detect|\bhit|carrier|affected|"
    r"사망|발생|유병|감염|양성|발병|재발|탈락|이탈|생존|응답|입원|진단|환자|대상자|참여|이용|합격|취업|실업|이직|"
    r"폐업|수급|검출|치명|보균",
    re.IGNORECASE,
)


def ones_in(table: Table) -> Iterator[tuple[int, int]]:
    """Row number and column (from 1) of the cells of columns of nothing but one in so many that count nobody."""
    if len(table.rows) > MOST_ROWS:
        return
    for index in range(1, len(table.names)):
        cells = [cell.strip() for cell in table.distinct(index) if cell.strip()]
        if not cells or not cells[0].startswith("1") or not _names_no_people(table.names[index]):
            continue
        read = [_ONE_IN.fullmatch(cell) for cell in cells]
        of = [count_said(match[1]) for match in read if match]
        filled = sum(bool(cell.strip()) for cell in table.column(index))
        if len(of) < len(cells) or filled < FEWEST or _stand_beside(table, index):
            continue
        chosen = sum(map(_is_round, of)) >= (MOSTLY if _SURE.search(table.names[index]) else 1) * len(of)
        if chosen and not any(map(_BEFELL.search, table.distinct(0))):
            yield from ((n, index + 1) for n, cell in zip(table.numbers, table.column(index), strict=True) if cell)


def lines_of_ones(lines: Sequence[str]) -> frozenset[int]:
    """The numbers (from 1) of the lines of tables in LaTeX and Markdown that hold such cells, below their heading."""
    found: set[int] = set()
    rows: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, 1):
        if "&" not in line and "|" not in line:
            continue
        cells = [cell.strip() for cell in _BETWEEN.split(line.strip().strip("|").rstrip("\\ "))]
        if rows and len(cells) != len(rows[0][1]):
            found |= _in_rows(rows)
            rows = []
        if not all(map(_RULE.fullmatch, cells)):
            rows.append((number, cells))
    return frozenset(found | _in_rows(rows))


def _in_rows(rows: Sequence[tuple[int, list[str]]]) -> set[int]:
    if len(rows) <= FEWEST:
        return set()
    (_, names), *body = rows
    table = Table(tuple(names), [cells for _, cells in body], [number for number, _ in body])
    return {number for number, _ in ones_in(table)}


_BETWEEN, _RULE = re.compile(r"[&|]"), re.compile(r"[-: ]{0,80}")


def _names_no_people(name: str) -> bool:
    """Whether a heading says that its fractions are rates, and not those of something that befalls people."""
    if _BEFELL.search(name):
        return False
    return _SURE.search(name) is not None or _MAYBE.search(name.strip()) is not None


def _is_round(number: int) -> bool:
    """Whether a number is one that is chosen, by fives or by doubling, and no size that a group happens to have."""
    return number % 5 == 0 or number & (number - 1) == 0


def _stand_beside(table: Table, index: int) -> bool:
    """Whether what the ones are of is the size of a group that another column gives, so that each is of one
    person."""
    for row in table.rows:
        match = _ONE_IN.fullmatch(row[index].strip()) if index < len(row) else None
        others = (cell.strip().replace(",", "") for at, cell in enumerate(row) if at != index)
        if match and str(count_said(match[1])) in others:
            return True
    return False
