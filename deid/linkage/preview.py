"""How many people two tables share, without saying who, and before any key is used.

Both are pseudonymised with a key that is made for this once and forgotten; `deid.linkage.telling` says what may be told
of the numbers.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from audit.text import Text
from deid.discrete_laplace import Below
from deid.errors import DataError
from deid.linkage.telling import Preview, told
from deid.pseudonyms import identifiers, reversible
from deid.sources import Table


def preview(
    first: Table, first_column: str, second: Table, second_column: str, threshold: int, below: Below = secrets.randbelow
) -> Preview:
    """Return what may be told of the people in two tables.

    Raises: DataError — if a column is not there, or a table has fewer people than `threshold`.
    """
    key = os.urandom(32)
    one = _tokens(first, first_column, key)
    other = _tokens(second, second_column, key)
    if min(len(one), len(other)) < threshold:
        raise DataError(
            Text(
                f"{threshold}명보다 적은 표로는 결합률을 미리 볼 수 없습니다.",
                f"a table of fewer than {threshold} people cannot be previewed.",
            )
        )
    shared = int(pc.sum(pc.is_in(one, value_set=other)).as_py() or 0)
    return told(len(one), len(other), shared, threshold, below)


def _tokens(table: Table, column: str, key: bytes) -> pa.Array:
    if column not in table.columns:
        raise DataError(Text(f"자료에 없는 열입니다: {column}", f"the data has no column {column}."))
    parts = list(_distinct(table, column, key))
    whole: Any = pa.chunked_array(parts, pa.string()).combine_chunks()
    return pc.unique(whole)


def _distinct(table: Table, column: str, key: bytes) -> Iterator[pa.Array]:
    for batch in table.batches((column,)):
        yield pc.unique(pc.drop_null(reversible(identifiers(batch.column(0), column), key)))
