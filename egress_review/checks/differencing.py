"""Differencing: a count that is safe alone gives away a small group beside another table of the same people.

Cells are matched by the heading of their column and the labels of their row; tables that were cut another way are
compared by what their cells are of (`cuts`). What cannot be compared is said, so that reviewers look themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from egress_review.checks.accumulated import check_accumulated
from egress_review.checks.cells import mend
from egress_review.checks.columns import is_total
from egress_review.checks.complements import check_earlier, columns_of
from egress_review.checks.counts import Reading
from egress_review.checks.cuts import MOST_CELLS, MOST_DIMENSIONS, Cut, Key, cut_of, labelled_by
from egress_review.checks.joint import Range, TooMany, narrowed, shared, speaking
from egress_review.checks.lengths import bearable
from egress_review.checks.linked import Disclosure, Kind, compare, in_words_of, unsolved
from egress_review.checks.listing import Listing
from egress_review.checks.nested import compare_nested
from egress_review.checks.remainders import check_remainders
from egress_review.checks.shown import Shown
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.claims import spelling
from egress_review.findings import Severity, Where
from registry.text import Text

MOST_COMPARED = 400_000
"""Counts of other tables that one file is compared with, the latest first; how many were left out is said."""

LONGEST_NAME = 60

SAME_PEOPLE = 1
"""Groups, beside everybody, of which two tables publish the same count if they are taken to be of one population."""

Cell: TypeAlias = tuple[str, tuple[str, ...]]
"""What a published count is of: heading of the column, labels of the row."""

_MESSAGE = Text(
    ko="이전에 반출된 같은 셀과의 차이: {value}. 두 표를 빼면 작은 집단이 드러납니다.",
    en="The cell was released before and differs by {value}: subtracting the tables shows a small group.",
)
_KINDS: Mapping[Kind, Text] = {
    "same": Text(
        ko="다른 표({name}, {at})의 같은 집단과 빼면 {least}명 미만의 집단이 드러납니다.",
        en="Another table ({name}, {at}) counts the same group: the difference is a group of fewer than {least}.",
    ),
    "margin": Text(
        ko="다른 표({name}, {at})의 셀을 더한 값과 빼면 {least}명 미만의 집단이 드러납니다.",
        en="Cells of another table ({name}, {at}) add up to this group but for fewer than {least} people.",
    ),
    "merged": Text(
        ko="다른 표({name}, {at})의 다르게 나눈 범주와 빼면 {least}명 미만의 집단이 드러납니다.",
        en="Another table ({name}, {at}) cuts this category another way: the difference is fewer than {least} people.",
    ),
    "nested": Text(
        ko="다른 칸({name}, {at})이 이 집단을 품거나 이 집단의 일부라서, 빼면 {least}명 미만이 드러납니다.",
        en="Another cell ({name}, {at}) counts this group and fewer than {least} more or less: subtracting tells.",
    ),
    "known": Text(
        ko="한 표에서 가린 {least}명 미만의 셀이 다른 표({name}, {at})로 그대로 드러납니다.",
        en="A cell of fewer than {least} that one table suppresses is given away by the other ({name}, {at}).",
    ),
    "solved": Text(
        ko="가린 셀({least}명 미만)이 다른 표({name}, {at})와 함께 계산하면 정확히 나옵니다.",
        en="A suppressed cell of fewer than {least} can be computed exactly with another table ({name}, {at}).",
    ),
}
_TOGETHER = Text(
    ko="가린 셀({least}명 미만)이 함께 나가는 표 {number}개를 모두 놓고 계산하면 정확히 나옵니다.",
    en="A suppressed cell of fewer than {least} can be computed exactly from {number} tables that leave together.",
)
_NARROWED = Text(
    ko="함께 나가는 표 {number}개를 모두 놓고 계산하면 가린 셀이 {low}에서 {high} 사이로 좁혀집니다.",
    en="{number} tables that leave together narrow a suppressed cell to between {low} and {high}.",
)
_WITH_EARLIER = Text(
    ko="가린 셀({least}명 미만)이 이전에 반출된 표를 포함한 표 {number}개를 모두 놓고 계산하면 정확히 나옵니다.",
    en="A suppressed cell of fewer than {least} can be computed exactly from {number} tables, earlier releases among "
    "them.",
)
_NARROWED_WITH = Text(
    ko="이전에 반출된 표를 포함한 표 {number}개를 모두 놓고 계산하면 가린 셀이 {low}에서 {high} 사이로 좁혀집니다.",
    en="{number} tables, earlier releases among them, narrow a suppressed cell to between {low} and {high}.",
)
_BEYOND = Text(
    ko="표들을 모두 놓고 함께 계산하지는 못했습니다: {number}개(한도 {most}개). 둘씩은 비교했습니다.",
    en="The tables were not all computed together: there are {number} of what {most} are computed of. "
    "They were compared in pairs.",
)
_BEYOND_OF = {
    "cells": Text(
        ko="두 표를 함께 풀지는 못했습니다: 가린 셀 {number}개(한도 {most}개). 같은 집단의 셀끼리는 비교했습니다.",
        en="Two tables were not solved together: {number} suppressed cells (limit {most}). Cells of the same group "
        "were compared.",
    ),
    "sums": Text(
        ko="두 표를 끝까지 함께 풀지는 못했습니다: 가린 셀이 든 합계식 {number}개(한도 {most}개).",
        en="Two tables were not solved together to the end: {number} sums hold a suppressed cell (limit {most}).",
    ),
}
_TOO_MANY_LABELS = Text(
    ko="표의 구분 열이 {number}개라 앞의 {most}개만으로 다른 표와 대조했습니다.",
    en="The table has {number} columns of labels; it was compared with other tables by the first {most} only.",
)
_TOO_MANY = Text(
    ko="표의 수가 {number}개라 다른 표와 대조하지 않았습니다(한도 {most}개).",
    en="The table has {number} counts, so it was not compared with other tables (limit {most}).",
)
_SPLIT = Text(
    ko="필요한 행과 열만 남기거나, 가린 셀이 적어지도록 범주를 합치십시오. 심사자는 나란히 놓고 비교하십시오.",
    en="Keep the rows and columns that are needed, or merge categories so that fewer cells are suppressed. Reviewers "
    "compare the tables side by side.",
)
_UNALIGNED = Text(
    ko="이전에 반출된 표 {number}개와는 비교하지 못했습니다: 같은 집단을 말하는 셀이 없거나 표가 너무 큽니다({name}).",
    en="{number} tables released before were not compared: none of their cells is of the same group, "
    "or they are too large ({name}).",
)
_LEFT_OUT = Text(
    ko="이전에 반출된 파일 {number}개와는 비교하지 않았습니다. 수가 모두 {most}개를 넘어 최근 것부터 비교했습니다.",
    en="{number} files released before were not compared: with over {most} counts in all, the latest come first.",
)
_LOOK = Text(ko="심사자가 나란히 놓고 직접 비교하십시오.", en="A reviewer compares them side by side.")


@dataclass(frozen=True)
class Released:
    """What another file says of groups of people: all that is kept of it, since there may be many."""

    name: str
    cells: Mapping[Cell, frozenset[int]]
    cuts: tuple[Cut | None, ...]
    """One per table with counts; None for one that cannot be taken apart."""
    columns: tuple[Shown, ...] = ()
    """Its columns of whole numbers, whatever they are called."""

    @cached_property
    def size(self) -> int:
        """Counts that another file is compared with."""
        return sum(len(cut.facts) for cut in self.cuts if cut)


def released(subject: Subject) -> Released:
    """What is kept of a file to compare others with."""
    cells: dict[Cell, set[int]] = {}
    cuts: list[Cut | None] = []
    for table, reading in subject.readings:
        for cell, value, _ in cells_of(table, reading):
            cells.setdefault(cell, set()).add(value)
        if reading.counts:
            cuts.append(cut_of(table, reading, subject.claims))
    known = {cell: frozenset(values) for cell, values in cells.items()}
    return Released(_short(subject.name), known, tuple(cuts), tuple(columns_of(subject)))


def unreadable(name: str) -> Released:
    """What is kept of a file that could not be read again."""
    return Released(_short(name), {}, (None,))


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def check_difference(subject: Subject, earlier: Sequence[Released], gathered: Gathered, listing: Listing) -> None:
    """Hold every count to the same cell in every earlier release, and to whatever those say of the same people.

    `gathered` are the tables of this file and of those before it: what only all of them give away is computed too.
    """
    told = set(_same_cells(subject, earlier, listing))
    cuts = [cut for table, reading in subject.readings if (cut := cut_of(table, reading, subject.claims))]
    _compare(cuts, earlier, "cells.difference", told, subject, listing)
    for cut in cuts:
        _narrow_with(cut, gathered.tables, earlier, told, subject, listing)
    columns = [column for one in earlier for column in one.columns]
    check_earlier(subject, columns, listing)
    check_remainders(subject, columns, listing)
    check_accumulated(subject, columns, told, listing)
    if any(reading.counts for _, reading in subject.readings):
        _tell_unaligned(cuts, earlier, listing)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The tables that are to leave together, as far as they were read."""

    tables: list[Released] = field(default_factory=list)
    columns: list[Shown] = field(default_factory=list)
    """Their columns of whole numbers, whatever they are called."""


