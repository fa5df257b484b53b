"""Smallest and largest values: as a rule each is the value of one person or firm, however few its digits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any

from egress_review.checks.amounts import number_in
from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.ends_in_cells import ends_behind, ends_in, is_range, may_be_range, says_ranges
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.not_counted import plans_sizes
from egress_review.checks.singled_out import says_no_ends, value_at_top
from egress_review.checks.statistics import OF_A_MODEL, of_what, statistic
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Severity, Where
from registry.text import Text

RULE = "cells.extremes"
EXACT = 4
"""Digits from which a smallest or largest value is hardly that of several people, whatever it is rounded to."""
LONGEST = 60
"""Characters of a cell that gives the ends of a range."""
MOST_LINE = 500

_NUMBER = r"-?\d[\d,]{0,15}(?:\.\d{1,9})?"
_SCALE = re.compile(r"score|scale|rating|likert|index|grade|점수|척도|만족도|지수|등급|문항|응답")
_OF_GROUPS = re.compile(
    r"rate|율|률|%|percent|per (?:day|week|month|year)|daily|weekly|monthly|일별|월별|주별|하루|월평균|일평균|correl|"
    r"상관|"
    r"\bvif\b|coef|계수|weights|sampling weight|survey weight|가중"
)
_ROUNDED = re.compile(r"trimm|winsor|top-?cod|capped|truncat|절사|상한 처리|상하위|반올림|rounded", re.IGNORECASE)
_SCALES = frozenset((1, 2, 3, 4, 5, 6, 7, 10, 100))
"""Whole numbers at which scales end that begin with 0 or 1."""

_EXTREME = Text(
    ko="최솟값과 최댓값은 대개 한 사람의 값입니다.",
    en="A minimum or maximum is usually the value of one person.",
)
_EXTREME_MEND = Text(
    ko="백분위수로 바꾸거나, 척도의 끝처럼 여러 사람의 값이면 열 이름에 점수나 척도임을 적으십시오.",
    en="Publish percentiles instead; if it is the end of a scale, which many have, say score or scale in its name.",
)
_AT_TOP = Text(
    ko="가장 큰(작은) 한 사람이나 한 업체의 값이 글에 적혀 있습니다.",
    en="The words give the value of the one person or firm that has most or least.",
)
_AT_TOP_AGAINST = Text(
    ko="글에는 최솟값과 최댓값을 내지 않는다고 적혀 있으나 가장 큰(작은) 하나의 값이 적혀 있습니다.",
    en="The words say that no smallest or largest values leave, and give the value of the one that has most or least.",
)
_AT_TOP_MEND = Text(
    ko="그 문장을 지우거나 백분위수로 바꾸십시오.",
    en="Remove the sentence, or give a percentile instead.",
)


def check_ends(subject: Subject, listing: Listing) -> None:
    """Look for smallest and largest values in tables, printed summaries, sentences and JSON."""
    said = subject.said
    none = says_no_ends(said)
    softened = not none and _ROUNDED.search(said) is not None
    for table, _ in bearable(subject, (RULE,), listing):
        if plans_sizes(table):
            continue  # What is called p0 there is a share that is expected, and no quantile.
        # What R prints of the residuals of a model are its errors, not values of the data.
        errors = "1Q" in table.names
        rows = _in_rows(table, said=says_ranges(said))
        for where, name, values in (*_by_heading(table, subject), *_by_label(table), *rows):
            _tell(where, name, values, listing, soft=errors or softened)
    if subject.type in ("md", "txt"):
        top = [number for number, line in enumerate(subject.lines, 1) if any(value_at_top(line))]
        for number in top:
            message = _AT_TOP_AGAINST if none else _AT_TOP
            severity = None if softened else Severity.FAIL
            listing.flag(RULE, message, _AT_TOP_MEND, where=Where(row=number), severity=severity)
        for number, values in _printed(subject.lines):
            if number not in top:
                _tell(Where(row=number), "", values, listing, soft=softened)
    if subject.type == "json":
        for path, name, values in _in_json(subject.json):
            _tell(Where(path=path), name, values, listing, soft=softened)


_RANKED = re.compile(
    r"(?:\bq\s?\d|quintile|quartile|decile|tertile|분위)[^()]{0,12}\((?:lowest|highest|least|most|poorest|richest|"
    r"최저|최고)",
    re.IGNORECASE,
)
"""A group by its rank, `Q1 (lowest)`, which is no value of anybody."""


def _tell(where: Where, name: str, values: Sequence[str], listing: Listing, *, soft: bool) -> None:
    if _RANKED.search(name):
        return
    numbers = [found[0] for value in values if (found := number_in(value.strip()))]
    if not numbers or _is_scale(name, numbers):
        return
    rounded = soft or _OF_GROUPS.search(name.lower()) or all(number % 10 == 0 for number in numbers)
    exact = not soft and any(map(_is_exact, values))
    severity = Severity.FAIL if exact or not rounded else None
    listing.flag(RULE, _EXTREME, _EXTREME_MEND, where=where, severity=severity)


def _is_scale(name: str, numbers: Sequence[float]) -> bool:
    """Whether numbers are evidently ends that many people share: 0 and 1, those of a scale, years."""
    low, high = min(numbers), max(numbers)
    if any(number != int(number) for number in numbers):
        return low >= 0 and high <= 1 and {low, high} <= {0, 1}
    if all(1900 <= number <= 2100 for number in numbers) or {low, high} <= {0, 1}:
        return True
    if low not in (0, 1):
        return False
    return high in _SCALES or _SCALE.search(name.lower()) is not None


def _is_exact(cell: str) -> bool:
    """Whether a value says more than a few digits; noughts at its ends say nothing."""
    found = number_in(cell.strip())
    if found is None:
        return False
    digits = re.sub(r"[eE].*|\D", "", f"{found[0]:.10g}").strip("0")
    return len(digits) >= EXACT


End = tuple[Where, str, Sequence[str]]
"""Where a smallest or largest value stands, what it is of, and the values."""


def _by_heading(table: Table, subject: Subject) -> Iterator[End]:
    """Columns of extremes: each group's smallest and largest value of the same together."""
    if not table.numbers:
        return
    bounds: dict[str, list[int]] = {}
    outermost = _outermost(table.names, "quantile")
    for index, name in enumerate(table.names):
        if index in outermost:
            bounds.setdefault("", []).append(index)
        elif (
            OF_A_MODEL.search(name.lower())
            or subject.claims.declared(name) == "other"
            or (not index and not _is_number(table))
        ):
            continue
        if index and _gives_ends(table, index):
            found = [ends for cell in table.column(index) if (ends := ends_in(cell))]
            yield (Where(row=table.numbers[0], column=index + 1), name, [end for ends in found for end in ends])
        elif kind_of(name) is Kind.EXTREME or statistic(name)[0] in ("min", "max", "mode"):
            bounds.setdefault(of_what(name), []).append(index)
    for name, columns in bounds.items():
        for row, number in zip(table.rows, table.numbers, strict=True):
            values = [row[index] for index in columns if index < len(row)]
            if any(number_in(value.strip()) for value in values):
                yield (
                    Where(row=number, column=columns[0] + 1),
                    f"{table.names[0]} {name} {row[0] if row else ''}",
                    values,
                )


