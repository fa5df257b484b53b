"""The population that a table was drawn from, as the sizes of its classes: what the journalist's chance depends on.

A journalist knows that somebody is in the population, not that they are in the table. So the class that counts is
that of the population (El Emam 2013, chapter 16). A class without a size leaves the measure not computed: to leave it
out would leave out the rows that may be easiest to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from audit.text import Text
from deid.risk.measures import NotComputed

_MISSING = "\0missing"


@dataclass(frozen=True, slots=True)
class Population:
    """Class sizes: one column for each quasi-identifier, with the values that the extract shows, and the people."""

    table: pa.Table
    count: str


@dataclass(frozen=True, slots=True)
class Outside:
    """What a population says of a table."""

    smallest: float
    """The people in the smallest class of the population that the table touches."""
    named_right: float
    """The share of rows named right if every row is matched with somebody of its class at random."""


def outside(table: pa.Table, quasi: Sequence[str], population: Population) -> Outside | NotComputed:
    """Return what a population says of a table, or why it says nothing."""
    names = list(quasi)
    if missing := [name for name in names if name not in population.table.column_names]:
        shown = ", ".join(missing)
        return NotComputed(Text(f"모집단 자료에 없는 열: {shown}", f"the population lacks column {shown}."))
    rows = _keyed(table, names).group_by(names).aggregate([([], "count_all")])
    people = pc.cast(population.table.column(population.count), pa.float64())
    sizes = _keyed(population.table, names).append_column("people", people)
    joined = rows.join(sizes.group_by(names).aggregate([("people", "sum")]), names, join_type="left outer")
    found, inside = joined.column("people_sum"), pc.cast(joined.column("count_all"), pa.float64())
    if found.null_count:
        return NotComputed(
            Text(
                f"모집단 자료에 크기가 없는 묶음이 {found.null_count:,}개 있습니다.",
                f"the population has no size for {found.null_count:,} classes of the table.",
            )
        )
    if pc.any(pc.less(found, inside)).as_py():
        return NotComputed(
            Text(
                "모집단이 자료보다 작은 묶음이 있습니다.",
                "some classes of the population are smaller than the table's.",
            )
        )
    return Outside(float(pc.min(found).as_py()), float(pc.sum(pc.divide(inside, found)).as_py() / table.num_rows))


def _keyed(table: pa.Table, names: list[str]) -> pa.Table:
    """Return the columns as text, which is how two files agree on a value; missing is a value of its own."""
    return pa.table({name: pc.fill_null(pc.cast(_plain(table.column(name)), pa.string()), _MISSING) for name in names})


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(column, column.type.value_type) if pa.types.is_dictionary(column.type) else column