def check_linked(subject: Subject, gathered: Gathered, listing: Listing) -> None:
    """Hold every table of a file to the tables before it, in this file and in those that are to leave with it."""
    told: set[Where] = set()
    for table, reading in bearable(subject, ("cells.linked",), listing):
        if len(reading.counts) > MOST_CELLS:
            message = _TOO_MANY.fill(number=len(reading.counts), most=MOST_CELLS)
            listing.skip("cells.linked", message, _SPLIT)
            continue
        if (number := labelled_by(table, reading)) > MOST_DIMENSIONS:
            message = _TOO_MANY_LABELS.fill(number=number, most=MOST_DIMENSIONS)
            listing.skip("cells.linked", message, _SPLIT, severity=Severity.WARN)
        if cut := cut_of(table, reading, subject.claims):
            _compare([cut], gathered.tables, "cells.linked", told, subject, listing)
            _narrow_together(cut, gathered.tables, told, subject, listing)
            for found in compare_nested(cut, cut, subject.policy.min_cell):
                if found.where not in told:
                    told.add(found.where)
                    _tell(found, _short(subject.name), "cells.linked", subject, listing)
            gathered.tables.append(Released(_short(subject.name), {}, (cut,)))


def _narrow_together(
    new: Cut, others: Sequence[Released], told: set[Where], subject: Subject, listing: Listing
) -> None:
    """Compute the masked cells of all tables that agree with a new one, and tell what only all of them narrow."""
    before_it = [cut for other in _affordable(others) for cut in other.cuts if cut]
    if not _hides(new, before_it):
        return
    try:
        if known := speaking(new, before_it):
            ranges = narrowed([*known, new])
            found = _News(ranges, (narrowed(known), narrowed([new])), len(known) + 1)
            _tell_ranges(new, found, "cells.linked", told, subject, listing)
    except TooMany as beyond:
        _skip_beyond("cells.linked", beyond, listing)