MOST_QUANTILES, FEWEST_QUANTILES = 100, 2
_PLACE = re.compile(
    r"(?:p|q|pctl|percentile|quantile|백분위수?)?[ _]?(\d{1,3}(?:\.\d+)?)[ _]?(?:%|th|st|nd|rd|백분위수?|분위수?)?"
    r"(?: ?(?:percentile|quantile|pctl?))?(?: ?\((?:min|max)\w*\))?"
)


def _outermost(names: Sequence[str], of: str) -> Set[int]:
    """Positions of the quantiles at 0 and at 1 among names of quantiles: `p0`, `100%`, `0th percentile`."""
    plain = [" ".join(unicodedata.normalize("NFKC", name[:LONGEST]).lower().split()) for name in names]
    found = {at: float(match[1]) for at, name in enumerate(plain) if (match := _PLACE.fullmatch(name))}
    told = {at for at, name in enumerate(plain) if at in found and not name.replace(".", "").isdecimal()}
    highest = 100.0
    if (len(told) < len(found) and not of.strip()) or _QUANTILES.search(of.lower()):
        # As pandas names them: 0.0, 0.25, 0.5, …
        decimal = all(place <= 1 for place in found.values()) and any("." in plain[at] for at in found)
        told, highest = (set(found), 1.0) if decimal else (told, highest)
    inner = [found[at] for at in told if 0 < found[at] < highest]
    rising = [found[at] for at in sorted(told)]
    if len(inner) < FEWEST_QUANTILES or len(set(rising)) < len(rising) or 0.5 * highest not in inner:
        return frozenset()
    return {at for at in told if found[at] in (0.0, highest)}


