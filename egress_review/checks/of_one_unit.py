"""A dummy variable of one unit in a model: with its coefficient the model gives the value of that one firm."""

from __future__ import annotations

import re

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

LONGEST = 2_000

_DUMMY = re.compile(r"더미|가변수|지시 ?변수|\bdummy\b|\bdummies\b|\bindicator (?:variable|for)\b", re.IGNORECASE)
_ALONE = re.compile(
    r"(?<![\d가-힣.,])(?:1|한)\s?(?:개사|개\s?(?:기업|업체|회사|병원|학교|기관|사업체|공장|점포|농가|관측[치값])"
    r"|건의 관측)"
    r"(?=\s*[).,;:뿐만의의]|\s|$)(?!\s?(?:당|이상|씩|마다|미만|이하))"
    r"|\b(?:only one|a single|one|1) (?:outlying |extreme |named )?"
    r"(?:firm|company|enterprise|plant|establishment|hospital|school|farm|patient|person|household|observation|obs|"
    r"outlier)\b(?=\s*(?:[().,;:]|$|only\b|that\b|which\b|with\b|was\b|is\b))"
    r"|(?:㈜|\(주\)|주식회사 ?)[가-힣]{2,15}",
    re.IGNORECASE,
)
_NO_UNIT = re.compile(
    r"\bone[- ](?:firm|person|plant)[- ]|더미 ?(?:데이터|자료|값|문서)|"
    r"dummy (?:data|text|values?|files?|records?)|여부|소속|협력|계열",
    re.IGNORECASE,
)
"""What a dummy of many is called that speaks of one as well: whether somebody works for that firm."""

_FITTED = Text(
    ko="한 개체만을 위한 더미 변수가 있습니다: 모형이 그 개체의 값을 그대로 맞추므로 계수에서 값이 계산됩니다.",
    en="The model has a dummy variable of one unit: it fits that unit exactly, so its value follows from it.",
)
_MEND = Text(
    ko="그 관측을 빼고 다시 적합하거나 더미를 {least}개 이상의 집단으로 합치고, 이 추정치와 이름은 지우십시오.",
    en="Fit the model without that observation, or merge the dummy into a group of {least} or more, and remove this "
    "estimate and the name.",
)


def check_dummies(subject: Subject, listing: Listing) -> None:
    """Point at each line that says of a dummy variable that it is of one."""
    if subject.type not in ("md", "txt", "csv", "tsv") or not _DUMMY.search(subject.text):
        return
    for number, line in enumerate(subject.lines, 1):
        text = line[:LONGEST]
        if _DUMMY.search(text) and _ALONE.search(text) and not _NO_UNIT.search(text):
            fix = _MEND.fill(least=subject.policy.min_cell)
            listing.flag("model.saturated", _FITTED, fix, where=Where(row=number), number=1)
