"""Rows that some programs blank instead of leaving them out: `*` in every quasi-identifier (as ARX writes them).

Such rows are no class of people who look alike: counted as one, a few of them would be the smallest class, and many
would make everybody's mean risk look small. A column that is `*` throughout is something else: it is generalised fully.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

MARK = "*"


def without_blanked(table: pa.Table, quasi: Sequence[str]) -> tuple[pa.Table, int]:
    """Return a table without the rows that say nothing, and how many there were; all or none of them stay otherwise."""
    mask: pa.ChunkedArray | None = None
    for name in quasi:
        column = table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            return table, 0
        here = pc.fill_null(pc.equal(column, MARK), False)
        mask = here if mask is None else pc.and_(mask, here)
        if not pc.any(mask).as_py():
            return table, 0
    if mask is None or pc.all(mask).as_py():
        return table, 0
    return table.filter(pc.invert(mask)), int(pc.sum(mask).as_py())
