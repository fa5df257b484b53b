"""How many people the words say that a table covers, all of them, held to what its rows come to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import whole
from egress_review.checks.tables import Table, count_said
from egress_review.findings import Where

_WHO = (
    r"respondents?|participants?|patients?|people|persons?|individuals?|households?|pupils?|students?|"
    r"employees|workers|"
    r"residents?|subjects?|members|women|men|children|firms|cases|응답자|참여자|참가자|대상자|환자|"
    r"학생|가구|근로자|주민|회원|인원"
)
_N = r"(?P<{0}>\d{{1,3}}(?:,\d{{3}}){{1,3}}|\d{{2,9}})"
_COVERS = re.compile(
    rf"\b(?:covers?|includes?|contains?|comprises?|(?:is|are) (?:of|based on)|shows?) (?:all|"
    rf"every one of)(?: of)?(?: the)? {_N.format('a')} "
    rf"(?:\w+ )?(?P<who>{_WHO})|"
    rf"(?:전체|총|모든) ?(?P<ko>{_WHO}) ?{_N.format('b')} ?(?:명|가구|인)[을를이가의]? ?(?:전원|전부|"
    rf"모두|빠짐없이|제외 없이|포함)|"
    rf"(?P<ko2>{_WHO}) {_N.format('c')} ?(?:명|가구|인) ?(?:전원|전체|전부|모두)",
    re.IGNORECASE,
)


def totals_in(said: str) -> Iterator[tuple[str, int]]:
    """Whom a text says that a table covers all of, and how many they are."""
    for match in _COVERS.finditer(said):
        who = match["who"] or match["ko"] or match["ko2"]
        yield who.lower().rstrip("s"), count_said(match["a"] or match["b"] or match["c"])


def other_total(table: Table, who: str, number: int) -> Iterator[tuple[Where, int]]:
    """The total of the column of those people, where it is not the number that was said."""
    last = table.rows[-1] if table.rows else ()
    if len(table.rows) < 3 or not last or not is_total(last[0]):
        return
    for index, name in enumerate(table.names):
        if index and kind_of(name) is Kind.COUNT and who in name.lower():
            total = whole(last[index]) if index < len(last) else None
            parts = [whole(cell) for cell in table.column(index)[:-1]]
            if total is not None and total != number and None not in parts and sum(p or 0 for p in parts) == total:
                yield Where(row=table.numbers[-1], column=index + 1), total
