"""What smells of records about single people, without knowing the source: codes that all differ, people singled out."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

from egress_review.checks.areas import are_of_areas
from egress_review.checks.columns import kind_of
from egress_review.checks.explained import check_explained
from egress_review.checks.keyed_people import check_keyed_people
from egress_review.checks.listing import Listing
from egress_review.checks.maps import points_of_people
from egress_review.checks.person_rows import COUNTED, check_person_rows, counts_somebody
from egress_review.checks.single_units import check_single_units
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table, count_said
from egress_review.checks.told_lives import check_told_lives
from egress_review.findings import Where
from egress_review.fingerprint_marks import normal
from registry.text import Text

FEWEST_VALUES = 20
UNIQUE_SHARE = 0.95
"""Values from which a column may be a numbering, and the share of distinct ones, as other output checkers have it."""
LEAST_CODE = 6
"""Characters of a code; shorter ones are labels, ranks and counts."""
MOST_LENGTHS = 3
"""Different lengths that the codes of one numbering have."""
FEWEST_SINGLE = 3
"""Rows of single ages and another mark of a person from which a table is a list of people, however short."""
COMPLETE = 0.75
"""Share of all combinations of single ages and other marks from which a short table is a grid."""
GRID = 0.5
"""Share of all combinations of its labels from which a table is a grid of groups, each of which stands in one row."""

_AGE = re.compile(r"(?:.*[ _])?age(?:[ _]years?|[ _]at .*)?|.*(?:나이|연령)(?:\(세\)|\(만\))?", re.IGNORECASE)
_GROUPED = re.compile(r"mean|median|avg|average|std|sd\b|coef|estimate|평균|중앙|중위|표준|계수|[<>≥≤]", re.IGNORECASE)
_DATED = re.compile(r"(?:19|20)\d{2}(?:\d{2}){0,2}(?:t\d{6})?")
_QUASI = re.compile(
    r"(?:.*[ _])?(?:sex|gender|age|birth(?:date|day|year|month)?"
    r"|birth[ _]month|year of birth|dob|yob|zip|postcode"
    r"|postal(?: ?code)?|region|district|city|town|village|address|occupation|job|education"
    r"|marital(?: ?status)?|nationality|ethnicity|race)"
    r"(?:[ _](?:code|group|years?|at .*|date))?"
    r"|.*(?:성별|나이|연령|생년월일|출생(?:연월|년월|연도|년도)?|"
    r"우편번호|지역|시도|시군구|읍면동|거주지|주소|직업|학력|혼인|국적|인종)(?:코드|구분)?",
    re.IGNORECASE,
)

_DISTINCT = Text(
    ko="값 {number}개가 거의 모두 다른 코드입니다.",
    en="{number} codes stand here, nearly all of them different.",
)
_GROUPS = Text(
    ko="사람이나 건의 번호이면 빼십시오. 아니면 무엇의 코드인지 설명에 적으십시오.",
    en="Leave the column out if it numbers people or cases; otherwise say in the context what it numbers.",
)
_SINGLE = Text(
    ko="{columns} 값의 조합이 한 행에만 있는 경우가 {number}개입니다.",
    en="{number} combinations of {columns} stand in one row only.",
)
_AGGREGATE = Text(
    ko="개인 단위의 행이면 집단별로 집계하고, 집단마다 사람 수를 함께 적으십시오.",
    en="If a row is a person, aggregate to groups, and give the number of people in each.",
)


def check_microdata(subject: Subject, listing: Listing) -> None:
    """Find columns that number people, and rows that single people out."""
    for table in subject.tables:
        _check_codes(table, listing)
        check_person_rows(table, listing)
        check_table(table, listing, f"{subject.name} {subject.said[:MOST_AROUND]}")
    for path, number in points_of_people(subject.json, subject.name) if subject.type == "json" else ():
        listing.flag("table.singular", _PLACED.fill(number=number), _COARSER, where=Where(path=path), number=number)
    check_single_units(subject, listing)
    check_told_lives(subject, listing)
    check_explained(subject, listing)
    check_keyed_people(subject, listing)


MOST_AROUND = 1_500
"""Characters at the beginning of a file in which it is said what the places in it are of."""


def check_table(table: Table, listing: Listing, around: str = "") -> None:
    """Find rows of one table that single people out, by what they are, where they were and when."""
    _check_singled_out(table, listing)
    _check_born(table, listing)
    _check_places(table, listing, around)
    _check_dates(table, listing)


def _check_born(table: Table, listing: Listing) -> None:
    """A short list with the month or day of birth of each: rows that a program printed by the way."""
    rows = len(table.rows)
    if not FEWEST_BORN <= rows < FEWEST_VALUES or counts_somebody(table) or any(map(_GROUPED.search, table.names)):
        return
    for index, name in enumerate(table.names):
        born = _BORN.fullmatch(name.strip()) and all(_MONTH.fullmatch(cell.strip()) for cell in table.column(index))
        if born and len(table.distinct(index)) > rows / 2 and len(table.names) > 2:
            where = Where(row=max(1, table.numbers[0] - 1), column=index + 1)
            message = _SINGLE.fill(columns=name[:200], number=len(table.distinct(index)))
            listing.flag("table.singular", message, _AGGREGATE, where=where, number=len(table.distinct(index)))
            return


FEWEST_BORN = 2
_BORN = re.compile(
    r"(?:.*[ _])?(?:birth(?:[ _]?(?:date|day|month|ym|year))?|date[ _]of[ _]birth|dob|born|b(?:irth)?_?ym)|"
    r"(?:출생|생)(?:연월일?|년월일?|일|월)",
    re.IGNORECASE,
)
_MONTH = re.compile(
    r"(?:19|20)\d\d[-./ 년]?\s?(?:0?[1-9]|1[0-2])월?(?:[-./ ]?\s?(?:0?[1-9]|[12]\d|3[01])일?)?"
    r"|(?:0?[1-9]|[12]\d|3[01])[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:19|20)\d\d"
)


def _check_dates(table: Table, listing: Listing) -> None:
    """Days in no even order beside marks of a person, in a table that counts nobody: each row is of somebody."""
    if counts_somebody(table) or any(map(_GROUPED.search, table.names)):
        return
    if len(table.rows) < FEWEST_SINGLE:
        return
    for index, name in enumerate(table.names):
        if not _DAY.fullmatch(table.rows[0][index].strip() if index < len(table.rows[0]) else ""):
            continue
        days = [match for cell in table.column(index) if (match := _DAY.fullmatch(cell.strip()))]
        if len(days) < len(table.rows) or len({match[0] for match in days}) <= len(days) / 2:
            continue
        marks = [i for i, other in enumerate(table.names) if i != index and _QUASI.fullmatch(other.strip())]
        numbers = [date_of(match) for match in days]
        gaps = {b - a for a, b in pairwise(numbers)}
        if len(gaps) > 1 and (marks or _OF_SOMEBODY.search(name)) and len(table.names) > 1:
            where = Where(row=max(1, table.numbers[0] - 1), column=index + 1)
            listing.flag(
                "table.singular", _DATED_ROWS.fill(number=len(days)), _AGGREGATE, where=where, number=len(days)
            )
            return


def date_of(match: re.Match[str]) -> int:
    """A day as a number that grows by one from day to day within a month, enough to see whether days are even."""
    return (int(match[1]) * 12 + int(match[2])) * 31 + int(match[3])


_DAY = re.compile(r"((?:19|20)\d\d)[-./ ]?(0?[1-9]|1[0-2])[-./ ]?(0?[1-9]|[12]\d|3[01])(?:[ T]\d\d:\d\d(?::\d\d)?)?\.?")
_OF_SOMEBODY = re.compile(
    r"사망|입원|퇴원|진단|수술|내원|발병|출생|전원|응급|birth|death|died|admi|discharge|diagnos|surgery|onset|visit",
    re.IGNORECASE,
)
_DATED_ROWS = Text(
    ko="날짜 {number}개가 행마다 있고 사람의 특성이나 사건이 함께 있습니다: 한 행이 한 사람입니다.",
    en="{number} days stand in rows of their own beside what is told of people: each row is one person.",
)


def _check_places(table: Table, listing: Listing, around: str) -> None:
    """Exact coordinates that differ from row to row, in a table that counts nobody: where single people are."""
    if counts_somebody(table) or len(table.rows) < FEWEST_SINGLE:
        return
    for north, east in pairwise(range(len(table.names))):
        if not (_LATITUDE.fullmatch(table.names[north].strip()) and _LONGITUDE.fullmatch(table.names[east].strip())):
            continue
        pairs = list(zip(table.column(north), table.column(east), strict=True))
        exact = sum(all(map(_EXACT.fullmatch, map(str.strip, pair))) for pair in pairs)
        many = exact >= max(FEWEST_SINGLE, len(pairs) / 2) and len(set(pairs)) > len(pairs) / 2
        if many and not are_of_areas(table, north, east, around):
            where = Where(row=max(1, table.numbers[0] - 1), column=north + 1)
            listing.flag("table.singular", _PLACED.fill(number=exact), _COARSER, where=where, number=exact)


_LATITUDE = re.compile(
    r"(?:.*[ _])?(?:lat|latitude|y|utm_?y|gps_?y)(?:[ _]?(?:coord|좌표))?|.*위도.*|y ?좌표", re.IGNORECASE
)
_LONGITUDE = re.compile(
    r"(?:.*[ _])?(?:lon|lng|long|longitude|x|utm_?x|gps_?x)(?:[ _]?(?:coord|좌표))?|.*경도.*|x ?좌표", re.IGNORECASE
)
_EXACT = re.compile(r"-?(?:[1-9]\d?|1[0-7]\d)\.\d{3,15}")
_PLACED = Text(
    ko="좌표 {number}개가 서로 다른 지점을 가리킵니다: 사람이나 사건의 위치일 수 있습니다.",
    en="{number} pairs of coordinates point at different places, which may be those of single people.",
)
_COARSER = Text(
    ko="좌표 대신 시군구처럼 넓은 지역별로 집계하고 지역마다 사람 수를 적으십시오.",
    en="Aggregate to wide regions instead of coordinates, and give the number of people in each.",
)


def _check_codes(table: Table, listing: Listing) -> None:
    for index, name in enumerate(table.names):
        if kind_of(name) in COUNTED:
            continue
        # A number behind a word, as in "district 12", is a label that people read.
        if any(" " in cell and len(cell.split()) > 1 for cell in table.distinct(index)):
            continue
        if number := _codes(table, index):
            where = Where(row=max(1, table.numbers[0] - 1), column=index + 1)
            listing.flag("table.unique", _DISTINCT.fill(number=number), _GROUPS, where=where, number=number)


def _codes(table: Table, index: int) -> int:
    """How many codes stand in a column of nearly nothing but different ones; 0 for any other column."""
    texts: dict[str, str] = {}
    for cell in table.distinct(index):
        texts[cell] = text = normal(cell)
        # The first word or number that is no code settles it for most columns.
        if text and not _is_code(text):
            return 0
    values = [text for cell in table.column(index) if (text := texts[cell])]
    distinct = set(values)
    if len(values) < FEWEST_VALUES or len(distinct) < UNIQUE_SHARE * len(values):
        return 0
    lengths = Counter(map(len, distinct))
    usual = sum(count for _, count in lengths.most_common(MOST_LENGTHS))
    return len(values) if usual >= UNIQUE_SHARE * len(distinct) else 0


def _is_code(text: str) -> bool:
    return len(text) >= LEAST_CODE and any(map(str.isdigit, text)) and "." not in text and not _DATED.fullmatch(text)


def _check_singled_out(table: Table, listing: Listing) -> None:
    """Combinations of what is known about people that stand once, in a table that counts nobody and is no grid."""
    if counts_somebody(table):
        return
    if FEWEST_SINGLE <= len(table.rows) < FEWEST_VALUES:
        _check_few(table, listing)
    if len(table.rows) < FEWEST_VALUES:
        return
    chosen = [index for index, name in enumerate(table.names) if _QUASI.fullmatch(name.strip())]
    if len(chosen) < 2:
        return
    columns = [[normal(cell) for cell in table.column(index)] for index in chosen]
    combinations = Counter(zip(*columns, strict=True))
    singles = sum(count == 1 for count in combinations.values())
    possible = math.prod(len(set(column)) for column in columns)
    once = len(combinations) == len(table.rows)
    if not singles or (once and len(combinations) >= GRID * possible):
        return
    names = ", ".join(table.names[index] for index in chosen)[:200]
    where = Where(row=max(1, table.numbers[0] - 1), column=chosen[0] + 1)
    message = _SINGLE.fill(columns=names, number=singles)
    listing.flag("table.singular", message, _AGGREGATE, where=where, number=singles)


def _check_few(table: Table, listing: Listing) -> None:
    """A short list of people: single ages, each beside another mark of a person, and no statistic of a group."""
    if any(_GROUPED.search(name) for name in table.names):
        return
    ages = [i for i, name in enumerate(table.names) if _AGE.fullmatch(name.strip()) and _single_years(table, i)]
    marks = [i for i, name in enumerate(table.names) if i not in ages and _QUASI.fullmatch(name.strip())]
    if not ages or not marks:
        _check_jumbled(table, ages, listing)
        return
    rows = list(zip(*(table.column(index) for index in (*ages, *marks)), strict=True))
    singles = sum(count == 1 for count in Counter(rows).values())
    possible = math.prod(len(set(table.column(index))) for index in (*ages, *marks))
    ranked = any(list(table.column(i)) == [str(n) for n in range(1, len(rows) + 1)] for i in range(len(table.names)))
    if singles and (ranked or len(set(rows)) <= COMPLETE * possible or _jumbled(table, ages[0])):
        names = ", ".join(table.names[index] for index in (*ages, *marks))[:200]
        where = Where(row=max(1, table.numbers[0] - 1), column=ages[0] + 1)
        message = _SINGLE.fill(columns=names, number=singles)
        listing.flag("table.singular", message, _AGGREGATE, where=where, number=singles)


def _check_jumbled(table: Table, ages: list[int], listing: Listing) -> None:
    """Single ages in no order, each beside another number: rows of people, as head() and list print them."""
    for index in ages:
        others = [i for i in range(len(table.names)) if i != index and len(set(table.column(i))) > len(table.rows) / 2]
        if not _jumbled(table, index) or not any(map(table.names.__getitem__, others)):
            continue
        message = _SINGLE.fill(columns=table.names[index][:200], number=len(table.rows))
        where = Where(row=max(1, table.numbers[0] - 1), column=index + 1)
        listing.flag("table.singular", message, _AGGREGATE, where=where, number=len(table.rows))
        return


def _jumbled(table: Table, index: int) -> bool:
    """Whether ages neither rise nor fall, nor do so anew for each of a few labels, as those of groups do."""
    ages = [count_said(cell.strip()) for cell in table.column(index)]
    turns = [a < b for a, b in pairwise(ages)]
    breaks = min(turns.count(True), turns.count(False))
    return breaks > 0 and len(set(ages)) > len(ages) / (breaks + 1)


def _single_years(table: Table, index: int) -> bool:
    cells = [cell.strip() for cell in table.column(index)]
    return all(cell.isdecimal() and count_said(cell) <= 120 for cell in cells) and len(set(cells)) > len(cells) / 2
