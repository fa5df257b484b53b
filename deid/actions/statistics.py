"""Statistics: a value becomes a figure over many."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import pyarrow as pa

from audit.text import Text
from deid.action import Action, Rows, Source, as_numbers, classes
from deid.keys import DomainKey

Figure = Literal["mean", "median", "min", "max", "sum"]

_FIGURES: Mapping[str, Callable[[Sequence[float]], float]] = MappingProxyType(
    {"mean": statistics.fmean, "median": statistics.median, "min": min, "max": max, "sum": sum}
)


@dataclass(frozen=True, slots=True)
class Aggregate(Action):
    """Show a figure of the whole column in every row."""

    figure: Figure = "mean"
    digits: int = 0
    _value: float | None = None
    techniques: ClassVar = ("aggregate",)
    summary: ClassVar = Text("열 전체의 평균·합계 등으로 바꿉니다.", "Shows a figure of the whole column in every row.")

    def survey(self, name: str, source: Source, key: DomainKey) -> Action:
        """Compute the figure."""
        values: list[float] = []
        for batch in source.batches((name,)):
            values.extend(v for v in as_numbers(batch.column(0), len(values), name).to_pylist() if v is not None)
        return replace(self, _value=round(_FIGURES[self.figure](values), self.digits) if values else None)

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the figure, also where the value was missing: a gap would tell who has none."""
        kind = pa.float64() if self.digits > 0 else pa.int64()
        return pa.array([None if self._value is None else kind_value(self._value, self.digits)] * len(column), kind)


@dataclass(frozen=True, slots=True)
class Microaggregate(Action):
    """Show in every row the figure of its group; with `groups` only in those."""

    by: tuple[str, ...]
    figure: Figure = "mean"
    digits: int = 0
    groups: tuple[str, ...] = ()
    _values: Mapping[tuple[Any, ...], float] = field(default_factory=dict)
    techniques: ClassVar = ("microaggregate",)
    summary: ClassVar = Text("묶음의 평균 등으로 바꿉니다.", "Shows the figure of the group instead of the value.")

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the columns that make the groups."""
        return self.by

    def survey(self, name: str, source: Source, key: DomainKey) -> Action:
        """Compute the figure of each group."""
        members: dict[tuple[Any, ...], list[float]] = defaultdict(list)
        seen = 0
        for batch in source.batches((name, *self.by)):
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            numbers = as_numbers(columns[name], seen, name).to_pylist()
            seen += len(numbers)
            for group, value in zip(classes(columns, self.by), numbers, strict=True):
                if value is not None and (not self.groups or "|".join(map(str, group)) in self.groups):
                    members[group].append(value)
        figure = _FIGURES[self.figure]
        return replace(self, _values={group: figure(values) for group, values in members.items()})

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the figures."""
        numbers = as_numbers(column, rows.start, rows.name)
        shown = [
            None if value is None else kind_value(self._values.get(group, value), self.digits)
            for group, value in zip(classes(rows.columns, self.by), numbers.to_pylist(), strict=True)
        ]
        return pa.array(shown, pa.float64() if self.digits > 0 else pa.int64())


def kind_value(value: float, digits: int) -> float | int:
    """Return a figure with so many digits behind the point, whole where there are none."""
    return round(value, digits) if digits > 0 else int(value + 0.5 if value >= 0 else value - 0.5)
