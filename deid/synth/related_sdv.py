"""Several tables by HMA of SDV, in a process of its own; its keys are taken only to see which rows belong together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from audit.text import Text
from deid.errors import DataError
from deid.synth.coding import LEAST_ROWS
from deid.synth.port import Progress
from deid.synth.related_source import Places, Related, Rows, as_learnt
from deid.synth.relations import RelatedPolicy, RelatedTable
from deid.synth.sdv_engine import LICENCE, run_sdv
from deid.synth.sdv_given import Given, given

KEY, PARENT = "#key", "#parent"


def draw_hma(
    policy: RelatedPolicy, learnt: Related, random: np.random.Generator, progress: Progress
) -> tuple[Related, dict[str, object]]:
    """Return rows that SDV drew, and what it says of itself. Raises: DataError. MissingExtraError."""
    tables, shown = {}, {}
    seen = capped(policy, learnt)
    for table in policy.tables:
        shown[table.name] = _given(policy, table, seen)
        rows = shown[table.name].rows
        rows = rows.append_column(KEY, pa.array(np.arange(rows.num_rows)))
        if table.parent is not None:
            rows = rows.append_column(PARENT, pa.array(seen[table.name].parent))
        tables[table.name] = rows
    kinds = {name: one.kinds for name, one in shown.items()}
    relations = [[table.parent, table.name] for table in policy.tables if table.parent is not None]
    people = len(learnt[policy.root.name].parent)
    progress(0, people)
    job = {"engine": "hma", "kinds": kinds, "relations": relations, "seed": int(random.integers(2**31))}
    drawn, said = run_sdv(job, tables, lambda part: progress(int(people * part), people))
    progress(people, people)
    return _belonging(policy, learnt, shown, drawn, random), {"licence": LICENCE.en, **said}


def capped(policy: RelatedPolicy, learnt: Related) -> Related:
    """Return the rows without those that one row has beyond the mean of the ten with the most: HMA draws up to it."""
    found: Related = {}
    kept: dict[str, NDArray[np.bool_]] = {}
    for table in policy.tables:
        rows = learnt[table.name]
        here = np.ones(len(rows.parent), dtype=bool)
        parent = rows.parent
        if table.parent is not None:
            here = kept[table.parent][parent]
            counts = np.bincount(parent[here], minlength=len(kept[table.parent]))
            most = max(1, int(np.sort(counts)[-LEAST_ROWS:].mean()))
            here[here] = _place(parent[here]) < most
            parent = np.cumsum(kept[table.parent])[parent] - 1
        kept[table.name] = here
        table_rows = rows.table.filter(pa.array(here))
        parent = parent[here] if table.parent else np.arange(len(parent))
        found[table.name] = replace(rows, table=table_rows, parent=parent, person=rows.person[here])
    return found


def _place(parent: Places) -> Places:
    """Return which of its parent's rows each one is, from 0."""
    order = np.argsort(parent, kind="stable")
    first = np.searchsorted(parent[order], parent[order], side="left")
    place = np.empty_like(order)
    place[order] = np.arange(len(order)) - first
    return place


def _given(policy: RelatedPolicy, table: RelatedTable, learnt: Related) -> Given:
    columns = tuple(as_learnt(column) for column in table.policy.learnt)
    rows, head = learnt[table.name], policy.head
    return given(rows.table, columns, table.policy.together, head.least_cell, rows.person if table.parent else None)


def _belonging(
    policy: RelatedPolicy,
    learnt: Related,
    shown: dict[str, Given],
    drawn: dict[str, pa.Table],
    random: np.random.Generator,
) -> Related:
    found: Related = {}
    keys: dict[str, pa.Array] = {}
    for table in policy.tables:
        try:
            rows = drawn[table.name]
            key = rows.column(KEY).combine_chunks()
            parent = _parents(rows, keys[table.parent]) if table.parent else np.arange(rows.num_rows)
            values = shown[table.name].back(rows, random)
        except (pa.ArrowException, IndexError, KeyError, ValueError) as error:
            raise DataError(Text("SDV의 결과를 읽을 수 없습니다.", "what SDV drew cannot be read.")) from error
        person = found[table.parent].person[parent] if table.parent else parent
        found[table.name] = Rows(values, parent, person, learnt[table.name].alone)
        keys[table.name] = key
    return found


def _parents(rows: pa.Table, keys: pa.Array) -> Places:
    """Return the number of each row's parent. Raises: ValueError — if one leads nowhere."""
    places = pc.index_in(rows.column(PARENT).combine_chunks().cast(keys.type), value_set=keys)
    if places.null_count:
        raise ValueError("a row without a parent")
    return np.asarray(places.to_numpy(zero_copy_only=False), dtype=np.int64)
