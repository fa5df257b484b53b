"""What SDV is given of a table, and its rows put back into the columns of the policy.

Its engines draw every value that they saw, and end numbers where the source does. So they see no category of fewer than
ten people and no number beyond the means of the ten least and the ten most; columns that are only combined as in the
source are one column to them. What comes back lies within the ranges of the policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deid.synth.coding import LEAST_ROWS, OTHER, Categories, Coding, Numbers, People, learn_coding, numbers_of
from deid.synth.grouping import Groups, grouped
from deid.synth.marginals import owners
from deid.synth.policy import ColumnKind, within

JOINED = "#joined"
"""How columns that belong together are called to SDV, with a number."""


@dataclass(frozen=True, slots=True)
class Given:
    """One table as SDV learns it."""

    columns: tuple[ColumnKind, ...]
    coding: Coding
    groups: Groups
    rows: pa.Table
    kinds: dict[str, str]
    """What each column of the rows is, in the words of a policy."""

    def back(self, drawn: pa.Table, random: np.random.Generator) -> pa.Table:
        """Return drawn rows with the columns of the policy.

        Raises: ArrowException, KeyError, ValueError — if they are not rows of what was given.
        """
        plain = drawn.select(self.rows.column_names).cast(self.rows.schema, safe=False)
        found = {}
        for n, (group, combinations) in enumerate(zip(self.groups.members, self.groups.combinations, strict=True)):
            if len(group) == 1:
                column = self.columns[group[0]]
                found[column.name] = self._single(column, self.coding.coders[group[0]], plain)
                continue
            codes = combinations[plain.column(f"{JOINED}{n}").combine_chunks().cast(pa.int64()).to_numpy()]
            for place, number in enumerate(group):
                found[self.columns[number].name] = self.coding.coders[number].decode(codes[:, place], random)
        return pa.table({column.name: found[column.name] for column in self.columns})

    def _single(self, column: ColumnKind, coder: object, plain: pa.Table) -> pa.Array:
        values = plain.column(column.name).combine_chunks()
        if isinstance(coder, Categories):
            return values if coder.kind is None else values.cast(coder.kind)
        return values if column.range is None else _of_numbers(*_clipped(values, column), column)


def given(
    table: pa.Table,
    columns: Sequence[ColumnKind],
    together: Sequence[Sequence[str]],
    least_cell: int,
    people: People | None = None,
) -> Given:
    """Return what SDV is given of the learnt columns of a table.

    `people` says whose each row is, where a person can have several.

    Raises: DataError — if a column is not what the policy says, or has too few values.
    """
    coding = learn_coding(table, columns, public_only=False, people=people)
    codes = coding.encode(table)
    places = [[coding.names.index(name) for name in group] for group in together]
    joined, groups = grouped(codes, coding.sizes, places, least_cell, people)
    rows, kinds = {}, {}
    for n, group in enumerate(groups.members):
        if len(group) > 1:
            rows[f"{JOINED}{n}"] = pa.array(joined[:, n]).cast(pa.string())
            kinds[f"{JOINED}{n}"] = "category"
            continue
        [place] = group
        column, coder = columns[place], coding.coders[place]
        values = table.column(column.name).combine_chunks()
        shown = (
            _listed(coder, codes[:, place], people) if isinstance(coder, Categories) else _held(values, column, people)
        )
        rows[column.name], kinds[column.name] = shown, column.kind
    return Given(tuple(columns), coding, groups, pa.table(rows), kinds)


def _listed(coder: Categories, codes: NDArray[np.int32], people: People | None) -> pa.Array:
    """Return values as texts; those of few people are the rest, though the policy names them."""
    few = owners(codes, coder.size, people) < LEAST_ROWS
    rest = OTHER if coder.named else None
    shown = [rest if alone else value for value, alone in zip(coder.values, few[: len(coder.values)], strict=True)]
    shown += [rest] * coder.folded + [None] * coder.missing
    return pa.array(shown, pa.string()).take(pa.array(codes))


def _held(values: pa.Array, column: ColumnKind, people: People | None) -> pa.Array:
    """Return numbers between the means of the ten least and the ten most, which nobody has for themselves."""
    numbers, absent = _clipped(values, column)
    clipped = pa.table({column.name: pa.array(numbers, mask=absent)})
    bare = replace(column, kind="number", decimals=0 if column.kind == "date" else column.decimals, range=None)
    [coder] = learn_coding(clipped, (bare,), public_only=False, people=people).coders
    assert isinstance(coder, Numbers)
    step = 10.0**-bare.decimals
    return _of_numbers(np.clip(numbers, coder.edges[0], coder.edges[-1] - step), absent, column)


def _clipped(values: pa.Array, column: ColumnKind) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    numbers, absent = numbers_of(values)
    if column.range is not None:
        numbers = np.clip(numbers, *within(column.range, 0 if column.kind == "date" else column.decimals))
    return numbers, absent


def _of_numbers(numbers: NDArray[np.float64], absent: NDArray[np.bool_], column: ColumnKind) -> pa.Array:
    if column.kind == "date":
        return pa.array(numbers.astype(np.int32), pa.int32(), mask=absent).cast(pa.date32())
    if column.decimals == 0:
        return pa.array(np.round(numbers).astype(np.int64), pa.int64(), mask=absent)
    return pa.array(np.round(numbers, column.decimals), pa.float64(), mask=absent)
