"""Rows of single people, households or firms that a column numbers: its heading says of whom, and hardly two agree.

`hid`, `resp_id`, `pidp` or `기업코드` number those whom a survey asked. A code of a region, a gene or a model numbers
something else, and is not looked for. What is called so and is no key of its rows, such as a number of households in
each district or the number of a question, is not stopped either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress_review.checks.listing import Listing
from egress_review.checks.person_rows import counts_somebody
from egress_review.checks.row_keys import counts_units, numbers_things
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Where
from registry.text import Text

RULES = ("table.singular",)
FEWEST_UNITS, FEWEST_PLACES = 20, 3
"""Different numbers from which rows are single units, and full postcodes from which they are of single people."""
MOST_EACH = 30
"""Rows of one unit on average, such as waves of a panel, up to which its number still numbers units."""

_UNIT = re.compile(
    r"(?:x_)?(?:[a-z]_)?(?:p|h|b|hh|pp|cp)?_?(?:pidp?|hidp?)|(?:p|h|hh|r|q|s)_?ids?|(?:hh|house_?holds?|family|fam|dwelling)_?"
    r"(?:id|no|num|nr|number|key|code|serial)|(?:resp(?:ondent)?|ind(?:iv(?:idual)?)?|pers(?:on)?|pupil|child|mother|"
    r"worker|emp(?:loyee)?|stu(?:dent)?|tenant|claimant|learner|client|user|cust(?:omer)?|account|acct|firm|company|comp|"
    r"corp|biz|business|enterprise|ent|establishment|estab|farm|loan|household)_?"
    r"(?:id|idx|no|num|nr|number|key|code|serial|ref)|case_?(?:id|no|serial)|idno|id_?(?:ind|pers|resp|hh|firm)|serial(?:_?no)?|"
    r"caseid|entref|luref|ruref|idbrnum|"
    r"(?:기업|업체|사업체|회사|법인|사업장|가구|세대|응답자?|조사대상|개인|가구원|근로자|농가|어가|학생|계좌|고객|이용자|참가자|점포|공장)"
    r"[ _]?(?:코드|번호|id|ID|아이디|고유번호|식별번호|일련번호|식별자|키)",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z]{0,4}[-_]?\d{1,16}|[0-9a-fA-F]{8,64}|[A-Za-z0-9]{6,40}")
_UNIT_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}", re.IGNORECASE)
_PEOPLE_MARK = re.compile(
    r"(?:.*[ _])?(?:dob|birth.*|born|age|sex|gender|name|surname|ethnic\w*|nino|nhs.*|"
    r"diagnosis|admi\w*|died|death.*|score)|.*(?:생년월일|출생|나이|연령|성별|이름|성명)",
    re.IGNORECASE,
)

_NUMBERED = Text(
    ko="‘{heading}’이 사람, 가구나 업체의 번호로 {number}가지 값을 담고 있습니다: 한 행이 그중 하나입니다.",
    en="{heading} numbers people, households or firms with {number} different values: each row is one of them.",
)
_LIVING = Text(
    ko="완전한 우편번호 {number}개 옆에 사람의 특성이 있습니다: 한 행이 한 사람입니다.",
    en="{number} full postcodes stand beside what is told of people: each row is one person.",
)
_AGGREGATE = Text(
    ko="집단별로 집계하고 집단마다 사람이나 업체의 수를 함께 적으십시오.",
    en="Aggregate to groups, and give the number of people or firms in each.",
)


def check_unit_rows(subject: Subject, listing: Listing) -> None:
    """Flag tables whose rows a column numbers as those of people, households or firms, or places by full postcodes."""
    for table in subject.tables:
        for index, number in _numbered(table):
            where = Where(row=max(1, table.numbers[0] - 1), column=index + 1)
            message = _NUMBERED.fill(heading=table.names[index].strip()[:60], number=number)
            listing.flag("table.singular", message, _AGGREGATE, where=where, number=number)
        for index, number in _living(table):
            where = Where(row=max(1, table.numbers[0] - 1), column=index + 1)
            listing.flag("table.singular", _LIVING.fill(number=number), _AGGREGATE, where=where, number=number)


def _numbered(table: Table) -> Iterator[tuple[int, int]]:
    """The column that numbers units, and how many it numbers."""
    rows = len(table.rows)
    if rows < FEWEST_UNITS or len(table.names) < 2:
        return
    for index, name in enumerate(table.names):
        if not _UNIT.fullmatch(name.strip()):
            continue
        cells = {cell for raw in table.distinct(index) if (cell := raw.strip())}
        if len(cells) < FEWEST_UNITS or rows > MOST_EACH * len(cells) or not all(map(_CODE.fullmatch, cells)):
            continue
        if counts_units(table, index) or numbers_things(table, index):
            continue
        yield index, len(cells)
        return


def _living(table: Table) -> Iterator[tuple[int, int]]:
    """The column of full British postcodes, each of some fifteen addresses, beside a mark of a person."""
    if len(table.rows) < FEWEST_PLACES or len(table.names) < 2 or counts_somebody(table):
        return
    if not any(_PEOPLE_MARK.fullmatch(name.strip()) for name in table.names):
        return
    for index in range(len(table.names)):
        cells = [cell.strip() for cell in table.column(index) if cell.strip()]
        if len(cells) < FEWEST_PLACES or not all(map(_UNIT_POSTCODE.fullmatch, cells)):
            continue
        if len(set(cells)) > len(cells) / 2:
            yield index, len(set(cells))
            return
