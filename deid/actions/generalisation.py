"""Generalisation: a value becomes the group it belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from audit.text import Text
from deid.action import Action, Rows, Source, as_numbers, at_least, classes, on_numbers
from deid.errors import DataError
from deid.keys import DomainKey
from deid.randomness import uniform

Direction = Literal["half_up", "up", "down"]


@dataclass(frozen=True, slots=True)
class Round(Action):
    """Round to multiples of a number."""

    to: int
    direction: Direction = "half_up"
    techniques: ClassVar = ("round",)
    summary: ClassVar = Text("정한 단위로 반올림·올림·내림합니다.", "Rounds to multiples of a number.")

    def mistake(self) -> Text | None:
        """Refuse a unit that is none."""
        return at_least(1, to=self.to)

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the rounded numbers."""
        return on_numbers(as_numbers(column, rows.start, rows.name), self._round)

    def _round(self, values: NDArray[Any]) -> NDArray[Any]:
        if values.dtype.kind == "i":
            added = {"down": 0, "half_up": self.to // 2, "up": self.to - 1}[self.direction]
            return (values + added) // self.to * self.to
        scaled = values / self.to
        steps = np.ceil(scaled) if self.direction == "up" else np.floor(scaled + 0.5 * (self.direction == "half_up"))
        result: NDArray[Any] = steps * self.to
        return result


@dataclass(frozen=True, slots=True)
class RoundRandom(Action):
    """Round up or down at random, the nearer multiple more often, so that sums stay right on average."""

    to: int
    techniques: ClassVar = ("round_random",)
    summary: ClassVar = Text(
        "가까운 배수로 확률에 따라 올리거나 내립니다.", "Rounds up or down at random, the nearer more often."
    )

    def mistake(self) -> Text | None:
        """Refuse a unit that is none."""
        return at_least(1, to=self.to)

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the rounded numbers; a multiple stays as it is."""
        numbers = as_numbers(column, rows.start, rows.name)
        valid = numbers.is_valid().to_numpy(zero_copy_only=False)
        chance = uniform(rows.secret("round_random"), rows.numbers())[valid]

        def change(values: NDArray[Any]) -> NDArray[Any]:
            below = np.floor_divide(values, self.to) * self.to
            result: NDArray[Any] = below + self.to * (chance < (values - below) / self.to)
            return result.astype(values.dtype)

        return on_numbers(numbers, change)


@dataclass(frozen=True, slots=True)
class RoundControlled(Action):
    """Round so that the total of the column, and of each group in it, is the rounded true total."""

    to: int
    by: tuple[str, ...] = ()
    _raised: Mapping[int, int] = field(default_factory=dict)
    techniques: ClassVar = ("round_controlled",)
    summary: ClassVar = Text("합계가 유지되도록 반올림합니다.", "Rounds so that totals are kept.")

    def mistake(self) -> Text | None:
        """Refuse a unit that is none."""
        return at_least(1, to=self.to)

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the columns that make the groups."""
        return self.by

    def survey(self, name: str, source: Source, key: DomainKey) -> Action:
        """Choose which values are rounded up: those that lose least by it."""
        values: list[int | float | None] = []
        groups: list[tuple[Any, ...]] = []
        for batch in source.batches((name, *self.by)):
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            numbers = as_numbers(columns[name], len(values), name)
            groups.extend(classes(columns, self.by) if self.by else [()] * len(numbers))
            values.extend(numbers.to_pylist())
        members: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for row, (group, value) in enumerate(zip(groups, values, strict=True)):
            if value is not None:
                members[group].append(row)
        raised: dict[int, int] = {}
        for member in members.values():
            raised.update(_controlled(member, [values[row] or 0 for row in member], self.to))
        return replace(self, _raised=raised)

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the numbers as they were chosen."""
        numbers = as_numbers(column, rows.start, rows.name)
        result = [self._raised.get(rows.start + offset) for offset in range(len(numbers))]
        return pa.array(result, pa.int64())


def _controlled(rows: list[int], values: list[int | float], to: int) -> dict[int, int]:
    """Return the rounded value of each row: largest remainders go up until the rounded total is met."""
    below = [int(value // to) * to for value in values]
    total = int((sum(values) + to / 2) // to) * to
    missing = (total - sum(below)) // to
    order = sorted(range(len(rows)), key=lambda i: (below[i] - values[i], rows[i]))
    chosen = dict(zip(rows, below, strict=True))
    for i in order[:missing]:
        chosen[rows[i]] += to
    return chosen


@dataclass(frozen=True, slots=True)
class TopBottomCode(Action):
    """Replace what lies beyond a bound by the bound."""

    bottom: float | None = None
    top: float | None = None
    techniques: ClassVar = ("top_bottom_code",)
    summary: ClassVar = Text(
        "상한·하한을 넘는 값을 그 경계값으로 바꿉니다.", "Replaces what lies beyond a bound by it."
    )

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the bounded numbers."""
        numbers = as_numbers(column, rows.start, rows.name)

        def change(values: NDArray[Any]) -> NDArray[Any]:
            bounded: NDArray[Any] = np.clip(values, self.bottom, self.top)
            return bounded.astype(values.dtype)

        return on_numbers(numbers, change)


@dataclass(frozen=True, slots=True)
class Range(Action):
    """Show the interval that a number lies in, as `low~high` with the upper end left out."""

    width: int | None = None
    edges: tuple[float, ...] = ()
    techniques: ClassVar = ("range",)
    summary: ClassVar = Text("값 대신 값이 속한 구간을 보입니다.", "Shows the interval that a number lies in.")

    def mistake(self) -> Text | None:
        """Refuse what makes no intervals."""
        if (self.width is None) == (not self.edges):
            return Text("width나 edges 중 하나만 정하십시오", "needs either width or edges")
        if list(self.edges) != sorted(set(self.edges)):
            return Text("edges는 작은 수부터 차례로 적으십시오", "edges must rise")
        return None if self.width is None else at_least(1, width=self.width)

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the intervals; beyond the outermost edges they are open."""
        numbers = as_numbers(column, rows.start, rows.name)
        return on_numbers(numbers, self._by_edges if self.edges else self._by_width)

    def _by_width(self, values: NDArray[Any]) -> NDArray[Any]:
        width = self.width or 1
        low, inverse = np.unique(np.floor_divide(values, width).astype(np.int64), return_inverse=True)
        labels = np.array([f"{int(n) * width}~{(int(n) + 1) * width}" for n in low], dtype=object)
        result: NDArray[Any] = labels[inverse]
        return result

    def _by_edges(self, values: NDArray[Any]) -> NDArray[Any]:
        names = [f"{edge:g}" for edge in self.edges]
        inner = [f"{low}~{high}" for low, high in pairwise(names)]
        labels = np.array([f"~{names[0]}", *inner, f"{names[-1]}~"], dtype=object)
        result: NDArray[Any] = labels[np.searchsorted(np.array(self.edges), values, side="right")]
        return result


@dataclass(frozen=True, slots=True)
class GeneralizeLocal(Action):
    """Show, within each group, the interval from its smallest to its largest value; other rows stay as they are."""

    by: tuple[str, ...]
    groups: tuple[str, ...] = ()
    _spans: Mapping[tuple[Any, ...], str] = field(default_factory=dict)
    techniques: ClassVar = ("generalize_local",)
    summary: ClassVar = Text(
        "묶음 안의 최솟값~최댓값으로 바꿉니다.", "Shows the span of values within each group instead of the value."
    )

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the columns that make the groups."""
        return self.by

    def survey(self, name: str, source: Source, key: DomainKey) -> Action:
        """Find the span of each group."""
        spans: dict[tuple[Any, ...], tuple[float, float]] = {}
        seen = 0
        for batch in source.batches((name, *self.by)):
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            numbers = as_numbers(columns[name], seen, name).to_pylist()
            seen += len(numbers)
            for group, value in zip(classes(columns, self.by), numbers, strict=True):
                if value is not None and self._applies(group):
                    low, high = spans.get(group, (value, value))
                    spans[group] = min(low, value), max(high, value)
        return replace(self, _spans={group: f"{low:,}~{high:,}" for group, (low, high) in spans.items()})

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the spans, as text."""
        texts = pc.cast(column, pa.string()).to_pylist()
        groups = classes(rows.columns, self.by)
        shown = [
            value if value is None else self._spans.get(group, value)
            for group, value in zip(groups, texts, strict=True)
        ]
        return pa.array(shown, pa.string())

    def _applies(self, group: tuple[Any, ...]) -> bool:
        return not self.groups or "|".join(map(str, group)) in self.groups


@dataclass(frozen=True, slots=True)
class Categorize(Action):
    """Replace texts by the category that a table names for them."""

    categories: Mapping[str, str]
    other: str | None = None
    techniques: ClassVar = ("categorize",)
    summary: ClassVar = Text("글자를 정한 범주로 바꿉니다.", "Replaces texts by the category a table names for them.")

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the categories.

        Raises: DataError — for a text without a category, where none is named for the others.
        """
        encoded = pc.dictionary_encode(pc.cast(column, pa.string()))
        values = [self.categories.get(value, self.other) for value in encoded.dictionary.to_pylist()]
        if None in values:
            missing = pa.scalar(values.index(None), encoded.indices.type)
            row = rows.start + pc.index(encoded.indices, missing).as_py() + 1
            raise DataError(
                Text(
                    f"{rows.name} 열 {row}행: 범주가 정해지지 않은 값입니다. other를 정하십시오.",
                    f"column {rows.name}, row {row}: a value without a category; name one in `other`.",
                )
            )
        return pa.DictionaryArray.from_arrays(encoded.indices, pa.array(values, pa.string())).cast(pa.string())


@dataclass(frozen=True, slots=True)
class GeoLevel(Action):
    """Cut a Korean region code (법정동코드 or 행정구역코드) to a level."""

    level: Literal["sido", "sigungu", "eupmyeondong"]
    techniques: ClassVar = ("generalize_local", "partial_suppress", "range")
    summary: ClassVar = Text("행정구역 코드를 시도·시군구 수준으로 줄입니다.", "Cuts a Korean region code to a level.")

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the first digits of the code: 2 for a province, 5 for a district, 8 for a neighbourhood."""
        digits = {"sido": 2, "sigungu": 5, "eupmyeondong": 8}[self.level]
        texts = pc.cast(column, pa.string())
        good = pc.match_substring_regex(texts, pattern=f"^[0-9]{{{digits},10}}$")
        if not pc.all(pc.fill_null(good, True)).as_py():
            row = rows.start + pc.index(pc.fill_null(good, True), False).as_py() + 1
            raise DataError(
                Text(f"{rows.name} 열 {row}행: 행정구역 코드가 아닙니다.", f"column {rows.name}, row {row}: no code.")
            )
        return pc.utf8_slice_codeunits(texts, start=0, stop=digits)
