"""Columns that are only combined as they are in the source, such as province and district, learnt as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deid.synth.coding import People
from deid.synth.marginals import Codes, owners


@dataclass(frozen=True, slots=True)
class Groups:
    """How columns were joined: each learnt column stands for one or more columns of the table."""

    members: tuple[tuple[int, ...], ...]
    """The columns of the table behind each learnt column."""
    combinations: tuple[NDArray[np.int32], ...]
    """The combinations that occur, shape (combinations, members); empty for a column by itself."""
    sizes: tuple[int, ...]


def grouped(
    codes: Codes,
    sizes: Sequence[int],
    together: Sequence[Sequence[int]],
    least: int,
    people: People | None = None,
) -> tuple[Codes, Groups]:
    """Return codes with each group as one column.

    A combination in fewer than `least` rows is left out; its rows count as the most frequent combination with the same
    first column, or as the most frequent one of all. `people` says whose each row is, where a person can have several:
    then people are counted.
    """
    joined = {n for group in together for n in group}
    members = [tuple(group) for group in together] + [(n,) for n in range(len(sizes)) if n not in joined]
    columns: list[NDArray[np.integer]] = []
    lists: list[NDArray[np.int32]] = []
    widths: list[int] = []
    for group in members:
        if len(group) == 1:
            columns.append(codes[:, group[0]])
            lists.append(np.empty((0, 1), dtype=np.int32))
            widths.append(sizes[group[0]])
            continue
        found, column = _joined(codes[:, list(group)], least, people)
        columns.append(column)
        lists.append(found)
        widths.append(len(found))
    return np.stack(columns, axis=1).astype(np.int32), Groups(tuple(members), tuple(lists), tuple(widths))


def ungrouped(codes: Codes, groups: Groups) -> Codes:
    """Return codes of the table's own columns."""
    result = np.empty((len(codes), sum(len(group) for group in groups.members)), dtype=np.int32)
    for n, (group, found) in enumerate(zip(groups.members, groups.combinations, strict=True)):
        if len(group) == 1:
            result[:, group[0]] = codes[:, n]
        else:
            result[:, list(group)] = found[codes[:, n]]
    return result


def _joined(codes: Codes, least: int, people: People | None) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    found, where, counts = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    where = where.reshape(-1)
    held = owners(where, len(found), people)
    kept = np.flatnonzero(held >= least)
    if not len(kept):
        kept = np.array([int(np.argmax(held))])
    number = np.full(len(found), -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    for n in np.flatnonzero(number < 0):
        like = kept[found[kept, 0] == found[n, 0]]
        choices = like if len(like) else kept
        number[n] = number[choices[int(np.argmax(counts[choices]))]]
    return found[kept].astype(np.int32), number[where]
