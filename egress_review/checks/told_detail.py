"""What words claim of the detail of the tables: ages coded at the top, wide areas or years only, noise in every count.

A claim is held to what the tables of the file show, and to nothing else; what no table speaks of cannot break it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from egress_review.checks.amounts import number_in
from egress_review.checks.claimed import ABOUT, Words, about
from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import whole
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.checks.told_totals import other_total, totals_in
from egress_review.findings import Where
from registry.text import Text

MOST_KEPT, LONGEST_KEPT, DEEPEST = 100, 500, 20
"""Tables of a request, and rows of each, that are kept for a README after them; depth of JSON that is read."""
LONGEST, MOST_ROWS = 20_000, 5_000
"""Characters of what is said, and rows of a table, that are read."""
FEWEST = 2
"""Cells of a finer kind from which a claim is broken; one may be a remark."""

_MAY = re.compile(
    r"\ball\b|every|모두|전체|전원|전부|빠짐없이|시군구|cod(?:ed|ing)|truncat|\bonly\b|noise|perturb|"
    r"jitter|band|grouped|year|month|decimal|percent|whole|combined|merged|"
    r"over|older|above|shown|capped|단위|묶|통합|합쳐|상한|만 |잡음|노이즈|연령대|구간|코딩|교란|로만|까지만|수준"
)
_TOP = (
    re.compile(r"\b(?:top|upper)[- ]?cod(?:ed|ing)\b[^.;\n]{0,30}?\b(?:at|to|from|above)\s+(?:age\s+)?(\d{2,3})\b"),
    re.compile(
        r"\bages?\b[^.;\n]{0,30}?\b(?:above|over|older than|from|of|beyond)\s+(\d{2,3})\b[^.;\n]{0,25}?"
        r"(?:shown|group|combined|merged|recoded|coded|capped|pooled|reported|collapsed)"
    ),
    re.compile(r"\bages?\b[^.;\n]{0,25}?(?:capped|truncated|limited|censored)\s+(?:at|to)\s+(\d{2,3})\b"),
    re.compile(
        r"\b(?:highest|last|oldest|top)\s+(?:age\s+)?(?:band|group|category|class)\b[^.;\n]{0,15}?\b(\d{2,3})\s*"
        r"(?:\+|(?:and|or|years and) (?:over|older|above|more))"
    ),
    re.compile(
        r"(\d{2,3})\s*세\s*(?:이상|초과)[^.;\n]{0,20}?(?:묶|통합|합쳤|합침|합쳐|합하|하나의|하나로|"
        r"한 범주|상한|탑\s?코딩|절사)"
    ),
    re.compile(r"(\d{2,3})\s*세(?:로|에서|를)?\s*(?:상한|탑\s?코딩|상위\s?코딩|절단|절사)"),
    re.compile(r"(?:나이|연령)[^.;\n]{0,20}?(?:상한|탑\s?코딩|상위\s?코딩)[^.;\n\d]{0,12}?(\d{2,3})"),
)
_WIDE = re.compile(
    r"\b(?:provinc(?:es?|ial)|states?|regions?|regional)(?:[- ]levels?)?\b[^.;\n]{0,25}?\bonly\b"
    r"|\bonly\b[^.;\n]{0,25}?\b(?:provinc(?:es?|ial)|states?|regional)\b|\bno (?:lower|finer|"
    r"smaller) (?:geographic\w* )?(?:level|area|unit)"
    r"|(?:시[·/]?도|광역(?:시도)?)\s*(?:단위|수준|별)?\s*(?:(?:집계|자료|결과|통계|값|표|수치|"
    r"현황)\s?)?(?:로만|까지만|만\b|만\s|로 (?:제한|한정|통합))"
    r"|시[·/]?군[·/]?구\s?(?:이하|미만)[^.;\n]{0,25}(?:없|않|제외|삭제)"
)
_DISTRICTS = re.compile(
    r"(?:시[·/]?군[·/]?구)\s*(?:단위|수준|별)?\s*(?:로만|까지만|만\b|만\s)|\b(?:district|county) level only\b"
)
_OF_PLACE = re.compile(
    r"region|area|place|district|location|geograph|address|municipal|residen|town|village|ward|"
    r"neighbo|parish|지역|거주|주소|"
    r"행정|시군구|읍면동|소재|동네|관할",
    re.IGNORECASE,
)
_FINE_HEAD = re.compile(
    r"zip|post(?:al)?[ _]?code|tract|block|parish|neighbo|village|우편번호|읍면동|법정동|행정동", re.IGNORECASE
)
_FINE = re.compile(
    r"^(?:[가-힣]{1,9} )?[가-힣]{2,7}(?:구|군|읍|면|동|리)$|-(?:si|gun|gu|dong|eup|myeon|ri)\b|"
    r"\b(?:ward|parish|tract|village|borough|neighbou?rhood)\b",
    re.IGNORECASE,
)
_FINEST = re.compile(r"[가-힣0-9](?:읍|면|동|리)$|-(?:dong|eup|myeon|ri)\b|\b(?:ward|village|tract)\b", re.IGNORECASE)
_BY_TIME = re.compile(
    r"\b(?:calendar )?(?P<year>years?)(?: and (?:month|quarter)s?)? only\b|\bonly (?:the |by )?(?P<only>years?)\b"
    r"|\b(?P<month>months?|quarters?) only\b|\bonly (?:the )?(?:month|quarter)s?\b"
    r"|\bdates?\b[^.;\n]{0,30}?(?:coarsened|reduced|truncated|generali[sz]ed|rounded|aggregated|shown|"
    r"given|reported|grouped)"
    r"[^.;\n]{0,15}?\b(?:to|by|as)\s+(?:the\s+|calendar\s+)?(?:(?P<to>years?)|months?|quarters?)\b"
    r"|(?:날짜|일자|시점)[^.;\n]{0,20}?(?:(?P<ko>연도?|년)|월|분기)\s*(?:단위|만|로만|까지만)"
)
_DAY = re.compile(r"(?:19|20)\d\d[-./]\s?(?:0?[1-9]|1[0-2])[-./]\s?(?:0?[1-9]|[12]\d|3[01])\.?(?:[ T].*)?")
_MONTH = re.compile(r"(?:19|20)\d\d[-./](?:0[1-9]|1[0-2])")
_AGES = re.compile(
    r"\bages?\b[^.;\n]{0,40}?\b(?:bands?|groups?|categories|intervals?)\b[^.;\n]{0,12}?\bonly\b"
    r"|\bages?\b[^.;\n]{0,20}?\b(?:grouped|banded|given|shown|reported|recoded|collapsed|presented)\b[^.;\n]{0,20}?"
    r"\b(?:bands?|(?:five|ten|5|10)[- ]year (?:bands?|groups?|categories|intervals?))"
    r"|(?:나이|연령)[^.;\n]{0,15}?(?:연령대|구간|5세|10세)\s*(?:단위)?(?:로만|만|로 (?:묶|범주|구분|제시|표시))"
)
_INCOMES = re.compile(
    r"\b(?:incomes?|wages?|salar(?:y|ies)|earnings)\b[^.;\n]{0,40}?\b(?:quintiles?|quartiles?|"
    r"deciles?|bands?|groups?|"
    r"categories)\b[^.;\n]{0,10}?\bonly\b|(?:소득|임금|급여)[^.;\n]{0,20}?(?:분위|구간)(?:로만|만)"
)
_OF_AGE = re.compile(r"(?:^|[ _])ages?(?:$|[ _])|나이|연령", re.IGNORECASE)
_OF_INCOME = re.compile(r"income|wage|salary|earnings|소득|임금|급여", re.IGNORECASE)
_OF_GROUPS = re.compile(
    r"mean|median|avg|average|\bsd\b|std|\bse\b|coef|\bq[13]\b|p\d\d|평균|중앙|중위|표준|adjusted|"
    r"보정|group|band|구간|대$",
    re.I,
)
_NOISE = re.compile(
    r"(?=[^.;\n]{0,160}?(?:noise|perturb|잡음|노이즈|교란|섭동))(?=[^.;\n]{0,160}?(?:\b(?:every|each|"
    r"all)\b|모든|각 |전체))"
)
_PERCENTS = re.compile(
    r"\b(?:percentages?|percents?|shares|proportions|rates)\b[^.;\n]{0,30}?\brounded\b[^.;\n]{0,15}?"
    r"(?:(?P<whole>whole|integers?|nearest percent|full percent)|(?P<n>one|two|1|2) decimal)"
    r"|(?:비율|백분율|퍼센트)[^.;\n]{0,15}?(?P<ko>정수)(?:로|까지)[^.;\n]{0,10}?반올림"
)
_BAND = re.compile(
    r"\s*(?:aged? )?(\d{1,3})(?:\s*세)?(?:\s*(?:[-–—~∼]|to)\s*(\d{1,3}))?(?:\s*세)?.{0,12}", re.IGNORECASE
)

_BROKEN_TOP = Text(
    ko="글에는 나이를 {value}세에서 묶었다고 적혀 있으나 그보다 높은 나이가 따로 있습니다.",
    en="The words say that ages are coded at {value} at the top, but higher ages stand here by themselves.",
)
_BROKEN_WIDE = Text(
    ko="글에 적힌 것보다 좁은 지역이 {value}개 있습니다.",
    en="{value} areas stand here that are smaller than the words say.",
)
_BROKEN_TIME = Text(
    ko="글에 적힌 것보다 자세한 날짜가 {value}개 있습니다.",
    en="{value} dates stand here that are more exact than the words say.",
)
_BROKEN_GROUPS = Text(
    ko="글에는 구간으로만 보인다고 적혀 있으나 낱낱의 값이 {value}개 있습니다.",
    en="The words say that only groups are shown, but {value} single values stand here.",
)
_BROKEN_NOISE = Text(
    ko="글에는 모든 수에 잡음을 더했다고 적혀 있으나 합계 {value}개가 한 치도 어긋나지 않습니다.",
    en="The words say that noise was added to every count, but {value} totals add up to the last unit.",
)
_BROKEN_PLACES = Text(
    ko="글에 적힌 자릿수보다 자세한 비율이 {value}개 있습니다.",
    en="{value} percentages stand here with more decimal places than the words say.",
)
_BROKEN_TOTAL = Text(
    ko="글에 적힌 대상 전체의 수와 다르게 표의 합계는 {value}입니다.",
    en="The table comes to {value}, which is not the number of all that the words say it covers.",
)
_MEND = Text(
    ko="표를 글대로 고치거나 글을 표에 맞게 고치십시오.",
    en="Correct the table as the words say, or correct the words.",
)

Broken = Iterator[tuple[Where, Text, int]]


@dataclass(frozen=True, slots=True)
class _Detail:
    """A claim, and how it is held to one table."""

    hold: Callable[[Table], Broken]


def check_detail(subject: Subject, context: str | None, name: str, request: Words, listing: Listing) -> None:
    """Hold the tables of a file to what its words, the description and files about others claim of their detail."""
    own = f"{subject.said[:LONGEST]}\n{(context or '')[:LONGEST]}".lower()
    _hold("\n".join([own, *(about(text, name) for text in request.about)]), subject.tables, subject, listing)
    if subject.type in ("md", "txt") and ABOUT.search(name):
        for other, table in request.tables:
            _hold(about(own, other), [table], subject, listing, above=True)
        request.about.append(own)
    elif len(request.tables) < MOST_KEPT:
        request.tables += [(name, table) for table in subject.tables if len(table.rows) <= LONGEST_KEPT]


def _hold(said: str, tables: Sequence[Table], subject: Subject, listing: Listing, *, above: bool = False) -> None:
    """Hold tables to a text; `above` says that they are of files before this one, so that no place can be named."""
    if not _MAY.search(said):
        return
    claims = list(_claims(said))
    for table in tables if claims else ():
        if len(table.rows) <= MOST_ROWS:
            for claim in claims:
                for where, message, value in claim.hold(table):
                    place = Where() if above else where
                    listing.flag("request.claim", message.fill(value=value), _MEND, where=place, number=value)
    percents = _PERCENTS.search(said) if subject.type == "json" and not above else None
    if percents and (finer := sum(1 for _ in _finer_in(subject.json, _places(percents)))) >= FEWEST:
        listing.flag("request.claim", _BROKEN_PLACES.fill(value=finer), _MEND, number=finer)


def _claims(said: str) -> Iterator[_Detail]:
    tops = [int(match[1]) for pattern in _TOP for match in pattern.finditer(said)]
    if tops:
        yield _Detail(lambda table: _above(table, max(tops)))
    if _WIDE.search(said) or _DISTRICTS.search(said):
        fine = _FINE if _WIDE.search(said) else _FINEST
        yield _Detail(lambda table: _finer(table, fine))
    if found := _BY_TIME.search(said):
        years = any(found[name] for name in ("year", "only", "to", "ko"))
        yield _Detail(lambda table: _dated(table, years=years))
    if _AGES.search(said):
        yield _Detail(lambda table: _single(table, _OF_AGE, 20, 120))
    if _INCOMES.search(said):
        yield _Detail(lambda table: _single(table, _OF_INCOME, 10_000, 10**12))
    if _NOISE.search(said):
        yield _Detail(_even)
    if percents := _PERCENTS.search(said):
        places = _places(percents)
        yield _Detail(lambda table: _placed(table, places))
    for who, number in totals_in(said):
        yield _Detail(partial(_all_of, who=who, number=number))


def _all_of(table: Table, *, who: str, number: int) -> Broken:
    for where, total in other_total(table, who, number):
        yield where, _BROKEN_TOTAL, total


def _places(percents: re.Match[str]) -> int:
    return {"one": 1, "1": 1, "two": 2, "2": 2}.get(percents["n"] or "", 0)


def _finer_in(value: Any, places: int, of_shares: bool = False, depth: int = 0) -> Iterator[float]:
    """Decimal numbers of JSON below a key that is called a share, with more places than the words say."""
    if isinstance(value, dict) and depth < DEEPEST:
        for key, inner in value.items():
            yield from _finer_in(inner, places, kind_of(str(key)) is Kind.PERCENT or of_shares, depth + 1)
    elif isinstance(value, list) and depth < DEEPEST:
        for inner in value:
            yield from _finer_in(inner, places, of_shares, depth + 1)
    elif (
        isinstance(value, float) and of_shares and value > 1 and len(repr(value).partition(".")[2].rstrip("0")) > places
    ):
        yield value


def _above(table: Table, top: int) -> Broken:
    for index, name in enumerate(table.names):
        if not _OF_AGE.search(name.strip()) or kind_of(name) in (Kind.STATISTIC, Kind.COUNT, Kind.PERCENT):
            continue
        for number, cell in zip(table.numbers, table.column(index), strict=True):
            band = _BAND.fullmatch(cell)
            if band and "." not in cell and top <= int(band[2] or band[1]) <= 130 and _is_above(band, top):
                yield Where(row=number, column=index + 1), _BROKEN_TOP, top


def _is_above(band: re.Match[str], top: int) -> bool:
    low, high = int(band[1]), int(band[2] or 0)
    return low > top or (low == top and high > top)


def _finer(table: Table, fine: re.Pattern[str]) -> Broken:
    for index, name in enumerate(table.names):
        cells = {cell.strip() for cell in table.distinct(index)}
        told = {cell for cell in cells if len(cell) > FEWEST and fine.search(cell) and not is_total(cell)}
        of_place = _OF_PLACE.search(name) is not None or all("-" in cell for cell in told)
        if _FINE_HEAD.search(name) or (of_place and len(told) >= FEWEST):
            yield Where(row=max(1, table.numbers[0] - 1), column=index + 1), _BROKEN_WIDE, len(told) or len(cells)


def _dated(table: Table, *, years: bool) -> Broken:
    for index in range(len(table.names)):
        exact = [
            c for cell in table.distinct(index) if _DAY.fullmatch(c := cell.strip()) or (years and _MONTH.fullmatch(c))
        ]
        if len(exact) >= FEWEST:
            yield Where(row=max(1, table.numbers[0] - 1), column=index + 1), _BROKEN_TIME, len(exact)


def _single(table: Table, heading: re.Pattern[str], least: int, most: int) -> Broken:
    """Columns of single values where only groups should stand."""
    for index, name in enumerate(table.names):
        if not heading.search(name.strip()) or _OF_GROUPS.search(name):
            continue
        values = {value for cell in table.distinct(index) if (value := whole(cell)) is not None}
        single = {value for value in values if value <= most and (value < 1_000 or value % 1_000)}
        if len(single) > FEWEST and max(single) >= least and 2 * len(single) > len(table.distinct(index)):
            yield Where(row=max(1, table.numbers[0] - 1), column=index + 1), _BROKEN_GROUPS, len(single)


def _even(table: Table) -> Broken:
    """Totals that add up exactly: of counts to each of which noise was added, hardly one does."""
    if len(table.rows) <= FEWEST or not is_total(table.rows[-1][0] if table.rows[-1] else ""):
        return
    exact = 0
    for index in range(1, len(table.names)):
        values = [whole(cell) for cell in table.column(index)]
        numbers = [value for value in values if value is not None]
        if len(numbers) == len(values) and numbers[-1] > 0 and sum(numbers[:-1]) == numbers[-1]:
            exact += 1
    if exact >= FEWEST:
        yield Where(row=table.numbers[-1]), _BROKEN_NOISE, exact


def _placed(table: Table, places: int) -> Broken:
    for index, name in enumerate(table.names):
        if kind_of(name) is not Kind.PERCENT:
            continue
        finer = [
            c
            for cell in table.column(index)
            if len((c := cell.strip().rstrip("%")).partition(".")[2]) > places and number_in(c)
        ]
        if len(finer) >= FEWEST:
            yield Where(row=max(1, table.numbers[0] - 1), column=index + 1), _BROKEN_PLACES, len(finer)
