"""Columns as numbers of values, and back: what is learnt of the single column, and never an extreme value of it.

A category that fewer than `LEAST_ROWS` rows have is folded into one group; a number is put into bins of at least as
many rows, and what lies in the outermost ones is drawn between the ends of a bin, which are nobody's own values.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from audit.text import Text
from deid.errors import DataError
from deid.synth.marginals import Codes
from deid.synth.policy import LISTED, ColumnKind, within
from deid.synth.regions import is_region

LEAST_ROWS = 10
"""Rows behind a value or a bin that is learnt from the data: the zone's usual smallest cell."""
OTHER = "기타/other"
_WHOLE = re.compile(r"-?[0-9]{1,18}")


People = NDArray[np.int64]
"""Whose each row is, by number."""


def people_in(table: pa.Table, person: str) -> People | None:
    """Return whose each row is by the column that says it; None where a policy names none. Nobody's rows are no two's.

    Raises: DataError — if the column holds what cannot be told apart.
    """
    if not person:
        return None
    try:
        found = pc.dictionary_encode(_one(table.column(person))).indices
    except pa.ArrowException:
        raise DataError(
            Text(f"{person} 열: 사람을 가릴 수 없습니다.", f"column {person} tells nobody apart.")
        ) from None
    people: People = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    alone = people < 0
    people[alone] = people.max(initial=0) + 1 + np.arange(alone.sum())
    return people


class Coder(Protocol):
    """One column."""

    @property
    def size(self) -> int:
        """Return how many numbers there are."""

    def encode(self, column: pa.Array) -> NDArray[np.int32]:
        """Return the number of each row."""

    def decode(self, codes: NDArray[np.int32], random: np.random.Generator) -> pa.Array:
        """Return a value for each number."""


@dataclass(frozen=True, slots=True)
class Categories:
    """A column of values from a list; the last number stands for the rest of them, the one before for none."""

    values: tuple[str, ...]
    folded: bool
    """Whether the list leaves values out, which are then one group."""
    missing: bool
    kind: pa.DataType | None = None
    """Whole numbers, where the source has them; None for words."""
    named: bool = True
    """Whether the rest has a name; otherwise it is missing, since a made-up code would look real."""

    @property
    def size(self) -> int:
        """Return how many numbers there are."""
        return len(self.values) + self.folded + self.missing

    def encode(self, column: pa.Array) -> NDArray[np.int32]:
        """Return the number of each row; a value that is not known is counted among the rest."""
        texts = pc.cast(column, pa.string())
        found = pc.index_in(texts, value_set=pa.array(self.values, pa.string()))
        codes = found.fill_null(len(self.values) if self.folded else 0).to_numpy(zero_copy_only=False)
        if self.missing:
            codes = np.where(texts.is_null().to_numpy(zero_copy_only=False), self.size - 1, codes)
        return np.asarray(codes, dtype=np.int32)

    def decode(self, codes: NDArray[np.int32], random: np.random.Generator) -> pa.Array:
        """Return a value for each number."""
        rest = OTHER if self.named else None
        shown = [*self.values, *([rest] if self.folded else []), *([None] if self.missing else [])]
        texts = pa.array(shown, pa.string()).take(pa.array(codes))
        return texts if self.kind is None else pc.cast(texts, self.kind)


