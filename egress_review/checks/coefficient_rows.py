"""Tables of coefficients whose last rows say of how many people they are: what is left of these is the freedom.

`관측치 수 (N) 17` below ten coefficients leaves seven, though no row says so. Models may stand side by side, each with
its own number; errors in brackets, measures of fit, and rows of `Yes` and `Ref.` are no coefficients.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from egress_review.checks.counts import whole
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table, count_said
from egress_review.findings import Where

FEWEST, MOST_ROWS, LONGEST = 2, 300, 60
"""Coefficients, rows of a table, and characters of a label or cell, that are read."""
MOST_ABOUT, LONGEST_LINE = 6, 400
"""Lines above and below a table, and characters of each, that may say of how many it is."""

_OF = r"(?:관측치?|관측값|관찰치|표본|사례|대상자?|분석 ?대상자?|응답자|환자|기업|사업체|업체)"
_WHO = (
    r"(?:obs(?:ervations?)?\.?|subjects|patients|participants|persons|people|individuals|respondents|firms|plants|"
    r"enterprises|establishments|households|farms|schools|hospitals|units|cases)"
)
_SIZE = re.compile(
    rf"(?:(?:total )?(?:number|no\.?|num\.?|#) ?(?:of )?)?{_WHO}(?: ?\(n\))?|n(?: ?\({_WHO}\))?|n ?obs|"
    rf"sample(?: size)?(?: ?\(n\))?|{_OF}(?: ?(?:의 ?)?(?:개수|수|크기))?(?: ?\(?n\)?)?"
)
_SIZE_SAID = re.compile(rf"(?:{_SIZE.pattern})\s?[=:]\s?(\d{{1,3}}(?:,\d{{3}}){{1,3}}|\d{{1,9}})\s?(?:명|개)?")
_IN_WORDS = re.compile(r"(?<![\w.])[nN]\s?[=:]\s?(\d{1,3}(?:,\d{3}){1,3}|\d{1,9})(?![\d.,]*\d)")
_COEFFICIENT = re.compile(
    r"(?:b|β|beta|coef(?:f|ficient)?s?\.?|est(?:imate)?s?\.?|or|hr|rr|irr|aor|ahr|odds ratio|hazard ratio|"
    r"(?:비표준화 ?|회귀 ?)?(?:계수|추정치|추정값)|오즈비|위험비)(?: ?[(\[].{1,40}[)\]])?"
)
_BESIDE = re.compile(
    r"(?:robust |std\.? ?|standard )?(?:err(?:or)?s?\.?)|s\.?e\.?|t|z|wald|t[- ]?(?:value|stat\w*)?|p|p[- ]?(?:value)?|"
    r"(?:95 ?% ?)?(?:ci|confidence interval)|pr ?\(?> ?\|?[tz]\|?\)?|sig\.?|유의 ?확률|표준 ?오차|p ?값|t ?값|"
    r"(?:95 ?% ?)?신뢰 ?구간|유의도"
)
_FIT = re.compile(
    r"(?:adj(?:usted|\.)?|pseudo|within|between|overall|수정된?|조정된?|mcfadden.?s?)?[- ]?"
    r"r(?:[- ]?squared|2|²|\^2)\b.*|"
    r"f(?:[- ]?(?:stat\w*|value|값|통계량))?(?: ?\(.{1,20}\))?|[ab]ic|log[- ]?(?:pseudo)?likelihood|ll|rmse|"
    r"(?:residual |root ).{1,20}|결정계수|수정 ?결정계수|로그 ?우도.{0,4}|df.{0,12}|.{0,8}자유도|sigma|rho|icc|"
    r"(?:lr |wald )?(?:chi-?2|chi-?squared?|χ2|χ²)(?: ?\(.{1,20}\))?|prob ?>.{1,12}|p ?\(f\)|deviance|"
    r"mean (?:of )?(?:the )?dep.{1,30}|종속변수 ?평균|(?:number of )?(?:groups|clusters|events|failures)|"
    r".{0,6}(?:집단|군집|사건) ?수|"
    r"durbin.{1,12}|vif|c-?(?:index|statistic)|auc|dw"
)
_CONSTANT = re.compile(r"\(?(?:intercept|const(?:ant)?|_cons|상수항?|절편)\)?")
_NUMBER = re.compile(
    r"[-−–+]?\d{1,9}(?:,\d{3}){0,3}(?:\.\d{1,9})?(?:[eE][-+]?\d{1,3})?\s?\^?[*†‡+a-c]{0,4}(?:\s?[(\[].{1,30}[)\]]\s?\*{0,3})?"
)
_ERROR = re.compile(r"[(\[]\s?-?\d[^()\[\]]{0,30}[)\]]\s?\*{0,3}")
_ONE_BY_ONE = re.compile(
    r"univari|단변량|crude|unadjusted|단순 ?회귀|one at a time|separate(?:ly)? (?:model|regress)", re.I
)
"""What says that each coefficient is of a model of its own."""


def freedom_left(subject: Subject) -> Iterator[tuple[Where, int]]:
    """For each table or column of coefficients: where the number of people stands, and what the coefficients leave."""
    for table in subject.tables:
        if not 0 < len(table.rows) <= MOST_ROWS or len(table.names) < FEWEST:
            continue
        across = [_plain(name) for name in table.names]
        first = next((i for i, name in enumerate(across) if i and _COEFFICIENT.fullmatch(name)), 0)
        one = bool(first) and any(_BESIDE.fullmatch(name) for name in across[first + 1 :])
        if not one and not _are_models(table):
            continue
        lines = _about(table, subject)
        if any(map(_ONE_BY_ONE.search, (*table.names, *lines))):
            continue
        sizes = list(_sizes(table, first if one else 0))
        if not sizes and one:
            said = {count_said(match[1]) for line in lines for match in _IN_WORDS.finditer(line)}
            sizes = [(Where(row=table.numbers[0]), first, min(said))] if len(said) == 1 else []
        for where, column, people in sizes:
            terms = sum(_is_term(row, column) for row in table.rows)
            if terms >= FEWEST and people >= terms:
                yield where, people - terms


def _are_models(table: Table) -> bool:
    """Whether columns are models side by side: a constant or a measure of fit, and errors in brackets or stars."""
    labels = [_plain(row[0]) for row in table.rows if row]
    fitted = any(_CONSTANT.fullmatch(label) for label in labels) or any(map(_FIT.fullmatch, labels))
    cells = [cell.strip() for row in table.rows for cell in row[1:] if len(cell) <= LONGEST]
    marked = any(cell.endswith("*") and _NUMBER.fullmatch(cell) for cell in cells)
    below = any(row and not row[0].strip() and any(_ERROR.fullmatch(c.strip()) for c in row[1:]) for row in table.rows)
    return fitted and (marked or below)


def _sizes(table: Table, first: int) -> Iterator[tuple[Where, int, int]]:
    """Where a number of people stands, the column of the coefficients that it is of, and the number."""
    for number, row in zip(table.numbers, table.rows, strict=True):
        label = _plain(row[0]) if row else ""
        if (said := _SIZE_SAID.fullmatch(label)) and first:
            yield Where(row=number, column=1), first, count_said(said[1])
        elif _SIZE.fullmatch(label):
            cells = [(at, value) for at, cell in enumerate(row[1:], 1) if (value := whole(cell))]
            for at, value in cells[:1] if first else cells:
                yield Where(row=number, column=at + 1), first or at, value


def _is_term(row: list[str] | tuple[str, ...] | object, column: int) -> bool:
    """Whether a row gives the coefficient of something in that column."""
    if not isinstance(row, list | tuple) or column >= len(row) or not row[0].strip():
        return False
    label, cell = _plain(row[0]), row[column].strip()
    other = _SIZE.fullmatch(label) or _SIZE_SAID.fullmatch(label) or _FIT.fullmatch(label)
    return not other and len(cell) <= LONGEST and _NUMBER.fullmatch(cell) is not None


def _about(table: Table, subject: Subject) -> list[str]:
    """The lines above and below a table; of one that is a piece of a file with no other, those around it."""
    if subject.type in ("md", "txt") and table.numbers:
        first, last = table.numbers[0], table.numbers[-1]
        near = [*subject.lines[max(0, first - 1 - MOST_ABOUT) : first], *subject.lines[last : last + MOST_ABOUT]]
        return [line[:LONGEST_LINE] for line in near if "|" not in line and "&" not in line]
    own = subject.said.splitlines()
    cut = subject.own_lines
    near = [line for line in own[:cut] if "\t" not in line and line.count(",") < FEWEST]
    around = [] if subject.crowded else own[cut:][: 2 * MOST_ABOUT]
    return [line[:LONGEST_LINE] for line in (*(text for _, text in table.around), *near, *around)]


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name[:LONGEST]).lower().split())
