"""What names the rows of a table: words, codes of areas, ages and times whose combinations never repeat, on a grid.

A number beside such names is told of what they name: `household_number` beside 25 districts counts their households,
and `qid` beside 25 questions numbers them. A number of units beside nothing else that names its row is the row's key.
"""

from __future__ import annotations

import datetime
import math
import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from itertools import pairwise

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.person_rows import COUNTED, MOST_ROWS
from egress_review.checks.tables import LONGEST_NUMBER, Table

GRID, COMPLETE, FEW = 0.5, 0.75, 20
"""Share of all combinations of names from which rows are groups, of a few rows too: of people most are missing."""
EVEN = 1.25
"""How many times the smallest step between ages or times their largest is at most where a table has each in turn."""
LEAST_COUNT = 10
"""What half of the counts of groups are at least; the sizes of households and visits of one person are smaller."""
LONGEST_NAME, LONGEST_QUESTION = 40, 400
"""Letters of the name of a thing, and of a question, at most on average; longer words are what somebody wrote."""

_PEOPLE_TOO = re.compile(r"[phrs]_?ids?|serial(?:_?no)?", re.IGNORECASE)
"""Names that number people and firms, and products, stations or regions as often."""
_THINGS_TOO = re.compile(r"q_?ids?|(?:account|acct|business|biz|corp|comp|ent|enterprise|farm)_?code", re.IGNORECASE)
"""Names that number questions, kinds of accounts or businesses more often than those whom a survey asked."""
_OF_SOMEBODY = re.compile(
    r"(?:.*[ _])?(?:dob|birth.*|born|age|sex|gender|ethnicity|nino|nhs.*|diagnosis|admi\w*|smoker|wave)|"
    r".*(?:생년월일|출생|나이|연령|성별|차수)",
    re.IGNORECASE,
)
_OF_SOMEBODY_TOO = re.compile(
    r"(?:.*[ _])?(?:dx|disease|illness|condition|income|visit|salary|occupation)|.*(?:상병|질병|진단|질환|소득|방문)",
    re.IGNORECASE,
)
"""What is told of a person beside a number that may be a person's."""
_OF_ONE = re.compile(
    r"(?:(?:first|last|full|sur|user|firm|company|patient|person|customer|client|employee|student)[ _]?)?name|"
    r"firm|company|enterprise|establishment|business|employer|"
    r"(?:.*[ _])?(?:address|post_?code|phone|e-?mail|dob|birth.*)|"
    r"(?:고객|환자|직원|학생|대상자|회원)?(?:성명|이름)|.*(?:기업|업체|회사|사업체|사업장|법인|상호)명?|"
    r".*(?:주소|우편번호|전화번호|생년월일)|"
    r"(?:.*[ _])?(?:comments?|remarks?|feedback|notes?|opinions?|free_?text)|.*(?:의견|비고|내용|사유|메모)",
    re.IGNORECASE,
)
"""Headings of what names one person or one firm, or what they wrote, and no group."""
_OF_A_FIRM = re.compile(
    r"(?:.*[ _])?(?:employees|workers|staff|headcount|persons_engaged|employment|members|beds)(?:[ _].*)?|"
    r".*(?:종사자|직원|근로자|종업원|사원|상시인력)수?(?:\(.*\))?",
    re.IGNORECASE,
)
"""What one firm has many of."""
_IN_ROW = re.compile(r"(?:.*[ _])?(?:id|index|idx|no|order|rank)|.*(?:연번|순번|번호|순위)", re.IGNORECASE)
_CODES = re.compile(r"code|zip|코드", re.IGNORECASE)
_STATISTICS = frozenset(("mean", "means", "avg", "average", "median", "sd", "std", "se", "coef", "pct", "percent"))
_STATISTIC_KO = re.compile(r"평균|중앙값|중위|표준|계수|추정|백분율|비율|분위")
_WORD = re.compile(r"[a-z]+")
_NUMBER = re.compile(r"[-+]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)%?")
_COMPOUND = re.compile(r"\S\s\S|\d$|[시도군구읍면동리역소관원장]$")
"""A cell of several words, or one that ends with a number or as places do."""
_THING = re.compile(
    r"(?:.*[ _])?(?:regions?|districts?|count(?:y|ies)|cit(?:y|ies)|towns?|areas?|stations?|sites?|places?|rivers?|"
    r"products?|items?|questions?|goods|brands?|species|schools?|subjects?|topics?|routes?|roads?|lines?|"
    r"parks?|programmes?|programs?)"
    r"(?:[ _]?(?:name|title|label|text))?"
    r"|.*(?:지역|역|품목|상품|제품|문항|질문|지점|측정소|관측소|정류장|노선|하천|공원|과목|품종)(?:명|이름)?",
    re.IGNORECASE,
)
"""Headings of names of things, of which each may be one word: no alias of a person stands below them."""
_CODED = re.compile(r"[A-Za-z]{1,4}[-_]?\d{2,16}")
_DAY = re.compile(r"((?:19|20)\d\d)[-./ ]?(0?[1-9]|1[0-2])(?:[-./ ]?(0?[1-9]|[12]\d|3[01]))?\.?")


