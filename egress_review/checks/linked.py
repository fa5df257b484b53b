"""Two tables of the same people, cut in different ways: what one gives away when it is subtracted from the other.

    for found in compare(new, old, least=10): found.where, found.kind

Compared are all sets of categories of which both speak, published or added up; categories of one that are made of
categories of the other; and masked cells that the equations of both tables leave no room for. Values are not told,
only that they are small: what reviewers need is the place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from egress_review.checks.cuts import Cut, Fact, Group, Key
from egress_review.checks.ranges import parts_of
from egress_review.findings import Where

MOST_UNKNOWN = 200
MOST_EQUATIONS = 1_000
"""Masked cells and equations up to which two tables are solved together."""

NEAR = 0.1
"""Relative difference up to which two counts may be of one population that was filtered."""

Kind = Literal["same", "margin", "merged", "known", "solved", "nested"]

_Pairs: TypeAlias = Mapping[Key, tuple[Fact, Fact]]
"""What two tables say of the same group."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A small group that two tables give away together."""

    kind: Kind
    where: Where
    """In the newer table."""
    beside: Where
    """In the other."""
    sure: bool
    """Whether the tables speak of one population; else the difference may be chance."""


def in_words_of(old: Cut, new: Cut) -> Cut:
    """A table in the words of another that counts the same people under another heading, as their numbers tell."""
    if len(new.counted) != 1 or len(old.counted) != 1 or new.counted == old.counted:
        return new
    (measure,) = old.counted
    pairs = [
        (fact.value, other.value)
        for (_, labels), fact in new.facts.items()
        if labels and (other := old.facts.get((measure, labels)))
    ]
    alike = {ours for ours, theirs in pairs if ours == theirs}
    same = len(alike) >= FEWEST_ALIKE and 2 * sum(ours == theirs for ours, theirs in pairs) >= len(pairs)
    return new.counting(measure) if same else new


FEWEST_ALIKE = 2
"""Different numbers of the same groups that two tables have in common, from which they count the same."""


def compare(new: Cut, old: Cut, least: int) -> Iterator[Disclosure]:
    """Everything small that the two tables give away."""
    pairs = {key: (ours, theirs) for key, ours in new.facts.items() if (theirs := old.facts.get(key))}
    near = {key: (a, b) for key, (a, b) in pairs.items() if is_small(a.value - b.value, a.slack + b.slack, least)}
    if _are_of_two_groups(pairs, least):
        near = {}
    sure = bool(near) and _one_population(pairs.values(), least)
    found = [*_same(near, sure=sure), *_merged(new, old, least)]
    yield from found
    if not found:
        yield from _sums(near, sure=sure)
    # Without a group of both, one of a few people that fits is hardly chance.
    masked = (new.masked or old.masked) and new.facts and old.facts
    if masked and all(ours.value == theirs.value for ours, theirs in pairs.values()):
        yield from _unmasked(new, old, least)


def _are_of_two_groups(pairs: _Pairs, least: int) -> bool:
    """Whether neither table can be of a part of the other's people: each has clearly more in some cell of its own."""
    told = [ours.value - theirs.value for ours, theirs in pairs.values() if ours.direct and theirs.direct]
    return len(told) >= FEWEST_TOLD and max(told) >= least and min(told) <= -least


FEWEST_TOLD = 4


def _same(near: _Pairs, *, sure: bool) -> Iterator[Disclosure]:
    """Groups of which both tables speak, at least one of them in a cell of its own."""
    for key, (ours, theirs) in near.items():
        if ours.direct or theirs.direct:
            kind: Kind = "same" if ours.direct and theirs.direct else "margin"
            yield Disclosure(kind, ours.where, theirs.where, sure or (kind == "same" and bool(key[1])))


def _sums(near: _Pairs, *, sure: bool) -> Iterator[Disclosure]:
    """Groups that both tables only add up to: told where no single cell tells it."""
    for ours, theirs in near.values():
        if not ours.direct and not theirs.direct:
            yield Disclosure("margin", ours.where, theirs.where, sure)


def _one_population(pairs: Collection[tuple[Fact, Fact]], least: int) -> bool:
    """Whether at least half of what both tables speak of is alike, and they share more than a total."""
    near = sum(abs(a.value - b.value) < max(least, NEAR * max(a.value, b.value)) for a, b in pairs)
    return len(pairs) > 1 and 2 * near >= len(pairs)


def is_small(difference: int, slack: int, least: int) -> bool:
    """Whether rounding leaves no doubt that a difference is that of a small group."""
    return abs(difference) - slack > 0 and abs(difference) + slack < least


def _merged(new: Cut, old: Cut, least: int) -> Iterator[Disclosure]:
    """Categories that are cut another way under the same parent."""
    for ours in new.groups:
        for other in old.by_parent.get(ours.parent, ()):
            if not (ours.may_merge or other.may_merge) and ours.members.keys().isdisjoint(other.members):
                continue
            mine = [label for label in ours.members if label not in other.members]
            rest = [label for label in other.members if label not in ours.members]
            if not mine or not rest:
                continue
            for left, right in _matched(mine, rest, together=len(mine) + len(rest) < len(ours.members) + 2):
                a = _sum(new, ours, left)
                b = _sum(old, other, right)
                if a and b and is_small(a.value - b.value, a.slack + b.slack, least):
                    yield Disclosure("merged", a.where, b.where, sure=True)


