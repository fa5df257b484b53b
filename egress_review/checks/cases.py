"""One person told of in a text: what a few particulars together say of somebody, without a name."""

from __future__ import annotations

import re

from egress_review.checks.listing import Listing
from egress_review.checks.portraits import portraits
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

FEWEST_TOLD = 2
"""Particulars of different kinds, one of them telling, from which a passage is about one person whom others know."""
LONGEST = 4_000
"""Characters of a line that are read."""

_ONE = re.compile(
    r"(?:한|1) ?명(?:은|이|의|을|에게|,|\()|한 (?:사람|여성|남성|환자|참여자|응답자)(?:은|는|이|가|의|,)"
    r"|(?:이|그|해당|어느|동) ?(?:참여자|환자|응답자|대상자|사람|여성|남성|면담자|피험자|증례)(?:은|는|이|가|의|에게|,)"
    r"|(?:참여자|환자|응답자|대상자|면담자|사례|증례) ?(?:[A-Z]|\d{1,3}|[가-하])(?:은|는|이|가|의|,| \(|[.:])"
    r"|\b(?:one|a|an|another|this|the) (?:of the )?(?:\w{1,20} ){0,2}"
    r"(?:participant|patient|respondent|interviewee|informant|woman|man|girl|boy|subject|student|case|person|employee)\b"
    r"|\b(?:participant|patient|respondent|interviewee|case|subject) (?:[A-Z]|\d{1,4})\b|\d{1,3}[- ]year[- ]old"
    r"|\bthe (?:only|sole|oldest|youngest|first|last) (?:\w{1,15} )?"
    r"(?:physician|obstetrician|surgeon|dentist|judge|lawyer|mayor|teacher|professor|pastor|priest|pharmacist|farmer|"
    r"fisherman|veterinarian|midwife|doctor|nurse|man|woman|boy|girl|child|person|resident|employee|widow|twin|survivor)s?\b",
    re.IGNORECASE,
)
_JOBS_KO = (
    "의사|변호사|판사|교사|교수|군수|간호사|목사|스님|이장|소방관|경찰관|약사|수의사|시장(?=[이인으])|의원(?=[이인으])|"
    "검사(?=[이인로])"
)
_JOBS = (
    "physician|obstetrician|surgeon|dentist|judge|lawyer|mayor|teacher|professor|pastor|pharmacist|police officer|"
    "firefighter|veterinarian|midwife|doctor|nurse"
)
_RANGE = r"(?! ?[-–~]| (?:to|and|or)\b)"
"""Not the first of two years or ages."""
_TELLING: tuple[re.Pattern[str], ...] = (
    re.compile(
        r"(?:19|20)\d\d년 ?(?:\d{1,2}월 ?)?(?:\d{1,2}일 ?)?(?:생|출생|에 태어)"
        rf"|\bborn (?:(?:in|on) |(?=\d))(?!between)[^.;]{{0,24}}\b(?:19|20)\d\d{_RANGE}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:유일한|하나뿐인|한 명뿐인) ?(?:[가-힣]{{1,8}} ){{0,2}}[가-힣]{{0,6}}"
        rf"(?:{_JOBS_KO}|사람|여성|남성|환자|생존자|주민|직원)"
        rf"|\b(?:only|sole) (?:\w{{1,20}} ){{0,2}}"
        rf"(?:{_JOBS}|person|woman|man|patient|survivor|resident|employee|case)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![\d~–-])만? ?\d{1,3}세(?! ?(?:이상|이하|미만|초과|[-~–]|에서|부터|까지|군|대))"
        r"|\b\d{1,3}[- ]year[- ]old\b|\baged \d{1,3}\b(?! (?:to|and|or)\b| ?[-–~]| years? (?:and|or|to)\b)",
        re.IGNORECASE,
    ),
)
_BESIDE: tuple[re.Pattern[str], ...] = (
    re.compile(
        r"[가-힣]{1,4}(?:군|읍|면|동|리)(?:의|에|에서|에 사는| 거주| 소재)(?![가-힣])"
        r"|\b(?:in|of|from) [A-Z][a-z]+-(?:gun|eup|myeon|dong|ri)\b"
    ),
    re.compile(
        r"\bborn (?:on )?(?:\d{1,2} [A-Z][a-z]{2,8}|[A-Z][a-z]{2,8} \d{1,2},?) (?:19|20)\d\d|\b(?:was|"
        r"is|aged) \d{2,3}\b and\b"
    ),
    re.compile(
        r"\b(?:lived|lives|living|resid\w+|born|farms?|works?|worked) (?:on|in|at|near) (?:the )?[A-Z][a-z]+"
        r"|\b(?:in|of|on|from) [A-Z][a-z]+(?: (?:Lane|Street|Island|Village|Bay|Valley|Parish))\b"
    ),
    re.compile(
        rf"{_JOBS_KO}|\b(?:{_JOBS}|farmer|fisherman|miner|keeper|captain|priest|shepherd|diver|blacksmith)\b|해녀|어부|광부|농부|선장",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:소득|연봉|급여|월급|자산|매출)[^.\d]{0,12}\d[\d,.]{0,15} ?(?:만|억|천)? ?원"
        r"|\b(?:income|salary|wages?|earns|debts?)\b[^.\d]{0,20}\d[\d,.]{0,15}",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:19|20)\d\d년(?: ?\d{1,2}월)?(?: ?\d{1,2}일)?(?:에)? ?(?:[가-힣]{1,8} ){0,2}"
        r"(?:이혼|사망|입원|수술|퇴원|진단|자살|출산|결혼|해고|체포|유산|입양|이식)"
        r"|\b(?:divorced|died|admitted|diagnosed|operated|married|arrested|dismissed|gave birth|widowed|transplanted)\b"
        r"[^.;]{0,24}(?:19|20)\d\d",
        re.IGNORECASE,
    ),
)
_TOLD = Text(
    ko="한 사람의 이야기로 보이고, 그 사람을 알아볼 수 있는 특징이 {number}가지 있습니다.",
    en="It seems to tell of one person, with {number} particulars by which others may know them.",
)
_GENERAL = Text(
    ko="출생 시기, 나이, 지역, 직업, 금액, 날짜를 지우거나 넓은 범주로 바꾸고, 여러 사람에게 해당하는 내용만 "
    "적으십시오.",
    en="Leave out or widen birth, age, place, occupation, amounts and dates, and say only what holds for several "
    "people.",
)