_QUANTILES = re.compile(r"quantile|percentile|분위")


def _is_number(table: Table) -> bool:
    return all(number_in(cell.strip()) is not None for cell in table.column(0))


def _gives_ends(table: Table, index: int) -> bool:
    """Whether a column holds smallest and largest values together: `18–97` under `age, range`."""
    if not is_range(table.names[index]):
        return False
    cells = [cell.strip() for cell in table.column(index) if cell.strip()]
    if len(cells) > 1 and len(set(cells)) == 1:
        return False  # One range for all groups is who was looked at.
    return bool(cells) and all(map(ends_in, cells))


def _by_label(table: Table) -> Iterator[End]:
    """Rows of extremes, as `describe()` gives them: those of each column together."""
    of: dict[str, list[tuple[int, Sequence[str]]]] = {}
    outermost = _outermost(table.column(0) if len(table.rows) <= MOST_QUANTILES else (), table.names[0])
    for at, (row, number) in enumerate(zip(table.rows, table.numbers, strict=True)):
        if len(row) > 1 and at in outermost:
            of.setdefault("", []).append((number, row))
            continue
        speaks = (
            len(row) > 1
            and not _RANKED.search(row[0])
            and (kind_of(row[0]) is Kind.EXTREME or statistic(row[0])[0] == "mode")
        )
        if speaks and not OF_A_MODEL.search(row[0].lower()):
            of.setdefault(of_what(row[0]), []).append((number, row))
    for name, rows in of.items():
        for index in range(1, max(len(row) for _, row in rows)):
            values = [row[index] for _, row in rows if index < len(row)]
            heading = table.names[index] if index < len(table.names) else ""
            if not OF_A_MODEL.search(heading.lower()):
                yield Where(row=rows[0][0], column=index + 1), f"{name} {heading}", values


def _in_rows(table: Table, *, said: bool) -> Iterator[End]:
    """Rows of ranges, `Age, range` with `18 to 103`; below a note that all are, the cells of a value and a range."""
    for row, number in zip(table.rows, table.numbers, strict=True):
        if len(row) < 2:
            continue
        named = is_range(row[0])
        for index, cell in enumerate(row[1:], 2):
            also = said and may_be_range(row[0]) and may_be_range(_name(table, index))
            if found := ends_in(cell) if named else ends_behind(cell) if also else ():
                yield Where(row=number, column=index), row[0][:LONGEST], found


def _name(table: Table, column: int) -> str:
    return table.names[column - 1] if column <= len(table.names) else ""


