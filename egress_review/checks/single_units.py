"""Rows and columns of single people, households, cards and meters that are few, regular or numbered in plain words.

Cases by age and sex, `63/M`; people who are numbered from one on; what one card, meter or person did, time after time;
a vector for each learner; a figure with a bar for each patient. Ages and sexes that fill a grid, timetables, stations,
words, genes and regions are of nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from egress_review.checks.kinds import promised_type
from egress_review.checks.listing import Listing
from egress_review.checks.person_rows import FEWEST_ROWS, counts_somebody, is_jumbled, numbers_rows
from egress_review.checks.row_keys import counts_units, numbers_things
from egress_review.checks.subject import Subject
from egress_review.checks.tables import LONGEST_NUMBER, Table
from egress_review.checks.within_json import tables_within
from egress_review.findings import Where
from registry.text import Text

FEWEST_CASES, FEWEST_NUMBERED, FEWEST_TIMES, FEWEST_STEADY = 3, 5, 5, 12
"""Cases by age and sex, people who are numbered, times of one unit, uneven or even, from which a table is of them."""
FEWEST_PLACES, LEAST_GRID, MOST_CASES, MOST_ROWS = 8, 0.75, 200, 100_000
"""Columns of a vector, the share of all ages and sexes from which they are groups, and rows that are read."""
FEWEST_TICKS, MOST_WORDS = 5, 200

_SEX = r"(?:[MFmf]|[남여](?:성|자|아)?|(?:fe)?male)"
_CASE = re.compile(
    rf"(?:만 ?)?(?P<age>\d{{1,3}})\s?(?:세|y(?:rs?|/?o)?)?\s?[/,·(|-]?\s?(?P<sex>{_SEX})\)?"
    rf"|(?P<sex2>{_SEX})\s?[/,·(|-]?\s?(?:만 ?)?(?P<age2>\d{{1,3}})(?:세|y(?:rs?|/?o)?)?\)?",
    re.IGNORECASE,
)

_WHO = re.compile(
    r"(?:(?P<sure>patient|subject|participant|respondent|환자|대상자|참여자|응답자|피험자)|person|pupil|student|"
    r"learner|"
    r"worker|employee|member|customer|client|학생|근로자|고객|이용자|회원)(?:[ _.-]?(?:no|id|num|number|번호|#)\.?)?",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?:#|no\.? ?|[A-Za-z]{1,12}[-_ #]?|[가-힣]{1,5}[-_ ]?)\d{1,6}|[A-Z]", re.IGNORECASE)
_OF_KIND = re.compile(r"type|group|kind|status|유형|구분|집단|군$", re.IGNORECASE)

_KEY = re.compile(
    r"(?:.*[ _])?(?:card|meter|patient|participant|subject|person|household|hh|user|member|customer|cust|client|driver|"
    r"learner|student|pupil|worker|employee|subscriber|phone|imsi|vehicle|car|account|acct|rider|passenger)"
    r"[ _]?(?:id|no|num|number|hash|key|uid|idx)"
    r"|(?:카드|계기|계량기|고객|이용자|회원|가구|환자|대상자|참여자|학생|근로자|차량|단말기?|가입자|운전자|계좌|수용가)"
    r"[ _]?(?:번호|id|해시|식별자|키|일련번호)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"card|device|user|phone|rider|member|customer|person|patient|learner|단말기?|카드|이용자|고객|회원|환자|학생",
    re.IGNORECASE,
)
_HASH = re.compile(r"(?=[0-9a-f]{0,63}[a-f])(?=[0-9a-f]{0,63}\d)[0-9a-f]{8,64}", re.IGNORECASE)
"""A heading that says no more than who, and the hash of a number of theirs below it."""
_CODE = re.compile(r"[A-Za-z]{0,4}[-_]?\d{3,16}|[0-9a-f]{6,64}|[A-Za-z]{1,12}[-_ ]?\d{1,6}", re.IGNORECASE)
_UNITS_KO = (
    r"(?:가구|세대|고객|수용가|계량기|환자|대상자|참여자|피험자|응답자|차량|학생|근로자|이용자|업체|사업장|농가)"
)
_UNITS = (
    r"(?:household|meter|customer|patient|participant|subject|home|house|dwelling|vehicle|user|wearer|driver|person|"
    r"learner|firm)"
)
_ONE = re.compile(
    rf"(?<![가-힣]){_UNITS_KO} ?(?:(?-i:[A-Z])(?![A-Za-z])"
    r"|[#_-]? ?\d{1,5}(?!\d| ?(?:[만천백]|명|인|가구|세대|개|호|대|%|차|월|년|분|시)))"
    rf"|(?<![가-힣])(?:한|단일|개별|사례|어느) ?{_UNITS_KO}(?!들| ?(?:당|평균|수))"
    rf"|(?<![A-Za-z]){_UNITS}[ _-]?(?:#?\d{{1,5}}(?![\d%])|(?-i:[A-Z])(?![A-Za-z]))"
    rf"|(?<![A-Za-z])(?:single|one|example|individual)[ _-]{_UNITS}(?![A-Za-z])",
    re.IGNORECASE,
)
"""One unit, by a letter or a number of its own, or in so many words; `1인 가구` is a kind, `10만 가구` a number."""
_MANY = re.compile(
    r"평균|합계|총|mean|median|average|total|sum\b|index|지수|n\s?=\s?\d{2}|\d[\d,]{1,9} ?(?:가구|세대|명|households|"
    r"people)",
    re.IGNORECASE,
)
_MOMENT = re.compile(
    r"(?:19|20)\d\d[-./]?(?:0?[1-9]|1[0-2])(?:[-./]?(?:0?[1-9]|[12]\d|3[01]))?"
    r"(?P<time>[ T]\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?|\d{1,2}:\d\d(?::\d\d)?"
)
_RIDDEN = re.compile(
    r"(?:승차|하차|탑승|승하차|출입|입차|출차|태그|입실|퇴실)(?: ?(?:일시|시각|시간))?|"
    r"(?:boarding|boarded|alighting|alighted|tap(?:ped)?(?:[ _-]?(?:in|out|on|off))?|check(?:ed)?[ _-]?(?:in|out)|"
    r"pick[ _-]?up|drop[ _-]?off)(?:[ _](?:time|at|ts|datetime))?",
    re.IGNORECASE,
)
"""Headings of times at which one person got on, off, in or out."""

_PLACES = re.compile(
    r"(?:v|e|z|h|u|x|f|emb(?:edding)?|dim|latent|factor|vec(?:tor)?|component|feature)?[ _.]?\d{1,4}", re.IGNORECASE
)
_DECIMAL = re.compile(r"-?\d{0,6}\.\d{2,18}(?:[eE][-+]?\d{1,3})?")
_SOMEBODY = re.compile(
    r"(?!(?:rs|cg|go|gse|nct|chr|pc|kct)[-_:]?\d)[A-Za-z]{0,3}[-_]?\d{4,12}|[0-9a-f]{10,64}", re.IGNORECASE
)
_KEYED = re.compile(
    r"|id|key|index|uid|unnamed: ?0|(?:.*[ _])?(?:patient|person|subject|participant|learner|student|pupil|user|member|"
    r"customer|client|worker|employee|household|respondent|firm|borrower)s?(?:[ _]?(?:id|no|key|hash))?|"
    r".*(?:환자|대상자|참여자|학습자|학생|이용자|고객|회원|근로자|가구|응답자|기업)(?:번호| ?id|키)?",
    re.IGNORECASE,
)

_AXIS = re.compile(
    r"(?:환자|대상자|피험자|증례|patients?|subjects?|participants?|cases?)(?: ?(?:번호|id|no\.?|number|index))?"
    r"\s?(?:\((?!\s?(?:명|수|%|count|counts|number)\s?\))[^()\n]{0,40}\))?",
    re.IGNORECASE,
)
_EACH = re.compile(
    r"best (?:overall )?(?:response|change)|change from baseline|waterfall|swimmer|spider plot|RECIST|변화율|"
    r"최대 ?반응|최량 ?반응|"
    r"치료 ?기간|time on (?:treatment|study)|duration of (?:treatment|response)",
    re.IGNORECASE,
)
_TICK = re.compile(
    r"(?:#|(?:patient|subject|participant|pt|환자|대상자|피험자|참여자|증례)[ _-]?#?)\d{1,4}", re.IGNORECASE
)

_CASES = Text(
    ko="나이와 성별이 함께 적힌 {number}명이 하나씩 있습니다: 한 행이나 한 열이 한 사람입니다.",
    en="{number} people stand one by one with age and sex: each row or column is one of them.",
)
_PEOPLE = Text(
    ko="번호가 붙은 {number}명의 값이 하나씩 있습니다: 한 행이 한 사람입니다.",
    en="Values of {number} numbered people stand one by one: each row is one person.",
)
_SERIES = Text(
    ko="한 사람, 한 가구나 카드 하나의 기록이 시각별로 {number}행 있습니다.",
    en="{number} rows tell what one person, household, card or meter did, time after time.",
)
_VECTORS = Text(
    ko="사람마다의 벡터(임베딩)가 {number}개 있습니다: 한 행이 한 사람이며 되짚어 알아낼 수 있습니다.",
    en="There is a vector for each of {number} people, from which more about them can be found out.",
)
_BARS = Text(
    ko="막대나 선 하나가 환자 한 명인 그림으로 보입니다: 축이 환자이고 값이 한 사람의 변화입니다.",
    en="Each bar or line of this figure seems to be one patient: its axis is of patients, its values are their "
    "changes.",
)
_AGGREGATE = Text(
    ko="사람, 가구, 카드마다의 행을 지우고 집단별로 집계하여 사람 수와 함께 적으십시오.",
    en="Remove the rows of single people, households or cards; aggregate to groups, and give the number of people in "
    "each.",
)
_SUM_UP = Text(
    ko="환자마다의 막대 대신 범주별 환자 수와 비율(예: 반응 범주)을 표나 그림으로 내십시오.",
    en="Show numbers and shares of patients by category, such as of response, instead of a bar for each.",
)


def check_single_units(subject: Subject, listing: Listing) -> None:
    """Flag tables of single units, and figures with a mark for each patient."""
    tables = [*subject.tables]
    if subject.type == "json":
        tables += [table for table in tables_within(subject.json) if table not in tables]
        for number in _keyed_vectors(subject.json):
            listing.flag("table.singular", _VECTORS.fill(number=number), _AGGREGATE, number=number)
    elif subject.type in ("md", "txt"):
        tables += _piped(subject.lines)
    name = subject.name.replace("_", " ")
    for table in tables:
        said = " ".join((name, *(words[:MOST_WORDS] for _, words in table.around[:3])))
        if len(table.rows) <= MOST_ROWS and (found := _of_units(table, said)):
            message, number, column = found
            where = Where(row=max(1, table.numbers[0] - 1), column=column)
            listing.flag("table.singular", message.fill(number=number), _AGGREGATE, where=where, number=number)
            break
    if subject.type == "md" and promised_type(subject.name) in ("pdf", "svg") and (line := _drawn(subject.lines)):
        listing.flag("table.singular", _BARS, _SUM_UP, where=Where(row=line))


def _piped(lines: Sequence[str]) -> Iterator[Table]:
    """Tables between pipes that hold words alone, and so are no tables of numbers."""
    block: list[tuple[int, list[str]]] = []
    for number, line in enumerate([*lines, ""], 1):
        cells = line.strip().strip("|").split("|") if "|" in line and len(line) <= LONGEST_LINE else []
        if block and len(cells) != len(block[0][1]):
            if len(block) > FEWEST_CASES:
                numbers, rows = zip(*block[1:], strict=True)
                yield Table(tuple(block[0][1]), rows, numbers)
            block = []
        if cells and not all(map(_RULED.fullmatch, cells)):
            block.append((number, cells))


LONGEST_LINE = 2_000
_RULED = re.compile(r"[\s:-]{0,80}")


def _of_units(table: Table, said: str) -> tuple[Text, int, int] | None:
    """What a table is of, how many units or rows of one it has, and in which column that is told."""
    for find, message in ((_cases, _CASES), (_people, _PEOPLE), (_vectors, _VECTORS)):
        if found := find(table):
            return message, *found
    found = _series(table) or _rides(table) or _of_one(table, said)
    return (_SERIES, *found) if found else None


def _cases(table: Table) -> tuple[int, int] | None:
    """People by age and sex in one cell each, down a column or along a row."""
    if len(table.rows) > MOST_CASES or counts_somebody(table):
        return None
    for index in range(len(table.names)):
        if _are_cases(table.column(index)):
            return len(table.rows), index + 1
    # A row of words below the heading was taken for a part of it.
    for row in (*table.rows, *zip(*(name.split() for name in table.names), strict=False)):
        if _are_cases(row[1:]):
            return len(row) - 1, 2
    return None


def _are_cases(cells: Sequence[str]) -> bool:
    """Whether cells are ages with sexes that fill no grid of evenly spaced ages."""
    found = [match for cell in cells if (match := _CASE.fullmatch(cell.strip()[:20]))]
    if len(cells) < FEWEST_CASES or len(found) < len(cells):
        return False
    ages = [int(match["age"] or match["age2"]) for match in found]
    pairs = {(age, (match["sex"] or match["sex2"]).lower()) for age, match in zip(ages, found, strict=True)}
    sexes = {sex for _, sex in pairs}
    if len(pairs) < len(cells) or len(pairs) < LEAST_GRID * len(set(ages)) * len(sexes):
        return True
    return len({b - a for a, b in pairwise(sorted(set(ages)))}) > 1


def _people(table: Table) -> tuple[int, int] | None:
    """Rows that are numbered as people are, under a heading that says of whom the number is."""
    if len(table.rows) < FEWEST_NUMBERED or len(table.names) < 2:
        return None
    first = next((i for i, name in enumerate(table.names) if name.strip()), 0)
    for index, name in enumerate(table.names):
        who = _WHO.fullmatch(name.strip())
        if who is None and not _TICK.fullmatch(table.column(index)[0].strip()[:LONGEST_NUMBER]):
            continue
        cells = [cell.strip() for cell in table.column(index)]
        if len(set(cells)) < len(cells) or not all(cells):
            continue
        if cells and all(_TICK.fullmatch(cell) and cell[0] != "#" for cell in cells):
            return len(cells), index + 1
        if who is None:
            continue
        others = tuple(other for i, other in enumerate(table.names) if i != index and other.strip())
        labelled = all(map(_LABEL.fullmatch, cells)) and any(any(map(str.isdigit, cell)) for cell in cells)
        counted = who["sure"] and numbers_rows(cells) and index == first and not counts_somebody(Table(others, [], []))
        if counted or (labelled and not any(map(_OF_KIND.search, others))):
            return len(cells), index + 1
    return None


def _times(table: Table) -> tuple[int, list[str]] | None:
    """The column that says when, and its cells; nothing where not every row says it."""
    for index in range(len(table.names)):
        if not table.rows or not _MOMENT.fullmatch(table.column(index)[0].strip()[:LONGEST_NUMBER]):
            continue
        cells = [cell.strip()[:LONGEST_NUMBER] for cell in table.column(index)]
        if len(set(cells)) > 1 and all(map(_MOMENT.fullmatch, cells)):
            return index, cells
    return None


def _series(table: Table) -> tuple[int, int] | None:
    """Times of units that a column numbers: each stands in several rows, and never twice at one time."""
    keys = [i for i, name in enumerate(table.names) if _KEY.fullmatch(name.strip()) or _is_hashed(table, i)]
    if not keys or len(table.rows) < FEWEST_TIMES or (times := _times(table)) is None:
        return None
    for index in keys:
        cells = [cell.strip() for cell in table.column(index)]
        units = set(cells)
        if index == times[0] or 2 * len(units) > len(cells) or not all(map(_CODE.fullmatch, units)):
            continue
        once = len(set(zip(cells, times[1], strict=True))) == len(cells)
        if once and not counts_units(table, index) and not numbers_things(table, index):
            return len(cells), index + 1
    return None


def _is_hashed(table: Table, index: int) -> bool:
    cells = table.distinct(index) if _BARE.fullmatch(table.names[index].strip()) else ()
    return bool(cells) and all(_HASH.fullmatch(cell.strip()[:LONGEST_NUMBER]) for cell in cells)


def _rides(table: Table) -> tuple[int, int] | None:
    """Times at which somebody got on or off, in no even steps; those of counts repeat for each stop."""
    if len(table.rows) < FEWEST_TIMES:
        return None
    for index, name in enumerate(table.names):
        if not _RIDDEN.fullmatch(name.strip()):
            continue
        found = [_MOMENT.fullmatch(cell.strip()[:LONGEST_NUMBER]) for cell in table.column(index)]
        exact = [match["time"] for match in found if match and match["time"]]
        if len(exact) == len(found) < 2 * len(table.distinct(index)) and _is_uneven(exact):
            return len(found), index + 1
    return None


def _is_uneven(times: Sequence[str]) -> bool:
    """Whether times of day come in no even steps, as those of a table by quarters of an hour do."""
    parts = [re.findall(r"\d{2}|\d", time)[:FEWEST_CASES] for time in times]
    seconds = [sum(int(part) * 60 ** (2 - at) for at, part in enumerate(one)) for one in parts]
    return len({b - a for a, b in pairwise(seconds)}) > MOST_STEPS


MOST_STEPS = 3


def _of_one(table: Table, said: str) -> tuple[int, int] | None:
    """Numbers by time below a heading of one unit, or in a file that says it is of one."""
    if len(table.rows) < FEWEST_STEADY or counts_somebody(table) or (times := _times(table)) is None:
        return None
    others = [(i, name) for i, name in enumerate(table.names) if i != times[0]]
    if len(set(times[1])) < len(times[1]) or not others or any(_MANY.search(name) for _, name in others):
        return None
    told = next((i for i, name in others if _ONE.search(name)), None)
    if told is None and (_MANY.search(said) or not _ONE.search(said)):
        return None
    return len(times[1]), (others[0][0] if told is None else told) + 1


def _vectors(table: Table) -> tuple[int, int] | None:
    """Rows of many decimal numbers in no order beside codes that number people."""
    rows = len(table.rows)
    if rows < FEWEST_ROWS or len(table.names) <= FEWEST_PLACES:
        return None
    key, *names = [name.strip() for name in table.names]
    codes = [cell.strip() for cell in table.column(0)] if _KEYED.fullmatch(key) else []
    if not codes or len(set(codes)) < rows or not all(map(_SOMEBODY.fullmatch, codes)):
        return None
    placed = [i for i, name in enumerate(names, 1) if _PLACES.fullmatch(name) and _is_spread(table.column(i))]
    return (rows, 1) if len(placed) >= FEWEST_PLACES else None


def _is_spread(cells: Sequence[str]) -> bool:
    """Whether cells are decimal numbers in no order."""
    if not all(_DECIMAL.fullmatch(cell.strip()[:LONGEST_NUMBER]) for cell in cells):
        return False
    return is_jumbled(list(map(float, cells)))


def _keyed_vectors(value: object) -> Iterator[int]:
    """How many codes of people stand before vectors of one length."""
    if not isinstance(value, dict):
        return
    for held in (value, *(one for one in value.values() if isinstance(one, dict))):
        lists = [one for one in held.values() if isinstance(one, list)]
        if len(lists) < FEWEST_NUMBERED or len(lists) < len(held) or not all(map(_SOMEBODY.fullmatch, map(str, held))):
            continue
        widths = {len(one) for one in lists}
        if len(widths) == 1 and min(widths) >= FEWEST_PLACES and all(type(v) is float for one in lists for v in one):
            yield len(lists)


def _drawn(lines: Sequence[str]) -> int:
    """The line of a figure that names an axis of single patients; 0 for any other figure."""
    ticks = {line.strip() for line in lines if _TICK.fullmatch(line.strip()[:40])}
    each = any(_EACH.search(line[:200]) for line in lines)
    for number, line in enumerate(lines, 1):
        if _TICK.fullmatch(line.strip()[:40]) and len(ticks) >= FEWEST_TICKS:
            return number
        if each and _AXIS.fullmatch(line.strip()[:80]):
            return number
    return 0
