"""What is left of a total when its parts are taken away that were released in several files: all, men, women.

That some columns are parts of another is not read from their names. They are taken for it where next to nothing is
left of it in every place, so little that chance does not explain it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from egress_review.checks.cells import mend
from egress_review.checks.complements import columns_of
from egress_review.checks.listing import Listing
from egress_review.checks.shown import FEWEST_SHOWN, Shown
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

RULE = "cells.difference"

MOST_PARTS, MOST_NEAR = 3, 16
"""Parts of a total, and columns of the same places, that are tried; of more the last are."""
LEAST_PART = 0.05
"""Share of the total that a part of it is, at least: a smaller one makes up for any difference."""
MOST_CHANCE = 0.0005
"""How likely it may be that numbers which have nothing to do with each other leave so little in every place."""

_LEFT = Text(
    ko="이전에 반출된 다른 파일({name})의 수를 모두 빼면 {least}명보다 적은 {value}명이 남습니다.",
    en="Less the counts of other files that were released before ({name}), {value} are left, fewer than {least}.",
)


def check_remainders(subject: Subject, earlier: Iterable[Shown], listing: Listing) -> None:
    """Take away from each column what others of its places add up to, some of this file and some released before."""
    new = columns_of(subject)
    before = list(earlier)
    told: set[Where] = set()
    for whole in (one for one in (*new, *before) if len(one.values) >= FEWEST_SHOWN):
        mine = any(whole is one for one in new)
        near = [one for one in (*before, *new) if one.table is not whole.table and _is_below(one, whole)][-MOST_NEAR:]
        for parts in _parts(whole, near):
            fresh = [whole] if mine else [one for one in parts if any(one is other for other in new)]
            if not fresh or (mine and all(any(one is other for other in new) for one in parts)):
                continue
            for label, left in _left(whole, parts, subject.policy.min_cell):
                where = fresh[0].places[label]
                if where not in told:
                    told.add(where)
                    name = next(one.file for one in (whole, *parts) if one is not fresh[0])
                    message = _LEFT.fill(name=name[:60], value=left, least=subject.policy.min_cell)
                    listing.flag(RULE, message, mend(subject.policy), where=where, number=left)


def _is_below(part: Shown, whole: Shown) -> bool:
    """Whether a column has a number for every place of another, nowhere above its own."""
    return all(label in part.values and part.values[label] <= value for label, value in whole.values.items())


def _parts(whole: Shown, near: Sequence[Shown]) -> Iterator[tuple[Shown, ...]]:
    """Columns that add up to next to all of another, too near to it in every place to be so by chance."""
    tried = sum(math.comb(len(near), size) for size in range(2, MOST_PARTS + 1))
    total = sum(whole.values.values())
    for size in range(2, min(MOST_PARTS, len(near)) + 1):
        for parts in combinations(near, size):
            chance = float(tried)
            for label, value in whole.values.items():
                left = value - sum(one.values[label] for one in parts)
                if left < 0 or chance == 0:
                    break
                chance *= min(1.0, (left + 1) / max(1, value))
            else:
                large = all(sum(one.values[label] for label in whole.values) >= LEAST_PART * total for one in parts)
                if chance < MOST_CHANCE and large and _are_exact([whole, *parts]):
                    yield parts


def _are_exact(columns: Sequence[Shown]) -> bool:
    """Whether numbers were not all rounded to the same base."""
    return math.gcd(*(value for one in columns for value in one.values.values())) == 1


def _left(whole: Shown, parts: Sequence[Shown], least: int) -> Iterator[tuple[str, int]]:
    for label, value in whole.values.items():
        left = value - sum(one.values[label] for one in parts)
        if 0 < left < least:
            yield label, left