_R_HEADING = re.compile(
    r"\s*Min\.\s{1,40}1st Qu\.\s{1,40}Median\s{1,40}Mean\s{1,40}3rd Qu\.\s{1,40}Max\.(?:\s{1,40}NA's)?\s*"
)
_R_CELL = re.compile(rf"\b(?:Min|Max)\.\s{{0,20}}:\s{{0,20}}({_NUMBER})")
_SAID = re.compile(
    rf"(?:\brange[ds]?\b(?: from| of|:|=|,)?|범위(?:는|:|=)?|min(?:imum)?[-–~/]max(?:imum)?:?)\s{{0,3}}"
    rf"({_NUMBER})\s?(?:세|일|원|만원|years?|days?)?\s?(?:-|–|—|~|∼|to|에서|,)\s?({_NUMBER})",
    re.IGNORECASE,
)
_NAMED_ENDS = re.compile(
    rf"\bmin(?:imum)?\s?(?:[:=]|was|of)\s?({_NUMBER})[^\n]{{0,30}}?\bmax(?:imum)?\s?(?:[:=]|was|of)\s?({_NUMBER})"
    rf"|(?:최솟값|최소값?)(?:은|:|=)?\s?({_NUMBER})[^\n]{{0,20}}?(?:최댓값|최대값?)(?:은|:|=)?\s?({_NUMBER})",
    re.IGNORECASE,
)
_SUPERLATIVE = re.compile(
    rf"(?:최고령|최연소|최장|최단|최장기|최고액|최고가|최댓값|최솟값|최대값|"
    rf"최소값)[^.\n\d]{{0,20}}({_NUMBER})\s?(?:세|살|일|년|원|만|억|명|시간|회|[가은으이였,.)]|$)"
    rf"|\b(?:oldest|youngest|heaviest|tallest|shortest|richest|best[- ]paid|longest[- "
    rf"]staying)\b[^.\n\d]{{0,40}}({_NUMBER})"
    rf"|\b(?:maximum|minimum|highest|lowest|largest|longest|shortest)\s(?:\w{{1,12}}\s)?"
    rf"(?:age|stay|income|salary|wage|weight|height|bmi|cost|charge|bill|dose|turnover|revenue|"
    rf"workforce|payment|value|"
    rf"level)\b[^.\n\d]{{0,30}}(?:was|is|of|:|=|\()\s?(?:[$€£₩]|KRW\s)?({_NUMBER})",
    re.IGNORECASE,
)
_OBSERVED = re.compile(
    rf"\b(?:max(?:imum)?|min(?:imum)?|highest|lowest|fastest|slowest|longest|shortest|largest|smallest|"
    rf"greatest|oldest|"
    rf"youngest|peak|top|record)\b(?P<of>[ _][a-z_ -]{{0,40}}?)?\s?(?:was|were|is|of|at|:|=|->)\s?(?:[$€£₩]\s?)?"
    rf"(?P<value>{_NUMBER})\s?(?P<unit>km/h|mph|km|kg|cm|mmhg|mg/dl|years?|days?|hours?|hrs?|"
    rf"min(?:utes)?|months?|weeks?|"
    rf"usd|krw|won|eur|dollars?|원|만원|억원|세|일|시간|분|명|회)?(?![\w/])"
    rf"|(?:가장 (?P<by>[가-힣]{{1,6}}) (?P<who>[가-힣]{{2,10}}(?: [가-힣]{{2,8}})?)(?:은|는|이|가|의)?"
    rf"|(?:최대|최소|최고|최저) "
    rf"(?P<ko>[가-힣]{{1,10}})(?:은|는|이|가)?\s?[:=]?)\s?(?P<ko_value>{_NUMBER})\s?(?P<ko_unit>km/h|세|살|일|년|개월|"
    rf"시간|분|원|만원|억원?|kg|cm|회|점)(?![A-Za-z\d])",
    re.IGNORECASE,
)
"""What a log or a sentence says of the largest or smallest: `maximum speed observed = 187.4 km/h`."""
_SEEN = re.compile(r"observ|record|seen|measur|in (?:the )?(?:data|sample|cohort)|patient|worker|pupil|driver|claim")
_NOT_SEEN = re.compile(
    r"allow|permit|limit|legal|capacity|setting|number|iter|depth|feature|sample|leaf|epoch|step|"
    r"token|grad|norm|\blr\b|"
    r"loss|score|auc|accuracy|residual|r-?hat|vif|error|likelihood|memory|\bram\b|cpu|threads?|size|"
    r"cell|length|width|"
    r"rows?|columns?|dose|daily|weekly|monthly|hourly|rate|demand|load|temperature|flow|month|quarter|"
    r"season|lag|distance "
    r"between|p-?value|correlation|weight|허용|제한|한도|기준|용량|깊이|반복|기온|수온|정원|표본|임금|셀|혈압 기준",
    re.IGNORECASE,
)
_AGGREGATED = re.compile(r"\d\s?%|mean|average|median|평균|중앙값|비율|지역|시도|region|district", re.IGNORECASE)
_OF_DATA = re.compile(r"mean|median|average|\bsd\b|\bn\s?=|평균|중앙값|중위|표준편차", re.IGNORECASE)
_CRITERION = re.compile(
    r"inclu|eligib|criteri|reference|normal|instrument|possible|theoretical|scale|score|interquartile|iqr|confidence|"
    r"depth|iteration|likelihood|accuracy|\bauc\b|epoch|learning rate|follow-up|추적|선정|기준|정상|참고(?!로)|장비|"
    r"척도|"
    r"점수|사분위|신뢰|가능한|측정 범위",
    re.IGNORECASE,
)


