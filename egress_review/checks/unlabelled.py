"""Tables of whole numbers without a name, V1 to V5 and running numbers: nobody can say what they count."""

from __future__ import annotations

import re

from egress_review.checks.counts import whole
from egress_review.checks.listing import Listing
from egress_review.checks.subject import PieceSubject, Subject
from egress_review.checks.tables import Table
from registry.text import Text

RULES = ("cells.small",)

FEWEST_COLUMNS, FEWEST_ROWS = 3, 3
MOST_ROWS = 500
"""Rows of a result; a longer list is held to be rows of people elsewhere."""

_PLACEHOLDER = re.compile(
    r"(?:v|x|c|f|col|column|var|variable|field|unnamed|열|변수)[ _.:]{0,2}\d{1,4}|\[,\d{1,4}\]", re.IGNORECASE
)
_INDEX = re.compile(r"|index|idx|no\.?|row|rowname|#|번호|순번", re.IGNORECASE)
_UNJUDGED = Text(
    ko="행과 열에 이름이 없는 정수 표라서 무엇을 몇 명 센 것인지 판단할 수 없습니다.",
    en="A table of whole numbers whose rows and columns have no names: nobody can tell what it counts, and of whom.",
)
_NAME_THEM = Text(
    ko="열마다 무엇을 셌는지, 행마다 어느 집단인지, 모두 몇 명 가운데인지를 표에 적으십시오.",
    en="Name in the table what each column counts, which group each row is, and of how many people in all.",
)


def check_unlabelled(subject: Subject, listing: Listing) -> None:
    """Say of tables that name nothing that they cannot be judged."""
    if isinstance(subject, PieceSubject) and subject.around.strip():
        return  # What stands around it may say.
    for table in subject.tables:
        if not table.around and _names_nothing(table):
            listing.skip("cells.small", _UNJUDGED, _NAME_THEM)


def _names_nothing(table: Table) -> bool:
    first, *others = (name.strip() for name in table.names) if table.names else ("",)
    if len(others) < FEWEST_COLUMNS or not FEWEST_ROWS <= len(table.rows) <= MOST_ROWS:
        return False
    if _has_no_heading(table):
        return True
    if not all(map(_PLACEHOLDER.fullmatch, others)) or not (_INDEX.fullmatch(first) or _PLACEHOLDER.fullmatch(first)):
        return False
    labels = [cell.strip().strip("[,]") for cell in table.column(0)]
    if not all(label.isdecimal() for label in labels):
        return False
    values = [whole(cell) for row in table.rows for cell in row[1:]]
    return all(value is not None for value in values) and max(value or 0 for value in values) > 1


def _has_no_heading(table: Table) -> bool:
    """Whether no row is a heading, and there is nothing but whole numbers."""
    if any(name.strip() for name in table.names):
        return False
    cells = [whole(cell) for row in table.rows for cell in row]
    return all(value is not None for value in cells) and max((value or 0 for value in cells), default=0) > 1
