"""Columns of several tables that add up: what one hides, the others give away, whatever any of them is called.

Boys and girls make pupils; those with and those without make all. That a column is the sum of others is not read from
its name: it is so wherever both are shown, and then it is so where one of them is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from egress_review.checks.by_shares import filled, given_by_shares, parts_of, shares_in
from egress_review.checks.cells import mend
from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import whole
from egress_review.checks.listing import Listing
from egress_review.checks.masks import is_gap, mask_range
from egress_review.checks.opened import TOTAL, opened
from egress_review.checks.said_totals import is_sum
from egress_review.checks.shown import FEWEST_SHOWN, Shown, shared
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.checks.within_json import tables_within
from egress_review.claims import spelling
from egress_review.findings import Where
from registry.text import Text

RULE, OF_EARLIER = "cells.linked", "cells.difference"

MOST_ROWS, MOST_COLUMNS, MOST_KEPT = 300, 24, 60
"""Size of a table, and columns of all tables, up to which they are compared; of more files the last are."""

_SUM = Text(
    ko="가린 셀({least}명 미만)이 다른 열의 합이나 차로 정확히 계산됩니다({name}).",
    en="A suppressed cell of fewer than {least} is the sum or difference of other columns ({name}).",
)


def check_complements(subject: Subject, kept: list[Shown], listing: Listing) -> None:
    """Hold the columns of a file to each other and to those of the files before it, and keep them."""
    new = columns_of(subject)
    _tell(new, [*kept, *new][-MOST_KEPT:], RULE, subject, listing)
    kept.extend(new)


def check_earlier(subject: Subject, earlier: Iterable[Shown], listing: Listing) -> None:
    """Hold the columns of a file to those that were released before: either may give away what the other hides."""
    new = columns_of(subject)
    near = [one for one in earlier if any(_near(one, other) for other in new)]
    _tell(new, [*near, *new][-MOST_KEPT:], OF_EARLIER, subject, listing)


def _near(one: Shown, other: Shown) -> bool:
    """Whether two columns speak of the same groups, or one of them of the total of what the other counts."""
    totals = spelling(one.name) == spelling(other.name) and (TOTAL in one.values) is not (TOTAL in other.values)
    return bool(totals or shared(one, other) or shared(other, one))


def columns_of(subject: Subject) -> list[Shown]:
    """The columns of a file that may be sums of each other."""
    return [one for table in _tables(subject) for one in _columns(table, subject)][:MOST_KEPT]


def _tell(new: Sequence[Shown], everything: Sequence[Shown], rule: str, subject: Subject, listing: Listing) -> None:
    least, told = subject.policy.min_cell, set[Where]()
    mine = {id(one) for one in new}
    known = filled(everything)
    recent = frozenset(id(after) for before, after in zip(everything, known, strict=True) if id(before) in mine)
    for column, label, value, others in _found(everything, known, least):
        # A cell of an earlier file is told where the column stands that gives it away.
        where = column.hidden[label] if id(column) in recent else None
        for one in others if where is None else ():
            where = where or (one.places.get(label) or one.places.get(TOTAL) if id(one) in recent else None)
        if where is None or (rule == OF_EARLIER and all(id(one) in recent for one in (column, *others))):
            continue  # Nothing but one file gives it away, which is told of that file itself.
        low, high = column.spans[label]
        fits = max(low, 1) <= value < least and (high is None or value <= high)
        if fits and where not in told:
            told.add(where)
            message = _SUM.fill(least=least, name=others[0].file[:60])
            listing.flag(rule, message, mend(subject.policy), where=where, number=value)


def _found(
    everything: Sequence[Shown], known: Sequence[Shown], least: int
) -> Iterator[tuple[Shown, str, int, Sequence[Shown]]]:
    """Columns, labels of their hidden cells, what these are, and the columns from which it follows."""
    for column in known:
        yield from ((column, *one) for one in _given(column, known) if column.hidden)
    for before, column in zip(everything, known, strict=True):
        yield from ((column, label, value, [of]) for label, value, of in given_by_shares(before, known))
    yield from ((column, label, value, [total]) for column, label, value, total in opened(known, least))


def _tables(subject: Subject) -> Sequence[Table]:
    if subject.type == "json" and not subject.tables:
        return tables_within(subject.json)
    return subject.tables


def _columns(table: Table, subject: Subject) -> Iterator[Shown]:
    if not 0 < len(table.rows) <= MOST_ROWS or len(table.names) > MOST_COLUMNS:
        return
    mark = object()
    labelled = [i for i in range(len(table.names)) if i == 0 or _labels(table, i)][:3]
    labels = {number: _label(row, labelled) for number, row in zip(table.numbers, table.rows, strict=True)}
    shares = shares_in(table, labels)
    for index in range(1, len(table.names)):
        name = table.names[index]
        if index in labelled or kind_of(name) in (Kind.PERCENT, Kind.STATISTIC, Kind.EXTREME, Kind.PERSON):
            continue
        if subject.claims.declared(name) not in (None, "counts"):
            continue
        if column := _column(table, index, labels, subject.name, mark):
            yield replace(column, parts=parts_of(column.values, shares)) if shares else column


def _labels(table: Table, index: int) -> bool:
    return all(whole(cell) is None and not is_gap(cell) for cell in table.distinct(index))


def _label(row: Sequence[str], labelled: Sequence[int]) -> str:
    """What a row is of; one that sums up the others has one label, whatever it is called."""
    label = " ".join(spelling(row[i]) for i in labelled if i < len(row)).strip()
    return TOTAL if label and (is_total(row[0]) or is_sum(row[0])) else label


def _column(table: Table, index: int, labels: Mapping[int, str], file: str, mark: object) -> Shown | None:
    values: dict[str, int] = {}
    hidden: dict[str, Where] = {}
    spans: dict[str, tuple[int, int | None]] = {}
    places: dict[str, Where] = {}
    for number, row in zip(table.numbers, table.rows, strict=True):
        cell = row[index].strip() if index < len(row) else ""
        label = labels[number]
        if not label or (not cell and not any(one.strip() for one in row[1:])):
            continue
        if label in values or label in hidden:
            return None
        where = Where(row=number, column=index + 1)
        if (value := whole(cell)) is not None:
            values[label], places[label] = value, where
        elif is_gap(cell):
            hidden[label] = where
            spans[label] = mask_range(cell) or (0, None)
        else:
            return None
    return Shown(file, table.names[index], mark, values, hidden, spans, places) if values else None


def _given(column: Shown, everything: Sequence[Shown]) -> Iterator[tuple[str, int, list[Shown]]]:
    """Labels of hidden cells, their values, and the columns from which they follow: M + X = Y, or M = X + Y."""
    near = [one for one in everything if one is not column and shared(column, one)]
    beside = [one for one in near if one.table is column.table]
    for whole_of in near:
        rest = {label: whole_of.values[label] - column.values[label] for label in shared(column, whole_of)}
        for parts in (*([one] for one in near if one is not whole_of), *_several(beside, near, whole_of)):
            first = next(iter(rest))
            if abs(sum(one.values.get(first, LACKING) for one in parts)) != abs(rest[first]):
                continue
            sums = {label: sum(one.values.get(label, LACKING) for one in parts) for label in rest}
            sign = 1 if all(abs(sums[label]) == rest[label] for label in rest) else 0
            if sign == 0 and len(parts) == 1 and all(sums[label] == -rest[label] for label in rest):
                sign = -1
            if not sign or len({*rest.values()}) < FEWEST_SHOWN or not _exact([column, whole_of, *parts]):
                continue
            for label in column.hidden:
                if label in whole_of.values and all(label in one.values for one in parts):
                    known = sum(one.values[label] for one in parts)
                    yield label, whole_of.values[label] - sign * known, [whole_of, *parts]


LACKING = -(10**18)


def _exact(columns: Sequence[Shown]) -> bool:
    """Whether one of some numbers is no multiple of five, so that they were not rounded."""
    return any(value % 5 for column in columns for value in column.values.values())


def _several(beside: Sequence[Shown], near: Sequence[Shown], whole_of: Shown) -> Iterator[list[Shown]]:
    """More than one column that may make up a whole with another: the rest of its table, or of all the others."""
    for group in (
        [one for one in beside if one is not whole_of],
        [one for one in near if one is not whole_of and one.table is not whole_of.table],
    ):
        if len(group) > 1:
            yield group
