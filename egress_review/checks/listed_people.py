"""People who are told one after another in a line or below each other, each by a number, a day and an age.

A description within a drawing, a note or a caption lists them so: `case 7244054 2020-01-18 age 63; case 9355543 …`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

RULES = ("table.singular",)
FEWEST, LONGEST_PART, MOST_TEXT = 3, 120, 400_000

_PARTS = re.compile(r"[;\n|]|,(?=\s?(?:case|patient|subject|participant|id|환자|대상자|사례)\b)|\s/\s", re.IGNORECASE)
_CODE = re.compile(
    r"(?:(?i:\b(?:case|subj(?:ect)?|participant|pt|id|respondent)|사례|증례)\s?[#:]?\s?[A-Z]{0,4}-?\d{2,12}"
    r"|(?i:\b(?:patient|person|member)|환자|대상자|참여자|번호)\s?[#:]?\s?[A-Z]{0,4}-?\d{4,12}|\b[A-Z]{0,3}\d{6,12}\b)"
    r"(?![\d.,]*\d)(?!\s?(?:명|인|례|건|%))"
)
_DAY = re.compile(
    r"(?<!\d)(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?<!\d)(?:0?[1-9]|[12]\d|3[01])[-./](?:0?[1-9]|1[0-2])[-./](?:19|20)\d\d(?!\d)"
)
_AGE = re.compile(
    r"(?i:\bage[ds]?\s?[:=]?\s?\d{1,3}\b|\b\d{1,3}\s?(?:yrs?|years? old|y/?o)\b)|\b\d{1,3}\s?[MF]\b|"
    r"\b[MF]\s?/?\s?\d{1,3}\b|\d{1,3}\s?(?:세(?!대|기|트| ?이상| ?이하| ?미만| ?초과)|살)|나이\s?[:=]?\s?\d{1,3}"
)
_SEX = re.compile(
    r"(?i:\b(?:male|female|man|woman|boy|girl)\b)|\b[MF]\b|(?<![가-힣])(?:남성?|여성?|남자|여자)(?![가-힣])"
)

_LISTED = Text(
    ko="사람이나 사례 {number}건이 번호, 날짜, 나이로 하나씩 적혀 있습니다.",
    en="{number} people or cases are listed one by one, by number, day or age.",
)
_REMOVE = Text(
    ko="목록을 지우고 집단별 수만 적으십시오. 그림의 설명(desc)과 주석에 남은 것도 지우십시오.",
    en="Remove the list and give counts of groups alone; look in descriptions and comments of figures as well.",
)


def check_listed_people(subject: Subject, listing: Listing) -> None:
    """Flag texts in which at least three parts tell of a person each, by two of a number, a day, an age, a sex."""
    told = list(_told(subject.text[:MOST_TEXT]))
    if len(told) >= FEWEST and len({words for _, words in told}) > len(told) / 2:
        where = Where(row=subject.line_of(told[0][0]))
        listing.flag("table.singular", _LISTED.fill(number=len(told)), _REMOVE, where=where, number=len(told))


def _told(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for part in _PARTS.split(text):
        start = text.find(part, at) if part else at
        at = start + len(part)
        if 8 <= len(part) <= LONGEST_PART and any(map(str.isdigit, part)) and _is_of_somebody(part):
            yield start, part.strip()


def _is_of_somebody(part: str) -> bool:
    """Whether words give a number of somebody with a day, an age or both a sex and an age beside it."""
    if not _CODE.search(part):
        return False
    aged = _AGE.search(part) is not None
    return aged and (_DAY.search(part) is not None or _SEX.search(part) is not None)
