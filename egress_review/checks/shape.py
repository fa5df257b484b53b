"""The shape of a table: how long it is, whether its rows are even, whether they are single people."""

from __future__ import annotations

import re
from collections.abc import Collection

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.listing import Listing
from egress_review.checks.row_keys import counts_units, numbers_things
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table, has_number
from egress_review.findings import Severity, Where
from registry.text import Text

FEWEST_RECORDS = 5
"""Rows from which a column of person numbers makes a table a list of people."""
FEWEST_CODED = 2
"""Rows from which it does when its cells are codes as people are numbered by."""

_CODE = re.compile(
    r"[A-Za-z]{0,4}[-_]?\d{5,}|[A-Za-z]{1,4}[-_]?\d{2,}|[A-Za-z]{0,4}\d{1,4}(?:-\d{1,4})?-(?:0\d{1,5}|\d{3,6})"
)
_ONE = re.compile(
    r"(?:patient|subject|participant|person|case|respondent|resp|worker|employee|student|pupil|claimant|tenant|chart|"
    r"mrn|record|learner|subscriber|cardholder|policyholder|passenger|borrower|estab(?:lishment)?|firm|plant|farm|"
    r"subj|pt|patien~d|환자|대상자|피험자|증례|(?:농가|가구|사업체|업체|기업|학생|직원|근로자)?(?=일련번호|고유번호|"
    r"식별번호))"
    r"(?:[_ .-]?(?:no|id|num|number|code|key|일련번호|고유번호|식별번호|번호|코드)\.?)?",
    re.IGNORECASE,
)
"""Headings that number people where the cells below them are codes."""

_AGGREGATE = Text(
    ko="개인 단위 행 대신 집단별로 집계하십시오.", en="Aggregate to groups instead of rows of single people."
)
_SPLIT = Text(
    ko="필요한 행만 남기거나 더 넓은 범주로 집계하십시오.",
    en="Keep the rows that are needed, or aggregate to wider categories.",
)
_REGULAR = Text(
    ko="모든 행의 열 수를 맞추십시오. 쉼표가 든 값은 따옴표로 묶으십시오.",
    en="Give every row the same number of cells; quote values that contain the delimiter.",
)


def check_shape(subject: Subject, listing: Listing) -> None:
    """Tables must be even, not too long, and not records of people."""
    for table in subject.tables:
        _check_rows(table, subject, listing)
        _check_records(table, subject, listing)
        for number in table.ragged[:20]:
            message = Text(ko="이 행의 열 수가 다릅니다.", en="The row has another number of cells.")
            listing.flag("table.shape", message, _REGULAR, where=Where(row=number))


def _check_rows(table: Table, subject: Subject, listing: Listing) -> None:
    rows, limit = len(table.rows), subject.policy.max_rows
    if rows > limit:
        message = Text(
            ko="표가 {rows}행으로 한도 {limit}행을 넘습니다.",
            en="The table has {rows} rows; the limit is {limit}.",
        )
        listing.flag("table.rows", message.fill(rows=rows, limit=limit), _SPLIT, number=rows)


def _check_records(table: Table, subject: Subject, listing: Listing) -> None:
    rows = len(table.rows)
    if rows >= subject.policy.row_level_rows:
        message = Text(
            ko="표가 {rows}행입니다. 개인 단위 자료가 아닌지 확인이 필요합니다.",
            en="The table has {rows} rows; it may be records of single people.",
        )
        listing.flag("table.records", message.fill(rows=rows), _AGGREGATE, number=rows, severity=Severity.WARN)
    check_numbered(table, listing)


def check_records(subject: Subject, listing: Listing) -> None:
    """Tables in prose and in JSON must not number people either."""
    for table in subject.tables:
        check_numbered(table, listing)


