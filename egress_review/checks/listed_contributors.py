"""Contributors as researchers list them in tables of their own, beside evidence in our format.

Such a list may be partial, so it never stands for evidence; what it shows to dominate a sum dominates it all the same.
Two forms are read: a row for each contributor (or for each of its months), grouped by any of its columns of labels, and
a row for each group with its largest one or two, as amounts or as shares.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from egress_review.checks.amounts import number_in
from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.evidence import Contributors, label
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.checks.within_json import tables_within

MOST_ROWS, MANY_ROWS = 200_000, 5_000
"""Rows of a list that is read, and up to which it is grouped by more than its first column of labels."""
MOST_LABELS, MOST_AMOUNTS = 4, 3
"""Columns of labels and of amounts of a list that are tried."""
FEWEST_EACH = 3
"""Rows of a group on average from which a table lists single contributors."""

MANY = 3
"""Contributors of a group of which only the largest are told."""

_FIRST = re.compile(
    r"(?:top|max(?:imum)?|largest|biggest|highest|dominant|최대|최댓|상위|가장 ?큰)[ _-]?1?(?!\d)|rank[ _-]?1(?!\d)|"
    r"1st|"
    r"(?<!\d)1(?:위|순위|등)|\bc(?:r)?1\b|제1",
    re.IGNORECASE,
)
_SECOND = re.compile(
    r"(?:top|max(?:imum)?|largest|biggest|최대|상위|rank)[ _-]?2(?!\d)|second|2nd|둘째|두 ?번째|(?<!\d)2(?:위|순위|등)|"
    r"\bc(?:r)?2\b|제2",
    re.IGNORECASE,
)
_TOGETHER = re.compile(r"합|누적|까지|cumul|sum|together|combined", re.IGNORECASE)
_SHARE = re.compile(r"share|pct|percent|proportion|%|비중|점유|비율|구성비|몫|\bcr?\d", re.IGNORECASE)
_TOTAL = re.compile(
    r"(?:sum|total)s?(?![a-z])|합계|총액|총합|전체|총계|^총|(?:매출|청구|생산|수출|급여|금)액?(?: ?합)?(?:[(_ ]|$)|"
    r"\b(?:sales|turnover|revenue|amount|value)\b",
    re.IGNORECASE,
)
_OVER_TIME = re.compile(
    r"year|month|quarter|date|week|(?<![가-힣])(?:연도|년도|년|월|분기|기간|일자|연월)", re.IGNORECASE
)
_NO_AMOUNT = re.compile(
    r"(?<![a-z])(?:id|no|code|rank|year|month|share|pct|percent)(?![a-z])|번호|코드|순번|순위|연도|비중|비율|점유|%",
    re.IGNORECASE,
)

Key: TypeAlias = frozenset[str]
"""The labels that name a group, in the spelling in which labels are compared; none for everybody."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What one list says of one breakdown."""

    groups: Mapping[Key, Contributors]
    by_sums: bool
    """Whether only what adds up to a published sum is of it: the list may be of other groups, or other years."""
    each: bool
    """Whether all contributors are listed, so that it says how many they are and what their mean is."""


def contributors_listed(files: Iterable[Subject]) -> tuple[Listed, ...]:
    """Who stands behind the groups that are named in supporting tables, by the labels of the groups."""
    return tuple(
        listed
        for file in files
        for table in (tables_within(file.json) if file.type == "json" and not file.tables else file.tables)
        if len(table.names) > 1 and table.rows and len(table.rows) <= MOST_ROWS
        for listed in (*_of_largest(table), *_of_each(table))
    )


def _of_largest(table: Table) -> Iterator[Listed]:
    """Groups with their largest contributors, as sums beside a total or as shares of it."""
    second = next(_named(table, _SECOND), None)
    first = next(_named(table, _FIRST, without=_SECOND), None)
    if first is None:
        return
    shares = _SHARE.search(table.names[first]) is not None
    total = None if shares else next(_totals(table, first, second), None)
    if not shares and total is None:
        return
    together = second is not None and (shares or _TOGETHER.search(table.names[second]))
    labelled = [i for i in range(min(first, MOST_LABELS)) if i == 0 or not _are_numbers(table, i)]
    hundred = 1.0 if max((_plain(cell) or 0.0 for cell in table.column(first)), default=0.0) <= 1 else 100.0
    found: dict[Key, Contributors] = {}
    for row in table.rows:
        top, next_ = _number(row, first), None if second is None else _number(row, second)
        whole = hundred if total is None else _number(row, total)
        if top is None or whole is None:
            continue
        # Shares of the largest two are often given together.
        rest = 0.0 if next_ is None else next_ - top if together and next_ >= top else next_
        largest = tuple(sorted((top, rest), reverse=True))
        found[_key(row, labelled)] = Contributors(MANY, MANY, whole, largest, min(top, rest) < 0)
    yield Listed(found, by_sums=False, each=False)