def counts_units(table: Table, index: int) -> bool:
    """Whether a column named as the number of a unit holds numbers of them: of what the columns left of it name."""
    cells = [cell.strip().replace(",", "") for cell in table.distinct(index)]
    plain = all(cell.isdecimal() and (cell == "0" or cell[0] != "0") for cell in cells if cell)
    return plain and _are_named(table, range(index), (index,))


def numbers_things(table: Table, index: int) -> bool:
    """Whether a column whose name says too little numbers questions, stations or products, by what is beside it."""
    name = table.names[index].strip()
    of_people = _PEOPLE_TOO.fullmatch(name) is not None
    if len(table.rows) > MOST_ROWS or not (of_people or _THINGS_TOO.fullmatch(name)):
        return False
    others = [i for i in range(len(table.names)) if i != index]
    counted = counts_groups(table)
    once = len(table.distinct(index)) == len(table.rows)
    if about := [i for i in others if _is_of_somebody(table, i) or (of_people and _is_told(table, i))]:
        # A table of questions may have a row for each of them and each sex; of a person there is but one.
        return counted and not once and _are_named(table, about, (index,), beside=(index,))
    statistic = any(_is_statistic(table.names[i]) for i in others)
    if not of_people:
        return counted or statistic or any(_names_each(table, index, i, LONGEST_QUESTION) for i in others)
    # `pid, n` may say how often each person came, and an alias may stand beside each.
    told = counted and (statistic or not once)
    named = [i for i in others if _names_each(table, index, i, LONGEST_NAME)]
    if told or any(counted or statistic or _are_of_things(table, i) for i in named):
        return True
    return name[0].lower() in "qs" and any(_crosses(table, index, i) for i in others)


def _are_of_things(table: Table, index: int) -> bool:
    """Whether a column is called by things, or half of its cells are as things are called."""
    if _THING.fullmatch(table.names[index].strip()):
        return True
    cells = [cell.strip() for cell in table.distinct(index)]
    return 2 * sum(_COMPOUND.search(cell) is not None for cell in cells) >= len(cells)


def _crosses(table: Table, key: int, index: int) -> bool:
    """Whether each number of a column stands once beside each time in another: `sid, year` of stations."""
    every = len(table.distinct(key)) * len(table.distinct(index))
    return len(table.distinct(index)) > 1 and len(_keys(table, (key, index))) == every == len(table.rows)


def are_rows_named(table: Table, of: Sequence[int], beside: Sequence[int]) -> bool:
    """Whether columns left of some others name each row, with those of them that may be a part of its name."""
    return _are_named(table, (i for i in range(max(of)) if i not in of), of, beside=beside)


def counts_groups(table: Table) -> bool:
    """Whether a column counts groups: half of its numbers are larger than what one person has."""
    for index, name in enumerate(table.names):
        counted = kind_of(name) in COUNTED and kind_of(name) is not Kind.PERCENT
        if counted and not _OF_A_FIRM.fullmatch(name.strip()):
            cells = [cell.strip().replace(",", "") for cell in table.column(index)]
            large = sum(cell.isdecimal() and (len(cell) > 2 or int(cell) >= LEAST_COUNT) for cell in cells)
            if 2 * large > len(cells):
                return True
    return False


