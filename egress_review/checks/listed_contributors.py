"""Contributors as researchers list them in tables of their own, beside evidence in our format.

Such a list may be partial, so it never stands for evidence; what it shows to dominate a sum dominates it all the same.
Two forms are read: a row for each contributor, and a row for each group with its largest one or two.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from egress_review.checks.amounts import number_in
from egress_review.checks.evidence import Contributors, label
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.checks.within_json import tables_within

MOST_ROWS = 200_000
FEWEST_EACH = 3
"""Rows of a group on average from which a table lists single contributors."""

MANY = 3
"""Contributors of a group of which only the largest are told."""

_FIRST = re.compile(r"(?:top|max(?:imum)?|largest|biggest|최대|상위|가장 큰)[ _-]?1?(?!\d)|(?<!\d)1위", re.IGNORECASE)
_SECOND = re.compile(
    r"(?:top|max(?:imum)?|largest|biggest|최대|상위)[ _-]?2(?!\d)|second|둘째|(?<!\d)2위", re.IGNORECASE
)
_SHARE = re.compile(r"share|pct|percent|%|비중|점유|비율", re.IGNORECASE)
_TOTAL = re.compile(r"(?:sum|total)(?![a-z])|합계|총액|총합", re.IGNORECASE)
_OVER_TIME = re.compile(r"year|month|quarter|date|week|(?<![가-힣])(?:연도|년도|년|월|분기|기간|일자)", re.IGNORECASE)


def contributors_listed(files: Iterable[Subject]) -> Mapping[str, Contributors]:
    """Who stands behind the groups that are named in supporting tables, by the labels of the groups."""
    found: dict[str, Contributors] = {}
    for file in files:
        for table in tables_within(file.json) if file.type == "json" else file.tables:
            if len(table.names) > 1 and table.rows and len(table.rows) <= MOST_ROWS:
                found |= _of_largest(table) or _of_each(table)
    return found


def _of_largest(table: Table) -> dict[str, Contributors]:
    """Groups with their largest contributors, as sums beside a total or as shares of it."""
    first, second, total = (_named(table, pattern) for pattern in (_FIRST, _SECOND, _TOTAL))
    if first is None:
        return {}
    shares = _SHARE.search(table.names[first]) is not None
    if not shares and total is None:
        return {}
    names = _labels(table)
    hundred = 1.0 if max((_plain(cell) or 0.0 for cell in table.column(first)), default=0.0) <= 1 else 100.0
    found: dict[str, Contributors] = {}
    for at, name in enumerate(names):
        top, next_ = _number(table, first, at), None if second is None else _number(table, second, at)
        whole = hundred if shares else None if total is None else _number(table, total, at)
        if top is None or whole is None:
            continue
        # Shares of the largest two are often given together.
        rest = 0.0 if next_ is None else next_ - top if shares and next_ >= top else next_
        found[label(name)] = Contributors(
            MANY, MANY, whole, tuple(sorted((top, rest), reverse=True)), min(top, rest) < 0
        )
    return found


def _of_each(table: Table) -> dict[str, Contributors]:
    """Groups whose contributors have a row each, the amount in the last column of numbers."""
    if any(map(_OVER_TIME.search, table.names)) or len(table.rows) < FEWEST_EACH * len(set(_labels(table))):
        return {}
    numbers = [i for i in range(1, len(table.names)) if all(map(number_in, table.column(i)))]
    if not numbers:
        return {}
    each: defaultdict[str, list[float]] = defaultdict(list)
    for name, cell in zip(_labels(table), table.column(numbers[-1]), strict=True):
        each[label(name)].append(_plain(cell) or 0.0)
    return {
        name: Contributors(len(sums), len(sums), sum(sums), tuple(sorted(sums, reverse=True)[:2]), min(sums) < 0)
        for name, sums in each.items()
    }


def _labels(table: Table) -> list[str]:
    """The first column that holds anything."""
    return next((cells for i in range(len(table.names)) if any(cells := table.column(i))), [])


def _named(table: Table, pattern: re.Pattern[str]) -> int | None:
    return next((i for i, name in enumerate(table.names) if i and pattern.search(name)), None)


def _number(table: Table, column: int, at: int) -> float | None:
    return _plain(table.column(column)[at])


def _plain(cell: str) -> float | None:
    found = number_in(cell.strip().removesuffix("%").strip())
    return None if found is None else found[0]
