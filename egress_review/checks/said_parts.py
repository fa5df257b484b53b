"""Few people that a sentence tells in words: a part of a small number of them, and Korean numbers with what they count.

`One in twelve of the 36 pupils` are three, `학생 36명의 12분의 1` as well. Where the part comes to no whole number it
is a rough one, and tells nobody. `세 명이 신고하였다` is a count; who reviewed or measured is none of those studied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from egress_review.checks.cells import judge
from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.listing import Listing
from egress_review.checks.number_words import ENGLISH, KOREAN, number_of
from egress_review.checks.people_words import is_of_people
from egress_review.checks.subject import Subject
from egress_review.checks.tables import count_said
from egress_review.findings import Where

RULES = ("cells.small",)

LONGEST = 2_000
"""Characters of a line that are read."""

_ENGLISH = (
    *ENGLISH,
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"),
    *("sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_TENS = {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100}
_WORDS = {word: at for at, word in enumerate(_ENGLISH, 1)} | _TENS | {"a": 1, "an": 1}
_ORDINALS = {
    "half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "twelfth": 12, "fifteenth": 15, "twentieth": 20,
}  # fmt: skip
_SINO = {
    "일": 1,
    "이": 2,
    "삼": 3,
    "사": 4,
    "오": 5,
    "육": 6,
    "칠": 7,
    "팔": 8,
    "구": 9,
    "십": 10,
    "십이": 12,
    "십오": 15,
    "이십": 20,
}
_NUMBER = rf"(?:\d{{1,3}}|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_PART = (
    rf"(?:(?P<a>{_NUMBER}) (?:in|out of)(?: every| each)? (?P<b>{_NUMBER})|"
    rf"(?:(?P<c>{_NUMBER})[ -])?(?P<d>{'|'.join(_ORDINALS)})s?|(?P<p>{_NUMBER}) per ?cent)"
)
_BASE = r"(?P<n>\d{1,3}(?:,\d{3}){1,3}|\d{1,7})"
_WHOSE = r"(?:the |these |those |our |all |its )*"
_OF_BASE = (
    re.compile(rf"\b{_PART} (?:of|among) {_WHOSE}{_BASE} (?P<who>[a-z-]+(?: [a-z-]+){{0,2}})", re.IGNORECASE),
    re.compile(
        rf"\b(?:of|among|in) {_WHOSE}{_BASE} (?P<who>[a-z-]+(?: [a-z-]+){{0,2}}),? (?:(?:[a-z-]+ ){{1,6}}?, )?"
        rf"(?:only |just )?{_PART}\b(?! (?:point|more|less|higher|lower))",
        re.IGNORECASE,
    ),
)
_ABOUT = re.compile(
    r"(?:about|around|roughly|nearly|almost|approximately|over|under|more than|less than|up to) $", re.IGNORECASE
)
_NO_PEOPLE = frozenset(
    ("observations", "obs", "records", "counts", "count", "frequencies", "samples", "n", "len", "visits", "size")
)
_OF_BASE_KO = re.compile(
    r"(?<![\d.,])(?P<n>\d{1,3}(?:,\d{3}){1,3}|\d{1,7})\s?(?:명|인|가구|세대|건)\s?(?:의|중|가운데)(?:에서)?\s"
    r"(?P<between>[^.\n\d]{0,30}?)"
    rf"(?:(?P<d>\d{{1,3}}|{'|'.join(sorted(_SINO, key=len, reverse=True))})\s?분의\s?(?P<c>\d{{1,2}}|"
    rf"[일이삼사오육칠팔구])|"
    r"(?P<b>\d{1,3}|두|세|네|다섯|여섯|일곱|여덟|아홉|열)\s?(?:명|가구|건)?\s?(?:중|에|당)\s(?P<a>\d|"
    r"한|두|세|하나|둘)\s?(?:명|가구|건)?\s?꼴|"
    r"(?P<half>절반))"
)
_ROUGH_KO = re.compile(r"약 ?$|대략 ?$|거의 ?$")

_FEW = rf"(?<![\d.,가-힣])(?<!중 )(?<!가운데 )(?<!중에서 )(?<!가운데서 )(?P<few>\d|{'|'.join(KOREAN)})\s?"
_AFTER = (
    r"(?!\s?(?:미만|이하|이상|보다|당|마다|초과|단위|씩|중|가운데|에\s|꼴|정도|내외|안팎|으로 구성|"
    r"도 없|도 빠짐|의 (?:연구|위원|전문|"
    r"검토|심사|평가|저자|분석|조사|코더|간호|의사|면접|감독|관리|자문|담당)))"
)
_COUNTED_KO = (
    re.compile(rf"{_FEW}(?:명|사람|가구|세대|농가|쌍){_AFTER}(?=[이가은는을를도만뿐였,.)\s]|$)"),
    re.compile(rf"{_FEW}분(?=이|은|께서)"),
)
_ONE_KO = re.compile(
    r"\s?(?:명|사람|가구|세대|쌍|건|분)(?:이었|이다|였|뿐|만|[이가] (?:\S{1,8} )?(?:사망|숨|확진|발생|"
    r"신고|발병|자살))"
)
"""What follows one of somebody who is counted; a rule speaks of one person as well."""
_EVENTS_KO = re.compile(
    rf"{_FEW}(?:건|개소|개교|개 ?(?:업체|기업|사업체|병원|학교|시설)){_AFTER}(?=[이가은는을를도만뿐의였,.)\s]|$)"
)
_TOLD_KO = re.compile(
    r"신고|발생|사망|숨졌|확진|감염|입원|피해|탈락|중단|해당|뿐|불과|그쳤|보고되|나타났|있었|남았|"
    r"거주|응답|경험|진단|퇴학|해고|자살|"
    r"체포|구속|검거|적발|위반|이용하|수급|신청하|부상|재발|실직|이탈|(?:명|사람|가구|세대|건|"
    r"쌍)(?:이었|이다|였|에 그)|모두 .{0,10}(?:남성|여성|대)"
)
_BEFELL_KO = re.compile(
    r"(?:사망|사고|신고|피해)(?!율|률)|이상 ?반응|감염|화재|폭행|자살|학대|위반|적발|폐업|부도|체납|"
    r"부적합|범죄|범행|추락|익사"
)
_NOT_STUDIED_KO = re.compile(
    r"연구[자원진보팀]|위원|검토|심사|평가자|저자|관리자|분석[자가]|담당|승인|조사원|면접원|조사자|"
    r"관찰자|전문가|자문|코더|코딩|판독|추출|"
    r"측정자|교사 한|독립적|합의|서명|교차|훈련|자녀|가구원|식구|형제|구성원|최소 |적어도 |기준|경우|"
    r"원칙|규칙|비공개|가렸|가림|마스킹|"
    r"예를 들|예시|가정하|만약|표시하|반올림|공저|감사|근무|배치|질문|문항|논문|문헌|선행연구|파일|이전 반출|표는"
)


def check_said_parts(subject: Subject, listing: Listing) -> None:
    """Hold what sentences tell of few people in words to the smallest cell."""
    least = subject.policy.min_cell
    for number, line in enumerate(subject.lines, 1):
        text = line[:LONGEST]
        found = [*_parts(text), *_counted(text)] if not text.lstrip().startswith("|") else []
        for value in sorted({value for value in found if 0 < value < least}):
            judge(value, Where(row=number), subject.claims, subject.policy, listing)


def _parts(text: str) -> Iterator[int]:
    """How many people the parts of a number of them are that a line tells, where these are whole."""
    for pattern in _OF_BASE:
        for match in pattern.finditer(text):
            people = any(_is_people(word) for word in match["who"].lower().split())
            rough = _ABOUT.search(text[max(0, match.start() - 20) : match.start()])
            if people and not rough and (value := _whole(count_said(match["n"]), _share(match))):
                yield value
    for match in _OF_BASE_KO.finditer(text):
        if not _ROUGH_KO.search(match["between"]) and (value := _whole(count_said(match["n"]), _share_ko(match))):
            yield value


def _is_people(word: str) -> bool:
    return word not in _NO_PEOPLE and (kind_of(word) is Kind.COUNT or is_of_people(word))


def _whole(people: int, share: Fraction) -> int | None:
    part = people * share
    return int(part) if 0 < share < 1 and part.denominator == 1 else None


def _share(match: re.Match[str]) -> Fraction:
    if match["p"]:
        return Fraction(_said(match["p"]), 100)
    if match["d"]:
        return Fraction(_said(match["c"] or "a"), _ORDINALS[match["d"].lower()])
    return Fraction(_said(match["a"]), max(1, _said(match["b"])))


def _said(word: str) -> int:
    return int(word) if word.isdecimal() else _WORDS[word.lower()]


def _share_ko(match: re.Match[str]) -> Fraction:
    if match["half"]:
        return Fraction(1, 2)
    if match["d"]:
        return Fraction(_said_ko(match["c"]), max(1, _said_ko(match["d"])))
    return Fraction(_said_ko(match["a"]), max(1, _said_ko(match["b"])))


def _said_ko(word: str) -> int:
    if word in _SINO:
        return _SINO[word]
    others = {"하나": 1, "둘": 2, "열": 10}
    return others[word] if word in others else number_of(word)


def _counted(text: str) -> Iterator[int]:
    """The numbers of people or of what befell them that a line of Korean tells as a result."""
    if not re.search("[가-힣]", text):
        return
    for sentence in re.split(r"(?<=[다음임])\.\s|(?<=다)\.$|[!?]\s", text):
        if _NOT_STUDIED_KO.search(sentence):
            continue
        if _TOLD_KO.search(sentence):
            yield from (_few(m, sentence) for pattern in _COUNTED_KO for m in pattern.finditer(sentence))
        if _BEFELL_KO.search(sentence):
            yield from (_few(m, sentence) for m in _EVENTS_KO.finditer(sentence))


def _few(match: re.Match[str], sentence: str) -> int:
    """The number that is told; 0 for one that is hardly counted."""
    value = number_of(match["few"])
    return 0 if value == 1 and not _ONE_KO.match(sentence, match.end("few")) else value
