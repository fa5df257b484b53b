"""Plots: what a picture shows can be judged by the counts behind it, which are handed in beside it."""

from __future__ import annotations

import re
from collections.abc import Collection

from egress_review.checks.listing import Listing
from egress_review.checks.points import single_points
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
_LOOSE = Text(
    ko="점 {number}개가 따로따로 찍혀 있습니다: 잇는 선도, 점의 이름도, 일정한 간격도 없어 점마다 한 사람입니다.",
    en="{number} points stand by themselves: no line joins them, nothing names them, no even step explains them; "
    "each is one person.",
)
_LOOSE_MEND = Text(
    ko="구간별 평균이나 육각형 구간(hexbin)처럼 묶은 그림으로 바꾸십시오. 점 하나가 {least}명 이상의 집단이면 "
    "점마다의 인원을 같은 이름의 표(예: {stem}.csv)로 근거 자료(supporting)에 함께 제출하십시오.",
    en="Draw groups instead: means of bins, or a hexbin. Where each point is a group of at least {least} people, hand "
    "in the number of people behind each point as a supporting table of the same name ({stem}.csv).",
)
_SMALL = Text(
    ko="그림 뒤의 수 가운데 {number}개가 최소 셀 {least}보다 작습니다.",
    en="{number} of the counts behind the plot are below the smallest cell, {least}.",
)
_SMALL_MEND = Text(
    ko="구간이나 범주를 합쳐 그림을 다시 그리십시오.",
    en="Merge bins or categories and draw the plot again.",
)


def check_single_points(subject: Subject, supporting: Supporting, listing: Listing) -> None:
    """Stop a figure whose points are records, unless the people behind each point were handed in and are enough."""
    drawing = subject.drawing if subject.type == "svg" else None
    number = drawing.plot.loose if drawing else single_points(subject.json) if subject.type == "json" else 0
    if not number:
        return
    behind = supporting.counts_for(subject.name)
    counts = [count.value for _, reading in behind.readings for count in reading.counts] if behind else []
    least = subject.policy.min_cell
    if len(counts) >= number and min(counts) >= least:
        return
    stem = base_name(subject.name).rpartition(".")[0]
    fix = _LOOSE_MEND.fill(least=least, stem=stem if len(stem) <= 60 else "…")
    listing.flag("figure.points", _LOOSE.fill(number=number), fix, number=number)


def check_counts_behind(subject: Subject, supporting: Supporting, names: Collection[str], listing: Listing) -> None:
    """Hold a picture to the counts that were handed in with it, or say that there are none."""
    if isinstance(subject, PieceSubject):
        return
    stem = base_name(subject.name).rpartition(".")[0]
    if any(f"{stem}{ending}" in map(base_name, names) for ending in TABLES):
        return  # The counts leave as well, and are checked as the file that they are.
    behind = supporting.counts_for(subject.name)
    counts = [count.value for _, reading in behind.readings for count in reading.counts] if behind else []
    counts += [one.units for told in supporting.about(subject.name) for one in told.cells.values()]
    least = subject.policy.min_cell
    small = [value for value in counts if 0 < value < least]
    if small:
        listing.flag("figure.counts", _SMALL.fill(number=len(small), least=least), _SMALL_MEND, number=len(small))
    elif not counts:
        shown = stem if len(stem) <= 60 else "…"
        listing.flag("figure.counts", _MISSING, _MISSING_MEND.fill(stem=shown), severity=Severity.WARN)


_WHOLE = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3}){1,3}(?![\d.,])|(?<![\d.,])\d{1,9}(?![\d.,])")
FEWEST_WRITTEN = 2
"""Larger counts behind a figure that must all stand in it, before a small one that stands in it is taken for one."""


def check_written_counts(subject: Subject, supporting: Supporting, listing: Listing) -> None:
    """Hold what a figure says to the counts behind it: small ones are written on its bars."""
    behind = supporting.counts_for(subject.name)
    if behind is None:
        return
    least = subject.policy.min_cell
    said = {int(word.replace(",", "")) for word in _WHOLE.findall(subject.text)}
    for _, reading in behind.readings:
        counts = {count.value for count in reading.counts}
        large = {value for value in counts if value >= least}
        small = sum(0 < value < least and value in said for value in counts)
        if small and len(large) >= FEWEST_WRITTEN and large <= said:
            listing.flag("figure.counts", _SMALL.fill(number=small, least=least), _SMALL_MEND, number=small)
