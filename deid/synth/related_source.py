"""The rows of several tables that belong to people: read for a sample of the people, with all that is theirs.

Rows whose reference leads nowhere are nobody's and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from audit.text import Text
from deid.errors import DataError
from deid.sources import Table
from deid.synth.coding import LEAST_ROWS, numbers_of
from deid.synth.gate import LEAST_HELD_OUT
from deid.synth.policy import HELD_OUT, ColumnKind
from deid.synth.port import Progress
from deid.synth.relations import RelatedPolicy, RelatedTable
from deid.synth.sampler import Sampler

MOST_PEOPLE = 100_000
"""People that are looked at, a random sample of more; each comes with all rows of all tables."""
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table: its learnt columns, and whose they are."""

    table: pa.Table
    parent: Places
    """The number of the parent's row, by row; the row's own for the people."""
    person: Places
    """The number of the person, by row."""
    alone: Mapping[str, float]
    """The share of rows that lead nowhere, by each further reference; none or all where few people have one."""

    def of(self, people: NDArray[np.bool_], parents: NDArray[np.bool_]) -> Rows:
        """Return the rows of some people, numbered among the chosen people and the chosen rows of the parent."""
        kept = people[self.person]
        person, parent = (np.cumsum(chosen) - 1 for chosen in (people, parents))
        return replace(
            self,
            table=self.table.filter(pa.array(kept)),
            parent=parent[self.parent[kept]],
            person=person[self.person[kept]],
        )


Related = dict[str, Rows]


def read_related(
    policy: RelatedPolicy, sources: Mapping[str, Table], random: np.random.Generator, progress: Progress
) -> Related:
    """Return the rows of a sample of the people.

    Raises: DataError — if a column is not there or a key stands twice.
    """
    found: Related = {}
    keys: dict[str, pa.Array] = {}
    for done, table in enumerate(policy.tables):
        source = sources[table.name]
        _refuse_missing(table, source)
        rows, keys[table.name] = _read(table, source, found, keys, random)
        found[table.name] = _since(table, rows, found)
        progress(done + 1, len(policy.tables))
    return found


def split_people(policy: RelatedPolicy, related: Related, random: np.random.Generator) -> tuple[Related, Related]:
    """Return the rows of the people to learn from and of those held out, at random.

    Raises: DataError — if there are too few people for a control.
    """
    people = related[policy.root.name].table.num_rows
    held = int(people * HELD_OUT)
    if held < LEAST_HELD_OUT:
        least = int(LEAST_HELD_OUT / HELD_OUT)
        raise DataError(
            Text(
                f"사람이 {people}명뿐이라 위험을 잴 수 없습니다. 적어도 {least}명이 필요합니다.",
                f"with {people} people the risk cannot be measured; at least {least} are needed.",
            )
        )
    out = np.zeros(people, dtype=bool)
    out[random.permutation(people)[:held]] = True
    return _of(policy, related, ~out), _of(policy, related, out)


def _of(policy: RelatedPolicy, related: Related, people: NDArray[np.bool_]) -> Related:
    kept = {name: people[rows.person] for name, rows in related.items()}
    return {table.name: related[table.name].of(people, kept[table.parent or table.name]) for table in policy.tables}


def _read(
    table: RelatedTable, source: Table, found: Related, keys: Mapping[str, pa.Array], random: np.random.Generator
) -> tuple[Rows, pa.Array]:
    names = tuple(dict.fromkeys(_wanted(table)))
    if table.parent is None:
        sampler = Sampler(MOST_PEOPLE, random)
        for batch in source.batches(names):
            sampler.add(pa.Table.from_batches([batch]))
        whole = sampler.table()
        if not whole.num_rows:
            raise DataError(Text(f"{table.name} 표가 비어 있습니다.", f"table {table.name} has no row."))
        parent = person = np.arange(whole.num_rows)
    else:
        whole, parent = _belonging(table, source, names, keys[table.parent])
        person = found[table.parent].person[parent]
    key = _texts(whole.column(table.key)) if table.key else pa.array([], pa.string())
    if len(pc.unique(key)) != len(key) or key.null_count:
        raise DataError(
            Text(
                f"{table.name} 표의 {table.key} 열에 같은 값이나 빈 값이 있어 key가 될 수 없습니다.",
                f"{table.name}.{table.key} has a value twice or none, so it is no key.",
            )
        )
    alone = {c.name: _alone(whole.column(c.name), person) for c in table.references[1:]}
    columns = [column.name for column in table.policy.learnt]
    return Rows(whole.select(columns), parent, person, alone), key


