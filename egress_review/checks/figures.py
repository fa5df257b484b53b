"""Plots: what a picture shows can be judged by the counts behind it, which are handed in beside it."""

from __future__ import annotations

from collections.abc import Collection

from egress_review.checks.listing import Listing
from egress_review.checks.subject import PieceSubject, Subject
from egress_review.checks.supporting import Supporting, base_name
from egress_review.findings import Severity
from registry.text import Text

RULES = ("figure.counts",)
TABLES = (".csv", ".tsv", ".xlsx", ".json", ".txt", ".md")

_MISSING = Text(
    ko="그림 뒤의 수가 없습니다: 막대, 점, 구간마다 몇 명인지 확인할 수 없습니다.",
    en="The counts behind the plot are missing: nothing says how many people each bar, point or bin stands for.",
)
_MISSING_MEND = Text(
    ko="그림과 같은 이름의 표(예: {stem}.csv)를 근거 자료(supporting)로 함께 제출하십시오.",
    en="Hand in a table of the same name ({stem}.csv) as a supporting file.",
)
_SMALL = Text(
    ko="그림 뒤의 수 가운데 {number}개가 최소 셀 {least}보다 작습니다.",
    en="{number} of the counts behind the plot are below the smallest cell, {least}.",
)
_SMALL_MEND = Text(
    ko="구간이나 범주를 합쳐 그림을 다시 그리십시오.",
    en="Merge bins or categories and draw the plot again.",
)


def check_counts_behind(subject: Subject, supporting: Supporting, names: Collection[str], listing: Listing) -> None:
    """Hold a picture to the counts that were handed in with it, or say that there are none."""
    if isinstance(subject, PieceSubject):
        return
    stem = base_name(subject.name).rpartition(".")[0]
    if any(f"{stem}{ending}" in map(base_name, names) for ending in TABLES):
        return  # The counts leave as well, and are checked as the file that they are.
    behind = supporting.counts_for(subject.name)
    counts = [count.value for _, reading in behind.readings for count in reading.counts] if behind else []
    least = subject.policy.min_cell
    small = [value for value in counts if 0 < value < least]
    if small:
        listing.flag("figure.counts", _SMALL.fill(number=len(small), least=least), _SMALL_MEND, number=len(small))
    elif not counts:
        shown = stem if len(stem) <= 60 else "…"
        listing.flag("figure.counts", _MISSING, _MISSING_MEND.fill(stem=shown), severity=Severity.WARN)