@dataclass(frozen=True, slots=True)
class Fine:
    """Finer bins within those of a column: how rows lie there, counted for the column alone."""

    edges: NDArray[np.float64]
    """Ends of the fine bins; those of the coarse ones are among them."""
    weights: NDArray[np.float64]
    """Rows in each fine bin, about; none of fewer than `LEAST_ROWS`, nor of fewer people where they are known."""

    def chosen(
        self, bins: NDArray[np.integer], edges: NDArray[np.float64], random: np.random.Generator
    ) -> NDArray[np.integer]:
        """Return a fine bin for each row of a coarse one."""
        reached = np.concatenate(([0.0], np.cumsum(self.weights)))
        starts = np.searchsorted(self.edges, edges)
        low, high = reached[starts[bins]], reached[starts[bins + 1]]
        found = np.searchsorted(reached, low + random.random(len(bins)) * (high - low), side="right") - 1
        return np.asarray(np.clip(found, starts[bins], starts[bins + 1] - 1))


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers or days in bins; a number is drawn evenly from its bin, or from a fine one within it."""

    edges: NDArray[np.float64]
    """Ends of the bins, rising, one more than there are bins."""
    decimals: int
    days: bool
    missing: bool
    integers: bool
    fine: Fine | None = None

    @property
    def size(self) -> int:
        """Return how many numbers there are."""
        return len(self.edges) - 1 + self.missing

    def encode(self, column: pa.Array) -> NDArray[np.int32]:
        """Return the bin of each row; what lies outside is in the outermost one."""
        values, absent = numbers_of(column)
        codes = np.clip(np.searchsorted(self.edges, values, side="right") - 1, 0, len(self.edges) - 2)
        return np.asarray(np.where(absent & self.missing, self.size - 1, codes), dtype=np.int32)

    def decode(self, codes: NDArray[np.int32], random: np.random.Generator) -> pa.Array:
        """Return a value for each number."""
        bins = np.minimum(codes, len(self.edges) - 2)
        edges = self.edges
        if self.fine is not None:
            bins, edges = self.fine.chosen(bins, edges, random), self.fine.edges
        low, high = edges[bins], edges[bins + 1]
        drawn = low + random.random(len(codes)) * (high - low)
        step = 10.0**-self.decimals
        # Downwards: the upper end of a bin belongs to the next one.
        values = np.maximum(np.floor(drawn / step) * step, np.ceil(low / step) * step)
        absent = codes >= len(self.edges) - 1
        if self.days:
            return pa.array(values.astype(np.int32), pa.int32(), mask=absent).cast(pa.date32())
        if self.integers:
            return pa.array(np.round(values).astype(np.int64), pa.int64(), mask=absent)
        return pa.array(np.round(values, self.decimals), pa.float64(), mask=absent)


@dataclass(frozen=True, slots=True)
class Coding:
    """All learnt columns of a table, in their order."""

    names: tuple[str, ...]
    coders: tuple[Coder, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return how many numbers each column has."""
        return tuple(coder.size for coder in self.coders)

    def encode(self, table: pa.Table) -> Codes:
        """Return rows of numbers, shape (rows, columns)."""
        columns = [c.encode(_one(table.column(n))) for n, c in zip(self.names, self.coders, strict=True)]
        return np.stack(columns, axis=1) if columns else np.empty((table.num_rows, 0), dtype=np.int32)

    def decode(self, codes: Codes, random: np.random.Generator) -> pa.Table:
        """Return values for rows of numbers."""
        columns = [coder.decode(codes[:, n], random) for n, coder in enumerate(self.coders)]
        return pa.table(dict(zip(self.names, columns, strict=True)))


def learn_coding(
    table: pa.Table, columns: Sequence[ColumnKind], *, public_only: bool, people: People | None = None
) -> Coding:
    """Return what is learnt of each column; with `public_only` nothing is but what the policy says itself.

    `people` says whose each row is, where a person can have several: then people are counted and not rows.

    Raises: DataError — if a column is not what the policy says.
    """
    for column in columns:
        if column.name not in table.column_names:
            raise DataError(Text(f"자료에 없는 열입니다: {column.name}", f"the data has no column {column.name}."))
    coders = tuple(_coder(_one(table.column(column.name)), column, public_only, people) for column in columns)
    return Coding(tuple(column.name for column in columns), coders)


def _coder(values: pa.Array, column: ColumnKind, public_only: bool, people: People | None) -> Coder:
    # Whether anything is missing is data too: under a budget there is always room for it.
    missing = public_only or values.null_count > 0
    if column.kind in LISTED:
        try:
            return _categories(values, column, public_only, missing, people)
        except pa.ArrowException:
            raise DataError(
                Text(
                    f"{column.name} 열: 글자나 숫자가 아닌 값이 있습니다(묶음, 이진값).",
                    f"column {column.name} is neither of texts nor of numbers (lists, bytes); leave it out.",
                )
            ) from None
    try:
        numbers, absent = numbers_of(values)
    except (pa.ArrowException, ValueError):
        raise DataError(
            Text(f"{column.name} 열: 숫자나 날짜가 아닙니다.", f"column {column.name} is not of numbers or dates.")
        ) from None
    days = column.kind == "date"
    integers = not days and column.decimals == 0
    if column.range is not None:
        low, high = within(column.range, 0 if days else column.decimals)
        edges = np.linspace(low, high + (1.0 if days or integers else 0.0), column.bins + 1)
        if days or integers:
            edges = np.unique(np.round(edges))
    else:
        owners = None if people is None else people[~absent]
        edges = _edges(numbers[~absent], column, owners, whole=days or integers)
    return Numbers(edges, column.decimals, days, missing, integers)


