"""Applying a policy to a table: survey what must be surveyed, then change batch by batch with bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from audit.text import Text
from deid.action import Rows
from deid.errors import DataError
from deid.keys import DomainKey
from deid.policy import ColumnPolicy, Policy, Release
from deid.release import Mask, Released, meet
from deid.risk.assessment import Assessment
from deid.shuffling import shuffled
from deid.sources import Table
from deid.targets import alike, extract_file, stage

Progress = Callable[[int, int | None], None]
"""Takes the rows done and, where it is known, all there are."""

Changer = Callable[[Policy, Table, DomainKey], Iterator[pa.RecordBatch]]
"""Yields the rows of an extract in the order of the source."""


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
    policy: Policy,
    table: Table,
    key: DomainKey,
    target: Path,
    *,
    progress: Progress = lambda _done, _all: None,
    changer: Changer | None = None,
) -> Applied:
    """Write the extract that a policy makes of a table; `changer` makes the rows elsewhere than in this process.

    Raises: DataError — if the table does not fit the policy; nothing is written then. NotReleasable — if the
    extract would not meet the policy's criteria; nothing is written either.
    """
    _refuse_missing(policy, table)
    batches = _with_progress(alike((changer or changed)(policy, table, key)), table.rows, progress)
    released: Released | None = None
    rows = 0
    with stage(target) as staged, extract_file(target, _described(policy, table), _tokens(policy)) as writer:
        if policy.release != Release():
            # The classes are known only when all rows are: they are written aside, judged, and then copied.
            staged.write_all(batches)
            released = meet(staged.read(_judged(policy)), policy)
            batches = _kept(staged.batches(), released.kept)
        if policy.order == "shuffled":
            batches = shuffled(batches, key.derive("row order"), target)
        for batch in batches:
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
    plan = surveyed(policy, table, key)
    start = 0
    for batch in table.batches(plan.needed):
        yield plan.change(batch, start, key)
        start += batch.num_rows


@dataclass(frozen=True, slots=True)
class Plan:
    """The columns of an extract, each with an action that knows all it needs of the whole column."""

    columns: tuple[ColumnPolicy, ...]
    needed: tuple[str, ...]
    """The columns of the source that are read for it."""

    def change(self, batch: pa.RecordBatch, start: int, key: DomainKey) -> pa.RecordBatch:
        """Return what the extract shows of some rows, of which the first has number `start` in the source."""
        given = dict(zip(self.needed, batch.columns, strict=True))
        arrays = [_change(column, given, start, key) for column in self.columns]
        return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in self.columns])

    def __repr__(self) -> str:
        """Return its columns: what the actions learnt of the data must not appear in a log."""
        return f"Plan({', '.join(column.name for column in self.columns)})"


def surveyed(policy: Policy, table: Table, key: DomainKey) -> Plan:
    """Return what is done to each batch; whole columns are read here, where an action needs it.

    Raises: DataError — if the table does not fit the policy.
    """
    _refuse_missing(policy, table)
    columns = [replace(column, action=column.action.survey(column.name, table, key)) for column in policy.shown]
    return Plan(tuple(columns), _needed(columns))


def _described(policy: Policy, table: Table) -> dict[str, object]:
    """Return what the file says of itself."""
    return {
        "policy": policy.name,
        "policy_digest": policy.digest,
        "dataset": policy.dataset,
        "project": policy.project,
        "linkage_domain": policy.linkage_domain,
        "key_version": policy.key_version,
        "order": policy.order,
        "source": table.described,
    }


def _tokens(policy: Policy) -> list[str]:
    """Return the columns in which nothing repeats but whole values, and those rarely near each other."""
    return [
        column.name for column in policy.shown if column.action_name in ("pseudonym_reversible", "pseudonym_one_way")
    ]


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


def _empty(policy: Policy) -> pa.RecordBatch:
    names = [column.name for column in policy.shown]
    return pa.RecordBatch.from_arrays([pa.array([], pa.string()) for _ in names], names=names)
