"""A bar that a figure leaves out because it is small, and that the others give away: `55.0%`, `27.5%`, `15.0%` of 240.

The shares must be whole numbers of the people whom the figure is of, and words must say that something is not shown; of
answers of which one may give several, the shares come to more than everybody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from egress_review.checks.cells import mend
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import count_said
from egress_review.findings import Where
from registry.text import Text

FEWEST, MOST, LONGEST = 2, 30, 400
"""Shares that a figure writes, and characters of a line that are read."""

_LEFT_OUT = re.compile(
    r"\bnot (?:shown|drawn|displayed|plotted|presented|reported|listed)|\bomitted|\bsuppressed|\bleft out|\bhidden\b|"
    r"표시하지|그리지|나타내지|제시하지|싣지|보이지|생략|제외하고 (?:그|표시)|뺐|빼고|숨[겼김긴]",
    re.IGNORECASE,
)
_REST = re.compile(
    r"\bremain|\bthe rest\b|\bothers?\b|\bsmall|\bfew|\blow (?:number|count)|\bcategor(?:y|ies)\b|\bbars?\b|"
    r"\bgroups?\b|"
    r"나머지|기타|그 ?외|적어|적은|소수|미만|작아|항목|범주|막대",
    re.IGNORECASE,
)
_OF = re.compile(
    r"(?<![A-Za-z0-9_])[nN]\s?=\s?(\d{1,3}(?:,\d{3}){1,3}|\d{2,7})(?![\d.,]*\d)"
    r"|(?:총|전체|모두)\s?(?:[가-힣]{1,8}\s?)?(\d{1,3}(?:,\d{3}){1,3}|\d{2,7})\s?명"
    r"|\b(?:total|all)(?: of)? (\d{1,3}(?:,\d{3}){1,3}|\d{2,7}) (?:patients|people|persons|participants|"
    r"respondents|subjects)\b"
)
_SHARE = re.compile(r"(?<![\d.,<>≤≥~–+-])(\d{1,2}(?:\.(\d{1,2}))?)\s?%(?! ?(?:CI|신뢰|conf|p\b|포인트|points?\b))")

_IMPLIED = Text(
    ko="빠진 항목이 {value}명입니다: 적힌 비율을 모두 더하여 전체 {people}명에서 빼면 나옵니다. "
    "최소 셀은 {least}입니다.",
    en="What is left out is {value} people: the shares that are written leave them of all {people}; the smallest cell "
    "is {least}.",
)


def check_left_out_bars(subject: Subject, listing: Listing) -> None:
    """Take the shares of a figure from everybody where its words say that something is not shown."""
    lines = [(number, line[:LONGEST]) for number, line in enumerate(subject.lines, 1)] if "%" in subject.text else []
    noted = [number for number, line in lines if _LEFT_OUT.search(line) and _REST.search(line)]
    if not noted:
        return
    sizes = {count_said(next(filter(None, match.groups()))) for _, line in lines for match in _OF.finditer(line)}
    if len(sizes) != 1:
        return
    people, least = sizes.pop(), subject.policy.min_cell
    found = [(match[1], match[2] or "") for _, line in lines for match in _SHARE.finditer(line)]
    # An axis may have ticks of whole per cent.
    for shares in (found, [one for one in found if one[1]]):
        value = _left(shares, people)
        if 0 < value < least:
            message = _IMPLIED.fill(value=value, people=people, least=least)
            listing.flag("cells.percent", message, mend(subject.policy), where=Where(row=noted[0]), number=value)
            return


def _left(shares: Sequence[tuple[str, str]], people: int) -> int:
    """How many people shares leave that are whole numbers of them all; 0 where rounding may be all that they leave."""
    if not FEWEST <= len(shares) <= MOST:
        return 0
    open_ = [0.5 * 10 ** -len(digits or "") * people / 100 for _, digits in shares]
    counts = [float(share) * people / 100 for share, _ in shares]
    fits = all(abs(count - round(count)) <= doubt + 1e-6 for count, doubt in zip(counts, open_, strict=True))
    left = people - sum(map(round, counts))
    return left if fits and max(open_) < 0.5 and left > sum(open_) else 0
