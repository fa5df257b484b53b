"""The zone's own engine for several tables: people first, then how many rows each has elsewhere, then those rows.

The number of children is learnt as a column of the parent. The columns of a child are drawn given those of its
parent and its ancestors, so that what a visit is like depends on who made it. Keys are new, and every reference leads
to a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deid.synth.coarsening import coarsened
from deid.synth.coding import LEAST_ROWS, Coding, learn_coding
from deid.synth.engine import NOISE
from deid.synth.grouping import Groups, grouped, ungrouped
from deid.synth.made import Makers, keys
from deid.synth.marginals import Codes, Marginals, Rule, measure, surplus
from deid.synth.ordering import ordered
from deid.synth.policy import ColumnKind
from deid.synth.port import Progress
from deid.synth.related_source import Places, Related, Rows, as_learnt, days_of
from deid.synth.relations import RelatedPolicy, RelatedTable
from deid.synth.sampling import draw, draw_given

MOST_CONTEXT = 12
"""Columns of the parent and its ancestors that the rows of a child depend on: those that say most of it."""
BLOCK_ROWS = 200_000
"""Rows of the largest table that are drawn together, about: it bounds memory."""
_COUNT = "#"


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt of one table."""

    table: RelatedTable
    coding: Coding
    groups: Groups
    context: tuple[int, ...]
    """Which columns of the parent's whole row (its own and its ancestors') the rows depend on."""
    marginals: Marginals
    alone: dict[str, float]


@dataclass(frozen=True, slots=True)
class Block:
    """Drawn rows of one table as numbers, before they get keys."""

    rows: Rows
    whole: Codes
    """The codes of a row and of its ancestors, which its children depend on."""


def learn_related(policy: RelatedPolicy, learnt: Related, random: np.random.Generator) -> dict[str, Model]:
    """Return what is learnt of each table. Raises: DataError."""
    # What is kept says of nothing that fewer than ten people have.
    least = max(policy.head.least_cell, LEAST_ROWS) if policy.save_model else policy.head.least_cell
    rule = Rule(LEAST_ROWS, least, NOISE, float(LEAST_ROWS) if policy.save_model else 0.0)
    models: dict[str, Model] = {}
    whole: dict[str, Codes] = {}
    widths: dict[str, tuple[int, ...]] = {}
    for table in policy.tables:
        rows = learnt[table.name]
        counted, kinds = _with_counts(policy, table, learnt)
        # The people's own table has one row for each of them; everywhere else a person can have many.
        people = rows.person if table.parent else None
        coding = learn_coding(counted, kinds, public_only=False, people=people)
        coding = coarsened(coding, coding.encode(counted), NOISE, random, people)
        together = tuple(tuple(coding.names.index(name) for name in group) for group in table.policy.together)
        codes, groups = grouped(coding.encode(counted), coding.sizes, together, least, people)
        above = whole[table.parent][rows.parent] if table.parent else np.empty((len(codes), 0), dtype=np.int32)
        above_sizes = widths[table.parent] if table.parent else ()
        context = _strongest(above, above_sizes, codes, groups.sizes)
        joint = np.hstack([above[:, list(context)], codes])
        sizes = (*(above_sizes[n] for n in context), *groups.sizes)
        marginals = measure(joint, sizes, rule, random, people)
        models[table.name] = Model(table, coding, groups, context, marginals, dict(rows.alone))
        whole[table.name], widths[table.name] = np.hstack([above, codes]), (*above_sizes, *groups.sizes)
    return models


def draw_related(
    policy: RelatedPolicy, models: dict[str, Model], people: int, random: np.random.Generator, progress: Progress
) -> Iterator[Related]:
    """Yield blocks of people with all their rows in all tables; numbers of rows begin anew in each block."""
    totals = [model.marginals.total for model in models.values()]
    most = max(1_000, int(BLOCK_ROWS * totals[0] / max(totals)))
    for start in range(0, people, most):
        blocks: dict[str, Block] = {}
        for table in policy.tables:
            size = min(most, people - start)
            blocks[table.name] = _drawn(models[table.name], blocks, size, policy, random)
        yield {name: block.rows for name, block in blocks.items()}
        progress(min(start + most, people), people)


def _drawn(
    model: Model, blocks: dict[str, Block], people: int, policy: RelatedPolicy, random: np.random.Generator
) -> Block:
    table = model.table
    if table.parent is None:
        codes = np.concatenate(list(draw(model.marginals, people, random)))
        parent = person = np.arange(people)
        above = np.empty((people, 0), dtype=np.int32)
    else:
        above_rows = blocks[table.parent]
        counts = _counts(above_rows.rows.table, table.name)
        parent = np.repeat(np.arange(len(counts)), counts)
        above = above_rows.whole[parent]
        given = above[:, list(model.context)]
        codes = draw_given(given, model.marginals, random)[:, given.shape[1] :]
        person = above_rows.rows.person[parent]
    decoded = model.coding.decode(ungrouped(codes, model.groups), random)
    return Block(Rows(decoded, parent, person, model.alone), np.hstack([above, codes]))