def _are_named(table: Table, left: Iterable[int], of: Sequence[int], *, beside: Sequence[int] = ()) -> bool:
    """Whether names never repeat, fill a grid, and leave nothing that is told of single people."""
    rows = len(table.rows)
    if rows > MOST_ROWS:
        return False
    names = [i for i in left if _is_name(table, i)]
    alone = [i for i in names if len(table.distinct(i)) == rows]
    chosen = alone[:1] or _fewest(table, [*names, *beside])
    if not names or len(_keys(table, chosen)) < rows:
        return False
    if rows < (COMPLETE if rows < FEW else GRID) * math.prod(len(table.distinct(i)) for i in chosen):
        return False
    return not any(_is_of_somebody(table, i) for i in range(len(table.names)) if i not in (*chosen, *of))


def _fewest(table: Table, names: Iterable[int]) -> list[int]:
    """The columns each of which tells rows apart that those before it do not."""
    chosen: list[int] = []
    for index in sorted(names, key=lambda i: -len(table.distinct(i))):
        if len(_keys(table, [*chosen, index])) > len(_keys(table, chosen)):
            chosen.append(index)
    return chosen


def _keys(table: Table, columns: Sequence[int]) -> set[tuple[str, ...]]:
    return set(zip(*(table.column(i) for i in columns), strict=True)) if columns else {()}


def _is_name(table: Table, index: int, longest: int = LONGEST_NAME) -> bool:
    """Whether a column names groups or things: by words, by ages and times in turn, by codes in their order."""
    heading, cells = table.names[index].strip(), [cell.strip() for cell in table.distinct(index)]
    if _OF_ONE.fullmatch(heading) or not all(cells) or sum(map(len, cells)) > longest * len(cells):
        return False
    days = [match for cell in cells if (match := _DAY.fullmatch(cell))]
    if len(days) == len(cells):
        return len(cells) < len(table.rows) / 2 or _is_even(sorted(map(_ordinal, days)))
    if all(map(str.isdecimal, cells)):
        numbers = [int(cell[:LONGEST_NUMBER]) for cell in cells]
        coded = _CODES.search(heading) is not None
        in_turn = all(a < b for a, b in pairwise(numbers)) if coded else _is_even(sorted(numbers))
        return kind_of(heading) is Kind.LABEL and not _IN_ROW.fullmatch(heading) and in_turn
    # Words, ranges, or words with a number.
    return not any(_CODED.fullmatch(cell) or _NUMBER.fullmatch(cell) for cell in cells)


def _is_even(numbers: Sequence[int]) -> bool:
    steps = [b - a for a, b in pairwise(numbers)]
    return bool(steps) and max(steps) <= EVEN * min(steps)


def _ordinal(found: re.Match[str]) -> int:
    year, month = int(found[1]), int(found[2])
    return datetime.date(year, month, min(int(found[3] or 1), monthrange(year, month)[1])).toordinal()


def _is_of_somebody(table: Table, index: int) -> bool:
    """Whether a column tells what a person is, and not the same of all."""
    heading = table.names[index].strip()
    told = _OF_SOMEBODY.fullmatch(heading) is not None and not _is_statistic(heading)
    return told and kind_of(heading) not in COUNTED and len(table.distinct(index)) > 1


def _is_told(table: Table, index: int) -> bool:
    heading = table.names[index].strip()
    return _OF_SOMEBODY_TOO.fullmatch(heading) is not None and not _is_statistic(heading)


def _is_statistic(heading: str) -> bool:
    return not _STATISTICS.isdisjoint(_WORD.findall(heading.lower())) or _STATISTIC_KO.search(heading) is not None


def _names_each(table: Table, key: int, index: int, longest: int) -> bool:
    """Whether a column of words has one of its own for each number of another."""
    cells = table.distinct(index)
    if len(cells) != len(table.distinct(key)) or any(map(str.isdecimal, cells)) or not _is_name(table, index, longest):
        return False
    return len(_keys(table, (key, index))) == len(cells)
