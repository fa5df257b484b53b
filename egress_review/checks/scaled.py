"""Counts in thousands: `0.006` below the words `(단위: 천명)` is six people."""

from __future__ import annotations

import re
import unicodedata

from egress_review.checks.amounts import number_in
from egress_review.checks.cells import judge
from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.counts import whole
from egress_review.checks.lengths import MOST_READ_ONCE, bearable
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Where

RULES = ("cells.small",)
ABOVE = 2_000
"""Characters at the beginning of a file in which the unit of its table stands."""

_SCALE = {"백": 100, "천": 1_000, "만": 10_000, "십만": 100_000, "백만": 1_000_000}
_OF_PEOPLE = re.compile(r"단위 ?[:：]? ?명(?![가-힣])")
"""The words by which every whole number of a table counts people."""
_OF_ALL = re.compile(r"단위 ?[:：]? ?(백만|십만|만|천|백) ?명")
_OF_COLUMN = re.compile(r"[(\[](?:단위 ?[:：]? ?)?(백만|십만|만|천|백) ?명[)\]]")
_IN_ENGLISH = re.compile(
    r"\b(?:in|unit:?) (thousands?|millions?)\b|[(\[](?:thousands?|'?000s?)(?: (?:people|persons))?[)\]]", re.IGNORECASE
)


_TITLED = re.compile(
    r"^[ >#*]{0,8}(?:(?:table|tab\.?) ?[\dA-Z.-]{0,6}[.:)]? ?)?(?:numbers?|no\.|counts?|frequency) of "
    r"(?:\w{1,20} ){0,2}(?:patients|people|persons|participants|subjects|cases|deaths|respondents|residents|"
    r"students|workers)\b"
    r"|^[ >#*]{0,8}(?:\[?표 ?[\d.-]{1,6}\]?[.:)]? ?)?[^|\n]{0,40}"
    r"(?:환자|대상자|응답자|이용자|인원|사람|사례|학생|근로자) ?수 ?(?:\([^()\n]{0,12}\))?\s{0,4}$",
    re.IGNORECASE | re.MULTILINE,
)
"""A title by which the numbers below it count people: `Table 2. Number of patients`, `표 2. 직업별 환자 수`."""
MOST_ABOVE = 4


def _said_to_count(table: Table, subject: Subject) -> bool:
    """Whether the title of a table, or the unit beside it, says that its numbers are of people."""
    if subject.type in ("md", "txt"):
        first = table.numbers[0] if table.numbers else 1
        return _TITLED.search("\n".join(subject.lines[max(0, first - MOST_ABOVE - 2) : first - 1])) is not None
    around = unicodedata.normalize("NFKC", subject.said[:ABOVE])
    return _OF_PEOPLE.search(around) is not None or (not subject.crowded and _TITLED.search(around) is not None)


def check_scaled(subject: Subject, listing: Listing) -> None:
    """Multiply what is given in thousands of people, as far as its decimals tell single ones."""
    for table, reading in bearable(subject, RULES, listing, MOST_READ_ONCE):
        said = unicodedata.normalize("NFKC", " ".join([subject.text[:ABOVE], *table.names]))
        if _OF_PEOPLE.search(said) or _said_to_count(table, subject):
            for index in reading.unclear:
                for number, cell in zip(table.numbers, table.column(index), strict=True):
                    if (value := whole(cell)) is not None and value > 0:
                        where = Where(row=number, column=index + 1)
                        judge(value, where, subject.claims, subject.policy, listing)
        of_all = _OF_ALL.search(said)
        for column, name in enumerate(table.names):
            of_column = _OF_COLUMN.search(name)
            found = of_column or of_all
            english = _IN_ENGLISH.search(name) if found is None else None
            if not column or (found is None and english is None):
                continue
            scale = _SCALE[found[1]] if found else 1_000_000 if "illion" in english[0] else 1_000  # type: ignore[index]
            if not of_column and kind_of(name) not in (Kind.COUNT, Kind.UNKNOWN):
                continue
            for number, cell in zip(table.numbers, table.column(column), strict=True):
                amount = number_in(cell)
                if amount and "." in cell and amount[1] * scale < 1:
                    judge(
                        round(amount[0] * scale),
                        Where(row=number, column=column + 1),
                        subject.claims,
                        subject.policy,
                        listing,
                    )
