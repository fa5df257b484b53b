"""Several tables by HMA of SDV, in a process of its own; its keys are taken only to see which rows belong together."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.text import Text
from deid.errors import DataError
from deid.synth.port import Progress
from deid.synth.related_source import Places, Related, Rows, as_learnt
from deid.synth.relations import RelatedPolicy
from deid.synth.sdv_engine import LICENCE, run_sdv, typed

KEY, PARENT = "#key", "#parent"


def draw_hma(
    policy: RelatedPolicy, learnt: Related, random: np.random.Generator, progress: Progress
) -> tuple[Related, dict[str, object]]:
    """Return rows that SDV drew, and what it says of itself. Raises: DataError. MissingExtraError."""
    tables, kinds = {}, {}
    for table in policy.tables:
        columns = tuple(as_learnt(column) for column in table.policy.learnt)
        rows = typed(learnt[table.name].table, columns)
        rows = rows.append_column(KEY, pa.array(np.arange(rows.num_rows)))
        if table.parent is not None:
            rows = rows.append_column(PARENT, pa.array(learnt[table.name].parent))
        tables[table.name] = rows
        kinds[table.name] = {column.name: column.kind for column in columns}
    relations = [[table.parent, table.name] for table in policy.tables if table.parent is not None]
    people = len(learnt[policy.root.name].parent)
    progress(0, people)
    job = {"engine": "hma", "kinds": kinds, "relations": relations, "seed": int(random.integers(2**31))}
    drawn, said = run_sdv(job, tables, lambda part: progress(int(people * part), people))
    progress(people, people)
    return _belonging(policy, learnt, tables, drawn), {"licence": LICENCE.en, **said}


def _belonging(
    policy: RelatedPolicy, learnt: Related, given: dict[str, pa.Table], drawn: dict[str, pa.Table]
) -> Related:
    found: Related = {}
    keys: dict[str, pa.Array] = {}
    for table in policy.tables:
        try:
            rows = drawn[table.name]
            key = rows.column(KEY).combine_chunks()
            parent = _parents(rows, keys[table.parent]) if table.parent else np.arange(rows.num_rows)
            names = [column.name for column in table.policy.learnt]
            schema = pa.schema([given[table.name].schema.field(name) for name in names])
            values = rows.select(names).cast(schema, safe=False).replace_schema_metadata(None)
        except (pa.ArrowException, KeyError, ValueError) as error:
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
