"""Rows that are single people although no heading says so: labels that repeat beside values in no order.

In a table of results the labels of a row are its key: no two rows have the same. In records they repeat, and no number
beside them is sorted, for nobody computed them in that order.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.listing import Listing
from egress_review.checks.tables import LONGEST_NUMBER, Table
from egress_review.findings import Where
from registry.text import Text

FEWEST_ROWS = 20
"""Rows from which labels that repeat are no accident."""
REPEATED = 0.1
"""Share of rows that have the labels of another one, from which labels are no key."""
SPARSE = 0.5
"""Share of all combinations of labels below which short rows are no grid of groups."""
MOST_LABELS = 12
"""Different numbers of a column up to which it is one of codes, such as a stage or a yes and no."""
EVEN = 0.2
"""Share of steps in one direction up to which numbers are in an order."""
WIDE = 20
"""Columns from which a table may lie on its side, with a person in each."""
MOST_ROWS = 200_000
"""Rows up to which a table is looked at whole; a longer one is stopped for its length."""

COUNTED = frozenset((Kind.COUNT, Kind.COUNT_AND_PERCENT, Kind.PERCENT))
_OF_GROUPS = re.compile(
    r"mean|median|avg|average|std|sd\b|se\b|coef|estimate|beta|ratio|rate|pct|percent|prop|lower|upper|ci\b|p-?val|"
    r"quantile|quartile|decile|평균|중앙|중위|표준|계수|추정|율|비율|분위|[<>≥≤%]",
    re.IGNORECASE,
)
_OF_RUNS = re.compile(
    r"(?:.*[ _])?(?:iter(?:ation)?|epoch|step|fold|seed|rep(?:licate)?|draw|boot(?:strap)?|sim(?:ulation)?|chain|run|"
    r"trial|lambda|alpha|threshold|cut_?off|fpr|tpr|loss|method|model|term|variable|predictor|feature|gene|snp|chrom|"
    r"chr|parameter|metric|theoretical|grid|node)s?(?:[ _](?:no|id|number|name))?"
    r"|.*(?:반복|시뮬레이션|방법|모형|변수|모수|지표|절단값|임계값)",
    re.IGNORECASE,
)
"""What the runs of a program and the parts of a model are called; their rows are of no person."""
_NUMBER = re.compile(r"[-+]?(?:\d{1,15}(?:,\d{3})*(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][-+]?\d{1,3})?")
_MOMENT = re.compile(
    r"(?P<day>(?:19|20)\d\d[-./]?(?:0?[1-9]|1[0-2])[-./]?(?:0?[1-9]|[12]\d|3[01]))"
    r"(?:[ T](?P<time>\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?:Z|[+-]\d\d:?\d\d)?)?"
)
_CODE = re.compile(r"(?=.*\d)[A-Za-z가-힣]{0,12}[-_ ]?[A-Za-z]{0,3}\d{1,12}")
_YEAR = re.compile(r"(?:19|20)\d\d")

_PEOPLE = Text(
    ko="{number}행에서 구분 값은 되풀이되고 나머지 값은 순서 없이 서로 다릅니다: 한 행이 한 사람이나 한 건으로 "
    "보입니다.",
    en="In {number} rows the labels repeat and the values beside them differ in no order: each row looks like one "
    "person or one case.",
)
_TIMES = Text(
    ko="분이나 초까지 적힌 시각 {number}개가 행마다 다릅니다: 한 행이 한 사람에게 일어난 일 하나입니다.",
    en="{number} times to the minute or second differ from row to row: each row is something that befell one person.",
)
_FIRMS = Text(
    ko="업체 이름 {number}개마다 값이 있습니다: 한 행이 한 업체의 값입니다.",
    en="Values stand beside the names of {number} firms: each row is about one of them.",
)
_AGGREGATE = Text(
    ko="집단별로 집계하고 집단마다 사람이나 업체의 수를 함께 적으십시오. 사람이나 업체의 행이 아니면 무엇의 행인지 "
    "설명에 적으십시오.",
    en="Aggregate to groups, and give the number of people or firms in each; where no row is one of them, say in the "
    "context what the rows are.",
)


@dataclass(frozen=True, slots=True)
class _Column:
    cells: tuple[str, ...]
    values: tuple[float, ...]
    """What the cells come to where they are numbers or times, in their order."""
    label: bool
    words: bool


def check_person_rows(table: Table, listing: Listing, *, fewest: int = FEWEST_ROWS) -> bool:
    """Flag a table whose rows are single people, upright or on its side; say whether it is one."""
    if _holds_people_side_by_side(table):
        number = len(table.names) - 1
        listing.flag("table.singular", _PEOPLE.fill(number=number), _AGGREGATE, where=Where(row=1), number=number)
        return True
    for one, where in ((table, _top(table)), *((turned, Where(row=1)) for turned in _turned(table))):
        number, message = people_in(one, fewest), _PEOPLE
        if not number:
            number, message = _moments(one, fewest), _TIMES
        if not number:
            number, message = _firms(one), _FIRMS
        if number:
            listing.flag("table.singular", message.fill(number=number), _AGGREGATE, where=where, number=number)
            return True
    return False


def _holds_people_side_by_side(table: Table) -> bool:
    """Whether columns are numbered as people are, with words as well as numbers below them."""
    # A row of words below the heading was taken for a part of it.
    names = [name.strip() for name in table.names[1:]]
    if len(names) >= FEWEST_BESIDE and all(
        " " in name and _SOMEBODY.fullmatch(name.partition(" ")[0]) for name in names
    ):
        return any(not _NUMBER.fullmatch(name.partition(" ")[2]) for name in names)
    if len(names) < FEWEST_BESIDE or len(table.rows) < 2 or not all(map(_SOMEBODY.fullmatch, names)):
        return False
    rows = [[cell.strip() for cell in row[1:]] for row in table.rows]
    said = [any(cell and not _NUMBER.fullmatch(cell) for cell in row) for row in rows]
    return any(said) and len(set(names)) == len(names)


FEWEST_BESIDE = 5
_SOMEBODY = re.compile(
    r"(?:대상자?|환자|참여자|피험자|응답자|patient|subject|participant|person|respondent)[ _-]?\d{1,4}", re.IGNORECASE
)


def people_in(table: Table, fewest: int = FEWEST_ROWS) -> int:
    """How many rows are single people; 0 for a table of anything else."""
    rows = len(table.rows)
    if not fewest <= rows <= MOST_ROWS or len(table.names) < 2 or _tells_of_groups(table):
        return 0
    labels: list[_Column] = []
    values: list[_Column] = []
    for index in range(len(table.names)):
        cells = tuple(cell.strip() for cell in table.column(index))
        if not any(cells) or _is_numbering(cells):
            continue
        column = _read(cells)
        if column is None:
            return 0
        (labels if column.label else values).append(column)
    if not values or not any(one.words or (len(set(one.cells)) <= 2 and rows >= FEWEST_ROWS) for one in labels):
        return 0
    keys = Counter(zip(*(one.cells for one in labels), strict=True))
    repeated = sum(times for times in keys.values() if times > 1)
    # What was typed or pasted is short: there it is enough that most combinations of the labels are missing.
    possible = math.prod(len(set(one.cells)) for one in labels)
    sparse = fewest < FEWEST_ROWS and len(labels) > 1 and len(keys) < SPARSE * possible
    if (repeated < max(2, REPEATED * rows) and not sparse) or not all(is_jumbled(one.values) for one in values):
        return 0
    return rows


def counts_somebody(table: Table) -> bool:
    """Whether a column is of counts or shares; one that only numbers the rows, such as `Obs` of SAS, is not."""
    return any(
        kind_of(name) in COUNTED
        and not (index == 0 and numbers_rows([cell.strip() for cell in table.column(index)]))
        and not _is_day(table.column(index)[0] if table.rows else "")
        for index, name in enumerate(table.names)
    )


def _is_day(cell: str) -> bool:
    """Whether a cell is a day, whatever its heading seems to count: `사망일자` ends as a number of people does."""
    return "-" in cell and _MOMENT.fullmatch(cell.strip()[:LONGEST_NUMBER]) is not None


def numbers_rows(cells: Sequence[str]) -> bool:
    """Whether cells are the numbers from 0 or 1 on, one after another."""
    return any(cells) and list(cells) in ([str(n + first) for n in range(len(cells))] for first in (0, 1))


def _tells_of_groups(table: Table) -> bool:
    names = [name.strip() for name in table.names]
    return counts_somebody(table) or any(_OF_GROUPS.search(name) or _OF_RUNS.fullmatch(name) for name in names)


def _is_numbering(cells: Sequence[str]) -> bool:
    """Whether cells number the rows, or are codes that all differ, such as those of people."""
    if numbers_rows(cells):
        return True
    return len(set(cells)) == len(cells) and all(map(_CODE.fullmatch, cells)) and not all(map(str.isdigit, cells))


def _read(cells: tuple[str, ...]) -> _Column | None:
    """A column of labels or of values; None for words that name every row, which make a table one of things."""
    rows, distinct = len(cells), set(cells) - {""}
    values = _values(cells)
    if values is None:
        return None if len(distinct) > rows / 2 else _Column(cells, (), label=True, words=True)
    few = len(distinct) <= max(2, min(MOST_LABELS, rows / 4))
    return _Column(cells, values, label=few, words=False)


def _values(cells: Sequence[str]) -> tuple[float, ...] | None:
    """What cells come to as numbers or as times; None for words. A few may be empty or say that nothing is known."""
    said = [cell for cell in cells if cell and cell.lower() not in _NOTHING]
    if not said or any(len(cell) > LONGEST_NUMBER for cell in said):
        return None
    if all(map(_NUMBER.fullmatch, said)):
        return tuple(float(cell.replace(",", "")) for cell in said)
    moments = [match for cell in said if (match := _MOMENT.fullmatch(cell))]
    if len(moments) < len(said):
        return None
    return tuple(float(re.sub(r"\D", "", _padded(match))) for match in moments)


_NOTHING = frozenset(("na", "nan", "null", "none", ".", "-", "n/a"))


def _padded(match: re.Match[str]) -> str:
    parts = re.findall(r"\d+", match["day"])
    day = match["day"] if len(parts) == 1 else "".join(part.zfill(2) for part in parts)
    time = re.findall(r"\d+", (match["time"] or "0:0").partition(".")[0])
    return day + "".join(part.zfill(2) for part in [*time, "0"][:3])


def is_jumbled(values: Sequence[float]) -> bool:
    """Whether numbers neither rise nor fall most of the time."""
    if len(values) < 3:
        return False
    rises = sum(a < b for a, b in pairwise(values)) / (len(values) - 1)
    falls = sum(a > b for a, b in pairwise(values)) / (len(values) - 1)
    return rises > EVEN and falls > EVEN


def _moments(table: Table, fewest: int) -> int:
    """How many exact times stand in a table that counts nobody: of single events, sorted or not."""
    rows = len(table.rows)
    if not fewest <= rows <= MOST_ROWS or len(table.names) < 2 or _tells_of_groups(table):
        return 0
    for index in range(len(table.names)):
        found = [match for cell in table.column(index) if (match := _MOMENT.fullmatch(cell.strip()[:LONGEST_NUMBER]))]
        if len(found) < rows or not all(match["time"] for match in found):
            continue
        stamps = [_padded(match) for match in found]
        uneven = {stamp[-4:] for stamp in stamps}
        if len(set(stamps)) > rows / 2 and len(uneven) > rows / 4 and not _is_steady(stamps):
            return rows
    return 0


def _is_steady(stamps: Sequence[str]) -> bool:
    seconds = [int(s[6:8]) * 86400 + int(s[8:10]) * 3600 + int(s[10:12]) * 60 + int(s[12:14] or 0) for s in stamps]
    return len({b - a for a, b in pairwise(seconds)}) <= 3


_FIRM = re.compile(
    r"\(주\)|㈜|주식회사|유한회사|\b(?:Inc|Ltd|LLC|Corp|Corporation|GmbH|PLC|Co|Company|Industries|Holdings)\b\.?",
    re.IGNORECASE,
)
_FIRM_HEADING = re.compile(
    r"(?:기업|업체|회사|사업체|사업장|법인)(?:명|이름)|상호(?:명)?|(?:company|firm|enterprise|establishment|business|"
    r"employer)"
    r"(?:[ _]name)?",
    re.IGNORECASE,
)
FEWEST_FIRMS = 3
_MASKED_FIRM = re.compile(
    r"[A-Z]{1,2}사|[가-하]사|(?:firm|company|plant|farm|shop|store|기업|업체|회사|사업체|사업장|공장|점포|농가|"
    r"가맹점) ?[-_]?[A-Z0-9]{1,4}|"
    r"F\d{2,8}",
    re.IGNORECASE,
)
_FIRMS_ONLY = re.compile(
    r"(?:기업|업체|회사|사업체|사업장|공장|점포|농가|가맹점)(?:명|이름)?|(?:firms?|compan(?:y|ies)|plants?|"
    r"establishments?|farms?|shops?|stores?)"
    r"(?:[ _]name)?",
    re.IGNORECASE,
)
_NAMES_FIRMS = re.compile(
    r"(?:기업|업체|회사|사업체|사업장|법인)(?:명|이름)|상호(?:명)?|(?:company|firm|enterprise|establishment|"
    r"employer)[ _]name",
    re.IGNORECASE,
)
"""Headings below which nothing but the names of firms can stand."""
_OF_A_FIRM = re.compile(
    r"매출|영업이익|자산|부채|종사자|직원|근로자|급여|수출|투자|sales|turnover|revenue|employees|workers|payroll|"
    r"profit|assets|exports",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s?[(\[][^()\[\]]{0,20}[)\]]$")


def _firms(table: Table) -> int:
    """How many firms stand by name, each beside a number of its own."""
    rows = len(table.rows)
    if not FEWEST_FIRMS <= rows <= MOST_ROWS or len(table.names) < 2:
        return 0
    for index, name in enumerate(table.names):
        cells = [cell.strip() for cell in table.distinct(index) if cell.strip()]
        named = sum(_FIRM.search(cell[:LONGEST_NUMBER]) is not None for cell in cells)
        heading = _BRACKETS.sub("", name.strip())
        alone = len(cells) == rows
        if alone and _FIRMS_ONLY.fullmatch(heading) and all(map(_MASKED_FIRM.fullmatch, cells)):
            return rows
        if alone and _NAMES_FIRMS.fullmatch(heading) and any(map(_OF_A_FIRM.search, table.names)):
            return rows
        asked = _FIRM_HEADING.fullmatch(name.strip()) is not None
        if named < FEWEST_FIRMS or len(cells) < rows * 0.8 or named < len(cells) * (0.3 if asked else 0.6):
            continue
        others = (i for i in range(len(table.names)) if i != index)
        if any(_values([cell.strip() for cell in table.column(i)]) for i in others):
            return named
    return 0


def _turned(table: Table) -> Iterator[Table]:
    """A wide table whose columns are numbered like people, with a person in each row."""
    width, rows = len(table.names) - 1, len(table.rows)
    codes = [name.strip().partition(" ")[0] for name in table.names[1:]]
    # A row of words below the codes was taken for a part of the heading.
    below = [name.strip().partition(" ")[2] for name in table.names[1:]]
    if width < WIDE or rows < 3 or width <= 2 * rows or rows * width > MOST_ROWS:
        return
    numbered = sum(_CODE.fullmatch(code) is not None for code in codes)
    if numbered < 0.8 * width or all(map(_YEAR.fullmatch, codes)):
        return
    names = tuple(cell.strip() for cell in (*table.names[:1], *table.column(0)))
    people = [(below[index - 1], *table.column(index)) for index in range(1, width + 1)]
    turned = Table(names, people, range(1, width + 1))
    kinds = [_values(tuple(cell.strip() for cell in turned.column(i))) for i in range(len(names))]
    # A wide table of results holds numbers alone, but for its first column.
    said = [kind for kind, index in zip(kinds, range(len(names)), strict=True) if any(turned.column(index))]
    if any(kind is None for kind in said) and not all(kind is None for kind in said):
        yield turned


def _top(table: Table) -> Where:
    return Where(row=max(1, table.numbers[0] - 1) if table.numbers else 1)
