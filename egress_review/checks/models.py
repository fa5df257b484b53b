"""Summaries of models, as statsmodels, scikit-learn, R and Stata print them: freedom left, classes and their sizes.

A model with as many parameters as people is its data in another form, so its residual degrees of freedom are held to
the policy. Coefficients, errors and scores are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from egress_review.checks.cells import judge
from egress_review.checks.coefficient_rows import freedom_left
from egress_review.checks.counts import whole
from egress_review.checks.listing import Listing
from egress_review.checks.of_one_unit import check_dummies
from egress_review.checks.subject import Subject
from egress_review.checks.tables import LARGEST_COUNT, Table, count_said
from egress_review.checks.tallies import whole_number
from egress_review.findings import Severity, Where
from registry.text import Text

RULES = ("model.freedom", "model.saturated", "model.group", "model.classes")

_NUMBER = r"[\s:=,|]*(-?\d+(?:,\d{3})*(?:\.\d+)?)"
_FREEDOM = re.compile(
    rf"(?:df|d\.f\.|degrees of freedom)[ _.]*(?:of[ _])?(?:residuals?|resid|error)\b{_NUMBER}"
    rf"|(?:residual|error)[ _.]*(?:df|degrees of freedom)\b{_NUMBER}"
    r"|(?:residual standard error|residual deviance)\s*:.{1,40}? on (\d+)\s+degrees of freedom"
    r"|degrees of freedom:.{1,40};\s*(\d+)\s+residual"
    r"|residual std\. error.{1,60}?\(df = (\d+)"
    rf"|잔차\s*자유도{_NUMBER}",
    re.IGNORECASE,
)
_TESTS = re.compile(
    r"\bF\s*\(\s*\d+\s*,\s*(\d+)\s*\)\s*=|\bt\s*\(\s*(\d+)\s*\)\s*=|F-statistic:.{1,40} on \d+ and (\d+) DF"
    r"|\bt\s*=\s*-?[\d.]{1,20},\s*df\s*=\s*(\d+(?:\.\d+)?)|\bdenom df\s*=\s*(\d+(?:\.\d+)?)"
    r"|TtestResult\(.{1,200}?\bdf=(\d+(?:\.\d+)?)|(?:Satterthwaite's|H0:.{1,60}?)\s{1,20}"
    r"degrees of freedom\s*=\s*(\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
"""The freedom that test statistics are written with: F(2, 97) = 4.1, t(38) = 2.0, t = 2.1, df = 5.8."""
_OBSERVATIONS = re.compile(
    rf"(?:no\.?|number|num)\s*(?:of\s*)?(?:observations|obs)\b\.?{_NUMBER}|\bnobs\b{_NUMBER}|관측\s*(?:(?:치|값)\s*)?수{_NUMBER}",
    re.IGNORECASE,
)
_EVENTS = re.compile(
    r"number of events(?: observed)?\s*[=:]\s*(\d+)|\bno\.? of failures\s*[=:]\s*(\d+)|사건\s*수\s*[=:]\s*(\d+)",
    re.IGNORECASE,
)
"""The events behind a model of survival, as R, lifelines and Stata print them."""
_PERFECT = re.compile(r"(?:omitted|dropped) and (\d{1,7}) obs(?:ervations)? not used")
"""What Stata leaves out because all of them had the outcome: so many people, whose outcome is known by that."""
_OF_VARIANCE = re.compile(r"\s*(?:Residuals?|Error|잔차)(?:\s*\|)?\s+[\d.]+(?:e[+-]?\d+)?\s+(\d+)\s+[\d.]+.*")
"""The line of an analysis of variance as Stata and SAS print it: sum of squares, freedom, mean square."""
_ORDER = re.compile(r"\bdf\b.{0,20}\b(?:sum (?:of )?sq|squares)", re.IGNORECASE)
_AFTER_ORDER = re.compile(
    r"\s*(?:Residuals?|Error|Within(?: groups)?|잔차|오차)\s+(\d{1,9})(?:\s+[\d.,]+(?:e[+-]?\d+)?){1,2}\s*"
)
"""The same as R prints it, where the freedom stands first, and the heading that says so."""
_PARAMETERS = re.compile(rf"df[ _.]*model\b{_NUMBER}", re.IGNORECASE)
_ESTIMATED = re.compile(
    rf"(?:number|num|no\.?) (?:of )?(?:estimated |free )?parameters\b{_NUMBER}|모수\s*(?:의\s*)?(?:개수|수){_NUMBER}",
    re.IGNORECASE,
)
"""All that a model estimates, its constant among them."""
_FIT = re.compile(rf"(?<![.\w])(?<!adj\. )(?<!pseudo )r-?[ _]?squared\b{_NUMBER}", re.IGNORECASE)
_HEADING = re.compile(r"df[._ ]?resid(?:uals?)?|df\.residual|resid(?:ual)?[._ ]?df|잔차\s*자유도", re.IGNORECASE)
_DUMMY = re.compile(r"\[T\.[^\]]+\]")
_CONSTANT = re.compile(r"(?:\(?intercept\)?|const|_cons|상수항?|절편)", re.IGNORECASE)
_REPORT = re.compile(r"precision\s+recall\s+f1-score\s+support")
_CLASS = re.compile(r"(?:(?=\s\s)|\s*\S.*?(?<=\S))(?:\s+[01]\.\d+){3}\s+(?P<support>\d+)\s*")
_ROW = r"\[\s*\d+\.?(?:[\s,]+\d+\.?)*\s*\]"
_MATRIX = re.compile(rf"\[\s*{_ROW}(?:[\s,]*{_ROW})+\s*\]")
_TRUE = re.compile(r"actual|true|observed|실제|정답", re.IGNORECASE)
_PREDICTED = re.compile(r"predict|\bpred|예측", re.IGNORECASE)
_CONFUSION = re.compile(r"confusion|혼동\s*행렬|오분류표", re.IGNORECASE)
_LEFT_OVER = re.compile(r"residuals?|error|within(?: groups)?|잔차|오차|집단 ?내", re.IGNORECASE)
_BOLD = re.compile(r"\\textbf\{([^{}]{0,80})\}")
"""How statsmodels sets the names of its numbers in LaTeX."""
_SPEAKS = re.compile(
    r"[Rr]esid|RESID|[Ff]reedom|[Ss]quared|[Oo]bservations|of obs|nobs|Df Model|df_model|f1-score|"
    r"\[T\.|F ?\(|\bt ?\(|\bdf ?=|Sum Sq|자유도|관측|of events|of failures|사건|Error|잔차"
)
"""Words without which a text holds no summary; a table of any length is passed over in one look."""
_HINTS = (
    *("esid", "ESID", "reedom", "quared", "bservations", "of obs", "nobs", "Df Model", "df_model", "f1-score", "[T."),
    *(
        "F(",
        "F (",
        "t(",
        "t (",
        "df =",
        "df=",
        "Sum Sq",
        "자유도",
        "관측",
        "of events",
        "of failures",
        "사건",
        "Error",
        "잔차",
    ),
)
"""Letters without which none of those words is there, each looked for much faster than the words together."""

_BLOCK = 14
"""Lines within which numbers of one summary stand."""

_FREE = Text(
    ko="잔차 자유도가 {value}로 최소 {least}보다 작습니다.",
    en="The model has {value} residual degrees of freedom; at least {least} are needed.",
)
_FREE_MEND = Text(
    ko="변수를 줄이거나 대상을 넓혀 다시 적합하고, 이 모형의 추정치는 내보내지 마십시오.",
    en="Fit the model again with fewer terms or more people, and leave the estimates of this one out.",
)
_FULL = Text(
    ko="포화 모형입니다: 예측값이 곧 원자료의 값입니다.",
    en="The model is saturated: what it predicts are the values of the data.",
)
_GROUP = Text(
    ko="이항 변수 하나만 있는 회귀입니다. 절편과 계수가 두 집단의 평균이므로 집단별 인원이 필요합니다.",
    en="A regression on one group variable: its intercept and coefficient are group means, so the group sizes matter.",
)
_GROUP_MEND = Text(
    ko="두 집단의 인원을 함께 내거나 설명에 적으십시오.",
    en="Publish the sizes of both groups with it, or give them in the context.",
)
_MATRIX_SAID = Text(
    ko="정사각형 정수 행렬에 작은 수가 있습니다. 혼동행렬이면 사람 수입니다.",
    en="A square matrix of whole numbers holds small ones; in a confusion matrix they count people.",
)
_MATRIX_MEND = Text(
    ko="작은 분류는 합치거나, 행렬 대신 정확도 같은 지표를 내십시오.",
    en="Merge small classes, or publish scores instead of the matrix.",
)


def check_models(subject: Subject, listing: Listing) -> None:
    """Read every summary in the file, wherever it stands."""
    lines = list(_lines(subject)) if _speaks(subject.text or " ".join(_words(subject))) else []
    ordered = False
    for number, line in lines:
        for match in (*_FREEDOM.finditer(line), *_TESTS.finditer(line)):
            _judge_freedom(_value(match), Where(row=number), subject, listing)
        for match in _FIT.finditer(line):
            if _value(match) == 1.0:
                listing.flag("model.saturated", _FULL, _FREE_MEND, where=Where(row=number))
        if variance := _OF_VARIANCE.fullmatch(line):
            _judge_freedom(_value(variance), Where(row=number), subject, listing)
        ordered = ordered or _ORDER.search(line) is not None
        if ordered and (variance := _AFTER_ORDER.fullmatch(line)):
            _judge_freedom(_value(variance), Where(row=number), subject, listing)
        for match in (*_OBSERVATIONS.finditer(line), *_EVENTS.finditer(line), *_PERFECT.finditer(line)):
            _judge_count(int(_value(match)), Where(row=number), subject, listing)
    _check_parameters(lines, subject, listing)
    _check_terms(lines, subject, listing)
    _check_classes(lines, subject, listing)
    _check_matrices(subject, listing)
    _check_columns(subject, listing)
    for where, left in freedom_left(subject):
        _judge_freedom(left, where, subject, listing)
    check_dummies(subject, listing)
    if subject.type == "json":
        _check_json(subject.json, "$", subject, listing)


def _speaks(text: str) -> bool:
    return any(hint in text for hint in _HINTS) and _SPEAKS.search(text) is not None


def _words(subject: Subject) -> Iterator[str]:
    """The cells of a piece that is only a table, as far as they may be the words of a summary."""
    for table in subject.tables:
        yield from table.names
        for row in table.rows:
            yield from row[:4]


def _lines(subject: Subject) -> Iterator[tuple[int, str]]:
    """The lines of the text; a piece that is only a table gives its rows."""
    if subject.type == "json":
        return
    if subject.text:
        latex = "\\textbf{" in subject.text
        plain = (_BOLD.sub(r"\1", line).replace("&", " ") if latex else line for line in subject.lines)
        yield from enumerate(plain, 1)
        return
    for table in subject.tables:
        yield max(0, table.numbers[0] - 1) if table.numbers else 0, " , ".join(table.names)
        for number, row in zip(table.numbers, table.rows, strict=True):
            yield number, " , ".join(row)


def _value(match: re.Match[str]) -> float:
    said = float(next(group for group in match.groups() if group).replace(",", ""))
    return max(-LARGEST_COUNT, min(said, LARGEST_COUNT))


def _judge_freedom(value: float, where: Where, subject: Subject, listing: Listing) -> None:
    least = subject.policy.min_dof
    if value <= 0:
        listing.flag("model.saturated", _FULL, _FREE_MEND, where=where)
    if value < least:
        free = round(max(value, -LARGEST_COUNT))
        listing.flag("model.freedom", _FREE.fill(value=free, least=least), _FREE_MEND, where=where, number=free)


def _judge_count(value: int, where: Where, subject: Subject, listing: Listing) -> None:
    if 0 < value < subject.policy.min_cell:
        judge(value, where, subject.claims, subject.policy, listing)


def _check_parameters(lines: list[tuple[int, str]], subject: Subject, listing: Listing) -> None:
    """Where a summary gives people and parameters only, the freedom is their difference."""
    for index, (number, line) in enumerate(lines):
        found, estimated = _PARAMETERS.search(line), _ESTIMATED.search(line)
        if not (found or estimated):
            continue
        block = " \n".join(text for _, text in lines[max(0, index - _BLOCK) : index + _BLOCK])
        people = _OBSERVATIONS.search(block)
        if people and found and not _FREEDOM.search(block):
            _judge_freedom(_value(people) - _value(found) - 1, Where(row=number), subject, listing)
        elif people and estimated and _value(people) >= _value(estimated) and not _FREEDOM.search(block):
            # A model that is learnt in steps may have more parameters than people; such a one is judged elsewhere.
            _judge_freedom(_value(people) - _value(estimated), Where(row=number), subject, listing)


def _check_terms(lines: list[tuple[int, str]], subject: Subject, listing: Listing) -> None:
    """Point out a model of one dummy variable: two coefficients that are the means of two groups."""
    for index, (number, line) in enumerate(lines):
        first = re.split(r"\s*[,|]\s*|\s{2,}", line.strip())[0]
        if not _CONSTANT.fullmatch(first):
            continue
        after = [text.strip() for _, text in lines[index + 1 : index + 3]]
        only = len(after) < 2 or not re.match(r"[\w(].*\s-?\d+\.\d+", after[1]) or ":" in after[1]
        if after and _DUMMY.search(after[0]) and only:
            listing.flag("model.group", _GROUP, _GROUP_MEND, where=Where(row=number + 1))


def _check_classes(lines: list[tuple[int, str]], subject: Subject, listing: Listing) -> None:
    """The sizes of the classes in a report as scikit-learn prints it."""
    open_until = -1
    for index, (number, line) in enumerate(lines):
        if _REPORT.search(line):
            open_until = index + 200
        elif index <= open_until and (match := _CLASS.fullmatch(line)):
            _judge_class(count_said(match["support"]), Where(row=number), subject, listing)


def _judge_class(value: int, where: Where, subject: Subject, listing: Listing) -> None:
    if 0 < value < subject.policy.min_cell:
        message = Text(
            ko="분류의 크기(support)가 {value}로 최소 셀 {least}보다 작습니다.",
            en="A class of the report has {value} members; the smallest cell is {least}.",
        ).fill(value=value, least=subject.policy.min_cell)
        listing.flag("model.classes", message, _MATRIX_MEND, where=where, number=value)


def _check_matrices(subject: Subject, listing: Listing) -> None:
    """Confusion matrices as arrays: their cells count people."""
    if subject.type == "json" or "[" not in subject.text:
        return
    sure = _CONFUSION.search(subject.text) is not None
    for match in _MATRIX.finditer(subject.text):
        rows = [
            [count_said(cell) for cell in re.findall(r"\d+", row)] for row in re.findall(r"\[([^\[\]]+)\]", match[0])
        ]
        small = [cell for row in rows for cell in row if 0 < cell < subject.policy.min_cell]
        if not small or any(len(row) != len(rows) for row in rows):
            continue
        where = Where(row=subject.line_of(match.start()))
        # Small numbers beside large ones are people in classes; nothing but small ones may be levels or an identity.
        mixed = any(cell >= subject.policy.min_cell for row in rows for cell in row)
        severity = None if sure or mixed else Severity.WARN
        listing.flag("model.classes", _MATRIX_SAID, _MATRIX_MEND, where=where, number=min(small), severity=severity)


def _check_columns(subject: Subject, listing: Listing) -> None:
    """Tables that give the freedom or the class sizes of each model or class in a column."""
    said = subject.type in ("md", "txt") and _CONFUSION.search(subject.text) is not None
    for table in subject.tables:
        names = [name.strip().lower() for name in table.names]
        for column in (i for i, name in enumerate(names) if name in ("df", "d.f.", "자유도")):
            for number, row, cell in zip(table.numbers, table.rows, table.column(column), strict=True):
                value = whole(cell)
                if value is not None and row and _LEFT_OVER.fullmatch(row[0].strip()):
                    _judge_freedom(value, Where(row=number, column=column + 1), subject, listing)
        report = {"precision", "recall", "support"} <= set(names)
        confusion = _is_confusion(names) or _is_square(table)
        classes = len(names) if confusion else _classes_across(table) if said else 0
        for column, name in enumerate(names):
            freedom = _HEADING.fullmatch(name) is not None
            if not freedom and not (report and name == "support") and not 0 < column <= classes:
                continue
            for number, cell in zip(table.numbers, table.column(column), strict=True):
                value = whole(cell)
                where = Where(row=number, column=column + 1)
                if value is not None and freedom:
                    _judge_freedom(value, where, subject, listing)
                elif value is not None:
                    _judge_class(value, where, subject, listing)


def _is_confusion(names: list[str]) -> bool:
    """Whether a table is a confusion matrix by its headings: what is true down, what was predicted across."""
    first, *others = names or [""]
    return bool(others) and _TRUE.search(first) is not None and all(map(_PREDICTED.search, others))


def _is_square(table: Table) -> bool:
    """Whether a table has the same classes down and across under a word that says which is which."""
    first, *others = (name.strip() for name in table.names) if table.names else ("",)
    said = any(word.search(first) for word in (_TRUE, _PREDICTED))
    return bool(others) and said and others == [c.strip() for c in table.column(0)]


def _classes_across(table: Table) -> int:
    """How many columns repeat the labels of the rows, as a matrix of classes does before its errors."""
    labels = [cell.strip() for cell in table.column(0)]
    across = [name.strip() for name in table.names[1 : len(labels) + 1]]
    return len(labels) if len(labels) > 1 and labels == across else 0


def _check_json(value: Any, path: str, subject: Subject, listing: Listing, depth: int = 0) -> None:
    """The same under the keys of a document."""
    if depth > 40:
        return
    if isinstance(value, list):
        for position, inner in enumerate(value[:10_000], 1):
            _check_json(inner, f"{path}[{position}]", subject, listing, depth + 1)
    if not isinstance(value, dict):
        return
    report = {"precision", "recall", "support"} <= set(value)
    for key, inner in value.items():
        where = Where(path=f"{path}.{str(key)[:60]}")
        number = inner if isinstance(inner, int | float) and not isinstance(inner, bool) else None
        if number is not None and _HEADING.fullmatch(str(key)):
            _judge_freedom(number, where, subject, listing)
        elif report and key == "support" and (members := whole_number(number)) is not None:
            _judge_class(members, where, subject, listing)
        elif number == 1.0 and str(key).lower() in ("rsquared", "r_squared", "r2_train", "r.squared"):
            listing.flag("model.saturated", _FULL, _FREE_MEND, where=where)
        elif isinstance(inner, list) and _CONFUSION.search(str(key)):
            cells = [cell for row in inner if isinstance(row, list) for cell in row if type(cell) is int]
            small = [cell for cell in cells if 0 < cell < subject.policy.min_cell]
            if small:
                listing.flag("model.classes", _MATRIX_SAID, _MATRIX_MEND, where=where, number=min(small))
        else:
            _check_json(inner, where.path, subject, listing, depth + 1)
