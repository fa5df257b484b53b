"""What tables leave open of a masked cell, taken together: those of one request, and those that left before.

Two tables are solved exactly elsewhere (`linked`); here every sum in every table narrows every cell in it, again and
again, until nothing moves. Each step follows from what is published, so a bound is never narrower than the true one; a
combination that only a full search would see can stay open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from egress_review.checks.cuts import Cut, Key

MOST_TABLES = 20
MOST_UNKNOWN = 1_000
MOST_SUMS = 4_000
MOST_TURNS = 60
"""Tables, masked cells and sums up to which tables are taken together, and turns after which a range stays open."""

Range: TypeAlias = tuple[int, int | None]
"""Smallest and largest value; None for no upper bound."""


@dataclass(frozen=True, slots=True)
class _Sum:
    """Cells that add up to another."""

    parts: tuple[Key, ...]
    whole: Key


class _Contradiction(Exception):
    """The tables are not of the same people."""


class TooMany(Exception):
    """There is more of something than is computed here."""

    def __init__(self, number: int, most: int) -> None:
        super().__init__(f"{number} of at most {most}")
        self.number = number
        self.most = most


def narrowed(cuts: Sequence[Cut]) -> Mapping[Key, Range]:
    """The range of every masked cell; nothing where the tables contradict each other.

    Raises: TooMany — masked cells, or sums.
    """
    ranges: dict[Key, Range] = {}
    try:
        for cut in cuts:
            for key, fact in cut.direct.items():
                _take(ranges, key, (max(0, fact.value - fact.slack), fact.value + fact.slack))
        masked = {key for cut in cuts for key in cut.masked}
        if len(masked) > MOST_UNKNOWN:
            raise TooMany(len(masked), MOST_UNKNOWN)
        for cut in cuts:
            for key in cut.masked:
                _take(ranges, key, cut.ranges.get(key, (0, None)))
        sums = list(_sums(cuts, ranges, masked))
        if len(sums) > MOST_SUMS:
            raise TooMany(len(sums), MOST_SUMS)
        for _ in range(MOST_TURNS):
            moved = [_narrow(ranges, one) for one in sums]
            if not any(moved):
                break
    except _Contradiction:
        return {}
    return {key: ranges[key] for key in masked}


def speaking(new: Cut, others: Sequence[Cut]) -> list[Cut]:
    """The tables that speak of the same groups as a new one, through each other too, and contradict none of them.

    Raises: TooMany — tables.
    """
    found, left, seen, at = [new], list(others), set(new.shown), 0
    while at < len(left):
        if left[at].shown.isdisjoint(seen):
            at += 1
            continue
        nearest = left.pop(at)
        if all(_agrees(nearest, one) for one in found):
            found.append(nearest)
            seen |= nearest.shown
            at = 0  # What met none of the tables before may meet this one.
        if len(found) > MOST_TABLES + 1:
            raise TooMany(len(found) - 1, MOST_TABLES)
    return found[1:]


def shared(one: Cut, other: Cut) -> int:
    """How many groups both tables publish a count of, beside a total of everybody."""
    return sum(1 for key in one.direct.keys() & other.direct.keys() if key[1])


def _agrees(one: Cut, other: Cut) -> bool:
    """Whether two tables say the same of what both show, as far as rounding goes."""
    ours, theirs = one.direct, other.direct
    both = ((ours[key], theirs[key]) for key in ours.keys() & theirs.keys())
    return all(abs(a.value - b.value) <= a.slack + b.slack for a, b in both)


def _sums(cuts: Sequence[Cut], ranges: Mapping[Key, Range], masked: set[Key]) -> Iterator[_Sum]:
    """The sums that hold a masked cell. A list without its total may leave some out: then it says nothing."""
    seen: set[tuple[Key, frozenset[Key]]] = set()
    complete: set[tuple[Key, frozenset[str]]] = set()
    for cut in cuts:
        complete.update((group.parent, frozenset(group.members)) for group in cut.groups if group.parent in cut.shown)
    for cut in cuts:
        for group in cut.groups:
            parts = frozenset(group.members.values())
            known = group.parent in ranges and all(part in ranges for part in parts)
            if not known or (group.parent, frozenset(group.members)) not in complete or (group.parent, parts) in seen:
                continue
            seen.add((group.parent, parts))
            if group.parent in masked or not parts.isdisjoint(masked):
                yield _Sum(tuple(parts), group.parent)


def _narrow(ranges: dict[Key, Range], one: _Sum) -> bool:
    """Hold a sum to its parts and each part to the rest; whether anything moved."""
    least = sum(ranges[part][0] for part in one.parts)
    most = _total([ranges[part][1] for part in one.parts])
    moved = _take(ranges, one.whole, (least, most))
    whole = ranges[one.whole]
    open_ended = [part for part in one.parts if ranges[part][1] is None]
    for part in one.parts:
        low = ranges[part][0]
        others = least - low
        upper = None if whole[1] is None else whole[1] - others
        lower = 0
        if not open_ended or open_ended == [part]:
            lower = whole[0] - sum(ranges[other][1] or 0 for other in one.parts if other != part)
        if _take(ranges, part, (max(0, lower), upper)):
            moved = True
            least += ranges[part][0] - low
            open_ended = [other for other in open_ended if ranges[other][1] is None]
    return moved


def _total(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _take(ranges: dict[Key, Range], key: Key, new: Range) -> bool:
    """Narrow the range of a cell; whether it became narrower."""
    before = ranges.get(key, (0, None))
    low = max(before[0], new[0])
    high = new[1] if before[1] is None else before[1] if new[1] is None else min(before[1], new[1])
    if high is not None and high < low:
        raise _Contradiction
    ranges[key] = low, high
    return (low, high) != before
