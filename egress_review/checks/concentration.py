"""Shares of the largest one or two that a table says itself: no evidence is needed to see that they dominate."""

from __future__ import annotations

import re
import unicodedata

from egress_review.checks.amounts import number_in
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

RULES = ("evidence.dominance",)

_LARGEST = re.compile(
    r"(?:상위|top)[ _-]?(?P<n>\d{1,3})(?![\d%])|(?<!\d)(?P<rank>\d{1,3})위|최대 ?(?:기관|업체|기업|병원)"
    r"|\bcr[ _-]?(?P<cr>\d{1,2})\b|\b(?:largest|biggest) (?:share|contributor|firm|company|hospital|provider)",
    re.IGNORECASE,
)
_SHARE = re.compile(r"비중|점유율|비율|구성비|집중도|share|%|\bcr", re.IGNORECASE)
_MESSAGE = Text(
    ko="가장 큰 {n}곳이 합계의 {share}%를 차지합니다(한도 {limit}%).",
    en="The largest {n} make up {share} % of a total; the limit is {limit} %.",
)
_FIX = Text(
    ko="이 집단의 합계를 가리거나 다른 집단과 합치십시오.",
    en="Suppress the total of this group, or merge it with another.",
)


def check_concentration(subject: Subject, listing: Listing) -> None:
    """Hold the shares of the largest to the rule of dominance of the policy."""
    limits = subject.policy
    if limits.dominance_n < 1:
        return
    for table, _ in bearable(subject, RULES, listing):
        for column, name in enumerate(table.names):
            plain = unicodedata.normalize("NFKC", name)
            found = _LARGEST.search(plain) if _SHARE.search(plain) else None
            if not column or found is None:
                continue
            largest = int(found["n"] or found["rank"] or found["cr"] or 1)
            if not 0 < largest <= limits.dominance_n:
                continue
            shares = [number_in(cell.strip().rstrip("% ")) for cell in table.column(column)]
            # Without a sign of per cent, shares of at most one are parts of one.
            scale = 1 if "%" in plain or any(value and value[0] > 1 for value in shares) else 100
            for number, value in zip(table.numbers, shares, strict=True):
                if value and limits.dominance_k <= scale * value[0] <= 100:
                    share = round(scale * value[0])
                    message = _MESSAGE.fill(n=largest, share=share, limit=limits.dominance_k)
                    where = Where(row=number, column=column + 1)
                    listing.flag("evidence.dominance", message, _FIX, where=where, number=share)
