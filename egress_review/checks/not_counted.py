"""Tables whose whole numbers count nobody, by their form: plans, life tables, checklists, options, doses.

Each is known by what it has to hold and not by its name: sizes that follow from powers and effects, deaths that are the
differences of survivors from a hundred thousand, items in turn beside pages, the same options in every row. What is
called observed stays a count, and so does every column that the form does not explain.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from egress_review.checks.amounts import number_in
from egress_review.checks.counts import Reading, Why, whole
from egress_review.checks.tables import Table

FEWEST, MOST_ROWS, MOST_COLUMNS = 2, 200, 40
"""Rows and columns of such a table."""
FEWEST_OPTIONS = 3
RADICES = frozenset((100_000.0, 1_000_000.0))
"""How many a life table lets be born; observed people are never as many by chance."""

Columns = frozenset[int]


def without_uncounted(table: Table, reading: Reading, planned: Collection[int] = ()) -> Reading:
    """The reading of a table without the counts that its form shows to be none, nor those in `planned` lines."""
    if planned:
        reading = replace(reading, counts=tuple(count for count in reading.counts if count.row not in planned))
    if not reading.counts or not FEWEST <= len(table.rows) <= MOST_ROWS or len(table.names) > MOST_COLUMNS:
        return reading
    if _offers_options(table) or _gives_units(table):
        named = tuple(count for count in reading.counts if count.why not in (Why.CROSS_TABLE, Why.ADDS_UP))
        return replace(reading, counts=named)
    spared = _planned(table) | _of_life_table(table) | _of_checklist(table)
    if not spared:
        return reading
    kept = tuple(c for c in reading.counts if c.column - 1 not in spared or c.why in (Why.DECLARED, Why.PAIRED))
    return replace(reading, counts=kept)


def plans_sizes(table: Table) -> bool:
    """Whether a table plans how many people a study needs, and tells of none."""
    return FEWEST <= len(table.rows) <= MOST_ROWS and len(table.names) <= MOST_COLUMNS and bool(_planned(table))


_SAYS_POWER = re.compile(r"\s{0,20}power\s{0,20}=\s{0,20}(?P<power>0?\.\d{1,6})\s{0,20}")
_SAYS_LEVEL = re.compile(r"\s{0,20}(?:alpha|sig\.? ?level)\s{0,20}=\s{0,20}0?\.\d{1,6}\s{0,20}")
_SAYS_SIZE = re.compile(r"\s{0,20}(?:total )?[nN](?:[12]| per group|\.total)?\s{0,20}=\s{0,20}\d[\d,.]{0,15}\s{0,20}")
MOST_APART = 12
"""Lines between what a program is told of a plan and the size that it prints."""


def planned_lines(lines: Sequence[str]) -> frozenset[int]:
    """The numbers (from 1) of lines in which Stata and R print the size that a planned power needs."""
    powers = [
        at for at, line in enumerate(lines) if (m := _SAYS_POWER.fullmatch(line)) and float(m["power"]) in _TARGETS
    ]
    near = [at for at in powers if any(map(_SAYS_LEVEL.fullmatch, lines[max(0, at - MOST_APART) : at + MOST_APART]))]
    around = {place for at in near for place in range(max(0, at - MOST_APART), min(len(lines), at + MOST_APART))}
    return frozenset(place + 1 for place in around if _SAYS_SIZE.fullmatch(lines[place]))


_POWER = re.compile(r"power|1\s?-\s?(?:β|beta)|검정력", re.IGNORECASE)
_GIVEN = re.compile(
    r"alpha|α|sig(?:nificance)?\.?[ _]?level|type[ _-](?:i|1)|유의 ?수준|delta|δ|effect|cohen|smd|difference|효과|차이|"
    r"\b(?:or|hr|rr|odds|hazard|risk)(?:[ _]ratio)?\b|비$|"
    r"\bsd\b|sigma|σ|표준 ?편차|icc|\bdeff\b|allocation|배정|\bp[0-3]\b|cluster size",
    re.IGNORECASE,
)
_LOST = re.compile(r"drop-?out|attrition|탈락", re.IGNORECASE)
"""A share that is lost; whole numbers under such a name are the sizes with what is added for it."""
_LOWERS = re.compile(r"delta|δ|effect|cohen|smd|difference|효과|차이|alpha|α|sig|type|유의", re.IGNORECASE)
"""Parameters with which a needed size falls; that of a ratio falls as it leaves 1."""
_RATIO = re.compile(r"ratio|odds|hazard|\b(?:or|hr|rr)\b|비$", re.IGNORECASE)
_SEEN = re.compile(
    r"observ|actual|enrol|recruit|randomi[sz]ed|analy[sz]ed|events?|deaths?|died|respon|관측|관찰|실제|등록|모집된|"
    r"분석|사건|"
    r"사망|응답|완료|complet",
    re.IGNORECASE,
)
_NEEDED = re.compile(r"need|requir|expected|planned|필요|예정|목표", re.IGNORECASE)
_TARGETS = frozenset((0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99))
"""Powers that a study is planned for; what was reached afterwards is seldom as round."""


def _planned(table: Table) -> Columns:
    """The sizes of a plan: powers to be reached, what they follow from, and sizes that follow."""
    power = next((i for i, name in enumerate(table.names) if _POWER.search(name)), None)
    given = [
        i
        for i, name in enumerate(table.names)
        if i != power
        and not _is_seen(name)
        and (_GIVEN.search(name) if not _LOST.search(name) else not _is_whole(table, i))
    ]
    if power is None or not given:
        return frozenset()
    powers = [_share(cell) for cell in table.column(power)]
    if any(value is None or round(value, 4) not in _TARGETS for value in powers):
        return frozenset()
    sizes = [
        i
        for i, name in enumerate(table.names)
        if i not in (power, *given) and _is_whole(table, i) and not _is_seen(name)
    ]
    return frozenset(i for i in sizes if _follows(table, i, power, given))


def _is_seen(name: str) -> bool:
    """Whether a heading says that its numbers were observed."""
    return _SEEN.search(name) is not None and _NEEDED.search(name) is None


def _share(cell: str) -> float | None:
    found = number_in(cell.strip().rstrip("%"))
    return None if found is None else found[0] / 100 if found[0] > 1 else found[0]


def _is_whole(table: Table, index: int) -> bool:
    return all(whole(cell) is not None for cell in table.column(index))


def _follows(table: Table, size: int, power: int, given: Sequence[int]) -> bool:
    """Whether no size contradicts what sizes follow from: more for more power, fewer for a larger effect."""
    compared = 0
    demands = [(_demand(table, row, power, given), whole(row[size]) or 0) for row in table.rows if size < len(row)]
    for at, (one, first) in enumerate(demands):
        for other, second in demands[at + 1 :]:
            if len(one) != len(other) or any(type(a) is not type(b) for a, b in zip(one, other, strict=True)):
                return False
            order = {_compare(a, b) for a, b in zip(one, other, strict=True)} - {0}
            if None in order or len(order) > 1:
                continue
            compared += 1
            if (
                (order == {-1} and first > second)
                or (order == {1} and first < second)
                or (not order and first != second)
            ):
                return False
    return compared > 0


def _demand(table: Table, row: Sequence[str], power: int, given: Sequence[int]) -> list[float | str]:
    """What a row asks for, each so that more of it needs more people; words only equal themselves."""
    asked: list[float | str] = [_share(row[power]) or 0.0]
    for index in given:
        name, found = table.names[index], number_in(row[index].strip().rstrip("%")) if index < len(row) else None
        if found is None:
            asked.append(row[index].strip() if index < len(row) else "")
        elif _RATIO.search(name) and found[0] > 0:
            asked.append(-abs(math.log(found[0])))
        else:
            asked.append(-abs(found[0]) if _LOWERS.search(name) else found[0])
    return asked


def _compare(a: float | str, b: float | str) -> int | None:
    if a == b:
        return 0
    if isinstance(a, str) or isinstance(b, str):
        return None
    return -1 if a < b else 1


_LIFE = {
    "l": re.compile(r"l(?:x|xn|nx)?|.{0,6}생존자수?|.{0,6}생존수|number (?:surviving|living|alive).{0,20}"),
    "d": re.compile(r"n?d(?:x|xn|nx)?|.{0,6}사망자수?|.{0,6}사망수|number dying.{0,20}"),
    "L": re.compile(r"n?L(?:x|xn|nx)?|.{0,6}정지인구|person[- ]years.{0,30}"),
    "T": re.compile(r"T(?:x)?|.{0,6}총 ?생존년수"),
    "e": re.compile(r"e(?:x|o)?|eox|.{0,6}기대 ?여명|life expectancy.{0,20}|expectation of life.{0,20}"),
    "n": re.compile(r"n|h|연령 ?간격|width|interval"),
}
"""What the columns of a life table are called, brackets and commas left out."""
_AGE = re.compile(r"(\d{1,3})\s?(?:세|[-–~+]|$)")


def _of_life_table(table: Table) -> Columns:
    """The columns of a period life table: survivors of a round number, and deaths that are their differences."""
    plain = [re.sub(r"[\s(),_\[\]]", "", name) if len(name) < MOST_COLUMNS else "" for name in table.names]
    found: dict[str, int] = {}
    for key, pattern in _LIFE.items():
        for index, (name, bare) in enumerate(zip(table.names, plain, strict=True)):
            if index not in found.values() and (pattern.fullmatch(bare) or pattern.fullmatch(name.strip())):
                found.setdefault(key, index)
    if not {"l", "d"} <= found.keys() or found.keys().isdisjoint("Le"):
        return frozenset()
    living, dying = ([whole(cell) for cell in table.column(found[key])] for key in "ld")
    steps = list(zip(pairwise(living), dying, strict=False))
    if living[0] not in RADICES or any(_differs(step) for step in steps):
        return frozenset()
    held = {found[key] for key in "ldLT" if key in found}
    if "n" in found and _are_widths(table, found["n"]):
        held.add(found["n"])
    return frozenset(held)


def _differs(step: tuple[tuple[int | None, int | None], int | None]) -> bool:
    """Whether those who die are not as many as fewer live on."""
    (before, after), died = step
    return before is None or after is None or died is None or abs(before - after - died) > 1


def _are_widths(table: Table, index: int) -> bool:
    """Whether each number of a column is as much as the next age is more."""
    ages = [int(match[1]) if (match := _AGE.match(cell.strip())) else -1 for cell in table.column(0)]
    widths = [whole(cell) for cell in table.column(index)]
    return -1 not in ages and all(b - a == n for (a, b), n in zip(pairwise(ages), widths, strict=False))


_PAGES = re.compile(
    r"(?:reported |found |appears )?(?:on |in )?(?:page|line)s?(?: ?/ ?(?:page|line|section)s?)?(?: ?(?:no|number|"
    r"#)\.?s?)?|"
    r"(?:보고 ?)?(?:쪽|쪽수|쪽 ?번호|페이지|면)",
    re.IGNORECASE,
)
_ITEMS = re.compile(
    r"(?:checklist |item |line )?(?:no|number|#|item)\.?(?: ?(?:no|number|#)\.?)?|(?:항목|문항|점검|순번)? ?(?:번호|"
    r"순번)",
    re.IGNORECASE,
)


def _of_checklist(table: Table) -> Columns:
    """The items and pages of a checklist: numbers in turn beside words, and where in a paper each is found."""
    pages = {i for i, name in enumerate(table.names) if _PAGES.fullmatch(name.strip())}
    items = {i for i, name in enumerate(table.names) if _ITEMS.fullmatch(name.strip()) and _rise(table, i)}
    return frozenset(pages | items) if pages and _has_sentences(table) else frozenset()


def _rise(table: Table, index: int) -> bool:
    numbers = [value for cell in table.column(index) if (value := whole(cell)) is not None]
    return len(numbers) >= FEWEST and all(a < b for a, b in pairwise(numbers))


def _has_sentences(table: Table) -> bool:
    """Whether a column is of words that never repeat, as what is to be reported."""
    for index in range(len(table.names)):
        cells = [cell.strip() for cell in table.column(index) if cell.strip()]
        if len(cells) >= FEWEST and len(set(cells)) == len(cells) and not any(map(number_in, cells)):
            return True
    return False


def _offers_options(table: Table) -> bool:
    """Whether every row has the same numbers in turn behind its words: the answers that a question offers."""
    offered = {tuple(_numbers(row)) for row in table.rows}
    if len(offered) != 1:
        return False
    options = offered.pop()
    steps = {b - a for a, b in pairwise(options)}
    return len(options) >= FEWEST_OPTIONS and steps in ({1}, {-1}) and min(options) in (0, 1)


_UNIT = re.compile(r"mg|mcg|[µμ]g|㎍|㎎|ug|g|kg|m[Ll]|㎖|L|[kM]?IU|MU|TU|U|m?mol|mEq|MBq|mCi|%", re.ASCII)


def _gives_units(table: Table) -> bool:
    """Whether a column gives each row the unit of its numbers: doses, volumes and strengths."""
    return any(
        all(map(_UNIT.fullmatch, cells)) and len(cells) == len(table.rows)
        for index in range(1, len(table.names))
        if (cells := [cell.strip() for cell in table.column(index) if cell.strip()])
    )


def _numbers(row: Sequence[str]) -> Iterator[int]:
    return (value for cell in row[1:] if (value := whole(cell)) is not None)
