"""Statistics that are the value of single people: groups without spread, extremes, modes, far quantiles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from egress_review.checks.amounts import number_in
from egress_review.checks.columns import is_total
from egress_review.checks.counts import whole
from egress_review.checks.ends import check_ends
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.statistics import SHORT, What, of_what, statistic
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Severity, Where
from registry.text import Text

_OUTLYING = re.compile(r"(?:out|f)liers?(?: values?)?|extreme values?|이상값|이상치|극단값|극단치")
_SINGLE = Text(
    ko="이상값 하나하나는 한 사람의 값입니다.",
    en="Each outlier is the value of one person.",
)
_SINGLE_MEND = Text(
    ko="이상값을 빼고 사분위수만 내거나 이상값의 수(최소 셀 이상)만 적으십시오.",
    en="Leave the outliers out, or say only how many there are, if they are enough.",
)

RULES = ("cells.equal", "cells.extremes", "cells.quantile")

_EQUAL = Text(
    ko="이 집단의 값이 모두 같습니다: 통계값이 곧 모든 사람의 값입니다.",
    en="All values of this group are the same: the statistic is the value of every member.",
)
_EQUAL_MEND = Text(
    ko="범주를 합치거나 이 집단의 통계를 가리십시오.",
    en="Merge categories, or suppress the statistics of this group.",
)
_FAR = Text(
    ko="이 분위수 바깥에는 {least}명보다 적은 사람만 있습니다.",
    en="Fewer than {least} people lie beyond this quantile.",
)
_FAR_MEND = Text(
    ko="10%와 90%처럼 안쪽의 분위수를 쓰거나 값을 반올림하십시오.",
    en="Publish quantiles further inside, such as 10 % and 90 %, or round the value.",
)


def check_spread(subject: Subject, listing: Listing) -> None:
    """Look at every statistic by column and, in tables such as `describe()` gives, by row."""
    check_ends(subject, listing)
    for table, _ in bearable(subject, RULES, listing):
        _check_lines(_columns(table), subject, listing, numbered=lambda a, b: Where(row=b, column=a))
        _check_lines(_rows(table), subject, listing, numbered=lambda a, b: Where(row=a, column=b))
        for where in _outliers(table):
            listing.flag("cells.extremes", _SINGLE, _SINGLE_MEND, where=where, severity=Severity.FAIL)
    if subject.type in ("md", "txt"):
        for number in _listed(subject.lines):
            listing.flag("cells.extremes", _SINGLE, _SINGLE_MEND, where=Where(row=number), severity=Severity.FAIL)
    if subject.type == "json":
        for path in _outliers_in(subject.json):
            listing.flag("cells.extremes", _SINGLE, _SINGLE_MEND, where=Where(path=path), severity=Severity.FAIL)


_LISTED = re.compile(
    r"\s*Percentiles\s{2,}Smallest\s*|\s*Extreme (?:Observations|Values)\s*|\$out"
    r"|\s*(?:outliers?|fliers|이상[값치])\s*[:=]\s*\[?.*",
    re.IGNORECASE,
)
"""Above the smallest and largest values, as `summarize, detail`, PROC UNIVARIATE and boxplot.stats() print them."""
_SEVERAL = re.compile(r"(?<![\d.])-?\d{1,20}(?:\.\d{1,20})?[\s,]{1,40}-?\d")
MOST_BELOW = 7


def _listed(lines: Sequence[str]) -> Iterator[int]:
    """Lines above which, or in which, a program lists values of single people."""
    for number, line in enumerate(lines, 1):
        if len(line) < MOST_LINE and _LISTED.fullmatch(line):
            below = lines[number : number + MOST_BELOW] if ":" not in line and "=" not in line else [line]
            if any(_SEVERAL.search(one[:MOST_LINE]) for one in below):
                yield number


MOST_LINE = 500


def _is_of_outliers(name: str) -> bool:
    plain = unicodedata.normalize("NFKC", name).lower().replace("_", " ").strip()
    return _OUTLYING.fullmatch(plain) is not None


def _outliers(table: Table) -> Iterator[Where]:
    """Cells of outliers that hold values: a decimal number, or several numbers; a bare whole number counts them."""
    for index, name in enumerate(table.names):
        if not _is_of_outliers(name):
            continue
        for number, cell in zip(table.numbers, table.column(index), strict=True):
            numbers = [word for word in re.split(r"[\s,;\[\]()]+", cell) if number_in(word)]
            if len(numbers) > 1 or (numbers and "." in cell):
                yield Where(row=number, column=index + 1)


def _outliers_in(value: Any, path: str = "$", depth: int = 0) -> Iterator[str]:
    inner = value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list) else ()
    for key, one in inner if depth < 40 else ():
        at = f"{path}.{key[:60]}" if isinstance(key, str) else f"{path}[{key}]"
        if isinstance(key, str) and isinstance(one, list) and one and _is_of_outliers(key):
            if all(type(number) in (int, float) for number in one):
                yield at
        elif isinstance(one, dict | list):
            yield from _outliers_in(one, at, depth + 1)


Line: TypeAlias = tuple[int, What, float, dict[int, str], str]
"""A row or column of one statistic: its number, which one, its quantile, its cells by their other number, of what."""


def _columns(table: Table) -> list[Line]:
    lines: list[Line] = []
    for index, name in enumerate(table.names):
        what, quantile = statistic(name)
        cells = {
            number: text
            for number, row, text in zip(table.numbers, table.rows, table.column(index), strict=True)
            if row and not is_total(row[0])
        }
        if index or what != "other":
            lines.append((index + 1, what, quantile, cells, of_what(name)))
    return lines


def _rows(table: Table) -> list[Line]:
    return [
        (number, *_of_row(row[0]), dict(enumerate(row[1:], 2)), of_what(row[0]))
        for number, row in zip(table.numbers, table.rows, strict=True)
        if row
    ]


def _of_row(name: str) -> tuple[What, float]:
    return ("other", 0.0) if SHORT.fullmatch(name.strip().lower()) else statistic(name)


def _check_lines(lines: list[Line], subject: Subject, listing: Listing, numbered: Callable[[int, int], Where]) -> None:
    """Compare the statistics of each group with each other."""
    by_kind: dict[str, tuple[int, dict[int, str]]] = {}
    for number, what, _, cells, _ in lines:
        by_kind.setdefault(what, (number, cells))
    sizes = by_kind.get("n", (0, {}))[1]
    if "sd" in by_kind:
        number, cells = by_kind["sd"]
        for other, text in cells.items():
            if _is_nothing(text) and (whole(sizes.get(other, "")) or 2) > 1:
                # Of what is not counted, such as the importance of features, an error of 0.0 is mere rounding.
                severity = None if sizes else Severity.WARN
                listing.flag("cells.equal", _EQUAL, _EQUAL_MEND, where=numbered(number, other), severity=severity)
    for lowest, number, highest in _bounds(lines):
        for other, text in lowest.items():
            least, most = number_in(text), number_in(highest.get(other, ""))
            if least and most and least[0] == most[0] and (whole(sizes.get(other, "")) or 2) > 1:
                listing.flag("cells.equal", _EQUAL, _EQUAL_MEND, where=numbered(number, other))
    for number, what, quantile, cells, _ in lines:
        if what == "quantile":
            _check_quantile(number, quantile, cells, sizes, subject, listing, numbered)


def _bounds(lines: list[Line]) -> Iterator[tuple[dict[int, str], int, dict[int, str]]]:
    """Minima with the maxima of the same: `min` and `max`, `min stay` and `max stay`."""
    least = {rest: cells for _, what, _, cells, rest in lines if what == "min"}
    for number, what, _, cells, rest in lines:
        if what == "max" and rest in least:
            yield least[rest], number, cells


def _is_nothing(text: str) -> bool:
    return re.fullmatch(r"\(?0(?:\.0{2,})?\)?|0\.0", text.strip()) is not None


def _check_quantile(
    number: int,
    quantile: float,
    cells: dict[int, str],
    sizes: dict[int, str],
    subject: Subject,
    listing: Listing,
    numbered: Callable[[int, int], Where],
) -> None:
    """Far quantiles need people beyond them; where their number is not told, only those beyond 5 % are doubted."""
    outside = min(quantile, 1 - quantile)
    least = subject.policy.min_cell
    for other, text in cells.items():
        size = whole(sizes.get(other, ""))
        if number_in(text) is None or (size is None and outside >= 0.05):
            continue
        if size is None or (size > 0 and size * outside < least and outside < 0.25):
            severity = Severity.WARN if size is None else None
            message = _FAR.fill(least=least)
            listing.flag("cells.quantile", message, _FAR_MEND, where=numbered(number, other), severity=severity)
