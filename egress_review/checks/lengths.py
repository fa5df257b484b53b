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

_TOO_LONG = Text(
    ko="표가 {rows}행이라 통계값끼리 대조하지 않았습니다. 한도는 {most}행입니다.",
    en="The table has {rows} rows, so its statistics were not compared; the limit is {most}.",
)
_SHORTEN = Text(
    ko="필요한 행만 남기거나 표를 나누어 제출하십시오.",
    en="Keep the rows that are needed, or split the table.",
)


def bearable(subject: Subject, rules: Sequence[str], listing: Listing) -> Iterator[tuple[Table, Reading]]:
    """The tables of the file that can be compared; for any other the rules are recorded as not checked."""
    for table in subject.tables:
        rows = len(table.rows)
        if rows > MOST_ROWS:
            for rule in rules:
                listing.skip(rule, _TOO_LONG.fill(rows=rows, most=MOST_ROWS), _SHORTEN)
    for table, reading in subject.readings:
        if len(table.rows) <= MOST_ROWS:
            yield table, reading
