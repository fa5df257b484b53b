"""A synthetic extract of several tables from beginning to end: hold people out, learn, draw, attack, judge.

Each table is judged by its rows, each beside the row it belongs to, and the people are judged as a whole: one row for
each person, with how many rows they have in every other table and what the first of them says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from deid.sources import Table
from deid.synth.made import Makers, makers_of
from deid.synth.making import MOST_COMPARED, Synthetic, judged_rows
from deid.synth.policy import ColumnKind, SynthPolicy
from deid.synth.port import Progress
from deid.synth.related import draw_related, finished, learn_related, settled, with_keys
from deid.synth.related_model import RelatedModel, read_related_model
from deid.synth.related_sdv import draw_hma
from deid.synth.related_source import Related, read_related, split_people
from deid.synth.relations import RelatedPolicy, RelatedTable
from deid.synth.sampler import Sampler

PEOPLE = "people"
"""The name of the report on whole people; a table may not be called so."""
MOST_OF_A_PERSON = 24
"""Columns of the row that stands for a whole person: more make every person unlike every other."""
Put = Callable[[str, pa.Table], None]
"""Takes rows of a table as they are written."""


class RelatedMaking:
    """The making of one relational extract."""

    def __init__(self, policy: RelatedPolicy, sources: Mapping[str, Table], random: np.random.Generator) -> None:
        self._policy = policy
        self._sources = sources
        self._random = random
        self._samplers = {table.name: Sampler(MOST_COMPARED, random) for table in policy.tables}
        self._people = Sampler(MOST_COMPARED, random)
        self._said: dict[str, object] = {"engine": policy.engine}
        self._learnt: Related = {}
        self._held_out: Related = {}
        self._makers: dict[str, Makers] = {}
        self._model: bytes | None = None

    def read(self, progress: Progress) -> None:
        """Read the source and hold people out. Raises: DataError."""
        related = read_related(self._policy, self._sources, self._random, progress)
        self._learnt, self._held_out = split_people(self._policy, related, self._random)
        self._makers = {
            table.name: makers_of(table.policy, self._sources[table.name], self._random)
            for table in self._policy.tables
        }

    def draw(self, put: Put, progress: Progress) -> None:
        """Learn, and hand on drawn rows table by table, parents before children. Raises: DataError."""
        firsts = dict.fromkeys(self._samplers, 1)
        for block in self._blocks(progress):
            for table in self._policy.tables:
                self._samplers[table.name].add(with_parent(self._policy, table, block))
            for name, rows in with_keys(self._policy, block, self._makers, firsts, self._random):
                put(name, rows)
            self._people.add(whole_people(self._policy, block))

    def judge(self, progress: Progress) -> dict[str, Synthetic]:
        """Attack every table, and the people as a whole."""
        learnt, held_out = finished(self._policy, self._learnt), finished(self._policy, self._held_out)
        steps = len(self._policy.tables) + 1
        found = {}
        for done, table in enumerate(self._policy.tables):
            found[table.name] = judged_rows(
                with_parent(self._policy, table, learnt),
                with_parent(self._policy, table, held_out),
                self._samplers[table.name],
                parent_policy(self._policy, table),
                self._said,
                self._random,
                people=held_out[table.name].person,
            )
            progress(done + 1, steps)
        people = people_policy(self._policy)
        known, unseen = whole_people(self._policy, learnt), whole_people(self._policy, held_out)
        found[PEOPLE] = judged_rows(known, unseen, self._people, people, self._said, self._random)
        root = self._policy.root.name
        found[root] = replace(found[root], model=self._model)
        progress(steps, steps)
        return found

    def _blocks(self, progress: Progress) -> Iterator[Related]:
        if self._policy.engine == "hma":
            drawn, said = draw_hma(self._policy, self._learnt, self._random, progress)
            self._said |= said
            blocks: Iterator[Related] = iter([drawn])
        else:
            model = RelatedModel(self._policy, learn_related(self._policy, self._learnt, self._random))
            if self._policy.save_model:
                # Drawn from what is kept and from nothing else: then the verdict on the rows is one on the model.
                self._model = model.document()
                model = read_related_model(self._model)
            people = self._learnt[self._policy.root.name].table.num_rows
            blocks = draw_related(self._policy, model.models, people, self._random, progress)
        for block in blocks:
            yield settled(self._policy, block)


def with_parent(policy: RelatedPolicy, table: RelatedTable, related: Related) -> pa.Table:
    """Return the rows of a table beside the columns of the rows that they belong to: that is how they are judged."""
    rows = related[table.name]
    columns = {name: rows.table.column(name) for name in rows.table.column_names}
    if table.parent is not None:
        above = related[table.parent].table.take(pa.array(rows.parent))
        columns |= {f"{table.parent}.{name}": above.column(name) for name in above.column_names}
    return pa.table(columns)


def parent_policy(policy: RelatedPolicy, table: RelatedTable) -> SynthPolicy:
    """Return the policy of such rows."""
    own = tuple(replace(column, since="") for column in table.policy.learnt)
    above = () if table.parent is None else policy.table(table.parent).policy.learnt
    more = tuple(replace(column, name=f"{table.parent}.{column.name}", since="") for column in above)
    return replace(table.policy, columns=(*own, *more))


def people_policy(policy: RelatedPolicy) -> SynthPolicy:
    """Return the columns of the row that stands for a whole person; nothing is made of them but the judgement."""
    columns = [replace(column) for column in policy.root.policy.learnt]
    columns += [ColumnKind(_count_of(table.name), "number") for table in policy.tables[1:]]
    for table in policy.tables[1:]:
        columns += [replace(c, name=f"{table.name}.{c.name}", since="", range=None) for c in table.policy.learnt]
    kept = tuple(columns[:MOST_OF_A_PERSON])
    there = {column.name for column in kept}
    secrets = tuple(name for name in policy.root.policy.secrets if name in there)
    return replace(policy.head, columns=kept, targets=(), secrets=secrets)


def whole_people(policy: RelatedPolicy, related: Related) -> pa.Table:
    """Return one row for each person."""
    root = related[policy.root.name].table
    columns = {name: root.column(name) for name in root.column_names}
    first: dict[str, pa.Array] = {}
    for table in policy.tables[1:]:
        rows = related[table.name]
        columns[_count_of(table.name)] = pa.array(np.bincount(rows.person, minlength=root.num_rows))
        people, places = np.unique(rows.person, return_index=True)
        where = np.full(root.num_rows, -1, dtype=np.int64)
        where[people] = places
        taken = pa.array(where, mask=where < 0)
        for column in table.policy.learnt:
            first[f"{table.name}.{column.name}"] = rows.table.column(column.name).take(taken)
    whole = pa.table({**columns, **first})
    return whole.select([column.name for column in people_policy(policy).columns])


def _count_of(table: str) -> str:
    return f"{table} #"
