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
    re.compile(
        r"(?<![가-힣])(?![가-힣]{0,8}(?:연구|위원|검토|심사|평가|저자|관리|분석자|담당|승인|책임|조사|관찰자|전문가|자문))[가-힣]{2,10}"
        r"(?:은|는|이|가)\s(\d{1,2})\s*명(?=이었|이다|이며|이고|이나|으로|였|에서|뿐|\.|,)"
    ),
    re.compile(
        r"(?<![가-힣])(?![가-힣]{0,8}(?:연구자|검토자|심사자|평가자|저자|관리자|분석자|담당자|승인자|책임자|조사자|관찰자))[가-힣]{1,9}[자군]"
        r"(?:은|는|이|가|도|만)?\s(?:(?:모두|총|단|단지|겨우)\s*)?(\d{1,2})\s*명"
        r"(?!\s*(?:미만|이하|이상|보다|당|마다|초과|단위|씩|중|에서))"
    ),
)
"""Few people who are said to be what a study is of: as sure as a cell. A limit, such as "fewer than 5", is none."""

_SAID = (
    re.compile(
        r"\b(?:patients|participants|subjects|deaths|events|cases|controls|positives|negatives|responders|individuals)\b"
        r"[^.\n\d|,;:=]{0,30}[:=]\s*(\d{1,2})(?![\d.,]*[\d%])",
        re.IGNORECASE,
    ),
    re.compile(r"(?:[가-힣]+(?:환자|대상자|자|군)|환자|사망|결측|제외|탈락|철회)\s?(?:수)?\s*[:=]\s*(\d{1,2})\s*명"),
    re.compile(r"\d{1,3}(?:\.\d+)?\s?%\s?\((?:n\s?=\s?)?(\d{1,3})\)"),
    re.compile(r"(?<![\d.,])(\d{1,3})\s?\(\s{0,3}\d{1,3}\.\d+\s?%\)"),
)
"""A count behind what is counted, or beside its share: `patients after filter: 4`, `1.2% (4)`."""
_UNIT = re.compile(
    r"(?:(?:total|all|in-hospital|30-day|new|excluded) )?(?:patients|participants|subjects|deaths|events|cases|"
    r"readmissions|admissions|responders|persons|people)|(?:총\s?)?(?:환자|대상자|사망자?|참여자|응답자|사례)(?:\s?수)?",
    re.IGNORECASE,
)
"""What a number counts that stands in a line of its own, above or below it."""

_OF_ALL = (
    re.compile(
        r"(?<![\d.,/])(?P<k>\d{1,4}) ?(?:/|of|out of) ?(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?: ?(?:명|\w{1,40}))? ?"
        r"[(\[,] ?(?P<p>\d{1,3}(?:\.\d+)?) ?%"
    ),
    re.compile(
        r"(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{1,15})\s*명(?:의\s?[가-힣]{1,10})?\s*(?:중|가운데)(?:에서)?(?:\s[가-힣\s,·]{0,40}|\s*)(?P<k>\d{1,4})\s*명"
        r"(?!\s*(?:미만|이하|이상|보다|당|마다|초과|단위|씩))"
    ),
    re.compile(
        r"\b[Oo]f (?:the |these |all )?(?P<n>\d{1,3}(?:,\d{3}){1,5}|\d{1,15}) (?:\w{1,20} ){0,2}?"
        r"(?:patients|participants|subjects|people|persons|individuals|women|men|children|respondents),? "
        r"(?P<k>\d{1,4})(?![\d.,]*[\d%])"
    ),
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
        told = {
            match.start(1): _value(match[1]) for pattern in (*_NAMED_WHO, *_SAID) for match in pattern.finditer(text)
        }
        told |= {match.start("k"): int(match["k"]) for p in _OF_ALL for match in p.finditer(text) if _is_part(match)}
        if text.strip().isdecimal() and len(text.strip()) <= 2 and _is_counted(subject.lines, line - 1):
            told[0] = int(text)
        for value in told.values():
            judge(value, where, subject.claims, subject.policy, listing)
        for match in _PEOPLE.finditer(text):
            value = int(match[1])
            if match.start(1) not in told and 0 < value < subject.policy.min_cell:
                message = _MESSAGE.fill(value=value, least=subject.policy.min_cell)
                listing.flag("cells.unclear", message, mend(subject.policy), where=where, number=value)


def check_captions(subject: Subject, listing: Listing) -> None:
    """The lines above and below a delimited table that have no cells are words: `Table 2. Patients (n=4)`."""
    above = subject.text[:CAPTIONS].splitlines()[:MOST_CAPTIONS]
    below = subject.text[-CAPTIONS:].splitlines()[-MOST_CAPTIONS:] if len(subject.text) > CAPTIONS else []
    last = subject.text.count("\n") + (not subject.text.endswith("\n")) if below else 0
    for number, line in [*enumerate(above, 1), *enumerate(below, last - len(below) + 1)]:
        cells = [cell for cell in re.split(r"[,;\t|]", line) if cell.strip(' "')]
        for match in _NAMED.finditer(line) if len(cells) == 1 else ():
            judge(int(match[1].replace(",", "")), Where(row=number), subject.claims, subject.policy, listing)


MOST_CAPTIONS, CAPTIONS = 10, 4_000
"""Lines, and characters, above and below a table that may be words."""


def _is_counted(lines: list[str], at: int) -> bool:
    """Whether the line below a lone number says what it counts, as the tiles of a page do; else the line above."""
    below = lines[at + 1].strip() if at + 1 < len(lines) else ""
    above = lines[at - 1].strip() if at else ""
    return any(_UNIT.fullmatch(said) is not None for said in (below, above))


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
