"""Local recoding: the rows are cut in two along one column after another, as long as both parts hide (LeFevre 2006).

Unlike full-domain generalisation the same value may be shown more or less exactly in different rows, so less is lost.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from audit.text import Text
from deid.anonymise.lattice import Demand, Progress
from deid.errors import DataError
from deid.plain_numbers import as_numbers, spelt
from deid.risk.classes import Codes
from deid.risk.measures import is_ordered

MAX_LISTED = 4
"""A group of words with more members is shown by its first and last."""


def partition(ranks: NDArray[np.int64], demand: Demand, progress: Progress = lambda _done, _all: None) -> Codes:
    """Return the class of each row; every class meets the demand.

    `ranks` has shape (rows, columns): the place of each value in the order of its column.
    """
    rows = len(ranks)
    spans = np.maximum(1, ranks.max(axis=0) - ranks.min(axis=0)) if rows else np.ones(ranks.shape[1], np.int64)
    of_row = np.zeros(rows, dtype=np.int64)
    waiting, made, done = [np.arange(rows)], 0, 0
    overall = None if demand.sensitive is None else np.bincount(demand.sensitive) / max(1, rows)
    while waiting:
        members = waiting.pop()
        halves = _cut(ranks[members], spans, demand.k)
        if halves is not None and all(_hides(members[half], demand, overall) for half in halves):
            waiting.extend(members[half] for half in halves)
        else:
            of_row[members] = made
            made, done = made + 1, done + len(members)
            progress(done, rows)
    return of_row


def recode(
    table: pa.Table,
    quasi: Sequence[str],
    k: int,
    sensitive: str | None = None,
    distinct: int = 1,
    closeness: float | None = None,
    progress: Progress = lambda _done, _all: None,
) -> pa.Table:
    """Return a table whose quasi-identifiers are generalised within classes of at least k rows.

    Raises: DataError — if the whole table, as one class, lacks the sensitive values that are demanded.
    """
    if table.num_rows < k:
        return table.slice(0, 0)
    ordered = {name: _ranked(as_numbers(table.column(name))) for name in quasi}
    ranks = np.stack([rank for rank, _ in ordered.values()], axis=1)
    kept = None if sensitive is None else as_numbers(table.column(sensitive))
    secret = None if kept is None else _ranked(kept)[0]
    near = kept is not None and is_ordered(kept.type)
    if secret is not None and len(np.unique(secret)) < distinct:
        raise DataError(
            Text(
                f"{sensitive} 열의 값이 {distinct}가지보다 적어 l-다양성을 만족할 수 없습니다.",
                f"column {sensitive} has fewer than {distinct} values, so no class can have that many.",
            )
        )
    of_row = partition(ranks, Demand(k, 0.0, secret, distinct, closeness, ordered=near), progress)
    for place, (name, (_, values)) in enumerate(ordered.items()):
        shown = _labels(of_row, ranks[:, place], _shown(table.column(name), values))
        table = table.set_column(table.column_names.index(name), name, shown)
    return table


def _cut(
    ranks: NDArray[np.int64], spans: NDArray[np.int64], k: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Return two halves along the widest column that can be cut."""
    if len(ranks) < 2 * k:
        return None
    width = (ranks.max(axis=0) - ranks.min(axis=0)) / spans
    for column in np.argsort(-width, kind="stable"):
        if width[column] <= 0:
            return None
        values = ranks[:, column]
        middle = np.partition(values, len(values) // 2)[len(values) // 2]
        for low in (values < middle, values <= middle):
            if k <= low.sum() <= len(values) - k:
                return low, ~low
    return None


def _hides(members: Codes, demand: Demand, overall: NDArray[np.float64] | None) -> bool:
    if len(members) < demand.k:
        return False
    if demand.sensitive is None or overall is None:
        return True
    counts = np.bincount(demand.sensitive[members], minlength=len(overall))
    if int((counts > 0).sum()) < demand.distinct:
        return False
    if demand.closeness is None:
        return True
    gaps = counts / len(members) - overall
    far = np.abs(np.cumsum(gaps)).sum() / max(1, len(gaps) - 1) if demand.ordered else np.abs(gaps).sum() / 2.0
    return bool(far <= demand.closeness + 1e-12)


def _ranked(column: pa.ChunkedArray) -> tuple[Codes, list[object]]:
    """Return the place of each value in its column's order, missing last, and the values in that order."""
    values = pc.unique(column.combine_chunks() if column.num_chunks != 1 else column.chunk(0))
    ordered = values.take(pc.array_sort_indices(values))
    places = pc.index_in(column.combine_chunks() if column.num_chunks != 1 else column.chunk(0), value_set=ordered)
    return places.to_numpy(zero_copy_only=False).astype(np.int64), ordered.to_pylist()


def _shown(column: pa.ChunkedArray, values: Sequence[object]) -> list[tuple[str | None, bool]]:
    """Return each value as its column writes it, and whether it is a number."""
    are_numbers = [isinstance(value, int | float) for value in values]
    # A number that one of them writes as 5 would be 5.0 among others with a fraction.
    writes = (
        spelt(column, pa.chunked_array([pa.array(values)]))
        if pa.types.is_string(column.type) and any(are_numbers)
        else {}
    )
    texts = [None if value is None else writes.get(value, str(value)) for value in values]
    return list(zip(texts, are_numbers, strict=True))


def _labels(of_row: Codes, ranks: Codes, values: Sequence[tuple[str | None, bool]]) -> pa.Array:
    """Return what each class shows of one column."""
    order = np.argsort(of_row, kind="stable")
    starts = np.flatnonzero(np.concatenate(([True], of_row[order][1:] != of_row[order][:-1])))
    low = np.minimum.reduceat(ranks[order], starts)
    high = np.maximum.reduceat(ranks[order], starts)
    labels = [_label(values, int(a), int(b)) for a, b in zip(low, high, strict=True)]
    return pa.DictionaryArray.from_arrays(pa.array(of_row), pa.array(labels, pa.string())).cast(pa.string())


def _label(values: Sequence[tuple[str | None, bool]], low: int, high: int) -> str | None:
    if low == high:
        return values[low][0]
    shown = [text for text, _ in values[low : high + 1] if text is not None]
    if values[low][1] or len(shown) > MAX_LISTED:
        return f"{shown[0]}~{shown[-1]}"
    return "|".join(shown)
