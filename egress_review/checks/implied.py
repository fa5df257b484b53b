"""Small groups that no cell names and a division or subtraction gives: running totals, sums beside means, SD beside SE.

What is computed must be a whole number of people within the rounding of every row, or it is chance and nothing is said.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence, Set
from itertools import pairwise

from egress_review.checks.amounts import number_in
from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import whole
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.lone_means import (
    EVERYBODY,
    MEAN,
    MEND,
    ONLY_SD,
    PER_ONE,
    SD,
    Number,
    Range,
    check_lonely,
    check_weights,
    of_sum,
    place_in,
    plain_name,
    turned_about,
)
from egress_review.checks.not_counted import plans_sizes
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Where
from registry.text import Text

RULES = ("cells.implied",)

FEWEST_ROWS = 2
"""Rows in which a computed number must be whole before it is taken for a number of people."""

SHARP = 0.02
"""Relative doubt that rounding may leave in an interval for it to tell a number of people."""
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)
"""Quantiles of Student's t distribution at 97.5 % for 1, 2, 3 … degrees of freedom."""

_SUMMED = re.compile(r"합 ?계|계|총 ?계|총합|총수|소계|all|sum|overall|(?:grand|row|sub)[ -]?total")
"""What totals are called that may be of money as well: those of columns that are counts."""
_OFFERED = re.compile(
    r"모집|정원|목표|계획|교사|교원|직원|시설|병상|좌석|공고|quota|capacity|places|staff|teachers|beds|seats|planned"
)
"""What there is for people, and is no part of them."""
_WITH_EVENT = re.compile(
    r"(?:n |number of )?(?:deaths?|events?|cases|deceased|died|responders?|completed|treated|vaccinated|positive"
    r"|employed|hired|passed|accepted|approved|graduated|graduates|retained|survived|survivors|repaid|attended|"
    r"responded|finishers|completers)"
    r"|(?:사망|발생|사건|이벤트|완료|반응|양성|접종|취업|합격|수료|이수|승인|상환|진학|생존|재직|유지|응답|수급|졸업)"
    r"(?:자|자 ?수|수| ?건수)?"
)
_LOWER = re.compile(r"(?:95 ?%? ?)?(?:ci ?)?(?:lower|low|ll|lcl|하한)(?: ?(?:ci|95 ?%?|bound|limit))*|신뢰구간 ?하한")
_UPPER = re.compile(r"(?:95 ?%? ?)?(?:ci ?)?(?:upper|high|ul|ucl|상한)(?: ?(?:ci|95 ?%?|bound|limit))*|신뢰구간 ?상한")
_REST = Text(
    ko="전체에서 이 수를 빼면 {value}명으로, 최소 셀 {least}보다 작습니다.",
    en="All less these leaves {value} people; the smallest cell is {least}.",
)
_SPANNED = Text(
    ko="표준편차와 신뢰구간에서 {value}명이 계산되어 최소 셀 {least}보다 작습니다.",
    en="The standard deviation and the confidence interval give {value} people; the smallest cell is {least}.",
)
_RUNNING = re.compile(r"cum(?:ul\w*)?(?![a-z])|cumulative|running|누적|누계")
_SUM = re.compile(r"\b(?:sum|total|totals)\b|합계|총합|총계|합$|^총|총액")
_SE = re.compile(r"\b(?:se|sem|std err|stderr|standard error)\b|표준\s?오차")

_OF_ITEMS = re.compile(r"score|scale|item|점수|척도|문항")
"""What is added up over the questions of one form, not over people."""

_SQUARES = re.compile(r"\bsq\b|squares?\b|제곱")
"""The sum and the mean of squares of an analysis of variance: divided they give its freedom, not people."""

_STEP = Text(
    ko="누적 수의 차이가 {value}로 최소 셀 {least}보다 작습니다.",
    en="Two running totals differ by {value}; the smallest cell is {least}.",
)
_DIVIDED = Text(
    ko="합계를 평균으로 나누면 {value}명으로, 최소 셀 {least}보다 작습니다.",
    en="The sum divided by the mean gives {value} people; the smallest cell is {least}.",
)
_ERRED = Text(
    ko="표준편차와 표준오차에서 {value}명이 계산되어 최소 셀 {least}보다 작습니다.",
    en="The standard deviation and its standard error give {value} people; the smallest cell is {least}.",
)


