"""Constraints on the order of columns, put right in every row: the values of a row change places, none is invented."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from deid.synth.policy import ColumnKind, Order, SynthPolicy

Bounds = tuple[float | None, float | None]


def ordered(table: pa.Table, policy: SynthPolicy) -> pa.Table:
    """Return the table with the values of a row changed over until every order holds where both values are there.

    Values are first put within what the ranges of the columns before and after allow; changing them over never leads
    out of it, and it ends, since each change moves a larger value towards a later column.
    """
    if not policy.orders:
        return table
    bounds = _bounds(policy.columns, policy.orders)
    for name in dict.fromkeys(end for order in policy.orders for end in (order.low, order.high)):
        column = _within(table.column(name), bounds[name])
        table = table.set_column(table.column_names.index(name), name, column)
    changed = True
    while changed:
        changed = False
        for order in policy.orders:
            low, high = table.column(order.low), table.column(order.high)
            wrong = pc.fill_null(pc.greater(low, high), False)
            if pc.any(wrong).as_py():
                changed = True
                first = pc.if_else(wrong, high, low).cast(low.type)
                second = pc.if_else(wrong, low, high).cast(high.type)
                table = table.set_column(table.column_names.index(order.low), order.low, first)
                table = table.set_column(table.column_names.index(order.high), order.high, second)
    return table


def _bounds(columns: Sequence[ColumnKind], orders: Sequence[Order]) -> dict[str, Bounds]:
    """Return for each column the highest lower end of those before it, and the lowest upper end of those after it."""
    ends: dict[str, Bounds] = {c.name: (c.range if c.range is not None else (None, None)) for c in columns}
    for _ in orders:
        for order in orders:
            low, high = ends[order.low], ends[order.high]
            ends[order.high] = (_most(low[0], high[0]), high[1])
            ends[order.low] = (low[0], _least(low[1], high[1]))
    return ends


def _most(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else max(one, other)


def _least(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else min(one, other)


def _within(column: pa.ChunkedArray, bounds: Bounds) -> pa.ChunkedArray:
    for end, keep in zip(bounds, (pc.max_element_wise, pc.min_element_wise), strict=True):
        if end is not None:
            column = keep(column, _scalar(end, column.type), skip_nulls=False)
    return column


def _scalar(end: float, kind: pa.DataType) -> pa.Scalar:
    return pa.scalar(int(end), pa.int32()).cast(kind) if pa.types.is_date32(kind) else pa.scalar(end).cast(kind)
