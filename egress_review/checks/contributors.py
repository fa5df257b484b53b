"""Numbers held to the evidence behind them: true counts, contributors, dominance.

A published table cannot show that one firm makes up a sum; the evidence can. The same evidence says whether a count
was rounded as claimed, and whether few people hide behind one that looks large.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from egress_review.checks.alignment import Published, listed_behind, published
from egress_review.checks.amounts import Amount, amount_of, number_in
from egress_review.checks.cells import mend
from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import Reading, whole
from egress_review.checks.evidence import Contributors, Evidence
from egress_review.checks.lengths import bearable
from egress_review.checks.listed_contributors import Listed, contributors_listed
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.supporting import Supporting, base_name
from egress_review.checks.tables import Table
from egress_review.checks.thresholds import ONE_OF_ALL, Thresholds, thresholds
from egress_review.findings import Severity, Where
from registry.text import Text

RULES = (
    "evidence.format",
    "evidence.missing",
    "evidence.counts",
    "evidence.small",
    "evidence.dominance",
    "evidence.p_percent",
)
MIDPOINT = 6
"""Base of midpoint rounding as OpenSAFELY does it: 0, 3, 9, 15, …"""

_AGAIN = Text(
    ko="ansim_client.evidence(…)로 근거 파일을 다시 만들어 고치지 말고 함께 제출하십시오.",
    en="Make the evidence anew with ansim_client.evidence(…) and hand it in unedited.",
)
_BROKEN = Text(
    ko="이 결과의 근거 파일을 읽을 수 없습니다: 형식이 다르거나 합이 맞지 않습니다.",
    en="The evidence on this output cannot be read: it has another format, or does not add up.",
)
_MISSING = Text(
    ko="금액의 합계나 평균인데 근거가 없어 한두 사람이 좌우하는지 확인할 수 없습니다.",
    en="Sums or means of money without evidence: nothing shows whether one or two contributors dominate them.",
)
_MISSING_MEND = Text(
    ko="ansim_client.evidence(df, by=[…], value=…, unit=…, name=…)로 근거 파일을 만들어 함께 제출하십시오.",
    en="Write evidence with ansim_client.evidence(df, by=[…], value=…, unit=…, name=…) and hand it in as supporting.",
)
_UNSAID = Text(
    ko="금액 열이 집단별 합계나 평균인지 알 수 없고 근거도 없습니다.",
    en="Nothing says whether the column of money holds sums or means of groups, and there is no evidence.",
)
_DIFFERS = Text(
    ko="이 수는 근거의 값과도, 그 값을 반올림한 수와도 다릅니다.",
    en="The number is neither the one of the evidence nor that number rounded.",
)
_DIFFERS_MEND = Text(
    ko="표와 근거를 같은 자료에서 다시 만들거나, 달라진 까닭을 설명에 적으십시오.",
    en="Make the table and the evidence from the same data, or say in the context why they differ.",
)
_FEW = Text(
    ko="근거에 따르면 이 수 뒤의 기여자가 {least}명보다 적습니다.",
    en="By the evidence fewer than {least} contributors stand behind this number.",
)
_DOMINATED = Text(
    ko="가장 큰 기여자 {n}명이 합계의 {share}%를 차지합니다. 기준은 {limit}% 미만입니다.",
    en="The {n} largest contributors make up {share} % of the total; the limit is below {limit} %.",
)
_NEAR = Text(
    ko="둘째 기여자가 자기 값을 빼면 가장 큰 기여자의 값을 {limit}% 안으로 추정할 수 있습니다.",
    en="The second largest contributor could estimate the largest within {limit} %.",
)
_HALF = Text(
    ko="가장 큰 기여자 하나가 합계의 절반 넘게({share}%) 차지합니다. 기준에는 걸리지 않으므로 심사자가 판단합니다.",
    en="The largest contributor makes up more than half ({share} %) of the total; no limit is passed. Reviewers judge.",
)
_MERGE = Text(
    ko="범주를 합치거나 이 셀과 이웃 셀을 가리거나, 합계 대신 중앙값을 쓰십시오.",
    en="Merge categories, suppress this cell and one beside it, or publish a median instead.",
)
_SIGNS = Text(
    ko="음수 기여가 있어 지배 규칙을 계산할 수 없습니다. 사람이 판단해야 합니다.",
    en="There are negative contributions, so dominance cannot be computed; a person has to judge.",
)
_SIGNS_MEND = Text(
    ko="양수와 음수를 나누어 집계하거나 설명에 부호의 뜻을 적으십시오.",
    en="Aggregate gains and losses apart, or explain the signs in the context.",
)


def check_contributors(subject: Subject, supporting: Supporting, listing: Listing) -> None:
    """Hold every number of the file to the evidence on it; ask for evidence where there must be some."""
    if supporting.broken_for(subject.name):
        listing.flag("evidence.format", _BROKEN, _AGAIN)
    about = supporting.about(subject.name)
    limits = thresholds(subject.policy)
    listed = contributors_listed(supporting.tables)
    for table, reading in bearable(subject, ("evidence.missing", "evidence.dominance"), listing):
        covered: set[int] = set()
        for evidence in about:
            cells = list(published(table, reading, evidence))
            _check_counts(table, cells, subject, listing)
            if evidence.value is not None:
                covered |= _check_amounts(table, cells, evidence, subject, limits, listing)
        _check_listed(table, reading, covered, listed, subject, listing)
        _check_missing(table, reading, covered, subject, listing)


def _check_counts(table: Table, cells: Sequence[Published], subject: Subject, listing: Listing) -> None:
    """Published counts must be the true ones, or those rounded; and true ones must be large enough."""
    least = subject.policy.min_cell
    for cell in cells:
        value = whole(cell.text) if cell.counted else None
        if value is None or _is_amount(cell, value):
            continue
        where = Where(row=table.numbers[cell.position], column=cell.column + 1)
        if not any(_shows(value, true, subject) for true in (cell.behind.rows, cell.behind.units)):
            listing.flag("evidence.counts", _DIFFERS, _DIFFERS_MEND, where=where)
        if 0 < cell.behind.units < least and value >= least:
            listing.flag("evidence.small", _FEW.fill(least=least), mend(subject.policy), where=where)


def _is_amount(cell: Published, value: float) -> bool:
    """Whether a whole number that was read as a count is the sum or the mean of the value instead."""
    behind = cell.behind
    if behind.total is None or value in (behind.rows, behind.units):
        return False
    return any(abs(value - amount) <= 0.5 for amount in _amounts(behind))


def _amounts(behind: Contributors) -> tuple[float, ...]:
    total = behind.total or 0.0
    return (total, *(total / n for n in {behind.rows, behind.units} if n))


def _shows(value: int, true: int, subject: Subject) -> bool:
    """Whether a published count is the true one, or the true one rounded as was claimed or as the policy suggests."""
    if value == true:
        return True
    for base in {subject.claims.rounded_to or 1, subject.policy.round_base}:
        if value % base == 0 and 2 * abs(value - true) <= base:
            return True
    return value == -(-true // MIDPOINT) * MIDPOINT - MIDPOINT // 2 * (true != 0)


def _check_amounts(
    table: Table,
    cells: Sequence[Published],
    evidence: Evidence,
    subject: Subject,
    limits: Thresholds,
    listing: Listing,
) -> set[int]:
    """Hold sums and means to the contributors behind them; give the columns that were."""
    covered: set[int] = set()
    for cell in cells:
        number = number_in(cell.text)
        if number is None or kind_of(table.names[cell.column]) in (Kind.PERCENT, Kind.COUNT):
            continue
        value, slack = number
        if cell.counted and not _is_amount(cell, value):
            continue
        covered.add(cell.column)
        where = Where(row=table.numbers[cell.position], column=cell.column + 1)
        if not any(abs(value - amount) <= slack + 1e-6 * abs(amount) for amount in _amounts(cell.behind)):
            listing.flag("evidence.counts", _DIFFERS, _DIFFERS_MEND, where=where, severity=Severity.WARN)
        if 0 < cell.behind.units < subject.policy.min_cell:
            message = _FEW.fill(least=subject.policy.min_cell)
            listing.flag("evidence.small", message, mend(subject.policy), where=where)
        _check_dominance(cell.behind, limits, where, listing)
    return covered


def _check_dominance(behind: Contributors, limits: Thresholds, where: Where, listing: Listing) -> bool:
    """The (n,k) rule and the p% rule; both say nothing of contributions of either sign. Tells whether it found any."""
    total, largest = behind.total, behind.largest
    if total is None or not largest or behind.units == 0:
        return False
    if behind.negative:
        listing.flag("evidence.dominance", _SIGNS, _SIGNS_MEND, where=where, severity=Severity.WARN)
        return True
    if total <= 0:
        return False
    share = sum(largest[: limits.dominance_n]) / total
    if 0 < limits.dominance_k <= share:
        message = _DOMINATED.fill(
            n=min(limits.dominance_n, len(largest)),
            share=_whole_percent(share),
            limit=_whole_percent(limits.dominance_k),
        )
        listing.flag("evidence.dominance", message, _MERGE, where=where, number=_whole_percent(share))
    dominated = 0 < limits.dominance_k <= share
    top, second = largest[0], largest[1] if len(largest) > 1 else 0.0
    near = top > 0 and (total - top - second) / top < limits.p_percent
    if near:
        message = _NEAR.fill(limit=_whole_percent(limits.p_percent))
        listing.flag("evidence.p_percent", message, _MERGE, where=where)
    half = limits.dominance_n > 0 and top / total > ONE_OF_ALL
    if half and not (dominated or near):
        message = _HALF.fill(share=_whole_percent(top / total))
        listing.flag("evidence.dominance", message, _MERGE, where=where, severity=Severity.WARN)
    return dominated or near or half


def _whole_percent(share: float) -> int:
    return round(100 * share)


def _check_listed(
    table: Table,
    reading: Reading,
    covered: set[int],
    listed: Iterable[Listed],
    subject: Subject,
    listing: Listing,
) -> None:
    """Hold sums without evidence to what a supporting table lists of their contributors; it clears nothing."""
    money = {column for column, _ in _money(table, reading, subject)}
    told: set[tuple[int, int]] = set()
    for one in listed:
        for position, column, behind in listed_behind(table, one, money):
            if column not in covered and (position, column) not in told:
                where = Where(row=table.numbers[position], column=column + 1)
                if _check_dominance(behind, thresholds(subject.policy), where, listing):
                    told.add((position, column))


def _check_missing(table: Table, reading: Reading, covered: set[int], subject: Subject, listing: Listing) -> None:
    """Ask for evidence on sums and means of money; counts of people and estimates need none."""
    for column, amount in _money(table, reading, subject):
        if column in covered:
            continue
        where = Where(row=table.numbers[0], column=column + 1)
        demanded = subject.policy.evidence_required and amount is not Amount.UNSAID
        message = _UNSAID if amount is Amount.UNSAID else _MISSING
        severity = None if demanded else Severity.WARN
        listing.flag("evidence.missing", message, _MISSING_MEND, where=where, severity=severity)


def _money(table: Table, reading: Reading, subject: Subject) -> Iterator[tuple[int, Amount]]:
    """Columns of money that speak of groups: by heading, with numbers in them, in a table of several rows."""
    counted = {count.column - 1 for count in reading.counts}
    groups = [row for row in table.rows if row and not is_total(row[0])]
    if len(groups) < 2:
        return
    for column, name in enumerate(table.names):
        amount = amount_of(name)
        if column == 0 or amount is None or column in counted or subject.claims.declared(name) == "other":
            continue
        if amount is Amount.UNSAID and not counted and subject.claims.declared(name) != "means":
            continue
        if any(number_in(cell) for cell in table.column(column)):
            yield column, amount


def check_acro(subject: Subject, supporting: Supporting, listing: Listing) -> None:
    """Hold what was found here to what a session of ACRO said of the same file: a disagreement is a finding."""
    ours = listing.failed(("cells.", "evidence.", "model.", "table."))
    for session in supporting.acro:
        theirs = session.files.get(base_name(subject.name))
        if theirs is None:
            continue
        if theirs.status == "fail" and not theirs.mitigated and not ours:
            listing.flag("evidence.acro", _ONLY_ACRO, _ACRO_MEND, number=theirs.failed)
        elif theirs.status == "review" and not ours:
            listing.flag("evidence.acro", _REVIEW, _ACRO_MEND, number=theirs.failed, severity=Severity.WARN)
        elif theirs.status == "pass" and ours:
            listing.flag("evidence.acro", _ONLY_OURS, _ACRO_MEND, severity=Severity.WARN)


_ONLY_ACRO = Text(
    ko="ACRO는 이 결과를 통과시키지 않았으나 여기서는 아무것도 걸리지 않았습니다.",
    en="ACRO refused this output and nothing was found here: it saw the data, this check only the output.",
)
_ONLY_OURS = Text(
    ko="ACRO는 이 결과를 통과시켰으나 여기서는 고칠 것이 있습니다. ACRO의 판정은 증거가 아니라 참고입니다.",
    en="ACRO passed this output and something was found here; its verdict is a hint and no proof.",
)
_REVIEW = Text(
    ko="ACRO는 이 결과를 사람이 검토하라고 하였습니다.",
    en="ACRO asks a person to review this output.",
)
_ACRO_MEND = Text(
    ko="ACRO가 표시한 셀을 고치거나 가린 뒤 다시 내보내고, 그 판정의 까닭을 설명에 적으십시오.",
    en="Mend or suppress the cells that ACRO marked and write the output anew, or explain its verdict in the context.",
)