def finished(policy: RelatedPolicy, drawn: Related) -> Related:
    """Return drawn rows with the learnt columns of the policy alone: no counts, and dates where days were learnt."""
    done: Related = {}
    for table in policy.tables:
        rows = drawn[table.name]
        columns = {column.name: rows.table.column(column.name) for column in table.policy.learnt}
        for column in table.policy.learnt:
            if column.since and table.parent is not None:
                since, gone = days_of(done[table.parent].table, column.since)
                days, absent = days_of(rows.table, column.name)
                moved = (since[rows.parent] + days).astype(np.int32)
                columns[column.name] = pa.array(moved, pa.int32(), mask=absent | gone[rows.parent]).cast(pa.date32())
        filled = pa.table(columns) if columns else rows.table.select([])
        done[table.name] = replace(rows, table=filled)
    return done


def settled(policy: RelatedPolicy, drawn: Related) -> Related:
    """Return drawn rows as they are handed on: with the columns of the policy, and its orders kept."""
    done = finished(policy, drawn)
    return {
        table.name: replace(done[table.name], table=ordered(done[table.name].table, table.policy))
        for table in policy.tables
    }


def with_keys(
    policy: RelatedPolicy,
    block: Related,
    makers: Mapping[str, Makers],
    firsts: dict[str, int],
    random: np.random.Generator,
) -> Iterator[tuple[str, pa.Table]]:
    """Yield the tables of a block, parents first, with every column of the policy.

    `firsts` are the numbers of the first rows; they are moved on to those of the next block.
    """
    for table in policy.tables:
        rows = block[table.name]
        places = references(table, policy, block, random)
        led = {
            column.name: keys(np.where(places[column.name] < 0, -1, places[column.name] + firsts[column.table]))
            for column in table.references
        }
        yield table.name, makers[table.name].complete(rows.table, firsts[table.name], led)
    for name, rows in block.items():
        firsts[name] += rows.table.num_rows


def references(
    table: RelatedTable, policy: RelatedPolicy, drawn: Related, random: np.random.Generator
) -> dict[str, Places]:
    """Return the row that each reference of a table leads to, by row; -1 is none."""
    rows = drawn[table.name]
    found: dict[str, Places] = {}
    above: dict[str, Places] = {}
    here, up = rows.parent, table.parent
    while up is not None:
        above[up] = here
        here, up = drawn[up].parent[here], policy.table(up).parent
    for n, column in enumerate(table.references):
        if column.table in above:
            places = above[column.table]
        else:
            places = _siblings(rows.parent, drawn[column.table].parent, random)
        if n and (share := rows.alone.get(column.name, 0.0)):
            places = np.where(random.random(len(places)) < share, -1, places)
        found[column.name] = places
    return found


def _siblings(wanted: Places, there: Places, random: np.random.Generator) -> Places:
    """Return for each row any row of another table with the same parent; -1 where there is none."""
    order = np.argsort(there, kind="stable")
    first, last = (np.searchsorted(there[order], wanted, side=side) for side in ("left", "right"))
    chosen = first + (random.random(len(wanted)) * (last - first)).astype(np.int64)
    return np.where(last > first, order[np.minimum(chosen, max(len(order) - 1, 0))] if len(order) else -1, -1)


def _with_counts(
    policy: RelatedPolicy, table: RelatedTable, learnt: Related
) -> tuple[pa.Table, tuple[ColumnKind, ...]]:
    rows = learnt[table.name].table
    for child in policy.children(table.name):
        counts = np.bincount(learnt[child.name].parent, minlength=rows.num_rows)
        name = _COUNT + child.name
        rows = rows.append_column(name, pa.array(counts)) if rows.num_columns else pa.table({name: pa.array(counts)})
    return rows, coded_columns(policy, table)


def coded_columns(policy: RelatedPolicy, table: RelatedTable) -> tuple[ColumnKind, ...]:
    """Return the columns of a table as they are learnt: its own, and how many rows each of its children has for it."""
    counts = (ColumnKind(_COUNT + child.name, "number") for child in policy.children(table.name))
    return (*(as_learnt(column) for column in table.policy.learnt), *counts)


def _counts(rows: pa.Table, child: str) -> NDArray[np.int64]:
    return np.asarray(rows.column(_COUNT + child).to_numpy(), dtype=np.int64)


def _strongest(above: Codes, above_sizes: tuple[int, ...], codes: Codes, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the columns above that say most of the columns of a table, in their order."""
    said = []
    for n, width in enumerate(above_sizes):
        total = 0.0
        for m, size in enumerate(sizes):
            cells = above[:, n].astype(np.int64) * size + codes[:, m]
            counts = np.bincount(cells, minlength=width * size).astype(np.float64).reshape(width, size)
            total += max(0.0, surplus(counts))
        said.append(total)
    best = sorted(range(len(above_sizes)), key=lambda n: said[n], reverse=True)[:MOST_CONTEXT]
    return tuple(sorted(best))