_SPOKEN = re.compile(
    r"[\"”’」』]\s?(?:,? ?(?:said|told|recalled|explained|reported|"
    r"added) [^.\"\n()]{0,40})?[(\[](?:[^()\[\]]{0,20}[,·/ ])?(?:남|여|남성|여성|남자|여자|male|female|"
    r"man|woman|M|F)\s?[,·/]?\s?"
    r"(?:aged )?(\d{2})(?:세|대| ?years?)?[)\]]"
)
"""Who said what is quoted, by sex and age; of a decade of age there are many."""
FEWEST_OWN = 1
_OWN = re.compile(
    r"(?:19|20)\d\d|유일|쌍둥이|소장|원장|교장|군수|시장|이장|센터장|지점장|\b(?:head|only|chief|"
    r"director|principal|mayor|twins?|captain|founder|the first|the last)\b"
    r"|[가-힣]{1,4}[군읍면동리도](?= |[에의은는이가,.])|\b[A-Z][a-z]+ (?:Island|Village|Township|Hospital)\b"
)


def check_cases(subject: Subject, listing: Listing) -> None:
    """Flag a line that tells of one person what only one person is."""
    before = ""
    for number, line in enumerate(subject.lines, 1):
        said, before = line[:LONGEST], _unended(before, line[:LONGEST])
        if len(said) < 20:
            continue
        spoken = _SPOKEN.search(said)
        if spoken and "대)" not in spoken[0] and (told := len(set(_OWN.findall(said)))) >= FEWEST_OWN:
            number_of = told + 1
            message = _TOLD.fill(number=number_of)
            listing.flag("table.singular", message, _GENERAL, where=Where(row=number), number=number_of)
            continue
        if portrayed := next(portraits(said), 0) or (before != said and next(portraits(before, MOST_CUT), 0)):
            before = ""
            message = _TOLD.fill(number=portrayed)
            listing.flag("table.singular", message, _GENERAL, where=Where(row=number), number=portrayed)
            continue
        if not _ONE.search(said):
            continue
        telling = sum(pattern.search(said) is not None for pattern in _TELLING)
        told = telling + sum(pattern.search(said) is not None for pattern in _BESIDE)
        if telling and told >= FEWEST_TOLD:
            listing.flag("table.singular", _TOLD.fill(number=told), _GENERAL, where=Where(row=number), number=told)


def _unended(before: str, line: str) -> str:
    """A line behind what comes before it where that goes on in it: a sentence that was cut to the width of a page."""
    goes_on = before and not before.rstrip().endswith((".", "다", "”", '"', ":", "|"))
    return f"{before[-LONGEST_BEFORE:]} {line[:LONGEST_BEFORE]}" if goes_on and line.strip() else line


LONGEST_BEFORE, MOST_CUT = 300, 3
