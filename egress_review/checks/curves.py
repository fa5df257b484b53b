"""Curves of classifiers: on an ROC curve every step is a person, so its heights tell how many there are of a class."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from egress_review.checks.amounts import number_in
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Where
from registry.text import Text

RULES = ("model.classes",)

FEWEST_HEIGHTS, FEWEST_POINTS = 3, 5
"""Different heights between 0 and 1, or points of the curve, from which they tell their denominator."""

_OF_POSITIVES = re.compile(r"tpr|true positive rate|recall|sensitivity|민감도|재현율")
_OF_NEGATIVES = re.compile(
    r"fpr|false positive rate|1\s?-\s?specificity|specificity|tnr|특이도|1\s?-\s?특이도|위양성률"
)

_MESSAGE = Text(
    ko="곡선의 높이가 모두 {value}분의 몇이므로 이 분류는 {value}명입니다. 최소 셀 {least}보다 작습니다.",
    en="All heights of the curve are parts of {value}, so that many are of the class; the smallest cell is {least}.",
)
_MEND = Text(
    ko="곡선을 묶은 임곗값 몇 개로 줄이고 높이를 반올림하거나, AUC만 내십시오.",
    en="Draw the curve at a few thresholds with rounded heights, or publish the AUC only.",
)


def check_curves(subject: Subject, listing: Listing) -> None:
    """Find the smallest number of people of whom all heights are parts."""
    for table, _ in bearable(subject, RULES, listing):
        names = [" ".join(unicodedata.normalize("NFKC", n).lower().replace("_", " ").split()) for n in table.names]
        of = [[i for i, name in enumerate(names) if p.fullmatch(name)] for p in (_OF_POSITIVES, _OF_NEGATIVES)]
        if not all(of):
            continue
        for column in (of[0][0], of[1][0]):
            _check(table, column, subject.policy.min_cell, listing)


def _check(table: Table, column: int, least: int, listing: Listing) -> None:
    heights = [found for cell in table.column(column) if (found := number_in(cell))]
    people = _denominator(heights, least)
    if people:
        where = Where(row=table.numbers[0], column=column + 1)
        listing.flag("model.classes", _MESSAGE.fill(value=people, least=least), _MEND, where=where, number=people)


def _denominator(heights: Sequence[tuple[float, float]], least: int) -> int | None:
    """The smallest number below `least` of which all heights are parts; None where rounding would allow any."""
    inner = {height for height, _ in heights if 0 < height < 1}
    # A program that drops trailing zeros writes all heights as exactly as the longest of them.
    slack = min((slack for _, slack in heights), default=1.0)
    if not heights or any(not 0 <= height <= 1 for height, _ in heights) or slack * least > 0.05 or not inner:
        return None
    for people in range(1, least):
        if all(abs(height * people - round(height * people)) <= slack * people + 1e-9 for height in inner):
            told = len(inner) >= FEWEST_HEIGHTS or len(heights) >= FEWEST_POINTS
            return people if told else None
    return None
