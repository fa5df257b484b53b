"""Shares that a figure writes on its bars, and the sizes that it writes below them: `12.5%` above `(n=56)`.

As a drawing is read, the labels of an axis stand in their order and those of the bars in theirs. There are as many
shares as sizes, or as many for each part of a stacked bar; all of a part must be whole numbers of their groups.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from egress_review.checks.cells import mend
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import count_said
from egress_review.findings import Where
from registry.text import Text

MOST_LABELS, LONGEST = 200, 80
"""Labels of a figure, and characters of one, that are read."""
MOST_CHANCE = 0.1
"""How likely it may be, by the widths that rounding leaves open, that shares are whole numbers of other groups."""

_SIZE = re.compile(
    r"(?:[^\d=%]{0,40}|[^=%]{0,40}\s)[(\[]?\s?[nN]\s?=\s?(\d{1,3}(?:,\d{3}){1,3}|\d{1,9})\s?(?:명)?[)\]]?"
)
_SHARE = re.compile(r"(\d{1,3}(?:\.(\d{1,4}))?)\s?%")
_BARE = re.compile(r"(\d{1,3}\.(\d{1,4}))")
_PERCENT = re.compile(r"\(\s?%\s?\)|\bper ?cent|percentage|비율|백분율|구성비|\b%")

_IMPLIED = Text(
    ko="그림에 적힌 비율과 집단의 수를 곱하면 {value}명으로, 최소 셀 {least}보다 작습니다.",
    en="A share and the size of its group, both written in the figure, imply a count of {value}; the smallest cell is "
    "{least}.",
)


def check_labelled_shares(subject: Subject, listing: Listing) -> None:
    """Multiply the shares of a figure with the sizes of its groups, in their order."""
    labels = [(number, line.strip()) for number, line in enumerate(subject.lines, 1) if line.strip()]
    sizes = [count_said(m[1]) for _, label in labels if len(label) <= LONGEST and (m := _SIZE.fullmatch(label))]
    if not 0 < len(sizes) <= MOST_LABELS or "%" not in subject.text:
        return
    said = any(_PERCENT.search(label) for _, label in labels if len(label) <= LONGEST)
    for pattern in (_SHARE, _BARE) if said else (_SHARE,):
        found = [(n, m) for n, label in labels if len(label) <= LONGEST and (m := pattern.fullmatch(label))]
        for shares in (found, [one for one in found if one[1][2]]):  # An axis may have ticks of whole per cent.
            if told := list(_few(shares, sizes, subject.policy.min_cell)):
                for line, value in told:
                    message = _IMPLIED.fill(value=value, least=subject.policy.min_cell)
                    listing.flag("cells.percent", message, mend(subject.policy), where=Where(row=line), number=value)
                return


def _few(shares: Sequence[tuple[int, re.Match[str]]], sizes: Sequence[int], least: int) -> Iterator[tuple[int, int]]:
    """Lines and values of the shares that are few people, or leave few, of the groups in the same places."""
    if not shares or len(shares) > MOST_LABELS or len(shares) % len(sizes):
        return
    for start in range(0, len(shares), len(sizes)):
        part = [
            (line, float(m[1]) * of / 100, 0.5 * 10 ** -len(m[2] or "") * of / 100, of)
            for (line, m), of in zip(shares[start : start + len(sizes)], sizes, strict=True)
        ]
        fits = all(people <= of and abs(people - round(people)) <= open_ + 1e-6 for _, people, open_, of in part)
        chance = math.prod(min(1.0, 2 * open_) for _, people, open_, of in part if 0 < people < of)
        for line, people, open_, of in part if fits and chance <= MOST_CHANCE else ():
            small = min(round(people), of - round(people))
            if 0 < small < least <= of and small + open_ < least:
                yield line, small
