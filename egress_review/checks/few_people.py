"""A few rows of people, whatever their headings say and wherever they stand: a sex, a single age, values in no order.

Short tables of groups have a count, a mean or a rate, or are a grid of their labels; rows of people are neither. They
are looked for in tables, upright and on their side, in lines without headings, and in the lists and records of
programs.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.listing import Listing
from egress_review.checks.person_rows import is_jumbled
from egress_review.checks.program_literals import tables_in_brackets
from egress_review.checks.program_rows import records_in, tables_in_program
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Where
from registry.text import Text

RULES = ("table.singular",)
FEWEST, FEWEST_NAMED, MOST = 4, 3, 60
"""Rows from which people are told, rows where a heading says that one column is their age, and rows up to which."""
MOST_TEXT = 20_000
OLDEST, DISTINCT, GRID = 110, 0.6, 0.75
"""The highest age, the share of ages that differ, and the share of all combinations from which labels are a grid."""

_SEXES = frozenset(("m", "f", "male", "female", "남", "여", "남자", "여자", "남성", "여성"))
_AGE = re.compile(r"(?:.*[ _])?ages?(?:[ _](?:years?|at .*))?|.*(?:나이|연령)(?:\(세\)|\(만\))?", re.IGNORECASE)
_SEX = re.compile(r"(?:.*[ _])?(?:sex|gender)(?:_?(?:code|cd))?|.*성별(?:코드)?", re.IGNORECASE)
_CODED = frozenset("012")
"""Headings of a sex, and the codes that stand below them."""
_BORN = re.compile(r"(?:b|birth)_?(?:year|yr|y)|yob|year of birth|출생(?:연도|년도|년)", re.IGNORECASE)
_BIRTH = re.compile(r"(?:19|20)\d\d")
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")
_OF_GROUPS = re.compile(
    r"mean|median|avg|average|\bsd\b|std|\bse\b|coef|estimate|ratio|rate|pct|percent|lower|upper|quantile|group|band|"
    r"\b(?:or|hr|rr|irr|ci|p|p[-_ ]?val\w*|beta|df|t|z|auc|accuracy|score)\b|"
    r"평균|중앙|중위|표준|계수|율|비율|분위|군$|대$|[<>≥≤%]",
    re.IGNORECASE,
)
_COUNTED = frozenset((Kind.COUNT, Kind.COUNT_AND_PERCENT, Kind.PERCENT))
_LITERAL = r"""(?:"[^"\n]{0,40}"|'[^'\n]{0,40}'|-?\d[\d.]{0,12}L?|NA(?:_\w{1,10}_)?|None)"""
_LIST = re.compile(
    rf"""["']?(?P<name>[^\W\d][\w.]{{0,40}})["']?\s{{0,3}}(?:=|:|<-)\s{{0,3}}(?:structure\(\s{{0,20}})?(?:c\(|"""
    rf"""np\.array\(\[|pd\.Series\(\[|\[|\()\s{{0,20}}"""
    rf"""(?P<values>{_LITERAL}(?:\s{{0,20}},\s{{0,20}}{_LITERAL}){{2,{MOST}}})\s{{0,20}},?\s{{0,20}}[\])]"""
)
_VALUE = re.compile(_LITERAL)
_QUOTE, _WORDS = re.compile("[\"']"), re.compile(r"[\w.,\t -]{3,300}")

_PEOPLE = Text(
    ko="{number}행에 성별과 나이가 순서 없이 적혀 있습니다: 한 행이 한 사람입니다.",
    en="{number} rows hold a sex and single ages in no order: each row is one person.",
)
_AGGREGATE = Text(
    ko="개인 단위의 행을 지우고 집단별로 집계하십시오.",
    en="Remove the rows of single people and aggregate to groups.",
)

_MARKED = Text(
    ko="번호가 붙은 {number}행에 몇 가지 범주만 되풀이됩니다: 한 행이 한 사람입니다.",
    en="{number} numbered rows repeat a few categories and nothing else: each row is one person.",
)

Rows = Sequence[Sequence[str]]


def check_few_people(subject: Subject, listing: Listing) -> None:
    """Flag the first few rows of people in a file."""
    for table in subject.tables:
        if number := categories_by_row(table):
            where = Where(row=max(1, table.numbers[0] - 1))
            listing.flag("table.singular", _MARKED.fill(number=number), _AGGREGATE, where=where, number=number)
            return
    for line, rows in _candidates(subject):
        number = people_among(rows) or people_among(_turned(rows))
        if number:
            message = _PEOPLE.fill(number=number)
            listing.flag("table.singular", message, _AGGREGATE, where=Where(row=line), number=number)
            return


FEWEST_MARKED, FEWEST_MARKS, MOST_MARKS = 12, 4, 12
"""Rows, columns of categories beside the numbers, and categories of each, of rows that are single people."""


