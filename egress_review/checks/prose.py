"""Counts in running text: `n = 7` names a count as surely as a column does."""

from __future__ import annotations

import re

from egress_review.checks.cells import judge, mend
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

_NAMED = re.compile(r"(?<![A-Za-z0-9_])[nN]\s*[=:＝]\s*(\d{1,3}(?:,\d{3})+|\d+)(?![\d.,]*\d)")
_PEOPLE = re.compile(
    r"(?<![\d.,])(\d{1,2})\s?(?:명|인의|(?:patients?|people|persons?|participants?|subjects?|individuals?)\b)"
)
_MESSAGE = Text(
    ko="글 속의 사람 수 {value}: 최소 셀 {least}보다 작습니다.",
    en="The text speaks of {value} people; the smallest cell is {least}.",
)


def check_prose(subject: Subject, listing: Listing) -> None:
    """Named counts fail like cells; other mentions of few people are pointed out to the reviewers."""
    for line, text in enumerate(subject.text.splitlines(), 1):
        where = Where(row=line)
        for match in _NAMED.finditer(text):
            judge(int(match[1].replace(",", "")), where, subject.claims, subject.policy, listing)
        for match in _PEOPLE.finditer(text):
            value = int(match[1])
            if 0 < value < subject.policy.min_cell:
                message = _MESSAGE.fill(value=value, least=subject.policy.min_cell)
                listing.flag("cells.unclear", message, mend(subject.policy), where=where, number=value)