def check_numbered(table: Table, listing: Listing) -> None:
    """Flag a column that numbers people or firms, and a heading that does."""
    _check_side(table, listing)
    _check_firms(table, listing)
    for index, name in enumerate(table.names):
        person = kind_of(name) is Kind.PERSON
        if _HEADED_COUNT.fullmatch(name.strip()) and not _is_numbered(table, index):
            continue
        if not person and not _ONE.fullmatch(name.strip()):
            continue
        cells = {cell.strip() for cell in table.distinct(index) if cell.strip()}
        distinct, coded = len(cells), all(map(_CODE.fullmatch, cells))
        counted = (
            not coded
            and index > 0
            and len(set(table.column(0))) == len(table.rows)
            and not has_number(["", table.rows[0][0]])
        )
        numbered = (person and distinct >= FEWEST_RECORDS and not counted) or (coded and distinct >= FEWEST_CODED)
        if (
            numbered
            and not (_are_of_all_sizes(cells) and counts_units(table, index))
            and not numbers_things(table, index)
        ):
            message = Text(
                ko="이 열은 사람의 번호로, 서로 다른 값이 {distinct}개 있습니다.",
                en="The column numbers people; it has {distinct} distinct values.",
            )
            where = Where(row=max(1, table.numbers[0] - 1), column=index + 1)
            listing.flag("table.records", message.fill(distinct=distinct), _AGGREGATE, where=where, number=distinct)


def _are_of_all_sizes(cells: Collection[str]) -> bool:
    """Whether whole numbers differ as counts do: numbers that were given to people are as long as each other."""
    lengths = {len(cell) for cell in cells}
    return len(cells) >= FEWEST_RECORDS and len(lengths) > 1 and all(map(str.isdecimal, cells))


_HEADED_COUNT = re.compile(r"환자|대상자|피험자")
"""Headings that say whom a column counts as often as whom it numbers."""


def _is_numbered(table: Table, index: int) -> bool:
    """Whether cells under such a heading number people: with letters or a nought, or before all others."""
    cells = [cell.strip() for cell in table.distinct(index) if cell.strip()]
    return index == 0 or not all(cell.isdecimal() and cell[0] != "0" for cell in cells)


FEWEST_ACROSS = 4
"""Columns headed by the numbers of people from which a table lies on its side."""
_YEAR = re.compile(r"[A-Za-z]{0,4}[-_]?(?:19|20)\d\d(?:\d\d)?")


def _check_side(table: Table, listing: Listing) -> None:
    """Flag a table on its side: its first heading says that people are numbered, the others are their numbers."""
    # A row of words below the heading was taken for a part of it.
    first, *codes = [name.strip().partition(" ")[0] for name in table.names] or [""]
    heads = {first, table.names[0].strip()} if codes else set()
    if len(codes) < FEWEST_ACROSS or not any(kind_of(head) is Kind.PERSON or _ONE.fullmatch(head) for head in heads):
        return
    coded = all(map(_CODE.fullmatch, codes)) and len(set(codes)) == len(codes)
    if coded and 2 * sum(_YEAR.fullmatch(code) is not None for code in codes) < len(codes):
        message = Text(
            ko="열 제목이 사람의 번호로, 서로 다른 값이 {distinct}개 있습니다: 한 열이 한 사람입니다.",
            en="The headings number people; there are {distinct} distinct ones: each column is one person.",
        )
        where = Where(row=max(1, table.numbers[0] - 1) if table.numbers else 1, column=2)
        listing.flag("table.records", message.fill(distinct=len(codes)), _AGGREGATE, where=where, number=len(codes))


FEWEST_FIRMS = 3
_REGISTERED = re.compile(r"\d{3}-\d{2}-\d{5}|\d{6}-\d{7}")
_REGISTERED_HEADING = re.compile(
    r"(?:biz|business|corp|crn|brn|tax)_?(?:reg)?_?(?:no|num|number|id|code)|(?:사업자|법인)(?:등록)?번호",
    re.IGNORECASE,
)


def _check_firms(table: Table, listing: Listing) -> None:
    """Flag a column in which each row has the number of another firm."""
    for index, name in enumerate(table.names):
        cells = [cell.strip() for cell in table.column(index) if cell.strip()]
        distinct = len(set(cells))
        if distinct < FEWEST_FIRMS or distinct < len(cells) / 2:
            continue
        told = _REGISTERED_HEADING.fullmatch(name.strip().replace(" ", "")) is not None
        plain = told and all(len(cell.replace("-", "")) == 10 and cell.replace("-", "").isdigit() for cell in cells)
        if plain or all(map(_REGISTERED.fullmatch, cells)):
            message = Text(
                ko="이 열은 업체의 등록번호로, 서로 다른 값이 {distinct}개 있습니다: 한 행이 한 업체입니다.",
                en="The column holds {distinct} registration numbers of firms: each row is one of them.",
            )
            where = Where(row=max(1, table.numbers[0] - 1), column=index + 1)
            listing.flag("table.records", message.fill(distinct=distinct), _AGGREGATE, where=where, number=distinct)
            return
