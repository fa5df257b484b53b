"""What a device stamps into the picture of a patient: `KIM S F/67 ID 28104957`, `2025-04-18 09:41`.

One of them alone may stand in any figure; a number that is called an ID, the moment of a recording, an age with a sex
and a birth stand together where somebody was examined. Test objects and made-up pictures say what they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

NEAR, MOST, LONGEST = 4, 200, 200
"""Lines in which a stamp stands, lines that are read, and characters of one."""

_KEY = re.compile(
    r"(?:\b(?:P(?:atient|t)?\.? ?ID|ID|MRN|HN|UHID|Chart ?(?:No\.?)?|Hosp(?:ital)?\.? ?No\.?|"
    r"Acc(?:ession)?\.? ?(?:No\.?|#))|"
    r"(?:등록|환자|차트|병록|병원|수진자) ?번호)\s{0,2}[:#.=]?\s{0,2}[A-Za-z]{0,2}-?\d{6,10}(?!\d)",
)
_OF_OTHERS = re.compile(
    r"(?:job|run|build|session|device|serial|model|task|order|commit|trial|process|product|file)[ _-]?$", re.I
)
_MOMENT = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-./](?:\d\d?|"
    r"[A-Z][a-z]{2})[-./](?:19|20)\d\d)[ ,T]{1,4}(?:[01]?\d|2[0-3])[:;.][0-5]\d"
)
_SEX = re.compile(
    r"(?<![\w/])[MF] ?/ ?\d{1,3}Y?(?![\d/%.])|(?<![\w/.])\d{1,3} ?Y? ?/ ?[MF](?![\w/])|(?<!\w)0\d\dY(?!\w)"
    r"|(?<![\d~-])\d{1,3}세 ?[/,]? ?[남여](?![가-힣]{2})|(?<!\w)[MF],? ?\d{1,3} ?(?:yrs?|years?|Y)\b"
)
_BIRTH = re.compile(
    r"(?:\bD\.?O\.?B\b|\b[Bb]irth(?: ?[Dd]ate)?|생년월일|출생)\.?\s{0,2}[:=]?\s{0,2}"
    r"(?:(?:19|20)\d\d[-./]?\d{1,2}[-./]?\d{1,2}|"
    r"\d{1,2}[-./](?:\d{1,2}|[A-Z][a-z]{2})[-./](?:19|20)\d\d)"
)
_NOBODY = re.compile(r"phantom|simulat|synthetic|\bdemo\b|\bQA\b|test object|팬텀|가상|합성", re.IGNORECASE)

_STAMPED = Text(
    ko="그림에 한 사람의 검사 정보(번호, 나이와 성별, 생년월일, 촬영 시각)가 {number}가지 찍혀 있습니다.",
    en="{number} particulars of the examination of one person are stamped into the picture: number, age and sex, birth "
    "or moment.",
)
_CROP = Text(
    ko="글자가 찍힌 부분을 잘라 내고, 한 사람의 영상이 꼭 필요한지 다시 살피십시오.",
    en="Cut off the part with the words, and ask again whether the picture of one person is needed.",
)


def check_stamped(subject: Subject, listing: Listing) -> None:
    """Flag what was stamped into a picture, among the lines that were read in it."""
    lines = [line[:LONGEST] for line in subject.lines[:MOST] if line.strip()]
    number = max((_particulars(lines[at : at + NEAR]) for at in range(len(lines))), default=0)
    if number and not any(map(_NOBODY.search, lines)):
        listing.flag("identifier.other_id", _STAMPED.fill(number=number), _CROP, where=Where(row=1), number=number)


def _particulars(lines: Sequence[str]) -> int:
    """How many kinds of particulars stand in a few lines; 0 where they are too few to be of one person."""
    said = "\n".join(lines)
    keyed = any(
        not _OF_OTHERS.search(said[max(0, match.start() - 12) : match.start()]) for match in _KEY.finditer(said)
    )
    moment = _MOMENT.search(said) is not None
    person = sum(pattern.search(said) is not None for pattern in (_SEX, _BIRTH))
    return keyed + moment + person if (keyed and (moment or person)) or (moment and person) else 0
