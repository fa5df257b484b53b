"""The largest one or two contributions beside their total, as a table gives them in amounts: who can work out whom.

The second largest takes its own amount off the total, and what is left is the largest but for what all others have.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from egress_review.checks.amounts import amount_of, number_in
from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.checks.thresholds import Thresholds, thresholds
from egress_review.checks.within_json import tables_within
from egress_review.findings import Where
from registry.text import Text

RULES = ("evidence.p_percent",)

MOST_ROWS, MOST_COLUMNS, LONGEST_NAME = 500, 60, 80
"""Size of a table that is read, and characters of a heading."""

_SECOND = re.compile(
    r"\bsecond\b|\b2nd\b|\bnext (?:largest|biggest)|둘째|두 번째|두번째|(?<!\d)2 ?위|차순위|2순위", re.IGNORECASE
)
_BOTH = re.compile(
    r"\b(?:two|2) (?:largest|biggest)|\b(?:largest|biggest|top) ?(?:two|2)\b|상위 ?(?:두|둘|2)(?!\d)", re.IGNORECASE
)
_FIRST = re.compile(
    r"\b(?:largest|biggest)\b|\btop ?1\b|\b1st\b|최대 ?(?:업체|기업|기관|사업체|사업장|회사|기여|농가|금액|값)|"
    r"(?<!\d)1 ?위|상위 ?(?:1|한)(?!\d)|첫째|가장 큰",
    re.IGNORECASE,
)
_NO_AMOUNT = re.compile(
    r"share|percent|pct|ratio|rate\b|proportion|rank|name|code|비중|비율|점유|구성비|율\b|몫|집중|순위|명칭|업체명|%",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"\b(?:total|sum|overall|all)\b|합계|총|전체|(?:^|\s)계(?:$|\s)|합$", re.IGNORECASE)

_DOMINATED = Text(
    ko="가장 큰 {n}곳이 합계의 {share}%를 차지합니다(한도 {limit}%).",
    en="The largest {n} make up {share} % of the total beside them; the limit is {limit} %.",
)
_NEAR = Text(
    ko="둘째 기여자가 합계에서 자기 값을 빼면 가장 큰 기여자의 값을 {limit}% 안으로 추정할 수 있습니다.",
    en="The second largest could take its own amount off the total and estimate the largest within {limit} %.",
)
_FIX = Text(
    ko="가장 큰 기여자의 값을 빼고, 이 집단의 합계를 가리거나 다른 집단과 합치십시오.",
    en="Leave out what the largest contribute, and suppress the total of this group or merge it with another.",
)


@dataclass(frozen=True, slots=True)
class _Group:
    """The total of a group, and the amounts of the largest in it; None for what is not said."""

    total: float
    first: float
    both: float | None
    where: Where


def check_rivals(subject: Subject, listing: Listing) -> None:
    """Hold amounts of the largest beside their total to the rules of the policy, (n,k) and p%."""
    limits = thresholds(subject.policy)
    within = tables_within(subject.json) if subject.type == "json" and not subject.tables else ()
    for table in (*(table for table, _ in bearable(subject, RULES, listing)), *within):
        if len(table.rows) <= MOST_ROWS and len(table.names) <= MOST_COLUMNS:
            for group in (*_upright(table), *_turned(table)):
                _judge(group, limits, listing)


def _judge(group: _Group, limits: Thresholds, listing: Listing) -> None:
    largest = {1: group.first, 2: group.both}.get(limits.dominance_n)
    n = limits.dominance_n if largest is not None else 1
    share = (group.first if largest is None else largest) / group.total
    if 0 < limits.dominance_k <= share and limits.dominance_n > 0:
        message = _DOMINATED.fill(n=n, share=round(100 * share), limit=round(100 * limits.dominance_k))
        listing.flag("evidence.dominance", message, _FIX, where=group.where, number=round(100 * share))
    if group.both is not None and (group.total - group.both) / group.first < limits.p_percent:
        message = _NEAR.fill(limit=round(100 * limits.p_percent))
        listing.flag("evidence.p_percent", message, _FIX, where=group.where)


def _upright(table: Table) -> Iterator[_Group]:
    columns = [table.column(index) for index in range(len(table.names))]
    yield from _groups(table.names, columns, lambda at, of: Where(row=table.numbers[at], column=of + 1))


def _turned(table: Table) -> Iterator[_Group]:
    """The groups of a table whose rows are the total, the largest and the second."""
    if not table.rows or min(map(len, table.rows)) < len(table.names):
        return
    names = [row[0] for row in table.rows]
    rows = [list(row[1 : len(table.names)]) for row in table.rows]
    yield from _groups(names, rows, lambda at, of: Where(row=table.numbers[of], column=at + 2))


def _groups(
    names: Sequence[str], columns: Sequence[Sequence[str]], place: Callable[[int, int], Where]
) -> Iterator[_Group]:
    plain = [_plain(name) for name in names]
    first = _only(plain, _is_first)
    second, both = _only(plain, lambda name: _says(name, _SECOND)), _only(plain, lambda name: _says(name, _BOTH))
    if first is None:
        return
    numbers = {index: [_number(cell) for cell in cells] for index, cells in enumerate(columns)}
    others = numbers.keys() - {first, second, both}
    total = _total(plain, numbers, sorted(others), numbers[first], named=second is None and both is None)
    if total is None:
        return
    for at, (whole, top) in enumerate(zip(numbers[total], numbers[first], strict=True)):
        if not whole or not top or not 0 < top <= whole:
            continue
        pair = numbers[both][at] if both is not None else None
        if second is not None and (next_to_it := numbers[second][at]) is not None and next_to_it <= top:
            pair = top + next_to_it
        fits = pair is not None and top <= pair <= whole
        yield _Group(whole, top, pair if fits else None, place(at, total))


def _plain(name: str) -> str:
    if len(name) > LONGEST_NAME:
        return ""
    return unicodedata.normalize("NFKC", name).replace("_", " ").replace("-", " ").strip().lower()


def _says(name: str, pattern: re.Pattern[str]) -> bool:
    return pattern.search(name) is not None and _NO_AMOUNT.search(name) is None


def _is_first(name: str) -> bool:
    return _says(name, _FIRST) and _SECOND.search(name) is None and _BOTH.search(name) is None


def _only(names: Sequence[str], told: Callable[[str], bool]) -> int | None:
    """Which of some headings says it; None if several do."""
    found = [index for index, name in enumerate(names) if told(name)]
    return found[0] if len(found) == 1 else None


def _number(cell: str) -> float | None:
    found = number_in(cell.strip())
    return found[0] if found else None


def _total(
    names: Sequence[str],
    numbers: dict[int, list[float | None]],
    others: Sequence[int],
    top: Sequence[float | None],
    *,
    named: bool,
) -> int | None:
    """Which numbers are the totals of which some are the largest: what is called so, else the only ones that can be."""
    can = [
        index
        for index in others
        if _NO_AMOUNT.search(names[index]) is None
        and kind_of(names[index]) not in (Kind.COUNT, Kind.PERCENT, Kind.EXTREME)
        and _are_above(numbers[index], top)
    ]
    said = [index for index in can if _TOTAL.search(names[index]) or amount_of(names[index])]
    return said[0] if said else can[0] if len(can) == 1 and not named else None


def _are_above(numbers: Sequence[float | None], top: Sequence[float | None]) -> bool:
    """Whether numbers are nowhere below those of the largest, and somewhere beside them."""
    pairs = [(a, b) for a, b in zip(numbers, top, strict=True) if a is not None and b is not None]
    return bool(pairs) and all(a >= b for a, b in pairs)
