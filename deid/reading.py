"""The tables that a command names: files, or with `--connection` tables of a database."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from audit.text import Text
from deid.errors import UsageError
from deid.progress import shown
from deid.sources import Table, open_table


@contextmanager
def opened(name: str, arguments: argparse.Namespace) -> Iterator[Table]:
    """Give the table that a command names.

    Raises: DataError — if it cannot be read. UsageError — if the connection does not do.
    """
    if getattr(arguments, "connection", None) is None:
        yield open_table(Path(name))
        return
    from deid.sql_source import sql_table  # a driver of databases is not loaded for files

    with sql_table(arguments.connection, name, names(arguments.order_by)) as table:
        yield table


def whole(source: Table, columns: Sequence[str], *, quiet: bool) -> pa.Table:
    """Return all rows of some columns in memory, showing how far the reading has come.

    Raises: UsageError — if the table lacks one. DataError — if it cannot be read.
    """
    if missing := [name for name in columns if name not in source.columns]:
        shown_names = ", ".join(missing)
        raise UsageError(Text(f"자료에 없는 열입니다: {shown_names}", f"the data has no column {shown_names}."))
    batches: list[pa.RecordBatch] = []
    done = 0
    with shown("read", quiet=quiet) as report:
        for batch in source.batches(tuple(columns)):
            batches.append(batch)
            done += batch.num_rows
            report(done, source.rows)
    if not batches:
        return pa.table({name: pa.array([], pa.string()) for name in columns})
    return pa.Table.from_batches(batches)


def names(given: str | None) -> list[str]:
    """Return the names in a list with commas."""
    return [name.strip() for name in (given or "").split(",") if name.strip()]
