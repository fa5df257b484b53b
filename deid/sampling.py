"""Sampling (표본추출): a share of the people, drawn anew with a key that is forgotten.

Nobody can then be sure that somebody is in the extract. With a column of people all rows of a person stay or go
together; whether they stay follows from the keyed hash, so it does not matter how the rows are cut into batches.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from audit.text import Text
from deid.errors import UsageError
from deid.pseudonyms import identifiers, one_way
from deid.randomness import uniform
from deid.sources import Table

_WORD_DIGITS = 13
"""Hexadecimal digits of a hash that a double holds exactly."""


def sampled(table: Table, share: float, key: bytes, person: str | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows that were drawn; a row without a person is not.

    Raises: UsageError — if the share is not between 0 and 1, or there is no such column.
    """
    if not 0.0 < share < 1.0:
        raise UsageError(Text("비율은 0보다 크고 1보다 작아야 합니다.", "The share is between 0 and 1."))
    if person is not None and person not in table.columns:
        raise UsageError(Text(f"자료에 없는 열입니다: {person}", f"the data has no column {person}."))
    return _drawn(table, share, key, person)


def _drawn(table: Table, share: float, key: bytes, person: str | None) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in table.batches(table.columns):
        if person is None:
            chances = uniform(key, np.arange(start, start + batch.num_rows, dtype=np.uint64))
        else:
            column = batch.column(list(table.columns).index(person))
            tokens = one_way(identifiers(column, person), key).to_pylist()
            scale = 16.0**_WORD_DIGITS
            chances = np.array([2.0 if t is None else int(t[:_WORD_DIGITS], 16) / scale for t in tokens])
        start += batch.num_rows
        yield batch.filter(pa.array(chances < share))
