"""What each action of a policy bought: the risk step by step, and what it would be if one action were left out.

Both tables are the same rows in the same order, before and after, and only their quasi-identifiers count. The order
of the steps is the policy's; an action may look small only because an earlier one did its work already, which is why
each is also judged by leaving it out alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from deid.risk.classes import classes
from deid.risk.measures import NO_ROWS, Figure, uniques


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the rows can be told apart."""

    k: Figure
    average: Figure
    """The mean chance to name a row right."""
    unique: Figure
    """The share of rows that are alone in their class."""


@dataclass(frozen=True, slots=True)
class Step:
    """One action."""

    column: str
    action: str
    values_before: int
    values_after: int
    standing: Standing
    """After this action and those before it."""
    without: Standing
    """With all actions but this one."""


@dataclass(frozen=True, slots=True)
class Bought:
    """All actions on quasi-identifiers."""

    start: Standing
    steps: tuple[Step, ...]


def bought(before: pa.Table, after: pa.Table, actions: Mapping[str, str]) -> Bought:
    """Return what the actions bought; `actions` names the one of each quasi-identifier, in the policy's order.

    A column that the extract leaves out is missing in `after`.
    """
    raw = {name: before.column(name) for name in actions}
    shown = {name: after.column(name) for name in actions if name in after.column_names}
    current: dict[str, pa.ChunkedArray] = dict(raw)
    steps = []
    for name, action in actions.items():
        current = _with(current, shown, name)
        without = {**shown, name: raw[name]}
        steps.append(
            Step(
                name,
                action,
                _values(raw[name]),
                _values(shown[name]) if name in shown else 0,
                _standing(current, before.num_rows),
                _standing(without, before.num_rows),
            )
        )
    return Bought(_standing(raw, before.num_rows), tuple(steps))


def _with(
    current: Mapping[str, pa.ChunkedArray], shown: Mapping[str, pa.ChunkedArray], name: str
) -> dict[str, pa.ChunkedArray]:
    rest = {one: column for one, column in current.items() if one != name}
    return {**rest, name: shown[name]} if name in shown else rest


def _standing(columns: Mapping[str, pa.ChunkedArray], rows: int) -> Standing:
    if not rows:
        return Standing(NO_ROWS, NO_ROWS, NO_ROWS)
    names: Sequence[str] = tuple(columns)
    # Without any column all rows are one class.
    table = pa.table(dict(columns)) if columns else pa.table({"all": pa.nulls(rows)})
    found = classes(table, names)
    return Standing(float(found.sizes.min()), len(found.sizes) / rows, uniques(found) / rows)


def _values(column: pa.ChunkedArray) -> int:
    return len(column.unique())
