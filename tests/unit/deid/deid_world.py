"""A small table in memory and an action applied to it, in one batch or in many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from deid.action import Action, Rows
from deid.keys import DomainKey

KEY = DomainKey("cardio", 1, bytes(range(32)))
OTHER_KEY = DomainKey("neuro", 1, bytes(range(1, 33)))


@dataclass(frozen=True, slots=True)
class MemoryTable:
    """Rows in memory, cut into batches of a size."""

    data: Mapping[str, pa.Array]
    batch_rows: int = 1_000_000

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.data)

    @property
    def rows(self) -> int:
        return len(next(iter(self.data.values())))

    @property
    def described(self) -> dict[str, str]:
        return {"format": "memory"}

    def batches(self, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        for start in range(0, self.rows, self.batch_rows):
            arrays = [self.data[name].slice(start, self.batch_rows) for name in columns]
            yield pa.RecordBatch.from_arrays(arrays, names=list(columns))


def changed(
    action: Action,
    values: Sequence[object],
    *,
    key: DomainKey = KEY,
    batch_rows: int = 1_000_000,
    **others: Sequence[object],
) -> list[object]:
    """Return what an action makes of the column "value", surveyed and applied batch by batch."""
    table = MemoryTable({"value": pa.array(values), **{n: pa.array(v) for n, v in others.items()}}, batch_rows)
    ready = action.survey("value", table, key)
    result: list[object] = []
    for batch in table.batches(table.columns):
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        shown = ready.apply(columns["value"], Rows("value", len(result), columns, key))
        result.extend(shown.to_pylist())
    return result
