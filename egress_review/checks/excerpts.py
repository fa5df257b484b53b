"""Rows of records that a program shows by the way: structures of frames with their first values, single rows, cases.

Nobody means to publish them, and each is a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.listing import Listing
from egress_review.checks.row_keys import are_rows_named, counts_groups
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Where
from registry.text import Text

FEWEST_TOLD = 2
"""Variables with values from which a text shows the structure of a frame of records."""
FEWEST_TIMES = 5
"""Rows of times with nothing but noughts and ones beside them from which a table is one row for each person."""

_VARIABLE = re.compile(
    r"\s*(?:\$|\.\.\$)\s*[^\s:<]{1,60}\s*(?::\s*(?:int|num|chr|Factor|logi|Date|POSIXct|dbl\+lbl)\b(?P<str>.{0,400})"
    r"|<(?:int|dbl|chr|fct|lgl|date|dttm|ord)>\s*(?P<glimpse>.{1,400}))"
)
"""A line of str() or of glimpse() in R: name, type, first values."""
_VALUE = r'(?:"[^"]{0,40}"|-?\d[\d.:-]{0,24}|NA|TRUE|FALSE)'
_VALUES = re.compile(rf"(?<![\d.:-]){_VALUE}(?:\s{{0,2}},?\s{{1,2}}{_VALUE}){{2,60}}")
_OF_ROW = re.compile(r"Name: \S{1,40}, dtype: object")
_PAIR = re.compile(r"(\S[^\t]{0,59}?)(?:\s{2,}|\t)(\S.{0,59})")
_ABOUT = re.compile(
    r"sex|gender|age|birth\w*|dob|admi\w*|discharge\w*|visit\w*|diag\w*|date|성별|나이|연령|생년월일|입원\w*|퇴원\w*|내원\w*|진단\w*",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r"(?:time|t|duration|futime|follow_?up(?:_?(?:days|months|time))?|days|months|survival_?(?:days|time|months)|os_?\w{0,8}|"
    r"생존기간|추적기간|기간|생존일수)(?:\(\w+\))?",
    re.IGNORECASE,
)
_STATUS = re.compile(
    r"status|event|dead|death|died|censor(?:ed|ing)?|fustat|e|relapse|outcome|사망(?:여부)?|사건(?:여부)?|중도절단",
    re.IGNORECASE,
)

_STRUCTURE = Text(
    ko="자료의 구조를 보이는 출력(str, glimpse)에 처음 몇 사람의 값이 변수 {number}개에 걸쳐 들어 있습니다.",
    en="The structure of a data frame (str, glimpse) shows the values of its first people in {number} variables.",
)
_NAMES_ONLY = Text(
    ko="변수 이름과 형식만 남기고 값은 지우십시오. 예: names(d), sapply(d, class).",
    en="Keep the names and types of the variables and no values, as names(d) and sapply(d, class) print them.",
)
_ROW = Text(ko="한 사람의 행이 통째로 출력되어 있습니다.", en="One row, which is one person, is printed whole.")
_TIMED = Text(
    ko="시간과 사건(0, 1)이 행마다 있습니다: {number}행이 각각 한 사람입니다.",
    en="Each row holds a time and an event of 0 or 1: its {number} rows are single people.",
)
_AGGREGATE = Text(
    ko="개인 단위 행 대신 집단별로 집계하십시오.", en="Aggregate to groups instead of rows of single people."
)


def check_excerpts(subject: Subject, listing: Listing) -> None:
    """Find rows of single people in what programs print, and in tables of times and events."""
    if subject.type in ("md", "txt") and "$" in subject.text:
        _check_structure(subject, listing)
    if subject.type in ("md", "txt") and "dtype: object" in subject.text:
        _check_row(subject, listing)
    for table in subject.tables:
        for where, number in _timed(table):
            listing.flag("table.records", _TIMED.fill(number=number), _AGGREGATE, where=where, number=number)
        for where, number in _bare(table):
            listing.flag("table.records", _BARE.fill(number=number), _AGGREGATE, where=where, number=number)
        for where, number in _drawn(table):
            listing.flag("table.records", _DRAWN.fill(number=number), _AGGREGATE, where=where, number=number)
        for where, number in _told_by_row(table):
            listing.flag("table.records", _BY_ROW.fill(number=number), _AGGREGATE, where=where, number=number)


def _check_structure(subject: Subject, listing: Listing) -> None:
    told = [n for n, line in enumerate(subject.lines, 1) if (found := _VARIABLE.match(line)) and _has_values(found)]
    if len(told) >= FEWEST_TOLD:
        where = Where(row=told[0])
        listing.flag("table.records", _STRUCTURE.fill(number=len(told)), _NAMES_ONLY, where=where, number=len(told))


def _has_values(found: re.Match[str]) -> bool:
    said = found["str"] if found["str"] is not None else found["glimpse"]
    return _VALUES.search(said.replace("'", '"')) is not None


def _check_row(subject: Subject, listing: Listing) -> None:
    """One row as pandas prints it: names beside values, and what it is of below."""
    pairs: list[tuple[str, str]] = []
    for number, line in enumerate(subject.lines, 1):
        if _OF_ROW.fullmatch(line.strip()):
            names = [name for name, _ in pairs]
            if any(kind_of(name) is Kind.PERSON for name in names) or sum(map(_is_about, names)) >= FEWEST_TOLD:
                listing.flag("table.records", _ROW, _AGGREGATE, where=Where(row=number))
            pairs = []
        elif pair := _PAIR.fullmatch(line.strip()):
            pairs.append((pair[1], pair[2]))
        else:
            pairs = []


def _is_about(name: str) -> bool:
    return _ABOUT.fullmatch(name.strip()) is not None


FEWEST_BARE = 20
"""Rows of nothing but decimal numbers in no order from which they are those of single people."""
_INDEX = re.compile(r"(?:unnamed: ?0|index|idx|row|obs|case|no|id|연번|순번|번호|행|)", re.IGNORECASE)
_FRACTION = re.compile(r"-?\d{0,9}\.\d{1,18}(?:[eE][-+]?\d{1,3})?")
_OF_RUNS = re.compile(
    r"mean|median|avg|coef|beta|estimate|se\b|rmse|loss|auc|score|lower|upper|ratio|평균|중앙|계수|추정|표준",
    re.IGNORECASE,
)
_BARE = Text(
    ko="이름 없는 {number}행에 소수만 순서 없이 있습니다: 한 행이 한 사람의 값으로 보입니다.",
    en="{number} rows without labels hold decimal numbers in no order: they look like the values of single people.",
)


def _bare(table: Table) -> Iterator[tuple[Where, int]]:
    """Rows that nothing names but their number, of two or more decimal numbers, none of which ever only rises."""
    rows = len(table.rows)
    if rows < FEWEST_BARE or len(table.names) < FEWEST_TOLD or any(map(_OF_RUNS.search, table.names)):
        return
    numbered = _INDEX.fullmatch(table.names[0].strip()) is not None and all(map(str.isdecimal, table.distinct(0)))
    columns = range(1 if numbered else 0, len(table.names))
    if len(columns) < FEWEST_TOLD:
        return
    for index in columns:
        cells = table.column(index)
        if len(table.distinct(index)) < rows / 2 or not all(map(_FRACTION.fullmatch, table.distinct(index))):
            return
        values = list(map(float, cells))
        rises = sum(a <= b for a, b in pairwise(values))
        if not MOST_EVEN < rises / (rows - 1) < 1 - MOST_EVEN:
            return
    yield Where(row=max(1, table.numbers[0] - 1), column=columns[0] + 1), rows


MOST_EVEN = 0.2
"""Share of steps in one direction up to which numbers are in an order, as those of a curve are."""


FEWEST_DRAWN = 3
SPARSE = 5
"""Rows of a printed frame, and how many times their number its largest index is, from which it is a part of one."""
_OF_GROUPS = frozenset((Kind.COUNT, Kind.COUNT_AND_PERCENT, Kind.PERCENT, Kind.STATISTIC, Kind.EXTREME))
_DRAWN = Text(
    ko="더 큰 자료에서 뽑은 {number}행이 출력되어 있습니다: 한 행이 한 사람입니다.",
    en="{number} rows out of a larger frame are printed: each is one person.",
)


def _drawn(table: Table) -> Iterator[tuple[Where, int]]:
    """Rows that a program numbers by their places in a frame of many: what sample(), query() and filters print."""
    rows = len(table.rows)
    if not FEWEST_DRAWN <= rows <= MOST_DRAWN or len(table.names) <= FEWEST_TOLD or table.names[0].strip():
        return
    index = [cell.strip() for cell in table.column(0)]
    if not all(cell.isdecimal() and len(cell) < LONGEST_INDEX for cell in index) or len(set(index)) < rows:
        return
    places = list(map(int, index))
    years = all(1900 <= place <= 2100 for place in places)
    if years or max(places) < SPARSE * rows or any(kind_of(name) in _OF_GROUPS for name in table.names):
        return
    gaps = {b - a for a, b in pairwise(places)}
    alone = [i for i in range(1, len(table.names)) if len(table.distinct(i)) > rows / 2]
    if len(gaps) > 1 and len(alone) >= FEWEST_TOLD:
        yield Where(row=max(1, table.numbers[0] - 1), column=1), rows


MOST_DRAWN, LONGEST_INDEX = 200, 10


def _told_by_row(table: Table) -> Iterator[tuple[Where, int]]:
    """What a model says of each person: the truth beside a prediction, or what it left unexplained."""
    names = [name.strip() for name in table.names]
    truths = [i for i, name in enumerate(names) if _TRUTH.fullmatch(name)]
    scores = [i for i, name in enumerate(names) if _SCORE.fullmatch(name)]
    left = [i for i, name in enumerate(names) if _LEFT.fullmatch(name)]
    rows = len(table.rows)
    if rows < FEWEST_TIMES:
        return
    if scored := [score for truth in truths for score in scores if _is_scored(table, truth, score)]:
        yield Where(row=max(1, table.numbers[0] - 1), column=scored[0] + 1), rows
    elif left and len(names) > 1 and rows >= FEWEST_LEFT and len(set(table.column(left[0]))) > rows / 2:
        yield Where(row=max(1, table.numbers[0] - 1), column=left[0] + 1), rows


def _is_scored(table: Table, truth: int, score: int) -> bool:
    """Whether a row is a person: what befell them, yes or no, and a number for it that hardly two share.

    Only words of models say so alone. Events, outcomes and risks stand in tables of groups and in registers, too: there
    rows have names, or counts beside them, and the numbers may be whole.
    """
    told = {cell.strip() for cell in table.distinct(truth)}
    numbers = {cell.strip() for cell in table.distinct(score) if _SCORED.fullmatch(cell.strip())}
    if not told <= _EITHER or not any(told) or len(numbers) <= len(table.rows) / 2:
        return False
    name = table.names[score].strip()
    if _OF_EACH.fullmatch(name) or (_OF_MODEL.fullmatch(table.names[truth].strip()) and not _WEAK.fullmatch(name)):
        return True
    whole = all(map(str.isdecimal, numbers))
    return not whole and not counts_groups(table) and not are_rows_named(table, (truth, score), (truth,))


_SCORED = re.compile(r"[-+]?(?:\d{1,9}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][-+]?\d{1,3})?%?")
_OF_MODEL = re.compile(r"y|y_?(?:true|test|obs|i)|label|target|actual|truth|실제값?|정답", re.IGNORECASE)
_OF_EACH = re.compile(
    r"ps|lp|linear_?predictor|propensity(?:_?score)?|logit_?score|(?:y|p|pi|mu|theta|risk|prob)_?hat|성향점수",
    re.IGNORECASE,
)
"""What a model says of each row that it was fitted to, and of no group."""
_WEAK = re.compile(r"prob(?:ability)?|score|risk|위험점수", re.IGNORECASE)
_EITHER = frozenset(("0", "1", "0.0", "1.0", "True", "False", ""))
FEWEST_LEFT = 10
"""Rows of residuals from which they are those of single people; a table of groups has fewer."""
_TRUTH = re.compile(
    r"y|y_?(?:true|test|obs|i)|event|outcome|died|death|case|response|label|target|actual|observed|truth|실제값?|정답",
    re.IGNORECASE,
)
_SCORE = re.compile(
    r"(?:y|p|pi|mu|theta)_?(?:prob|score|pred_?prob|hat)|propensity(?:_?score)?|ps|fitted(?:_?(?:value|prob|risk)s?)?|"
    r"(?:risk|prob)_?hat|logit_?score|lp|linear_?predictor|pred_?[01]|proba?_?[01]|예측값|예측위험|성향점수|"
    r"prob(?:ability)?|pred(?:icted)?_?(?:prob(?:ability)?|risk)|score|risk|예측확률|위험점수",
    re.IGNORECASE,
)
_LEFT = re.compile(
    r"(?:std|stud|pearson|deviance|martingale|schoenfeld)?_?resid(?:uals?)?|cooks?_?d(?:istance)?|hat|leverage|잔차",
    re.IGNORECASE,
)
_BY_ROW = Text(
    ko="모형의 예측값이나 잔차가 행마다 있습니다: {number}행이 각각 한 사람입니다.",
    en="Each row holds a prediction or a residual of the model: its {number} rows are single people.",
)


def _timed(table: Table) -> Iterator[tuple[Where, int]]:
    """Tables as a program of survival wants them: a row for each person."""
    times = [i for i, name in enumerate(table.names) if _TIMES.fullmatch(name.strip())]
    for index, name in enumerate(table.names):
        if not times or not _STATUS.fullmatch(name.strip()) or len(table.rows) < FEWEST_TIMES:
            continue
        if {cell.strip() for cell in table.distinct(index)} <= _EITHER:
            yield Where(row=max(1, table.numbers[0] - 1), column=index + 1), len(table.rows)
