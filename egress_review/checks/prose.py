"""Counts in running text: `n = 7` names a count as surely as a column does."""

from __future__ import annotations

import re

from egress_review.checks.cells import judge, mend
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

_NAMED = re.compile(r"(?<![A-Za-z0-9_])[nN]\s*[=:＝]\s*((?>\d{1,3}(?:,\d{3})+|\d+))(?![\d.,]*\d)")
_PEOPLE = re.compile(
    r"(?<![\d.,])(\d{1,2})\s?(?:명|인의|(?:patients?|people|persons?|participants?|subjects?|individuals?)\b)"
)
_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_KOREAN = ("영", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_FEW = rf"(\d{{1,2}}|{'|'.join(_UNITS[1:])})"
_NOT_OF = (
    r"(?<![\d.,<>≤≥=/-])(?<!than )(?<!least )(?<!most )(?<!under )(?<!below )(?<!minimum )(?<!every )(?<!each )"
    r"(?<!per )"
)
_WHO = r"(?:patients?|participants?|subjects|respondents?|deaths?|women|men|children|deceased)"
_SORT = (
    r"(?:of (?:the|these|our|all) |other |more |further |additional |female |male |adult |older |younger |elderly )?"
)
_NAMED_WHO = (
    re.compile(rf"{_NOT_OF}\b{_FEW} {_SORT}{_WHO}\b(?! (?:or more|per|groups?|each|at least))", re.IGNORECASE),
    re.compile(
        rf"{_NOT_OF}\b{_FEW} (?:people|persons|individuals|users) (?:died|were excluded|had|developed|withdrew)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:환자|대상자|참여자|참가자|피험자|사망자|사망|해당자|응답자|중단자|제외자|여성|남성|사람)(?:은|는|이|가|도|만|수는|\s수는)?\s*"
        rf"(?:(?:모두|총|단|단지|겨우)\s*)?(\d{{1,2}}|{'|'.join(_KOREAN[1:])})\s*명(?!\s*(?:미만|이하|이상|보다|당|마다|초과|단위|씩|중|에서))"
    ),
    re.compile(
        rf"(?<![\d.,가-힣])(\d{{1,2}}|{'|'.join(_KOREAN[1:])})\s*명의?\s*(?:환자|대상자|참여자|참가자|피험자|사망자|응답자|여성|남성)"
    ),
)
"""Few people who are said to be what a study is of: as sure as a cell. A limit, such as "fewer than 5", is none."""

_OF_ALL = (
    re.compile(
        r"(?<![\d.,/])(?P<k>\d{1,4}) ?(?:/|of|out of) ?(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?: ?(?:명|\w{1,40}))? ?"
        r"[(\[,] ?(?P<p>\d{1,3}(?:\.\d+)?) ?%"
    ),
    re.compile(r"(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{1,15})\s*명\s*(?:중|가운데)(?:에서)?\s*(?P<k>\d{1,4})\s*명"),
)
"""A part of a number with its share: 4 of 120 patients (3.3%), 120명 중 4명."""

_MESSAGE = Text(
    ko="글 속의 사람 수 {value}: 최소 셀 {least}보다 작습니다.",
    en="The text speaks of {value} people; the smallest cell is {least}.",
)


def check_prose(subject: Subject, listing: Listing) -> None:
    """Named counts fail like cells; other mentions of few people are pointed out to the reviewers."""
    for line, text in enumerate(subject.lines, 1):
        where = Where(row=line)
        for match in _NAMED.finditer(text):
            judge(int(match[1].replace(",", "")), where, subject.claims, subject.policy, listing)
        told = {match.start(1): _value(match[1]) for pattern in _NAMED_WHO for match in pattern.finditer(text)}
        told |= {match.start("k"): int(match["k"]) for p in _OF_ALL for match in p.finditer(text) if _is_part(match)}
        for value in told.values():
            judge(value, where, subject.claims, subject.policy, listing)
        for match in _PEOPLE.finditer(text):
            value = int(match[1])
            if match.start(1) not in told and 0 < value < subject.policy.min_cell:
                message = _MESSAGE.fill(value=value, least=subject.policy.min_cell)
                listing.flag("cells.unclear", message, mend(subject.policy), where=where, number=value)


def _value(word: str) -> int:
    if word.isdecimal():
        return int(word)
    words = _UNITS if word.isascii() else _KOREAN
    return words.index(word.lower())


def _is_part(match: re.Match[str]) -> bool:
    """Whether the share that is said is that of the part; without one the words say so."""
    part, whole = int(match["k"]), int(match["n"].replace(",", ""))
    share = match.groupdict().get("p")
    if part >= whole:
        return False
    return share is None or abs(100 * part / whole - float(share)) <= 0.5 * 10 ** -len(share.partition(".")[2]) + 1e-6
