"""What the description promises about the files, in words, held to what stands in them.

"Rounded to the nearest 5" beside a count of 37 is the most common mismatch between words and tables; and a reviewer
who is told neither the population nor how this release relates to the last one cannot judge a difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Severity, Where
from registry.text import Text

RULES = ("request.claim",)
LONGEST = 20_000
"""Characters of a description that are read."""

_WORDS = {"three": 3, "five": 5, "six": 6, "ten": 10, "fifteen": 15, "twenty": 20, "hundred": 100}
_WORDS |= {"hundreds": 100, "thousand": 1_000, "thousands": 1_000, "십": 10, "백": 100, "천": 1_000, "만": 10_000}
_N = rf"(\d{{1,3}},\d{{3}}|\d{{1,4}}|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_MEASURED = (
    r"[\s-]*(?:min|minutes?|hours?|hrs?|h|sec|seconds?|days?|weeks?|months?|years?|yrs?|kg|g|mg|ml|cm|"
    r"mm|m|km|won|krw|"
    r"usd|"
    r"dollars?|euros?|mmhg|points?)\b"
)
"""What is measured, not counted, is rounded to."""
_ROUNDED = (
    re.compile(
        rf"(?<!not )(?<!un)\bround(?:ed|ing)?\b[^.;]{{0,40}}?\b(?:to|base|of)\s+(?:the\s+)?(?:nearest\s+)?"
        rf"(?:multiples?\s+of\s+|base\s+)?{_N}\b(?!\s*(?:decimal|digit|significant|place|%|percent))(?!{_MEASURED})"
    ),
    re.compile(rf"\bnearest\s+{_N}\b(?!\s*(?:decimal|digit|%|percent|neighb))(?!{_MEASURED})"),
    re.compile(
        rf"{_N}\s*(?:(?:명|건|인)\s*)?(?:단위|의\s*배수)(?:로|에서|에\s*맞춰)?\s*(?:모두\s*)?(?:반올림|올림|내림|"
        rf"라운딩)(?!하지|\s*안)"
    ),
    re.compile(rf"반올림\s*(?:[(\[]\s*)?(?:(?:단위|base|기준)\s*)?(?:[:은는]\s*)?{_N}"),
)
THOUSAND = 1_000
SCALED = re.compile(
    r"단위\s?[:：]?\s?\(?[십백]?[천만]|[천만] ?(?:명|건|가구|세대)\)|in (?:thousands|'?000s?)|'000|"
    r"\(000s?\)|\bthousands?\)",
    re.IGNORECASE,
)
"""What says that numbers are of thousands: they are as they should be, and no multiples of a thousand."""
_NEGATED = re.compile(r"\bnot\b|n't\b|\bnever\b")
_MIDPOINT = re.compile(r"midpoint[ -]?(?:6|six)|미드포인트\s*6")
_LEAST = (
    re.compile(
        rf"\b(?:no|without|never)\b[^.;]{{0,30}}\b(?:cells?|counts?|groups?|frequenc\w+|categor\w+|numbers?)\b"
        rf"[^.;]{{0,25}}(?:below|under|less than|smaller than|fewer than|<)\s*{_N}"
    ),
    re.compile(
        rf"\b(?:cells?|counts?|groups?|frequenc\w+|numbers?)\b[^.;]{{0,30}}(?:below|under|less than|smaller than|"
        rf"fewer than|<)\s*{_N}\b[^.;]{{0,40}}(?:suppress|mask|remov|merg|redact|hid|combin|drop|exclud|replac)"
    ),
    re.compile(
        rf"(?:suppress|mask|remov|merg|redact|hid|combin|drop|replac)\w{{0,10}}[^.;]{{0,30}}\b(?:cells?|counts?|"
        rf"groups?)\b"
        rf"[^.;]{{0,20}}(?:below|under|less than|smaller than|fewer than|<)\s*{_N}"
    ),
    re.compile(
        rf"\b(?:only|just)\b[^.;]{{0,20}}\b(?:regions?|areas?|groups?|cells?|categor\w+|units?|"
        rf"schools?|hospitals?|strata)\b"
        rf"[^.;]{{0,12}}(?:at least|>=|≥|or more)\s*{_N}"
    ),
    re.compile(rf"{_N}\s?(?:명|건|인)?\s?이상인?\s*(?:지역|집단|칸|셀|범주|기관|구간)[^.;\n]{{0,8}}(?:만|으로 제한)"),
    re.compile(rf"\bk[- ]?(?:anonym\w*|익명\w*)[^.;\d]{{0,20}}{_N}"),
    re.compile(rf"\bminimum\s+(?:cell|count|group|cell\s+(?:size|count)|frequency)\b[^.;\d]{{0,15}}{_N}"),
    re.compile(
        rf"\b(?:all|every|each)\b[^.;]{{0,20}}\b(?:cells?|counts?|groups?)\b[^.;]{{0,30}}"
        rf"(?:at least|>=|≥|or more)\s*{_N}"
    ),
    re.compile(rf"(?:최소\s*(?:셀|빈도|인원|칸))[^.;\d]{{0,12}}{_N}"),
    re.compile(
        rf"{_N}\s*(?:(?:명|건|인)\s*)?(?:미만|보다\s*(?:작은|적은))[^.;\n]{{0,25}}(?:없|가렸|가리|가림|삭제|마스킹|"
        rf"비공개|"
        r"합쳤|합침|병합|통합|제외|숨|처리|표시|대체)"
    ),
    re.compile(rf"(?:모든|각)\s*(?:셀|칸|집단|수|빈도)[^.;\d]{{0,12}}{_N}\s*(?:(?:명|건|인)\s*)?이상"),
)
_POPULATION = re.compile(
    r"\bn\s*=\s*\d|\d,*\s*(?:명|건|인|가구|세대|people|persons|patients|participants|individuals|records|subjects|"
    r"employees|households|visits|cases|firms|\w{0,40}\s?(?:cohort|sample))|(?:population|cohort|"
    r"sample|모집단|대상자|"
    r"표본)\D{0,40}\d",
)
_RELATION = re.compile(
    r"previous|earlier|prior|last release|first release|first output|supersed|replac|update|unrelated|no release|"
    r"이전|기존|지난|먼저|앞서|처음|최초|갱신|대체|수정본|관련 없|첫 반출",
)

_NOT_ROUNDED = Text(
    ko="설명에는 {base} 단위로 반올림했다고 적혀 있으나 여기의 값은 {value}입니다.",
    en="The description says that counts are rounded to {base}, but {value} stands here.",
)
_TOO_SMALL = Text(
    ko="설명에는 {base}보다 작은 셀이 없다고 적혀 있으나 여기의 값은 {value}입니다.",
    en="The description says that no cell is below {base}, but {value} stands here.",
)
_MEND = Text(
    ko="표를 설명대로 고치거나 설명을 표에 맞게 고치십시오.",
    en="Correct the table as described, or the description.",
)
_WHO = Text(
    ko="설명에 대상자(모집단)와 그 수가 보이지 않습니다.",
    en="The description names no population and no number of people.",
)
_WHO_MEND = Text(
    ko="누구를 몇 명 대상으로 하였는지 적으십시오. 예: 2020년 입원 환자 12,300명.",
    en="Say whom the result is about and how many they are, such as 12,300 inpatients of 2020.",
)
_BEFORE = Text(
    ko="이 과제에서 이미 나간 결과가 있으나 설명에 이전 반출과의 관계가 없습니다.",
    en="The project has released results before, and the description does not say how this one relates to them.",
)
_BEFORE_MEND = Text(
    ko="이전 반출과 대상자나 기간이 어떻게 다른지, 또는 관련이 없음을 적으십시오.",
    en="Say how people and period differ from earlier releases, or that there is no relation.",
)


@dataclass(frozen=True, slots=True)
class Promises:
    """What a description says of the numbers; 0 for nothing."""

    rounded_to: int = 0
    midpoint: bool = False
    least: int = 0


@lru_cache(maxsize=64)
def promises_in(context: str) -> Promises:
    """The promises in a description, in Korean or English."""
    plain = " ".join(context[:LONGEST].lower().split())
    rounded = max((_number(found) for found in _first(_ROUNDED, plain)), default=0)
    least = max((_number(found) for found in _first(_LEAST, plain)), default=0)
    return Promises(rounded if rounded > 1 else 0, _MIDPOINT.search(plain) is not None, least)


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> list[str]:
    found = (match for pattern in patterns if (match := pattern.search(text)))
    return [match[1] for match in found if not _NEGATED.search(text[max(0, match.start() - 25) : match.start()])]


def _number(text: str) -> int:
    return _WORDS[text] if text in _WORDS else int(text.replace(",", ""))


def check_promises(subject: Subject, context: str | None, listing: Listing) -> None:
    """Hold the counts of a file to what the description says of them."""
    promises = promises_in(context or "")
    if promises == Promises() or (promises.rounded_to >= THOUSAND and SCALED.search(subject.said)):
        return
    for _, reading in subject.readings:
        for count in reading.counts:
            where = Where(row=count.row, column=count.column)
            # What was declared as well is held to the declaration, by a rule of its own.
            if (promises.midpoint or subject.claims.rounded_to is None) and breaks(count.value, promises):
                base = 6 if promises.midpoint else promises.rounded_to
                message = _NOT_ROUNDED.fill(base=base, value=count.value)
                listing.flag("request.claim", message, _MEND, where=where, number=count.value)
            if 0 < count.value < promises.least:
                message = _TOO_SMALL.fill(base=promises.least, value=count.value)
                listing.flag("request.claim", message, _MEND, where=where, number=count.value)


def breaks(value: int, promises: Promises) -> bool:
    """Whether a count is not rounded as was promised."""
    if promises.midpoint:
        return value != 0 and value % 6 != 3
    return promises.rounded_to > 1 and value % promises.rounded_to != 0


def check_description(context: str, least: int, listing: Listing, *, has_earlier: bool) -> None:
    """Point out what a description of sufficient length leaves out."""
    if len(context.strip()) < least:
        return
    plain = " ".join(context[:LONGEST].lower().split())
    if not _POPULATION.search(plain):
        listing.flag("request.described", _WHO, _WHO_MEND, severity=Severity.WARN)
    if has_earlier and not _RELATION.search(plain):
        listing.flag("request.described", _BEFORE, _BEFORE_MEND, severity=Severity.WARN)