def _categories(
    values: pa.Array, column: ColumnKind, public_only: bool, missing: bool, people: People | None
) -> Categories:
    texts = pc.cast(values, pa.string())
    whole = values.type if pa.types.is_integer(values.type) else None
    if whole is not None and not all(_WHOLE.fullmatch(value) for value in column.values):
        whole = None
    named = whole is None and column.kind != "region"
    if column.values:
        unknown = public_only or not pc.all(pc.is_in(pc.drop_null(texts), pa.array(column.values))).as_py()
        return Categories(column.values, folded=bool(unknown), missing=missing, kind=whole, named=named)
    if people is not None:
        texts = _once_each(texts, people)
    counted = pc.value_counts(pc.drop_null(texts))
    pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    common = sorted(value for value, count in pairs if count >= LEAST_ROWS and _exists(value, column))
    return Categories(tuple(common), folded=len(common) < len(counted), missing=missing, kind=whole, named=named)


def _exists(value: str, column: ColumnKind) -> bool:
    return column.kind != "region" or is_region(value)


def _once_each(texts: pa.Array, people: People) -> pa.Array:
    """Return each value once for each person who has it."""
    rows = pa.table({"value": texts, "person": pa.array(people)})
    return _one(rows.group_by(["value", "person"]).aggregate([]).column("value"))


def _edges(
    numbers: NDArray[np.float64], column: ColumnKind, people: People | None, *, whole: bool
) -> NDArray[np.float64]:
    """Return ends of bins that each hold `LEAST_ROWS` rows (people) or more; none of them is a value of one row."""
    once = numbers if people is None else numbers[np.unique(people, return_index=True)[1]]
    if len(once) < 2 * LEAST_ROWS:
        raise DataError(
            Text(
                f"{column.name} 열: 값이 너무 적어 배울 수 없습니다. 정책에 range를 적으십시오.",
                f"column {column.name} has too few values to learn from; give its range in the policy.",
            )
        )
    outermost = np.sort(once)
    # The ends are means of the outermost rows, moved outwards by nothing: nobody's own value.
    low, high = float(outermost[:LEAST_ROWS].mean()), float(outermost[-LEAST_ROWS:].mean())
    inner = np.quantile(numbers, np.linspace(0.0, 1.0, column.bins + 1)[1:-1])
    if column.kind != "date":
        inner = low + _coarse(inner - low)
    step = 1.0 if whole else 10.0**-column.decimals
    edges = np.unique(np.floor(np.clip(np.concatenate(([low], inner, [high])), low, high) / step) * step)
    edges = np.unique(np.append(edges, edges[-1] + step))
    bins = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)
    return joined(edges, bins, np.arange(len(numbers)) if people is None else people)


def joined(edges: NDArray[np.float64], bins: NDArray[np.integer], people: People) -> NDArray[np.float64]:
    """Return the ends that are left when neighbours are joined until `LEAST_ROWS` different people stand in each bin.

    Who stands in two neighbours is one person in both together.
    """
    who = int(people.max(initial=0)) + 1
    pairs = np.unique(bins.astype(np.int64) * who + people)
    starts = np.searchsorted(pairs, np.arange(len(edges)) * who)
    kept, waiting = [edges[0]], np.empty(0, dtype=np.int64)
    for end, (first, last) in zip(edges[1:], pairwise(starts.tolist()), strict=True):
        waiting = np.union1d(waiting, pairs[first:last] % who)
        if len(waiting) >= LEAST_ROWS:
            kept.append(end)
            waiting = np.empty(0, dtype=np.int64)
    if len(kept) == 1:
        return edges[[0, -1]]
    if len(waiting):
        kept[-1] = edges[-1]
    return np.asarray(kept)


def _coarse(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers with two digits that count: the end of a bin is not the wage of whoever stands there."""
    with np.errstate(divide="ignore"):
        power = 10.0 ** (np.floor(np.log10(np.abs(numbers))) - 1.0)
    return np.where(power > 0.0, np.round(numbers / np.where(power > 0.0, power, 1.0)) * power, numbers)


def numbers_of(column: pa.Array) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return numbers (days for dates) and which of them are missing."""
    if pa.types.is_string(column.type):
        column = _parsed(column)
    if pa.types.is_timestamp(column.type):
        column = pc.cast(column, pa.date32(), safe=False)
    if pa.types.is_date(column.type):
        column = pc.cast(pc.cast(column, pa.date32()), pa.int32())
    numbers = pc.cast(column, pa.float64())
    values = numbers.fill_null(np.nan).to_numpy(zero_copy_only=False)
    absent = ~np.isfinite(values)  # a number without end is none
    return np.where(absent, 0.0, values), absent


def _parsed(column: pa.Array) -> pa.Array:
    """Return texts as numbers or as days; a file of text has no other kinds."""
    try:
        return pc.cast(column, pa.float64())
    except pa.ArrowInvalid:
        return pc.cast(column, pa.date32())


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()