def _narrow_with(
    new: Cut,
    others: Sequence[Released],
    earlier: Sequence[Released],
    told: set[Where],
    subject: Subject,
    listing: Listing,
) -> None:
    """Compute the masked cells of a new table, those that leave with it and all that left before; tell what is new."""
    with_it = [cut for other in _affordable(others) for cut in other.cuts if cut and cut != new]
    left = [cut for other in _affordable(earlier) for cut in other.cuts if cut]
    if not _hides(new, [*with_it, *left]):
        return
    try:
        known = speaking(new, [*with_it, *left])
        old = [cut for cut in known if any(cut is one for one in left)]
        if not old:
            return
        mine = [cut for cut in known if not any(cut is one for one in left)]
        ranges = narrowed([*known, new])
        found = _News(
            ranges,
            (narrowed(known), narrowed([*mine, new])),
            len(known) + 1,
            with_earlier=True,
            sure=any(shared(one, cut) >= SAME_PEOPLE for cut in old for one in (new, *mine)),
        )
        _tell_ranges(new, found, "cells.difference", told, subject, listing)
    except TooMany as beyond:
        _skip_beyond("cells.difference", beyond, listing)


def _skip_beyond(rule: str, beyond: TooMany, listing: Listing) -> None:
    # Every two of the tables were compared, so the rule was applied as far as most people know it.
    message = _BEYOND.fill(number=beyond.number, most=beyond.most)
    listing.skip(rule, message, _SPLIT, severity=Severity.WARN)


def _hides(new: Cut, others: Sequence[Cut]) -> bool:
    return bool(new.masked) or any(cut.masked for cut in others)


@dataclass(frozen=True, slots=True)
class _News:
    """What tables narrow together, beside what fewer of them do."""

    ranges: Mapping[Key, Range]
    fewer: tuple[Mapping[Key, Range], ...]
    number: int
    """Tables."""
    with_earlier: bool = False
    sure: bool = True
    """Whether they are taken to be of the same people; else what they give away may be chance."""


