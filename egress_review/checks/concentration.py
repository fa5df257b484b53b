"""Shares of the largest one or two that a file says itself: no evidence is needed to see that they dominate.

They stand in a column (`최대기관비중`, `top1_share`, `C2`), in a row, below a key of JSON, in a remark or a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby

from egress_review.checks.amounts import amount_of, number_in
from egress_review.checks.largest_said import plain_words, says_percent, shares_of_largest
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.rivals import check_rivals
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.checks.thresholds import ONE_OF_ALL
from egress_review.checks.within_json import tables_within
from egress_review.findings import Severity, Where
from registry.text import Text

RULES = ("evidence.dominance",)

MOST_ROWS, LONGEST_NAME, LONGEST_CELL = 2_000, 80, 1_000
"""Rows of a table whose labels are read, characters of a heading and of a cell."""

_WHO = r"(?:기관|업체|기업|병원|사업체|사업자|사업장|회사|법인|기여자|공급자|은행|농가|점포|1인|단일)"
_WHO_EN = (
    r"(?:contributor|firm|company|enterprise|establishment|hospital|provider|site|plant|unit|supplier|institution)"
)
_LARGEST = re.compile(
    r"(?:상위|top|largest|biggest)[ _-]?(?P<n>\d{1,3})(?!\d| ?%)"
    r"|(?<!\d)(?P<rank>\d{1,3})위"
    r"|\b(?:(?P<two>two) (?:largest|biggest|top)|(?:largest|biggest|top) (?P<deux>two))\b|상위 ?(?P<du>두|둘)"
    r"|\bcr[ _-]?(?P<cr>\d{1,2})\b"
    rf"|최대 ?{_WHO}|(?P<weak>(?:최대|최고|제1|1순위) ?(?:기여)?[ _]?(?:비중|점유율|비율|구성비|몫)|"
    rf"\bmax(?:imum)?[ _]share)"
    r"|\b(?:share|percent(?:age)?|pct|proportion)[ _](?:of[ _])?(?:the[ _])?(?:largest|biggest|top|max(?:imum)?)(?:[ _]"
    rf"{_WHO_EN}s?)?(?: ?%)?$|\b(?:largest|biggest|top|dominant)[ _](?:single[ _])?(?:{_WHO_EN}s?'?s?[ _])?(?:share|"
    rf"pct|percent)"
    rf"|\b(?:largest|biggest)[ _](?:share|{_WHO_EN})",
    re.IGNORECASE,
)
"""What is `weak` may be the highest load of a bed or a processor, unless amounts stand beside it."""
_OF_ELSE = re.compile(
    r"\bbox|satisf|accura|error|reason|cause|missing|variance|만족|응답|정확도|오류|사유|이유|원인|결측|분산|가동|사용률",
    re.IGNORECASE,
)
_CODED = re.compile(r"c[ _-]?(?P<c>\d{1,2})(?: ?[(\[]?%[)\]]?)?", re.IGNORECASE)
"""A ratio of concentration, `C2`, where amounts or another ratio stand beside it; a cluster may be called so too."""
_RATIOS = re.compile(r"hhi|herfindahl|허핀달|concentration|집중|cr?[ _-]?\d{1,2}", re.IGNORECASE)
_SHARE = re.compile(r"비중|점유율|비율|구성비|집중도|몫|share|percent|pct|proportion|%|\bcr", re.IGNORECASE)
_UNIT = re.compile(r"[(\[](?:%|percent|퍼센트|[^()\[\]]{0,12}%[^()\[\]]{0,12})[)\]]", re.IGNORECASE)
_SECOND = re.compile(r"second|둘째|(?<!\d)2위", re.IGNORECASE)
_PARTS_KO = re.compile(r"누적|까지|합계|cumul", re.IGNORECASE)

_MESSAGE = Text(
    ko="가장 큰 {n}곳이 합계의 {share}%를 차지합니다(한도 {limit}%).",
    en="The largest {n} make up {share} % of a total; the limit is {limit} %.",
)
_ONE = Text(
    ko="한 곳이 합계의 절반 넘게({share}%) 차지한다고 적혀 있어, 합계와 함께 그 값이 드러납니다. 심사자가 판단합니다.",
    en="One contributor is said to make up more than half ({share} %) of a total, which tells its value: look at it.",
)
_FIX = Text(
    ko="이 집단의 합계를 가리거나 다른 집단과 합치십시오.",
    en="Suppress the total of this group, or merge it with another.",
)

Found = tuple[Where, int, float]
"""Where a share stands, of how many of the largest it is, and in per cent."""


def check_concentration(subject: Subject, listing: Listing) -> None:
    """Hold the shares of the largest, and their amounts beside a total, to the rules of the policy."""
    check_rivals(subject, listing)
    limits = subject.policy
    if limits.dominance_n < 1:
        return
    told: set[tuple[Where, int]] = set()
    for where, largest, said in (*_in_tables(subject, listing), *_in_words(subject)):
        share = round(said)
        if not 0 < largest <= limits.dominance_n or said > 100 or (where, share) in told:
            continue
        if said >= limits.dominance_k:
            message = _MESSAGE.fill(n=largest, share=share, limit=limits.dominance_k)
            listing.flag("evidence.dominance", message, _FIX, where=where, number=share)
        elif largest == 1 and said > 100 * ONE_OF_ALL:
            message = _ONE.fill(share=share)
            listing.flag("evidence.dominance", message, _FIX, where=where, number=share, severity=Severity.WARN)
        else:
            continue
        told.add((where, share))


def _in_tables(subject: Subject, listing: Listing) -> Iterator[Found]:
    within = tables_within(subject.json) if subject.type == "json" and not subject.tables else ()
    for table in (*(table for table, _ in bearable(subject, RULES, listing)), *within):
        yield from _in_columns(table)
        yield from _in_rows(table)


def _in_columns(table: Table) -> Iterator[Found]:
    firsts: dict[int, float] = {}
    for column, name in enumerate(table.names):
        largest = _largest(name, table.names) if column else None
        if largest is None:
            continue
        second = largest == len(("one", "two")) and _SECOND.search(name) and not _PARTS_KO.search(name)
        for number, share in zip(table.numbers, _percent(table.column(column), name), strict=True):
            if share is None:
                continue
            if largest == 1:
                firsts.setdefault(number, share)
            # A second one that has no more than the first has a share of its own.
            both = second and share <= firsts.get(number, -1) and share + firsts[number] <= 100
            yield Where(row=number, column=column + 1), largest, share + firsts[number] if both else share


def _in_rows(table: Table) -> Iterator[Found]:
    """Shares beside labels that say what they are, as a table that was turned about has them, and JSON."""
    if len(table.rows) > MOST_ROWS:
        return
    labels = [row[0] if row else "" for row in table.rows]
    for number, row, label in zip(table.numbers, table.rows, labels, strict=True):
        largest = _largest(label, labels)
        for column, share in enumerate(_percent(row[1:], label), 2) if largest else ():
            if share is not None:
                yield Where(row=number, column=column), largest or 0, share


def _largest(name: str, beside: Sequence[str]) -> int | None:
    """Of how many of the largest a heading gives the share; None where it speaks of something else."""
    if len(name) > LONGEST_NAME or _OF_ELSE.search(name):
        return None
    plain = unicodedata.normalize("NFKC", name).strip()
    bare = _UNIT.sub("", plain.replace("_", " ")).strip()
    coded, found = _CODED.fullmatch(plain), _LARGEST.search(bare) if _SHARE.search(plain) else None
    if coded is None and found is None:
        return None
    others = [one.strip() for one in beside if one != name and len(one) <= LONGEST_NAME]
    if coded is not None:
        return int(coded["c"]) if any(_RATIOS.fullmatch(one) or amount_of(one) for one in others) else None
    if found is None or (found["weak"] and not any(map(amount_of, others))):
        return None
    if found["two"] or found["deux"] or found["du"]:
        return 2
    return int(found["n"] or found["rank"] or found["cr"] or 1)


def _percent(cells: Sequence[str], name: str) -> list[float | None]:
    """The shares in some cells; without a sign of per cent, shares of at most one are parts of one."""
    read = [number_in(cell.strip().rstrip("% ")) for cell in cells]
    said = "%" in unicodedata.normalize("NFKC", name) or any("%" in cell for cell in cells)
    scale = 1 if said or any(one and one[0] > 1 for one in read) else 100
    return [None if one is None else scale * one[0] for one in read]


def _in_words(subject: Subject) -> Iterator[Found]:
    if subject.type in ("csv", "tsv"):
        for table in subject.tables:
            for column, name in enumerate(table.names):
                remarks = {cell: list(_said(cell)) for cell in table.distinct(column) if _is_remark(cell)}
                for number, cell in zip(table.numbers, table.column(column), strict=True) if remarks else ():
                    yield from ((Where(row=number, column=column + 1), *one) for one in remarks.get(cell, ()))
                if _is_remark(name):
                    yield from ((Where(row=1, column=column + 1), *one) for one in _said(name))
        rows = {number for table in subject.tables for number in table.numbers}
        for number, line in _around(subject.lines):
            if number not in rows and _is_remark(line):
                yield from ((Where(row=number), *one) for one in _said(line))
    elif subject.type == "json":
        for number, line in enumerate(subject.lines, 1):
            for words in line.split('"'):
                yield from ((Where(row=number), *one) for one in _said(words) if _is_remark(words))
    else:
        yield from _in_paragraphs(subject.lines)


MOST_AROUND = 6
"""Lines above and below a delimited table that are read as words."""


def _around(lines: Sequence[str]) -> list[tuple[int, str]]:
    numbered = list(enumerate(lines, 1))
    return numbered if len(numbered) <= 2 * MOST_AROUND else [*numbered[:MOST_AROUND], *numbered[-MOST_AROUND:]]


def _said(words: str) -> Iterator[tuple[int, float]]:
    return ((one.largest, one.share) for one in shares_of_largest(words))


def _is_remark(cell: str) -> bool:
    return len(cell) <= LONGEST_CELL and says_percent(cell)


_LAID_OUT = re.compile(r"\s*(?:[-*•·○▪#>]|\d{1,2}[.)])\s|.*(?:\t|\S\s{2,}\S|\|)", re.DOTALL)
"""A line of a list or of a table in text, which goes on with no other."""
_CELLS = re.compile(r"\||\t|\s{2,}(?=\S)")


def _in_paragraphs(lines: Sequence[str]) -> Iterator[Found]:
    """Sentences may go on in the next line; lines of lists and the cells of rows are read apart."""
    if not any(map(says_percent, lines)):
        return
    plain = enumerate(map(plain_words, lines), 1)
    for _, group in groupby(plain, key=lambda one: 0 if one[1].strip() and not _LAID_OUT.match(one[1]) else one[0]):
        block = list(group)
        if len(block) == 1:
            number, line = block[0]
            for cell in _CELLS.split(line.strip()) if _is_remark(line) else ():
                yield from ((Where(row=number), *one) for one in _said(cell))
            continue
        starts = list(accumulate((len(line) + 1 for _, line in block), initial=0))
        for one in shares_of_largest(" ".join(line for _, line in block)):
            yield Where(row=block[bisect_right(starts, one.at) - 1][0]), one.largest, one.share
