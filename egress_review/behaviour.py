"""What a request looks like beside those before it; pure. Findings for reviewers, never a verdict of a pre-check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from egress_review.findings import WHOLE_FILE, FileReport, Flagged, Number, Severity
from egress_review.rules import RULE
from egress_review.sketches import ALIKE
from registry.text import Text

PERIOD = timedelta(days=30)
"""Time over which requests of one author in one project are added up."""
MANY_REQUESTS = 20
MANY_VALUES = 50_000
"""Requests and values in the period from which reviewers are told; the budgets of a policy are limits beside."""

RULES = ("behaviour.duplicate", "behaviour.volume", "behaviour.first", "behaviour.hours")

_ALIKE = Text(
    ko="전에 막히거나 반려된 파일과 값의 {percent}%가 같습니다({ref}).",
    en="{percent} % of its values are those of a file that was stopped or refused before ({ref}).",
)
_CHANGED = Text(
    ko="그때의 사유가 해결되었는지 이전 신청과 비교하십시오.",
    en="Compare with that request, and see whether its reason is gone.",
)
_MANY = Text(
    ko="30일 동안 이 과제에서 같은 사람이 신청 {requests}건, 값 {values}개, {size}바이트를 냈습니다.",
    en="In 30 days the same person handed in {requests} requests of this project: {values} values, {size} bytes.",
)
_TOGETHER = Text(
    ko="이전 반출물과 합쳐서 무엇이 드러나는지 보십시오.",
    en="Look at what they show together.",
)
_FIRST = Text(ko="이 신청자의 첫 반출입니다.", en="It would be the first release of this author.")
_SENIOR = Text(
    ko="선임 심사자가 함께 심사합니다.",
    en="A senior checker reviews it too.",
)
_LATE = Text(ko="업무시간 밖에 낸 신청입니다.", en="The request was handed in outside working hours.")
_NONE = Text(ko="참고만 하십시오.", en="For information only.")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known beside the files of a request."""

    released_before: bool
    requests: int
    """Handed in by the author in this project in the period, this one counted."""
    size: int
    values: int
    most_size: int
    """Bytes that one request may have; as much in a period is much."""
    outside_hours: bool
    first_needs_senior: bool
    stopped: tuple[tuple[str, str, float], ...] = ()
    """SHA-256 of a file of this request, the earlier request, and how much the two files share."""


def findings_of(file: FileReport, history: History) -> Iterator[Flagged]:
    """What reviewers are told with one file."""
    alike = max((one for one in history.stopped if one[0] == file.sha256), key=lambda one: one[2], default=None)
    if alike is not None and alike[2] >= ALIKE:
        percent = round(100 * alike[2])
        yield _flag("behaviour.duplicate", _ALIKE.fill(percent=percent, ref=alike[1]), _CHANGED, percent)
    much = history.size >= history.most_size or history.values >= MANY_VALUES
    if history.requests >= MANY_REQUESTS or (history.requests > 1 and much):
        message = _MANY.fill(requests=history.requests, values=history.values, size=history.size)
        yield _flag("behaviour.volume", message, _TOGETHER, history.requests)
    if not history.released_before:
        severity = Severity.FAIL if history.first_needs_senior else Severity.WARN
        yield _flag("behaviour.first", _FIRST, _SENIOR if history.first_needs_senior else _NONE, severity=severity)
    if history.outside_hours:
        yield _flag("behaviour.hours", _LATE, _NONE)


def _flag(rule: str, message: Text, fix: Text, number: Number = None, severity: Severity | None = None) -> Flagged:
    about = RULE[rule]
    return Flagged(rule, severity or about.severity, about.source, WHOLE_FILE, number, message, fix)