def _belonging(table: RelatedTable, source: Table, names: tuple[str, ...], keys: pa.Array) -> tuple[pa.Table, Places]:
    reference = table.references[0].name
    parts, parents = [], []
    for batch in source.batches(names):
        rows = pa.Table.from_batches([batch])
        places = pc.index_in(_texts(rows.column(reference)), value_set=keys)
        kept = places.is_valid()
        parts.append(rows.filter(kept))
        parents.append(places.drop_null().to_numpy(zero_copy_only=False).astype(np.int64))
    whole = pa.concat_tables(parts, promote_options="permissive") if parts else pa.table({})
    if not whole.num_rows:
        raise DataError(
            Text(
                f"{table.name} 표의 {reference} 열이 {table.parent} 표의 어떤 행도 가리키지 않습니다.",
                f"{table.name}.{reference} leads to no row of {table.parent}.",
            )
        )
    return whole.combine_chunks(), np.concatenate(parents)


def _since(table: RelatedTable, rows: Rows, found: Related) -> Rows:
    """Return the rows with each date that is told from one of the parent's as the days between them."""
    told = rows.table
    for column in table.policy.learnt:
        if column.since and table.parent is not None:
            days, absent = days_of(told, column.name)
            since, gone = days_of(found[table.parent].table, column.since)
            apart = pa.array((days - since[rows.parent]).astype(np.int64), mask=absent | gone[rows.parent])
            told = told.set_column(told.column_names.index(column.name), column.name, apart)
    return replace(rows, table=told)


def days_of(table: pa.Table, name: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return a column of dates as days since 1970, and which are missing. Raises: DataError."""
    try:
        return numbers_of(table.column(name).combine_chunks())
    except (pa.ArrowException, ValueError):
        raise DataError(Text(f"{name} 열: 날짜가 아닙니다.", f"column {name} is not of dates.")) from None


def as_learnt(column: ColumnKind) -> ColumnKind:
    """Return how a column is learnt: a date that is told from another as a number of days."""
    return replace(column, kind="number", decimals=0) if column.since else column


def _wanted(table: RelatedTable) -> list[str]:
    names = [column.name for column in table.policy.learnt]
    names += [column.name for column in table.references]
    return [*names, table.key] if table.key else names


def _refuse_missing(table: RelatedTable, source: Table) -> None:
    missing = ", ".join(name for name in _wanted(table) if name not in source.columns)
    if missing:
        raise DataError(Text(f"{table.name} 표에 없는 열입니다: {missing}", f"table {table.name} has no {missing}."))


def _texts(column: pa.ChunkedArray) -> pa.Array:
    """Return keys as text; whole numbers that were read as fractions are whole again."""
    one = column.combine_chunks()
    if pa.types.is_floating(one.type):
        one = pc.cast(one, pa.int64(), safe=False)
    return pc.cast(one, pa.string())


def _alone(column: pa.ChunkedArray, person: Places) -> float:
    """Return the share of rows that lead nowhere; none or all where it would tell of fewer than ten people."""
    nowhere = column.is_null().to_numpy().astype(bool)
    share = float(nowhere.sum()) / max(1, len(nowhere))
    fewest = min(len(np.unique(person[nowhere])), len(np.unique(person[~nowhere])))
    return share if fewest >= LEAST_ROWS else float(round(share))