def categories_by_row(table: Table) -> int:
    """How many rows are numbered and hold nothing but a few categories each; 0 for any other table."""
    rows = len(table.rows)
    marks = range(1, len(table.names))
    if not FEWEST_MARKED <= rows <= MOST_MARKED or len(marks) < FEWEST_MARKS:
        return 0
    first = [cell.strip() for cell in table.column(0)]
    if not any(first == [str(n + start) for n in range(rows)] for start in (0, 1)):
        return 0
    if any(kind_of(name) in _COUNTED or _OF_GROUPS.search(name) for name in table.names[1:]):
        return 0
    few = all(len(table.distinct(i)) <= min(MOST_MARKS, rows / 2) for i in marks)
    varied = sum(len(table.distinct(i)) > 1 for i in marks) >= FEWEST_MARKS
    words = any(cell and not _NUMBER.fullmatch(cell.strip()) for i in marks for cell in table.distinct(i))
    return rows if few and varied and words else 0


MOST_MARKED = 20_000


def _candidates(subject: Subject) -> Iterator[tuple[int, Rows]]:
    text = subject.text
    if subject.type == "code":
        if len(text) <= 10 * MOST_TEXT:
            yield from _of_program(text)
            # Rows of words within quotes that go on over lines, as `read.table(text = "…")` has them.
            yield from _of_lines(list(map(_within_quotes, subject.lines)))
        return
    if subject.type in ("csv", "tsv") and 0 < len(text) <= MOST_TEXT:
        for delimiter in ",;\t|":
            if delimiter in text:
                yield 1, _split(text, delimiter)
    for table in subject.tables:
        if len(table.rows) <= MOST:
            yield max(1, table.numbers[0] - 1) if table.numbers else 1, _raw(table)
    if subject.type in ("md", "txt") and len(text) <= 10 * MOST_TEXT:
        yield from _of_lines(subject.lines)
        if "{" in text or "[" in text or "(" in text:
            yield from _of_program(text)


def _within_quotes(line: str) -> str:
    """The longest part of a line between quotes, or before or behind one, that is nothing but words and numbers."""
    parts = _QUOTE.split(line) if len(line) <= LONGEST_LINE else []
    return max((part for part in parts if _WORDS.fullmatch(part)), key=len, default="")


LONGEST_LINE = 1_000


def _split(text: str, delimiter: str) -> Rows:
    try:
        return [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(map(str.strip, row))]
    except csv.Error:
        return []


def _raw(table: Table) -> Rows:
    """The rows of a table with its heading, which may have taken rows of words for parts of itself."""
    words = [name.split(" ") for name in table.names]
    parts = {len(one) for one in words}
    if len(parts) == 1 and max(parts) > 1:
        return [*map(list, zip(*words, strict=True)), *table.rows]
    return [list(table.names), *table.rows]


def _of_lines(lines: Sequence[str]) -> Iterator[tuple[int, Rows]]:
    """Lines of as many words as each other, one after another."""
    block: list[list[str]] = []
    for number, line in enumerate([*lines, ""], 1):
        cells = line.replace(",", " ").replace("|", " ").split() if len(line) <= 300 else []
        if block and len(cells) != len(block[0]):
            if len(block) >= FEWEST:
                yield number - len(block), block
            block = []
        if len(cells) >= FEWEST_NAMED:
            block.append(cells)


def _of_program(text: str) -> Iterator[tuple[int, Rows]]:
    for table in (*tables_in_program(text), *tables_in_brackets(text), *records_in(text, FEWEST_NAMED)):
        yield table.numbers[0] if table.numbers else 1, [list(table.names), *table.rows]
    found: dict[int, list[tuple[int, list[str]]]] = defaultdict(list)
    for match in _LIST.finditer(text):
        values = [value.strip("\"'").removesuffix("L") for value in _VALUE.findall(match["values"])]
        found[len(values)].append((text.count("\n", 0, match.start()) + 1, [match["name"], *values]))
    for lists in found.values():
        if len(lists) > 1:
            yield lists[0][0], list(zip(*(values for _, values in lists[:MOST]), strict=True))


def _turned(rows: Rows) -> Rows:
    """Rows as columns, of a table that lies on its side: its first column names what the others hold."""
    width = Counter(map(len, rows)).most_common(1)
    even = [row for row in rows if width and len(row) == width[0][0]]
    if not even or not FEWEST < width[0][0] <= MOST or len(even) > MOST:
        return []
    if all(map(_TIME.fullmatch, (cell.strip() for cell in even[0][1:]))):
        return []  # Waves, weeks and visits stand side by side as well.
    # What stands above the columns numbers the people; without it the first row is one of their marks.
    return list(zip(*even, strict=True))


_TIME = re.compile(
    r"(?:wave|week|month|year|day|visit|round|quarter|phase|period|time|scenario|model)[ _-]?\d{1,4}(?: .*)?|"
    r"(?:제 ?)?\d{1,4} ?(?:차수?|주차?|월|년|분기|회차)|(?:19|20)\d\d",
    re.IGNORECASE,
)


