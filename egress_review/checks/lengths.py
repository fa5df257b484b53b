"""Tables of a length at which statistics can be held to each other; a longer one is said not to be checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from egress_review.checks.counts import Reading
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from registry.text import Text

MOST_ROWS = 20_000
"""Rows up to which the statistics of a table are compared; nobody reads a result of more."""

MOST_READ_ONCE = 1_000_000
"""Rows up to which a table is held to a rule that reads each row once."""

_TOO_LONG = Text(
    ko="표가 {rows}행이라 통계값끼리 대조하지 않았습니다(한도 {most}행). "
    "셀의 크기, 식별정보, 숨은 문자, 수식, 행의 모양은 모든 행에서 점검했습니다.",
    en="The table has {rows} rows, so its statistics were not compared with each other (limit {most}). Sizes of cells, "
    "identifiers, hidden characters, formulas and the shape were checked in every row.",
)
_SHORTEN = Text(
    ko="필요한 행만 남기거나 표를 나누어 제출하십시오.",
    en="Keep the rows that are needed, or split the table.",
)


def bearable(
    subject: Subject, rules: Sequence[str], listing: Listing, most: int = MOST_ROWS
) -> Iterator[tuple[Table, Reading]]:
    """The tables of the file that can be compared; for any other the rules are recorded as not checked."""
    for table in subject.tables:
        rows = len(table.rows)
        if rows > most:
            for rule in rules:
                listing.skip(rule, _TOO_LONG.fill(rows=rows, most=most), _SHORTEN)
    for table, reading in subject.readings:
        if len(table.rows) <= most:
            yield table, reading