def _printed(lines: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """What `summary()` of R prints, and sentences that give the ends of what they give the mean of."""
    for number, line in enumerate(lines, 1):
        if len(line) > MOST_LINE:
            continue
        if _R_HEADING.fullmatch(line) and number < len(lines):
            cells = lines[number][:MOST_LINE].split()
            if len(cells) >= 6:
                yield number + 1, (cells[0], cells[5])
        elif found := _R_CELL.findall(line):
            yield number, found
        elif not _CRITERION.search(line):
            said = [[end for end in match.groups() if end] for match in _said(line)]
            yield from ((number, ends) for ends in said or ([value] for value in _observed(line)))


def _said(line: str) -> Iterator[re.Match[str]]:
    """What a sentence says of the oldest, the longest stay, or from where to where values range."""
    for match in _SUPERLATIVE.finditer(line):
        if not _AGGREGATED.search(line[match.start() : match.end() + 2]):
            yield match
    if _OF_DATA.search(line):
        yield from (*_SAID.finditer(line), *_NAMED_ENDS.finditer(line))


def _observed(line: str) -> Iterator[str]:
    """Largest and smallest values with a unit, or that are said to have been observed."""
    for match in _OBSERVED.finditer(line):
        of = match["of"] or match["ko"] or match["who"] or ""
        around = line[max(0, match.start() - 20) : match.end() + 20]
        if _NOT_SEEN.search(f"{of} {around}") or _AGGREGATED.search(match[0]):
            continue
        if match["unit"] or match["ko_unit"] or _SEEN.search(of.lower()):
            yield match["value"] or match["ko_value"]


_MEAN = re.compile(
    r"(?:.{0,30}[_ ])?(?:mean|avg|average|median|50%|sd|std|평균|중앙값|표준편차)(?:[_ ].{0,30})?", re.IGNORECASE
)


def _in_json(value: Any, path: str = "$", depth: int = 0) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Keys of a smallest or largest value beside a mean of the same."""
    inner: Iterable[tuple[Any, Any]] = (
        value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list) else ()
    )
    described = isinstance(value, dict) and any(_MEAN.fullmatch(str(key)[:LONGEST]) for key in value)
    bounds: dict[str, list[tuple[str, str]]] = {}
    for key, one in inner if depth < 40 else ():
        at = f"{path}.{key[:60]}" if isinstance(key, str) else f"{path}[{key}]"
        if isinstance(one, dict | list):
            if described and isinstance(one, list) and len(one) == 2 and is_range(str(key)):
                bounds.setdefault(str(key), []).extend((at, str(end)) for end in one if type(end) in (int, float))
            yield from _in_json(one, at, depth + 1)
        elif described and type(one) in (int, float) and statistic(str(key))[0] in ("min", "max"):
            bounds.setdefault(of_what(str(key)), []).append((at, str(one)))
    for name, ends in bounds.items():
        yield ends[0][0], f"{name} {path.rpartition('.')[2]}", [end for _, end in ends]