def people_among(rows: Rows) -> int:
    """How many of some rows are single people; 0 for any other table."""
    width = Counter(map(len, rows)).most_common(1)
    even = [[cell.strip() for cell in row] for row in rows if width and len(row) == width[0][0]]
    if not FEWEST_NAMED < len(even) <= MOST + 2 or width[0][0] < FEWEST_NAMED - 1:
        return 0
    for above in (0, 1, 2):
        head, data = even[:above], even[above:]
        sexes = (
            [i for i in range(len(data[0])) if data and all(row[i].lower() in _SEXES for row in data)] if data else []
        )
        if above == 1 and data and (number := _keyed(head[0], data)):
            return number
        if not sexes and above == 1 and data:
            if number := _aged(head[0], data):
                return number
            sexes = [i for i, name in enumerate(head[0]) if _SEX.fullmatch(name) and {row[i] for row in data} <= _CODED]
        if sexes:
            return _people(head[-1] if head else None, head, data, sexes[0])
    return 0


def _people(names: Sequence[str] | None, head: Rows, data: Rows, sex: int) -> int:
    said = [cell for row in head for cell in row]
    if any(kind_of(name) in _COUNTED or _OF_GROUPS.search(name) for name in said):
        return 0
    columns = list(zip(*data, strict=True))
    if max(Counter(columns[sex]).values()) < 2:
        return 0
    numbers = [i for i, cells in enumerate(columns) if all(map(_NUMBER.fullmatch, cells))]
    loose = [i for i in numbers if is_jumbled(list(map(float, columns[i])))]
    ages = [i for i in loose if _are_ages(columns[i])]
    named = [
        i for i in numbers if any(i < len(row) and _AGE.fullmatch(row[i]) for row in head) and _are_ages(columns[i])
    ]
    born = [i for i in numbers if any(i < len(row) and _BORN.fullmatch(row[i]) for row in head)]
    if loose and any(_are_births(columns[i], columns[sex]) for i in born):
        return len(data)
    if named and is_jumbled(list(map(float, columns[named[0]]))):
        return len(data)
    if len(data) < FEWEST or not ages:
        return 0
    labels = [i for i in range(len(columns)) if i not in numbers]
    if len(labels) > 1 and _is_grid([columns[i] for i in labels]):
        return 0
    bare = names is None or not any(names)
    return len(data) if (bare and len(columns) >= FEWEST_NAMED) or (len(loose) > 1 and len(labels) > 1) else 0


def _aged(names: Sequence[str], data: Rows) -> int:
    """How many rows hold a single age and two other numbers in no order, under the very name of an age."""
    if len(data) < FEWEST or any(kind_of(name) in _COUNTED or _OF_GROUPS.search(name) for name in names):
        return 0
    columns = list(zip(*data, strict=True))
    numbers = [i for i, cells in enumerate(columns) if all(map(_NUMBER.fullmatch, cells))]
    loose = [i for i in numbers if is_jumbled(list(map(float, columns[i]))) and 2 * len(set(columns[i])) > len(data)]
    ages = [
        i for i in loose if _AGE.fullmatch(names[i]) and all(c.isdecimal() and int(c) <= OLDEST for c in columns[i])
    ]
    return len(data) if ages and len(loose) >= FEWEST_NAMED else 0


def _keyed(names: Sequence[str], data: Rows) -> int:
    """How many rows have a long number of their own beside marks of a person, in a table that counts nobody."""
    if len(data) < FEWEST or any(kind_of(name) in _COUNTED for name in names):
        return 0
    marks = sum(any(form.fullmatch(name) for form in (_SEX, _AGE, _BORN)) for name in names)
    keys = [[row[i] for row in data] for i, name in enumerate(names) if _KEY.fullmatch(name)]
    long = any(len(set(cells)) == len(cells) and all(map(_CODE.fullmatch, cells)) for cells in keys)
    people = any(kind_of(name) is Kind.PERSON for name in names)
    return len(data) if long and marks > (0 if people else 1) else 0


_KEY = re.compile(r"(?:[a-z]{1,12}_?)?id|mrn|hn|(?:[a-z]{1,8}_)?(?:key|no)|.*(?:번호|아이디)", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]{0,4}[-_]?\d{5,12}")


def _are_ages(cells: Sequence[str]) -> bool:
    whole = all(cell.isdecimal() and int(cell) <= OLDEST for cell in cells)
    return whole and len(set(cells)) >= DISTINCT * len(cells) and max(map(int, cells)) >= 2 * FEWEST


def _are_births(cells: Sequence[str], sexes: Sequence[str]) -> bool:
    """Whether cells are years of birth that rise and fall and fill no grid with the sexes beside them."""
    turns = {a < b for a, b in pairwise(cells) if a != b}
    return all(map(_BIRTH.fullmatch, cells)) and len(turns) > 1 and not _is_grid((cells, sexes))


def _is_grid(labels: Sequence[Sequence[str]]) -> bool:
    keys = list(zip(*labels, strict=True))
    possible = math.prod(len(set(column)) for column in labels)
    return len(set(keys)) == len(keys) and len(keys) >= GRID * possible
