"""An order of rows that says nothing of the source's, for tables of any length.

Every row has a keyed random word by its number, and the rows come out in the order of the words. What does not fit in
memory is first dealt into files by the first bits of the words: sorted one after another, they give the same order as
sorting all at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa

from deid.randomness import words
from deid.targets import Stage, stage

HELD_ROWS = 2_000_000
"""Up to so many rows are sorted in memory."""
BUCKETS = 64
_BUFFERED_ROWS = 16_384
_WORD = "\0word"


def shuffled(batches: Iterator[pa.RecordBatch], key: bytes, target: Path) -> Iterator[pa.RecordBatch]:
    """Yield the same rows in the order that a key gives them; files are made beside the target and gone afterwards."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in _numbered(batches, key):
        held.append(batch)
        rows += batch.num_rows
        if rows > HELD_ROWS:
            break
    else:
        yield from _sorted(held)
        return
    with ExitStack() as stack:
        buckets = [_Bucket(stack.enter_context(stage(target))) for _ in range(BUCKETS)]
        while held:
            _deal(held.pop(0), buckets)
        for batch in _numbered(batches, key, start=rows):
            _deal(batch, buckets)
        for bucket in buckets:
            yield from _sorted(bucket.all())


class _Bucket:
    """Rows whose words begin alike."""

    def __init__(self, place: Stage) -> None:
        self._place = place
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def add(self, rows: pa.RecordBatch) -> None:
        """Put rows in."""
        self._waiting.append(rows)
        self._rows += rows.num_rows
        if self._rows >= _BUFFERED_ROWS:
            self._place.add(_one(self._waiting))
            self._waiting, self._rows = [], 0

    def all(self) -> list[pa.RecordBatch]:
        """Return what was put in."""
        self._place.end()
        return [*self._place.batches(), *self._waiting]


def _deal(batch: pa.RecordBatch, buckets: list[_Bucket]) -> None:
    of_row = batch.column(_WORD).to_numpy() >> np.uint64(64 - BUCKETS.bit_length() + 1)
    order = np.argsort(of_row, kind="stable")
    ends = np.cumsum(np.bincount(of_row.astype(np.int64), minlength=BUCKETS))
    dealt = batch.take(pa.array(order))
    for bucket, (start, end) in zip(buckets, zip([0, *ends[:-1]], ends, strict=True), strict=True):
        if end > start:
            # A slice would keep the whole batch in memory until the bucket is written.
            bucket.add(_copied(dealt.slice(int(start), int(end - start))))


def _numbered(batches: Iterator[pa.RecordBatch], key: bytes, start: int = 0) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        numbers = np.arange(start, start + batch.num_rows, dtype=np.uint64)
        yield batch.append_column(_WORD, pa.array(words(key, numbers)[:, 0]))
        start += batch.num_rows


def _sorted(batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    if not batches:
        return
    whole = pa.Table.from_batches(batches).combine_chunks()
    order = np.argsort(whole.column(_WORD).to_numpy(), kind="stable")
    yield from whole.drop_columns([_WORD]).take(pa.array(order)).to_batches()


def _one(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.concat_batches(batches)


def _copied(rows: pa.RecordBatch) -> pa.RecordBatch:
    return rows.take(pa.array(np.arange(rows.num_rows)))