def _totals(table: Table, first: int, second: int | None) -> Iterator[int]:
    """The columns that may be what the largest are of: called so, and nowhere less than the largest."""
    for column in _named(table, _TOTAL, without=_SHARE):
        pairs = [(_number(row, first), _number(row, column)) for row in table.rows]
        known = [(top, whole) for top, whole in pairs if top is not None and whole is not None]
        if column not in (first, second) and known and all(top <= whole for top, whole in known):
            yield column


def _of_each(table: Table) -> Iterator[Listed]:
    """Groups whose contributors have a row each, by each column of labels, by two of them, and everybody together."""
    if any(_named(table, _FIRST)):
        return
    numbers = [i for i in range(1, len(table.names)) if _are_numbers(table, i)]
    amounts = [
        i for i in numbers if not _NO_AMOUNT.search(table.names[i]) and kind_of(table.names[i]) is not Kind.LABEL
    ]
    labels = [i for i in range(len(table.names)) if i not in amounts][:MOST_LABELS]
    if not amounts or not labels or len(table.rows) < FEWEST_EACH:
        return
    timed = any(map(_OVER_TIME.search, table.names))
    first = next((i for i in labels if any(map(str.strip, table.column(i)))), labels[0])
    wanted: list[tuple[int, ...]] = [(first,)]
    if len(table.rows) <= MANY_ROWS:
        wanted += [one for size in (1, 2, 0) for one in combinations(labels, size) if one != (first,)]
    for by in wanted:
        groups = len({tuple(row[i] for i in by if i < len(row)) for row in table.rows})
        if len(table.rows) < FEWEST_EACH * groups:
            continue
        who = _who(table, [i for i in labels if i not in by])
        for amount in amounts[-MOST_AMOUNTS:] if len(table.rows) <= MANY_ROWS else amounts[-1:]:
            plainly = by == (first,) and amount == amounts[-1] and not timed
            yield Listed(_grouped(table, by, who, amount), by_sums=not plainly, each=True)


def _who(table: Table, others: Sequence[int]) -> int | None:
    """The column that names the contributors: the one of most names; a row each where there is none."""
    named = [i for i in others if not _OVER_TIME.search(table.names[i])]
    return max(named, key=lambda i: len(table.distinct(i)), default=None)


def _grouped(table: Table, by: Sequence[int], who: int | None, amount: int) -> dict[Key, Contributors]:
    each: defaultdict[Key, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for at, row in enumerate(table.rows):
        if any(is_total(row[i]) for i in (*by, *(() if who is None else (who,))) if i < len(row)):
            continue
        name = str(at) if who is None or who >= len(row) or not row[who].strip() else label(row[who])
        each[_key(row, by)][name] += _number(row, amount) or 0.0
    return {
        key: Contributors(len(of), len(of), sum(sums), tuple(sorted(sums, reverse=True)[:2]), min(sums) < 0)
        for key, of in each.items()
        if (sums := list(of.values()))
    }


def _key(row: Sequence[str], columns: Iterable[int]) -> Key:
    return frozenset(label(row[i]) for i in columns if i < len(row) and row[i].strip())


def _are_numbers(table: Table, column: int) -> bool:
    return all(_plain(cell) is not None for cell in table.distinct(column))


def _named(table: Table, pattern: re.Pattern[str], *, without: re.Pattern[str] | None = None) -> Iterator[int]:
    """The columns but the first whose names a pattern knows and another does not."""
    for column, name in enumerate(table.names):
        if column and pattern.search(name) and not (without and without.search(name)):
            yield column


def _number(row: Sequence[str], column: int) -> float | None:
    return _plain(row[column]) if column < len(row) else None


def _plain(cell: str) -> float | None:
    found = number_in(cell.strip().removesuffix("%").strip())
    return None if found is None else found[0]
