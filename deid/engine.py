"""Applying a policy to a table: survey what must be surveyed, then change batch by batch with bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from audit.text import Text
from deid.action import Rows
from deid.errors import DataError
from deid.keys import DomainKey
from deid.policy import ColumnPolicy, Policy, Release
from deid.randomness import permutation
from deid.release import Mask, Released, meet
from deid.risk.assessment import Assessment
from deid.sources import Table
from deid.targets import extract_file, stage

Progress = Callable[[int, int | None], None]
"""Takes the rows done and, where it is known, all there are."""

MAX_SHUFFLED_ROWS = 50_000_000
"""A shuffled extract is held in memory as a whole."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it."""

    rows: int
    suppressed: int
    """Rows left out so that the policy's criteria are met."""
    columns: tuple[str, ...]
    dropped: tuple[str, ...]
    """Columns of the source that are not in the extract, named by the policy or not."""
    unnamed: tuple[str, ...]
    """Those of them that the policy does not name."""
    assessment: Assessment | None
    """The measured risk of the extract, where the policy demands something of it."""


def apply(
    policy: Policy, table: Table, key: DomainKey, target: Path, *, progress: Progress = lambda _done, _all: None
) -> Applied:
    """Write the extract that a policy makes of a table.

    Raises: DataError — if the table does not fit the policy; nothing is written then. NotReleasable — if the
    extract would not meet the policy's criteria; nothing is written either.
    """
    _refuse_missing(policy, table)
    batches = _with_progress(changed(policy, table, key), table.rows, progress)
    released: Released | None = None
    rows = 0
    with stage(target) as staged, extract_file(target, _described(policy)) as writer:
        if policy.release != Release():
            # The classes are known only when all rows are: they are written aside, judged, and then copied.
            staged.write_all(batches)
            released = meet(staged.read(_judged(policy)), policy)
            batches = _kept(staged.batches(), released.kept)
        for batch in _shuffled(batches, key) if policy.order == "shuffled" else batches:
            writer.write(batch)
            rows += batch.num_rows
        if not rows:
            writer.write(_empty(policy))
    named = {column.name for column in policy.columns}
    shown = tuple(column.name for column in policy.shown)
    return Applied(
        rows=rows,
        suppressed=0 if released is None else released.suppressed,
        columns=shown,
        dropped=tuple(name for name in table.columns if name not in shown),
        unnamed=tuple(name for name in table.columns if name not in named),
        assessment=None if released is None else released.assessment,
    )


def changed(policy: Policy, table: Table, key: DomainKey) -> Iterator[pa.RecordBatch]:
    """Yield the rows of the extract in the order of the source.

    Raises: DataError — if the table does not fit the policy.
    """
    _refuse_missing(policy, table)
    surveyed = [replace(column, action=column.action.survey(column.name, table, key)) for column in policy.shown]
    needed = _needed(surveyed)
    start = 0
    for batch in table.batches(needed):
        columns = dict(zip(needed, batch.columns, strict=True))
        arrays = [_change(column, columns, start, key) for column in surveyed]
        yield pa.RecordBatch.from_arrays(arrays, names=[column.name for column in surveyed])
        start += batch.num_rows


def _described(policy: Policy) -> dict[str, object]:
    """Return what the file says of itself."""
    return {
        "policy": policy.name,
        "policy_digest": policy.digest,
        "dataset": policy.dataset,
        "project": policy.project,
        "linkage_domain": policy.linkage_domain,
        "key_version": policy.key_version,
        "order": policy.order,
    }


def _judged(policy: Policy) -> list[str]:
    return [column.name for column in policy.shown if column.role in ("quasi", "sensitive")]


def _with_progress(batches: Iterator[pa.RecordBatch], rows: int | None, progress: Progress) -> Iterator[pa.RecordBatch]:
    done = 0
    for batch in batches:
        yield batch
        done += batch.num_rows
        progress(done, rows)


def _kept(batches: Iterator[pa.RecordBatch], mask: Mask) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in batches:
        yield batch.filter(pa.array(mask[start : start + batch.num_rows]))
        start += batch.num_rows


def _change(column: ColumnPolicy, columns: dict[str, pa.Array], start: int, key: DomainKey) -> pa.Array:
    result = column.action.apply(columns[column.name], Rows(column.name, start, columns, key))
    return result.combine_chunks() if isinstance(result, pa.ChunkedArray) else result


def _needed(columns: list[ColumnPolicy]) -> tuple[str, ...]:
    names = [column.name for column in columns]
    for column in columns:
        names.extend(name for name in column.action.needs if name not in names)
    return tuple(names)


def _refuse_missing(policy: Policy, table: Table) -> None:
    missing = [name for name in _needed(list(policy.shown)) if name not in table.columns]
    if missing:
        names = ", ".join(missing)
        raise DataError(Text(f"자료에 없는 열입니다: {names}", f"the data has no column {names}."))


def _shuffled(batches: Iterator[pa.RecordBatch], key: DomainKey) -> Iterator[pa.RecordBatch]:
    """Yield the same rows in an order that says nothing of the source's.

    Raises: DataError — if there are more rows than memory is meant for.
    """
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        if rows > MAX_SHUFFLED_ROWS:
            raise DataError(
                Text(
                    f"{MAX_SHUFFLED_ROWS:,}행보다 많은 자료는 섞을 수 없습니다. order: source를 쓰십시오.",
                    f"more than {MAX_SHUFFLED_ROWS:,} rows cannot be shuffled; use order: source.",
                )
            )
    if not held:
        return
    whole = pa.Table.from_batches(held).combine_chunks()
    order = permutation(key.derive("row order"), rows)
    yield from whole.take(pa.array(order.astype(np.int64))).to_batches()


def _empty(policy: Policy) -> pa.RecordBatch:
    names = [column.name for column in policy.shown]
    return pa.RecordBatch.from_arrays([pa.array([], pa.string()) for _ in names], names=names)
