"""What several tables are drawn from, in the form in which it may be kept: as that of one table, table by table.

Nothing is told that fewer than ten people stand behind: not a value, not a combination, not how many rows they have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from deid.synth.coding import LEAST_ROWS, Coding, Numbers
from deid.synth.made import makers_without_source
from deid.synth.model import damaged, read_coding, read_counts, read_document, table_document, written
from deid.synth.port import Progress
from deid.synth.related import MOST_CONTEXT, Model, coded_columns, draw_related, settled, with_keys
from deid.synth.relations import RelatedPolicy, RelatedTable, parse_extract_policy

MOST_CHILDREN = 100_000
"""Rows that one row can have in a child table; a file that says more is damaged."""


@dataclass(frozen=True, slots=True)
class RelatedModel:
    """What was learnt of all tables."""

    policy: RelatedPolicy
    models: dict[str, Model]

    def document(self) -> bytes:
        """Return the model as it may be kept."""
        tables = {
            name: {
                "context": list(model.context),
                "alone": {column: _blurred(share, model.marginals.total) for column, share in model.alone.items()},
                **table_document(model.coding, model.groups, model.marginals),
            }
            for name, model in self.models.items()
        }
        return written({"policy": self.policy.head.content, "tables": tables})

    def draw(self, people: int, random: np.random.Generator, progress: Progress) -> Iterator[tuple[str, pa.Table]]:
        """Yield rows of so many people, table by table, with new keys and every column of the policy."""
        makers = {table.name: makers_without_source(table.policy, random) for table in self.policy.tables}
        firsts = dict.fromkeys(makers, 1)
        for block in draw_related(self.policy, self.models, people, random, progress):
            yield from with_keys(self.policy, settled(self.policy, block), makers, firsts, random)


def read_related_model(data: bytes) -> RelatedModel:
    """Return a kept model of several tables.

    Raises: DataError — for anything that is not exactly one.
    """
    with damaged():
        found = read_document(data)
        policy = parse_extract_policy(str(found["policy"]))
        if not isinstance(policy, RelatedPolicy):
            raise ValueError("the policy of one table")
        models: dict[str, Model] = {}
        widths: dict[str, tuple[int, ...]] = {}
        for table in policy.tables:
            above = widths[table.parent] if table.parent else ()
            models[table.name] = _model(policy, table, found["tables"][table.name], above)
            widths[table.name] = (*above, *models[table.name].groups.sizes)
        return RelatedModel(policy, models)


def is_of_several(data: bytes) -> bool:
    """Return whether a kept model is one of several tables. Raises: DataError — if it is none."""
    with damaged():
        return "tables" in read_document(data)


def _model(policy: RelatedPolicy, table: RelatedTable, found: Mapping[str, Any], above: tuple[int, ...]) -> Model:
    coding, groups = read_coding(found, coded_columns(policy, table))
    context = tuple(int(n) for n in found["context"])
    if (
        sorted(set(context)) != list(context)
        or len(context) > MOST_CONTEXT
        or not set(context) <= set(range(len(above)))
    ):
        raise ValueError("a context of other columns")
    _refuse_strange_counts(coding, len(table.policy.learnt))
    counts = read_counts(found, (*(above[n] for n in context), *groups.sizes))
    alone = {column.name: float(found["alone"][column.name]) for column in table.references[1:]}
    if not all(0.0 <= share <= 1.0 for share in alone.values()):
        raise ValueError("a share of more than all")
    return Model(table, coding, groups, context, counts, alone)


def _refuse_strange_counts(coding: Coding, own: int) -> None:
    """Refuse numbers of children that no row can have. Raises: ValueError."""
    for coder in coding.coders[own:]:
        assert isinstance(coder, Numbers)
        if not coder.integers or coder.missing or coder.edges[0] < 0.0 or coder.edges[-1] > MOST_CHILDREN:
            raise ValueError("no number of rows")


def _blurred(share: float, rows: float) -> float:
    """Return a share in hundredths, and none or all where it would tell of fewer than ten rows.

    Who has them is counted where the rows are read (`Rows.alone`): here it is no longer known whose they are.
    """
    if min(share, 1.0 - share) * rows < LEAST_ROWS:
        return float(round(share))
    return round(share, 2)