def _matched(mine: list[str], rest: list[str], *, together: bool) -> Iterator[tuple[list[str], list[str]]]:
    """Which categories of one table are made of which of the other."""
    found = False
    for label in mine:
        if parts := parts_of(label, rest):
            found = True
            yield [label], list(parts)
    for label in rest:
        if parts := parts_of(label, mine):
            found = True
            yield list(parts), [label]
    if not found and together and min(len(mine), len(rest)) == 1:
        # All other categories are alike, so what is left on either side is the same people.
        yield mine, rest


def _sum(cut: Cut, group: Group, labels: list[str]) -> Fact | None:
    """What several categories of a group come to; None if one of them is masked."""
    facts = [cut.facts.get(group.members[label]) for label in labels]
    known = [fact for fact in facts if fact is not None]
    if len(known) < len(facts):
        return None
    return Fact(sum(f.value for f in known), sum(f.slack for f in known), known[0].where, direct=len(known) == 1)


def _unmasked(new: Cut, old: Cut, least: int) -> Iterator[Disclosure]:
    """Masked cells of either table that the other knows, or that both together leave one value."""
    somewhere = next(iter(old.facts.values())).where, next(iter(new.facts.values())).where
    for ours, theirs, reverse in ((new, old, False), (old, new, True)):
        for key, where in ours.masked.items():
            fact = theirs.facts.get(key)
            if fact is not None and fact.slack == 0 and (not fact.direct or reverse) and 0 < fact.value < least:
                yield Disclosure("known", *((fact.where, where) if reverse else (where, fact.where)), sure=True)
    told = [key for key, value in _solved([new, old], {**old.exact, **new.exact}).items() if 0 < value < least]
    alone = {*_solved([new], new.exact), *_solved([old], old.exact)} if told else set()
    for key in told:
        if key not in alone:
            ours_at, theirs_at = new.masked.get(key), old.masked.get(key)
            yield Disclosure("solved", ours_at or somewhere[1], theirs_at or somewhere[0], sure=True)


@dataclass(frozen=True, slots=True)
class Unsolved:
    """What two tables that agree have too many of to be solved together: masked cells, or sums that hold one."""

    number: int
    most: int
    of: Literal["cells", "sums"]


def unsolved(new: Cut, old: Cut) -> Unsolved | None:
    """What keeps two tables that agree from being solved together; None if nothing does."""
    both = new.facts.keys() & old.facts.keys() if new.masked or old.masked else ()
    if not both or any(new.facts[key].value != old.facts[key].value for key in both):
        return None
    values = {**old.exact, **new.exact}
    unknown = {*new.masked, *old.masked} - values.keys()
    if len(unknown) > MOST_UNKNOWN:
        return Unsolved(len(unknown), MOST_UNKNOWN, "cells")
    sums = (
        sum(_equation(group, values, unknown) is not None for cut in (new, old) for group in cut.groups)
        if unknown
        else 0
    )
    return Unsolved(sums, MOST_EQUATIONS, "sums") if sums > MOST_EQUATIONS else None


def _solved(cuts: list[Cut], values: Mapping[Key, int]) -> dict[Key, int]:
    """The masked cells that the equations of the tables determine: elimination over exact fractions.

    Nothing of too many cells, and of too many sums what the first give away; `unsolved` tells of both.
    """
    unknown = {key for cut in cuts for key in cut.masked if key not in values}
    if not 0 < len(unknown) <= MOST_UNKNOWN:
        return {}
    rows: list[tuple[dict[Key, int], int]] = []
    for cut in cuts:
        for group in cut.groups:
            row = _equation(group, values, unknown)
            if row is not None:
                rows.append(row)
    return _determined(rows[:MOST_EQUATIONS])


def _equation(group: Group, values: Mapping[Key, int], unknown: set[Key]) -> tuple[dict[Key, int], int] | None:
    """The members of a group add up to its parent; None where something is neither known nor masked."""
    terms: dict[Key, int] = {}
    rest = 0
    for key, sign in (*((key, 1) for key in group.members.values()), (group.parent, -1)):
        if key in values:
            rest -= sign * values[key]
        elif key in unknown:
            terms[key] = terms.get(key, 0) + sign
        else:
            return None
    return (terms, rest) if terms else None


def _determined(rows: list[tuple[dict[Key, int], int]]) -> dict[Key, int]:
    """The unknowns that stand alone in an equation once the others are eliminated."""
    reduced: list[tuple[Key, dict[Key, Fraction], Fraction]] = []
    for terms, rest in rows:
        row, value = {key: Fraction(term) for key, term in terms.items()}, Fraction(rest)
        for pivot, other, known in reduced:
            if factor := row.get(pivot):
                row, value = _minus(row, other, factor), value - factor * known
        if not row:
            continue
        pivot = next(iter(row))
        scale = row[pivot]
        row, value = {key: term / scale for key, term in row.items()}, value / scale
        reduced = [
            (p, _minus(o, row, o[pivot]), k - o[pivot] * value) if pivot in o else (p, o, k) for p, o, k in reduced
        ]
        reduced.append((pivot, row, value))
    return {pivot: int(value) for pivot, row, value in reduced if len(row) == 1 and value.denominator == 1}


def _minus(row: dict[Key, Fraction], other: dict[Key, Fraction], factor: Fraction) -> dict[Key, Fraction]:
    result = dict(row)
    for key, term in other.items():
        left = result.get(key, Fraction(0)) - factor * term
        if left:
            result[key] = left
        else:
            result.pop(key, None)
    return result
