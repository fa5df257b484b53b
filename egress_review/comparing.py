"""What changed between two versions of a file, by their previews; pure.

comparison = compare(before, after)
comparison.tables[0].rows[3].change      # "changed"

Rows are matched by what they say that is no number: a table of counts keeps its labels from one version to the next.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from egress_review.paging import parts_of
from egress_review.previews import Preview

Change = Literal["same", "changed", "added", "removed"]
Row = tuple[str, ...]

MOST_ROWS = 2_000
"""Rows of a difference that are shown; the rest is counted."""


@dataclass(frozen=True, slots=True)
class RowPair:
    """A row before and after; one of them is empty where the row is new or gone."""

    change: Change
    before: Row
    after: Row
    differs: tuple[int, ...] = ()
    """Columns in which they differ, from 0."""


@dataclass(frozen=True, slots=True)
class PartPair:
    """One part of a file before and after."""

    heading: str
    kind: Literal["table", "text", "other"]
    same: bool
    rows: tuple[RowPair, ...] = ()
    """What differs, with nothing of what is the same; of a text each line is a row of one cell."""
    alike: int = 0
    """Rows that are the same in both."""
    hidden: int = 0
    """Differences beyond those shown."""
    head: Row = ()
    """The first row of a table, if both begin with the same: the names of its columns."""

    def count(self, change: Change) -> int:
        """How many rows of one kind are shown."""
        return sum(row.change == change for row in self.rows)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a file side by side."""

    parts: tuple[PartPair, ...]

    @property
    def same(self) -> bool:
        """Whether nothing that can be shown differs."""
        return all(part.same for part in self.parts)


def compare(before: Preview, after: Preview) -> Comparison:
    """What changed from one preview to the other, part by part; parts are matched by heading, then in order."""
    return Comparison(tuple(_part(heading, old, new) for heading, old, new in _pairs(before, after)))


def _pairs(before: Preview, after: Preview) -> Iterator[tuple[str, Preview | None, Preview | None]]:
    olds: dict[str, list[Preview]] = {}
    for heading, part in parts_of(before):
        olds.setdefault(heading, []).append(part)
    for heading, part in parts_of(after):
        waiting = olds.get(heading, [])
        yield heading, (waiting.pop(0) if waiting else None), part
    for heading, rest in olds.items():
        for part in rest:
            yield heading, part, None


def _part(heading: str, old: Preview | None, new: Preview | None) -> PartPair:
    kinds = {one.kind for one in (old, new) if one is not None}
    if kinds == {"table"}:
        return _table(heading, old.rows if old else (), new.rows if new else ())
    if kinds == {"text"}:
        return _text(heading, old.text if old else "", new.text if new else "")
    return PartPair(heading, "other", same=old == new)


def _table(heading: str, old: Sequence[Row], new: Sequence[Row]) -> PartPair:
    found = list(_matched(old, new))
    differing = [pair for pair in found if pair.change != "same"]
    return PartPair(
        heading,
        "table",
        same=not differing,
        rows=tuple(differing[:MOST_ROWS]),
        alike=len(found) - len(differing),
        hidden=max(0, len(differing) - MOST_ROWS),
        head=old[0] if old and new and old[0] == new[0] else (),
    )


def _matched(old: Sequence[Row], new: Sequence[Row]) -> Iterator[RowPair]:
    """Pair the very same rows first, so that a shifted duplicate is no change, then rows of one label in order.

    Takes time in proportion to the rows, whatever they say: both files were written by somebody who may not wish well.
    """
    known = Counter(old)
    fresh: list[Row] = []
    for row in new:
        if known[row] > 0:
            known[row] -= 1
            yield RowPair("same", row, row)
        else:
            fresh.append(row)
    waiting: dict[Row, deque[Row]] = {}
    for row in old:
        if known[row] > 0:
            known[row] -= 1
            waiting.setdefault(_label(row), deque()).append(row)
    for row in fresh:
        of_label = waiting.get(_label(row))
        if not of_label:
            yield RowPair("added", (), row)
            continue
        before = of_label.popleft()
        differs = tuple(n for n, (a, b) in enumerate(itertools.zip_longest(before, row)) if a != b)
        yield RowPair("changed", before, row, differs)
    yield from (RowPair("removed", row, ()) for rows in waiting.values() for row in rows)


def _label(row: Row) -> Row:
    return tuple("" if _is_number(cell) else cell for cell in row)


def _is_number(cell: str) -> bool:
    text = cell.strip().removesuffix("%").replace(",", "")
    try:
        float(text)
    except ValueError:
        # A masked cell takes the place of a number.
        return text in ("", "*", "-", "–", "x", "<", "NA", "n/a") or text.startswith(("<", ">", "≤", "≥"))
    return True


def _text(heading: str, old: str, new: str) -> PartPair:
    """What lines came and went; a line that only moved is the same line."""
    before, after = (Counter(text.split("\n")) for text in (old, new))
    gone, come = before - after, after - before
    rows = [RowPair("removed", (line,), ()) for line in _kept(old, gone)]
    rows += [RowPair("added", (), (line,)) for line in _kept(new, come)]
    shown = tuple(rows[:MOST_ROWS])
    return PartPair(heading, "text", old == new, shown, (before & after).total(), len(rows) - len(shown))


def _kept(text: str, wanted: Counter[str]) -> Iterator[str]:
    """The lines of a text that are wanted, in order, each as often as it is."""
    left = Counter(wanted)
    for line in text.split("\n"):
        if left[line] > 0:
            left[line] -= 1
            yield line
