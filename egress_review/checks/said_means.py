"""A total and a mean per patient, per firm or per household in one sentence: divided they say how many there are."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from egress_review.checks.listing import Listing
from egress_review.checks.said_rates import check_said_rates
from egress_review.checks.said_totals import SENTENCE
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

RULES = ("cells.implied", "cells.percent")

LONGEST = 2_000
"""Characters of a line that are read."""
SHARP = 0.5
"""Width of what rounding leaves open, from which several numbers of people fit."""

_NUMBER = r"(?<![\d.,])(?P<n>\d{1,3}(?:,\d{3}){1,4}|\d{1,12})(?P<d>\.\d{1,6})?"
_UNIT = r"\s?(?P<unit>[가-힣]{1,8}|[a-z]{2,20})"
_UNIT_KO = r"\s?(?P<unit>[가-힣]{1,8})"
_TOTAL = (
    re.compile(rf"\b(?:total of|total|totall?ing|sum of|altogether|in all)\s{_NUMBER}{_UNIT}", re.IGNORECASE),
    re.compile(
        rf"\b(?:total|sum)(?: [a-z]{{2,20}}){{0,3}} (?:of|was|is|were|came to|amounted to)\s{_NUMBER}{_UNIT}",
        re.IGNORECASE,
    ),
    re.compile(rf"{_NUMBER}{_UNIT} (?:in total|altogether|in all)\b", re.IGNORECASE),
    re.compile(rf"(?:총|합계|모두|도합)[은는이가]?\s?(?:[가-힣]{{1,12}}[은는이가]?\s){{0,2}}{_NUMBER}{_UNIT_KO}"),
)
_OF_ONE = (
    r"(?:patient|person|member|worker|employee|student|pupil|household|family|firm|company|enterprise|establishment|"
    r"plant|farm|hospital|clinic|school|shop|store|borrower|case)"
)
_MEAN = (
    re.compile(
        rf"(?:mean|average|averaging)[^\d\n.;]{{0,30}}{_NUMBER}{_UNIT}\s(?:per|for each|for every)\s{_OF_ONE}\b",
        re.IGNORECASE,
    ),
    re.compile(rf"{_NUMBER}{_UNIT}\s(?:per|for each|for every)\s{_OF_ONE}\b", re.IGNORECASE),
    re.compile(
        r"(?:환자|가구|세대|업체|사업체|기업|회사|공장|농가|병원|기관|학교|점포|학생|차주|1인|한 명|한 곳)\s?당"
        rf"\s?(?:평균[은이]?\s?)?(?:[가-힣]{{1,12}}[은는이가]?\s){{0,2}}{_NUMBER}{_UNIT_KO}"
    ),
)
_SCALE_KO = re.compile(r"(?:조|억|천만|백만|십만|만|천)?[가-힣]")

_PLANNED = re.compile(r"planned|\bwill\b|예정|계획|\bshould\b", re.IGNORECASE)

_DIVIDED = Text(
    ko="문장의 합계를 하나당 평균으로 나누면 {value}(으)로, 최소 셀 {least}보다 작습니다.",
    en="The total of the sentence divided by its mean gives {value}; the smallest cell is {least}.",
)
_MEND = Text(
    ko="합계와 평균 가운데 하나만 남기거나 둘 다 굵게 반올림하십시오.",
    en="Keep the total or the mean, not both, or round both coarsely.",
)

Said = tuple[float, float, str]
"""A number, half of its last place, and what it is of."""


def check_said_means(subject: Subject, listing: Listing) -> None:
    """Divide each total of a sentence by each mean of the same unit that it gives, and multiply rates with years."""
    check_said_rates(subject, listing)
    least = subject.policy.min_cell
    for number, line in enumerate(subject.lines, 1):
        for sentence in SENTENCE.finditer(line[:LONGEST]) if "|" not in line else ():
            means = [] if _PLANNED.search(sentence[0]) else list(_said(_MEAN, sentence[0]))
            totals = [one for one in _said(_TOTAL, sentence[0]) if one not in means] if means else []
            for value in sorted({v for m in means for t in totals if (v := _divided(t, m)) and v < least}):
                message = _DIVIDED.fill(value=value, least=least)
                listing.flag("cells.implied", message, _MEND, where=Where(row=number), number=value)


def _said(patterns: tuple[re.Pattern[str], ...], sentence: str) -> Iterator[Said]:
    for pattern in patterns:
        for match in pattern.finditer(sentence):
            decimals = match["d"] or ""
            unit = _SCALE_KO.match(match["unit"])
            of = unit[0] if unit else match["unit"].lower()[:4]
            yield float(match["n"].replace(",", "") + decimals), 0.5 * 10.0 ** -max(0, len(decimals) - 1), of


def _divided(total: Said, mean: Said) -> int | None:
    """How many people a total and a mean are of; None where they are of different things or it is no whole number."""
    if total[2] != mean[2] or mean[0] <= mean[1] or total[0] <= mean[0]:
        return None
    low, high = (total[0] - total[1]) / (mean[0] + mean[1]), (total[0] + total[1]) / (mean[0] - mean[1])
    first = math.ceil(low - 1e-6)
    return first if first == math.floor(high + 1e-6) and high - low < SHARP else None
