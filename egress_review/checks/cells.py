"""Small cells: counts below the smallest cell, zeros, claims of rounding."""

from __future__ import annotations

from egress_review.checks.counts import Reading, whole
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.claims import FileClaims
from egress_review.findings import Severity, Where
from egress_review.terms import Policy
from registry.text import Text

_SMALL = Text(
    ko="셀 값 {value}: 최소 셀 {least}보다 작습니다.",
    en="A count of {value} is below the smallest cell, {least}.",
)
_MEND = Text(
    ko="이웃 범주와 합치거나, 이 셀과 함께 같은 행과 열에서 한 셀을 더 가리거나(2차 비공개), "
    "모든 수와 합계를 {base} 단위로 반올림하고 작은 수는 ‘<{least}’ 표시로 바꾸십시오.",
    en="Merge the category with a neighbour; or suppress the cell and one more in its row and in its column "
    "(secondary suppression); or round all counts and totals to base {base}, showing small ones as <{least}.",
)
_ZERO = Text(
    ko="0은 그 집단의 누구에게도 해당하지 않음을 드러냅니다.",
    en="A zero says something about every member of its group.",
)
_ZERO_MEND = Text(
    ko="구조적으로 0일 수밖에 없는 셀이면 설명에 적고, 아니면 범주를 합치십시오.",
    en="Say in the context if the cell must be zero by definition; otherwise merge categories.",
)
_CLAIM = Text(
    ko="{base} 단위로 반올림했다고 했으나 여기의 값은 {value}입니다.",
    en="Counts are claimed to be rounded to {base}, but {value} stands here.",
)
_CLAIM_MEND = Text(
    ko="모든 수와 합계를 반올림하거나 반올림했다는 설명을 고치십시오.",
    en="Round every count and total, or correct the claim.",
)
_UNCLEAR = Text(
    ko="이 열의 정수가 사람 수인지 알 수 없습니다.",
    en="Nothing says whether the whole numbers of this column count people.",
)
_UNCLEAR_MEND = Text(
    ko="신청의 controls에 counts 또는 other로 열 이름을 적으십시오.",
    en="Declare the column in the controls of the request: `counts` or `other`.",
)
_NOT_WHOLE = Text(
    ko="사람 수로 불리는 열에 정수가 아닌 값이 있어 검사하지 않았습니다.",
    en="The column is named as a count and holds other numbers; it was not checked as one.",
)
_OVERRULED = Text(
    ko="사람 수로 불리는 열을 신청자가 다른 것으로 선언하였습니다.",
    en="The column is named as a count and was declared as something else.",
)
_DROPPED = Text(
    ko="신청자의 선언이 없으면 사람 수로 읽히는 수인데, 선언 때문에 사람 수로 점검하지 않았습니다.",
    en="These numbers are counts unless the author's declarations are believed, so they were not checked as counts.",
)
_OVERRULED_MEND = Text(
    ko="사람 수라면 controls의 선언을 지우고, 아니라면 무엇을 나타내는 수인지 설명에 적으십시오.",
    en="If the numbers count people, take the declaration out of the controls; else say in the context what they are.",
)


def check_cells(subject: Subject, listing: Listing) -> None:
    """Read every table of the file and hold its counts to the policy."""
    for table, reading in subject.readings:
        check_table(table, reading, subject.claims, subject.policy, listing)


def check_table(table: Table, reading: Reading, claims: FileClaims, policy: Policy, listing: Listing) -> None:
    """Hold the counts of one table to the policy and to the author's claims."""
    sound = 1 if claims.rounded_to is None else claims.rounded_to
    for count in reading.counts:
        if count.value >= policy.min_cell and count.value % sound == 0:
            continue  # What judge() finds nothing in; most counts of a long table are such.
        judge(count.value, Where(row=count.row, column=count.column), claims, policy, listing)
    first = table.numbers[0] if table.numbers else 1
    for index in (column for column in reading.unclear if column not in reading.dropped):
        if any((value := whole(cell)) is not None and 0 < value < policy.min_cell for cell in table.column(index)):
            listing.flag("cells.unclear", _UNCLEAR, _UNCLEAR_MEND, where=Where(row=first, column=index + 1))
    for index in reading.not_whole:
        listing.flag("cells.unclear", _NOT_WHOLE, _UNCLEAR_MEND, where=Where(row=first, column=index + 1))
    for index in reading.overruled:
        listing.flag("cells.unclear", _OVERRULED, _OVERRULED_MEND, where=Where(row=first, column=index + 1))
    for index in reading.dropped:
        flag_dropped(Where(row=first, column=index + 1), listing)


def flag_dropped(where: Where, listing: Listing) -> None:
    """Point out counts that are none because the author says so: no declaration goes without a trace."""
    listing.flag("cells.unclear", _DROPPED, _OVERRULED_MEND, where=where)


def judge(value: int, where: Where, claims: FileClaims, policy: Policy, listing: Listing) -> None:
    """Hold one count to the smallest cell, the rule for zeros and the claimed rounding."""
    if 0 < value < policy.min_cell:
        message = _SMALL.fill(value=value, least=policy.min_cell)
        listing.flag("cells.small", message, mend(policy), where=where, number=value)
    elif value == 0 and policy.zeros != "allow":
        listing.flag("cells.zero", _ZERO, _ZERO_MEND, where=where, number=0, severity=Severity(policy.zeros))
    if claims.rounded_to and value % claims.rounded_to:
        message = _CLAIM.fill(base=claims.rounded_to, value=value)
        listing.flag("cells.claim", message, _CLAIM_MEND, where=where, number=value)


def mend(policy: Policy) -> Text:
    """How to make a small cell publishable under this policy."""
    return _MEND.fill(base=policy.round_base, least=policy.min_cell)