def check_implied(subject: Subject, listing: Listing) -> None:
    """Compute what neighbouring columns give away, and hold it to the smallest cell."""
    for table, reading in bearable(subject, RULES, listing):
        if plans_sizes(table):
            continue
        names = [plain_name(name) for name in table.names]
        counted = {count.column - 1 for count in reading.counts}
        for column, name in enumerate(names):
            if _RUNNING.search(name) and kind_of(table.names[column]) is not Kind.PERCENT:
                _check_steps(table, column, subject, listing)
        for one, other in (*_pairs(names, _SUM, MEAN), *_sized(names)):
            _check_people(table, (one, other), of_sum, _DIVIDED, subject, listing)
        _check_complements(table, names, counted, subject, listing)
        _check_intervals(table, names, subject, listing)
        check_lonely(table, names, subject, listing)
        check_weights(table, names, subject, listing)
        for one, other in _pairs(names, SD, _SE):
            _check_people(table, (one, other), _of_error, _ERRED, subject, listing)
        if side := turned_about(table):
            labels = [plain_name(name) for name in side.names]
            first = table.numbers[0] - 1
            for one, other in _pairs(labels, _SUM, MEAN):
                if PER_ONE.search(labels[other]):
                    _check_people(side, (one, other), of_sum, _DIVIDED, subject, listing, turned=first)
            check_weights(side, labels, subject, listing, turned=first)


