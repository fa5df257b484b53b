"""Whether a table agrees with itself: parts with their totals, and one base of rounding for all counts."""

from __future__ import annotations

from egress_review.checks.cells import mend
from egress_review.checks.counts import Count, Reading
from egress_review.checks.cuts import Cut, Group, cut_of
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Severity, Where
from registry.text import Text

RULES = ("cells.margin", "cells.rounding")

FEWEST_COUNTS, FEWEST_SURE = 8, 12
MOST_ODD, MOST_ODD_SURE = 0.15, 0.1
"""From so many counts, and up to such a share of exceptions, a common divisor is a base of rounding: by chance, or
because people estimate, it may be one below the second of each."""

FAR = 0.1
"""Relative difference above which rows of a table are not the parts of its total at all."""

_LEFT_OUT = Text(
    ko="합계에서 나머지 셀을 빼면 표에 없는 집단이 {least}명 미만으로 드러납니다.",
    en="The total less its parts leaves a group of fewer than {least} that the table does not show.",
)
_DOES_NOT_ADD = Text(
    ko="셀을 더한 값이 합계와 다릅니다.",
    en="The cells do not add up to their total.",
)
_ADD_MEND = Text(
    ko="합계를 표의 셀로 다시 계산하거나, 빠진 범주와 결측을 설명에 적으십시오.",
    en="Compute the total from the cells of the table, or say in the context what is missing or counted twice.",
)
_ODD = Text(
    ko="다른 수는 모두 {base} 단위인데 이 수만 반올림되지 않았습니다.",
    en="All other counts are rounded to {base}; this one is not.",
)
_ODD_MEND = Text(
    ko="이 수도 {base} 단위로 반올림하십시오. 합계는 반올림한 셀로 다시 계산합니다.",
    en="Round this count to {base} as well; compute totals from rounded cells.",
)


def check_margins(subject: Subject, listing: Listing) -> None:
    """Hold totals to their parts, and all counts to one base."""
    for table, reading in bearable(subject, RULES, listing):
        _check_base(reading, subject, listing)
        cut = cut_of(table, reading, subject.claims)
        if cut:
            told: set[Where] = set()
            for group in cut.groups:
                _check_group(cut, group, told, subject, listing)


def _check_group(cut: Cut, group: Group, told: set[Where], subject: Subject, listing: Listing) -> None:
    total = cut.facts.get(group.parent)
    parts = [cut.facts.get(key) for key in group.members.values()]
    if total is None or not total.direct or total.where in told:
        return
    known = [part for part in parts if part is not None and part.direct]
    if len(known) < len(parts):
        return
    left = total.value - sum(part.value for part in known)
    # A table of few rounded counts does not show its base; what looks rounded is given the benefit of the doubt.
    rounded = all(part.value % 5 == 0 for part in (*known, total))
    slack = sum(part.slack for part in known) + total.slack + (2 * len(known) + 2 if rounded else 0)
    if abs(left) <= slack or abs(left) > max(FAR * total.value, subject.policy.min_cell):
        return
    told.add(total.where)
    least = subject.policy.min_cell
    if slack == 0 and 0 < left < least:
        fix = mend(subject.policy)
        listing.flag("cells.margin", _LEFT_OUT.fill(least=least), fix, where=total.where)
    else:
        listing.flag("cells.margin", _DOES_NOT_ADD, _ADD_MEND, where=total.where, severity=Severity.WARN)


def _check_base(reading: Reading, subject: Subject, listing: Listing) -> None:
    """Point out the counts that were forgotten when all others were rounded; a claimed base has a rule of its own."""
    counts = [count for count in reading.counts if count.value > 0]
    if subject.claims.rounded_to or len(counts) < FEWEST_COUNTS:
        return
    for base in (10, 5):
        odd = [count for count in counts if count.value % base]
        if 0 < len(odd) <= MOST_ODD * len(counts):
            sure = len(counts) >= FEWEST_SURE and len(odd) <= MOST_ODD_SURE * len(counts)
            for count in odd:
                _tell_odd(count, base, listing, None if sure else Severity.WARN)
            return
        if not odd:
            return


def _tell_odd(count: Count, base: int, listing: Listing, severity: Severity | None) -> None:
    where = Where(row=count.row, column=count.column)
    message, fix = _ODD.fill(base=base), _ODD_MEND.fill(base=base)
    listing.flag("cells.rounding", message, fix, where=where, number=count.value, severity=severity)