def _tell_ranges(new: Cut, found: _News, rule: str, told: set[Where], subject: Subject, listing: Listing) -> None:
    least = subject.policy.min_cell
    exactly, between = (_WITH_EARLIER, _NARROWED_WITH) if found.with_earlier else (_TOGETHER, _NARROWED)
    for key, (low, high) in found.ranges.items():
        if high is None or not 0 < high < least or any((low, high) == one.get(key) for one in found.fewer):
            continue
        where = new.masked.get(key) or next(iter(new.facts.values())).where
        exact = low == high
        if where in told or not (exact or high - low < least // 2):
            continue
        told.add(where)
        message = (exactly if exact else between).fill(least=least, low=low, high=high, number=found.number)
        severity = None if exact and found.sure else Severity.WARN
        listing.flag(rule, message, mend(subject.policy), where=where, number=high, severity=severity)


def _same_cells(subject: Subject, earlier: Sequence[Released], listing: Listing) -> Iterator[Where]:
    least = subject.policy.min_cell
    for table, reading in subject.readings:
        cells = list(cells_of(table, reading))
        aligned = any(cell in release.cells for cell, _, _ in cells if not _is_grand(cell) for release in earlier)
        for cell, value, where in cells:
            if _is_grand(cell) and not aligned:
                continue  # Two totals alone may be near each other by chance; `cuts` point it out.
            known = frozenset[int]().union(*(release.cells.get(cell, ()) for release in earlier))
            near = [abs(value - old) for old in known if 0 < abs(value - old) < least]
            if near:
                fix = mend(subject.policy)
                listing.flag("cells.difference", _MESSAGE.fill(value=min(near)), fix, where=where, number=min(near))
                yield where


def _is_grand(cell: Cell) -> bool:
    return all(is_total(label) for label in cell[1])


def _compare(
    cuts: Sequence[Cut],
    others: Sequence[Released],
    rule: str,
    told: set[Where],
    subject: Subject,
    listing: Listing,
) -> None:
    """Tell every place once, with the first table that gives it away."""
    least = subject.policy.min_cell
    for other in _affordable(others):
        for old in filter(None, other.cuts):
            for cut in cuts:
                new = in_words_of(old, cut)
                if beyond := unsolved(new, old):
                    message = _BEYOND_OF[beyond.of].fill(number=beyond.number, most=beyond.most)
                    listing.skip(rule, message, _SPLIT, severity=Severity.WARN)
                for found in (*compare(new, old, least), *compare_nested(cut, old, least)):
                    if found.where not in told:
                        told.add(found.where)
                        _tell(found, other.name, rule, subject, listing)


def _tell(found: Disclosure, name: str, rule: str, subject: Subject, listing: Listing) -> None:
    at = f"{found.beside.row}:{found.beside.column}"
    message = _KINDS[found.kind].fill(name=name, at=at, least=subject.policy.min_cell)
    severity = None if found.sure else Severity.WARN
    listing.flag(rule, message, mend(subject.policy), where=found.where, severity=severity)


def _affordable(others: Sequence[Released]) -> Iterator[Released]:
    """The files that are compared: as many as their counts allow."""
    left = MOST_COMPARED
    for other in others:
        if other.size <= left:
            left -= other.size
            yield other


def _tell_unaligned(cuts: Sequence[Cut], earlier: Sequence[Released], listing: Listing) -> None:
    """Say which earlier tables nothing here could be compared with, and how many files were left out."""
    compared = list(_affordable(earlier))
    mine = frozenset[object]().union(*(cut.labelled for cut in cuts))
    names = [other.name for other in compared for cut in other.cuts if cut is None or mine.isdisjoint(cut.labelled)]
    if names:
        listing.skip("cells.unaligned", _UNALIGNED.fill(number=len(names), name=names[0]), _LOOK)
    if left_out := len(earlier) - len(compared):
        message = _LEFT_OUT.fill(number=left_out, most=f"{MOST_COMPARED:,}")
        listing.skip("cells.unaligned", message, _LOOK, severity=Severity.WARN)


def cells_of(table: Table, reading: Reading) -> Iterator[tuple[Cell, int, Where]]:
    """Every count of a table by what it is of; a row without labels is its position."""
    counts = reading.counts
    labels = labels_of(table, {count.column - 1 for count in counts})
    for count in counts:
        name = spelling(table.names[count.column - 1]) if count.column <= len(table.names) else ""
        yield (name, labels[count.row]), count.value, Where(row=count.row, column=count.column)


def labels_of(table: Table, counted: Set[int]) -> dict[int, tuple[str, ...]]:
    """What each row is of, by its number: the cells that are no counts (columns from 0) and no measures."""
    return {
        number: tuple(
            spelling(cell) for index, cell in enumerate(row) if index not in counted and not _is_measure(cell)
        )
        or (str(position),)
        for position, (number, row) in enumerate(zip(table.numbers, table.rows, strict=True))
    }


def _is_measure(cell: str) -> bool:
    """Whether a cell is a decimal number or a percentage, which changes with the data and labels nothing."""
    text = cell.strip().removesuffix("%")
    return "." in text and text.replace(".", "", 1).lstrip("-+").isdigit()