def _pairs(names: Sequence[str], of: re.Pattern[str], beside: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Columns that say two things of the same: their names without those words are alike."""
    rest = {
        " ".join(beside.sub(" ", name).split()): i
        for i, name in enumerate(names)
        if beside.search(name) and not _OF_ITEMS.search(name) and not _SQUARES.search(name)
    }
    each = [(frozenset(words.split()), i) for words, i in rest.items() if words and PER_ONE.search(names[i])]
    for index, name in enumerate(names):
        if of.search(name) and not beside.search(name):
            words = " ".join(of.sub(" ", name).split())
            mine = frozenset(words.split())
            near = [i for other, i in each if mine and (other <= mine or mine <= other)]
            other = rest.get(words, near[0] if len(near) == 1 else None)
            if other is not None:
                yield index, other


def _sized(names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The mean size of firms, schools or households beside the sum of those in them."""
    sizes = [i for i, name in enumerate(names) if _MEAN_SIZE.fullmatch(name)]
    sums = [i for i, name in enumerate(names) if _IN_THEM.search(name) and not MEAN.search(name)]
    if len(sizes) == len(sums) == 1:
        yield sums[0], sizes[0]


_MEAN_SIZE = re.compile(
    r"(?:mean|average|avg) (?:firm|company|enterprise|establishment|plant|farm|household|school|class|hospital) size"
    r"|평균\s?(?:기업|업체|사업체|공장|농가|가구|학교|학급|병원)\s?규모|(?:기업|업체|사업체|공장|농가|가구|학교|학급|병원)\s?평균\s?규모"
)
_IN_THEM = re.compile(
    r"employ(?:ees|ment)|workers|pupils|students|members|persons|beds|종사자|근로자|고용|학생|가구원|병상"
)


def _check_steps(table: Table, column: int, subject: Subject, listing: Listing) -> None:
    """The steps of a column that never falls; a column that begins anew for each group is cut there."""
    values = [whole(cell) for cell in table.column(column)]
    steps = list(pairwise(values))
    if None in values or sum(b >= a for a, b in steps if a is not None and b is not None) < len(steps) / 2:
        return
    least = subject.policy.min_cell
    for number, (before, after) in zip(table.numbers[1:], steps, strict=True):
        step = (after or 0) - (before or 0)
        if 0 < step < least:
            where = Where(row=number, column=column + 1)
            listing.flag(
                "cells.implied",
                _STEP.fill(value=step, least=least),
                MEND.fill(least=subject.policy.min_cell),
                where=where,
                number=step,
            )


def _check_complements(
    table: Table, names: Sequence[str], counted: Set[int], subject: Subject, listing: Listing
) -> None:
    """Groups of which nearly everybody has the event: the rest is a small group that the table does not show."""
    wholes = [
        i
        for i, name in enumerate(names)
        if EVERYBODY.fullmatch(name) or (i and i in counted and _SUMMED.fullmatch(name))
    ]
    parts = [i for i, name in enumerate(names) if _WITH_EVENT.fullmatch(name)]
    others = [i for i, name in enumerate(table.names) if i and i not in wholes and _may_be_part(table, i, name)]
    parts = parts or (others if len(others) == 1 else [])
    if len(wholes) != 1:
        return
    all_of = list(map(whole, table.column(wholes[0])))
    least = subject.policy.min_cell
    for column in parts:
        cells = list(zip(table.numbers, all_of, map(whole, table.column(column)), strict=True))
        if any(n is None or k is None or k > n for _, n, k in cells):
            continue
        for number, n, k in cells:
            rest = (n or 0) - (k or 0)
            if 0 < rest < least:
                message, where = _REST.fill(value=rest, least=least), Where(row=number, column=column + 1)
                listing.flag(
                    "cells.implied", message, MEND.fill(least=subject.policy.min_cell), where=where, number=rest
                )


def _may_be_part(table: Table, column: int, name: str) -> bool:
    """Whether a column of whole numbers may say how many of all have something; an only one beside them does."""
    of_them = kind_of(name) in (Kind.UNKNOWN, Kind.COUNT) and not _OFFERED.search(name.lower())
    return of_them and all(whole(cell) is not None for cell in table.column(column))


def _check_intervals(table: Table, names: Sequence[str], subject: Subject, listing: Listing) -> None:
    """A standard deviation and the ends of a 95 % interval of the mean, by the normal or the t distribution."""
    of = [[i for i, name in enumerate(names) if pattern.fullmatch(name)] for pattern in (ONLY_SD, _LOWER, _UPPER)]
    if any(len(columns) != 1 for columns in of):
        return
    least, rows = (
        subject.policy.min_cell,
        zip(table.numbers, *(table.column(columns[0]) for columns in of), strict=True),
    )
    for number, *cells in rows:
        sd, low, high = map(number_in, cells)
        if not (sd and low and high) or sd[0] <= 0 or high[0] <= low[0]:
            continue
        half = (high[0] - low[0]) / 2
        doubt = sd[1] / sd[0] + max(low[1], high[1]) / half
        for people in range(2, least):
            known = (_T[people - 2], 1.96) if people - 2 < len(_T) else (1.96,)
            if doubt < SHARP and any(abs(half * math.sqrt(people) / sd[0] / t - 1) <= doubt + 0.001 for t in known):
                where = Where(row=number, column=of[1][0] + 1)
                message = _SPANNED.fill(value=people, least=least)
                listing.flag(
                    "cells.implied", message, MEND.fill(least=subject.policy.min_cell), where=where, number=people
                )
                break


def _of_error(spread: Number, error: Number) -> Range | None:
    if error[0] <= error[1] or spread[0] <= spread[1]:
        return None
    return ((spread[0] - spread[1]) / (error[0] + error[1])) ** 2, (
        (spread[0] + spread[1]) / (error[0] - error[1])
    ) ** 2


def _check_people(
    table: Table,
    columns: tuple[int, int],
    of: Callable[[Number, Number], Range | None],
    said: Text,
    subject: Subject,
    listing: Listing,
    *,
    turned: int | None = None,
) -> None:
    ranges: list[tuple[int, Range]] = []
    for number, row, *cells in zip(table.numbers, table.rows, *map(table.column, columns), strict=True):
        one, other = map(number_in, cells)
        if one and other and not (row and is_total(row[0])) and (found := of(one, other)):
            ranges.append((number, found))
    least = subject.policy.min_cell
    alone = PER_ONE.search(plain_name(table.names[columns[1]])) is not None and len(table.rows) == 1
    if len(ranges) < (1 if alone else FEWEST_ROWS) or any(
        math.floor(high + 1e-6) < math.ceil(low - 1e-6) for _, (low, high) in ranges
    ):
        return  # Not a whole number somewhere: the columns are not of the same people.
    for number, (low, high) in ranges:
        value = math.ceil(low - 1e-6)
        if value > 0 and math.floor(high + 1e-6) < least:
            message = said.fill(value=value, least=least)
            where = place_in(table, number, columns[1], turned)
            listing.flag("cells.implied", message, MEND.fill(least=subject.policy.min_cell), where=where, number=value)
