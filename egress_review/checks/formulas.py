"""Cells that a spreadsheet program would run as formulas when the released file is opened."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from operator import itemgetter

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

_FIRST = itemgetter(slice(0, 1))
_COVERS = " '\"\u00a0"
_STARTS = "=+-@\t\r＝＋－＠"
_DANGEROUS = frozenset(_STARTS + _COVERS)
# A number with sign, unit, interval, stars or standard error computes nothing; `-1+cmd|...` has letters.
_NUMERIC = re.compile(r"[-+−](?:[\d.,%()\[\]\s*;:~/±–-]|(?:e|E)[-+]?\d|CI|inf|nan|명|건|개|원)*", re.IGNORECASE)

_BULLET = re.compile(r"- (?=.*[가-힣]|.*[A-Za-z]{2}\s+[A-Za-z]{2})[^|!(){}\[\]=+*/^@&<>\"'#]+")
"""A line of a list, as boxes of words in a document have it: names with a space before them, and nothing to compute."""
_OF_P = re.compile(r"-log(?:2|10)? ?\(? ?p(?:[ _-]?val(?:ue)?)?\)?", re.IGNORECASE)
"""How programs head the logarithm of a probability: `-log2(p)`."""

_MESSAGE = Text(
    ko="셀이 {mark} 문자로 시작하여 스프레드시트에서 수식으로 실행될 수 있습니다.",
    en="The cell starts with {mark} and may run as a formula in a spreadsheet.",
)
_FIX = Text(
    ko="첫 글자를 지우거나 앞에 작은따옴표(')나 낱말을 두십시오.",
    en="Remove the first character, or put a word or a single quote (') before it.",
)
_NAMES = {"\t": "TAB", "\r": "CR"}


def check_formulas(subject: Subject, listing: Listing) -> None:
    """Every cell of every table, headers included."""
    for table in subject.tables:
        header = table.numbers[0] - 1 if table.numbers else 1
        _check_row(header, table.names, listing)
        if any(_any_runs(table.distinct(index)) for index in range(len(table.names))):
            for number, row in zip(table.numbers, table.rows, strict=True):
                _check_row(number, row, listing)


def _check_row(number: int, row: Sequence[str], listing: Listing) -> None:
    for index, cell in enumerate(row):
        if _may_run(cell):
            mark = cell.lstrip(" '\"\u00a0")[0]
            message = _MESSAGE.fill(mark=_NAMES.get(mark, mark))
            listing.flag("table.formula", message, _FIX, where=Where(row=max(1, number), column=index + 1))


def _any_runs(cells: Collection[str]) -> bool:
    """Whether a cell runs; most columns begin with no such character at all."""
    firsts = set(map(_FIRST, cells))
    return not firsts.isdisjoint(_DANGEROUS) and any(map(_may_run, cells))


def _may_run(cell: str) -> bool:
    starts = cell[:1]
    if not starts or (starts not in _STARTS and not (starts in _COVERS and cell.strip(_COVERS)[:1] == "=")):
        return False
    return runs(cell)


def runs(cell: str) -> bool:
    """Whether a cell that starts like a formula is more than a number, a dash or a mark."""
    if cell[0] == "'" or (cell[0] in "+-" and cell[1:].replace(".", "", 1).isdecimal()):
        return False
    text = cell.strip()
    if _OF_P.fullmatch(text) or _BULLET.fullmatch(text):
        return False
    if cell[0] in "\t\r":
        return bool(text)
    return _NUMERIC.fullmatch(text) is None and text.strip("-+=~ ") != ""
