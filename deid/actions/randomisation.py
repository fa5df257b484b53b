"""Randomisation: what is shown is no longer exactly what was, by an amount that the policy states."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from audit.text import Text
from deid.action import Action, Rows, Source, as_numbers, at_least, classes, on_numbers
from deid.keys import DomainKey
from deid.pseudonyms import identifiers, one_way
from deid.randomness import normal, permutation, uniform, words


@dataclass(frozen=True, slots=True)
class Noise(Action):
    """Add random amounts to numbers; with `subject` all numbers of one person get the same amount."""

    scale: float
    shape: Literal["normal", "uniform", "laplace"] = "normal"
    subject: str | None = None
    pair: str | None = None
    digits: int = 0
    techniques: ClassVar = ("noise",)
    summary: ClassVar = Text(
        "무작위 값을 더합니다. 짝이 되는 열에는 같은 값을 더합니다.",
        "Adds random amounts; paired columns get the same amount.",
    )

    def mistake(self) -> Text | None:
        """Refuse noise that changes nothing."""
        return None if self.scale > 0 else Text("scale은 0보다 커야 합니다", "scale must be more than 0")

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the column that says whose number it is."""
        return (self.subject,) if self.subject else ()

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the changed numbers.

        Columns that name the same `pair` get the same amount in the same row (or for the same person), so that the
        difference between them, such as a length of stay, stays true.
        """
        numbers = as_numbers(column, rows.start, rows.name)
        key = rows.key.derive(f"noise|{self.pair or rows.name}")
        amounts = self._amounts(key, self._counters(rows, key))
        valid = numbers.is_valid().to_numpy(zero_copy_only=False)

        def change(values: NDArray[Any]) -> NDArray[Any]:
            noisy = np.round(values + amounts[valid], self.digits)
            result: NDArray[Any] = noisy.astype(np.int64) if self.digits <= 0 else noisy
            return result

        return on_numbers(numbers, change)

    def _counters(self, rows: Rows, key: bytes) -> NDArray[np.uint64]:
        if self.subject is None:
            return rows.numbers()
        tokens = one_way(identifiers(rows.columns[self.subject], self.subject), key).fill_null("0")
        return np.array([int(token[:16], 16) for token in tokens.to_pylist()], dtype=np.uint64)

    def _amounts(self, key: bytes, counters: NDArray[np.uint64]) -> NDArray[np.float64]:
        match self.shape:
            case "normal":
                return self.scale * normal(key, counters)
            case "uniform":
                return self.scale * (2.0 * uniform(key, counters) - 1.0)
            case "laplace":
                centred = uniform(key, counters) - 0.5
                return -self.scale * np.sign(centred) * np.log1p(-2.0 * np.abs(centred))


@dataclass(frozen=True, slots=True)
class Permute(Action):
    """Exchange values between rows at random; with `by` only within a class, which keeps its totals."""

    by: tuple[str, ...] = ()
    _shuffled: pa.Array | None = None
    techniques: ClassVar = ("permute",)
    summary: ClassVar = Text(
        "행 사이에서 값을 서로 바꿉니다. 같은 묶음 안에서만 바꿀 수 있습니다.",
        "Exchanges values between rows, within a class where one is named.",
    )

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the columns that make the classes."""
        return self.by

    def survey(self, name: str, source: Source, key: DomainKey) -> Action:
        """Choose a new place for every value."""
        parts: list[pa.Array] = []
        groups: list[tuple[Any, ...]] = []
        for batch in source.batches((name, *self.by)):
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            parts.append(columns[name])
            groups.extend(classes(columns, self.by) if self.by else [()] * len(columns[name]))
        if not parts:
            return self
        members: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for row, group in enumerate(groups):
            members[group].append(row)
        order = np.arange(len(groups))
        random = permutation(key.derive(f"permute|{name}"), len(groups))
        rank = np.empty_like(random)
        rank[random] = np.arange(len(random))
        for rows_of_class in members.values():
            places = np.array(rows_of_class)
            order[places] = places[np.argsort(rank[places], kind="stable")]
        whole = pa.chunked_array(parts).combine_chunks()
        return replace(self, _shuffled=whole.take(pa.array(order)))

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the values that now stand in these rows."""
        return column if self._shuffled is None else self._shuffled.slice(rows.start, len(column))


@dataclass(frozen=True, slots=True)
class RandomReplace(Action):
    """Replace every value by a random whole number that says nothing of it."""

    low: int
    high: int
    techniques: ClassVar = ("random_replace",)
    summary: ClassVar = Text("값과 무관한 난수로 바꿉니다.", "Replaces every value by a random number.")

    def mistake(self) -> Text | None:
        """Refuse numbers that mean nothing."""
        return at_least(0, high_minus_low=self.high - self.low)

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the random numbers."""
        drawn = words(rows.secret("random_replace"), rows.numbers())[:, 0] % np.uint64(self.high - self.low + 1)
        numbers = pa.array(drawn.astype(np.int64) + self.low)
        return pc.if_else(column.is_valid(), numbers, pa.scalar(None, pa.int64()))
