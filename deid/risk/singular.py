"""Singular values (특이정보): values that stand out, found in three ways that catch what the others miss.

Three standard deviations see nothing in ten values or fewer (the largest possible distance there is 2.85), and one
huge value hides itself by widening them; the median absolute deviation does not. Frequency finds rare words, which
have no distance at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from audit.text import Text
from deid.plain_numbers import as_numbers
from deid.risk.measures import NotComputed

SIGMAS = 3.0
MAD_LIMIT = 3.5
"""Iglewicz and Hoaglin 1993: modified z-scores above 3.5 are outliers."""
_MAD_SCALE = 0.6745
SMALLEST_FOR_SIGMA = 11
FEWER_THAN = 5

TOO_FEW = NotComputed(
    Text("값이 10개 이하라 표준편차로는 찾을 수 없습니다.", "three sigmas cannot be exceeded by ten values or fewer.")
)
NO_SPREAD = NotComputed(
    Text("값의 절반 이상이 같아 중앙값 편차가 0입니다.", "half the values or more are equal, so the deviation is zero.")
)
NOT_NUMBERS = NotComputed(Text("숫자가 아닙니다.", "the column does not hold numbers."))


@dataclass(frozen=True, slots=True)
class Singular:
    """How many rows of one column stand out, by each way of looking."""

    by_sigma: int | NotComputed
    by_median: int | NotComputed
    by_frequency: int
    """Rows whose value fewer than `FEWER_THAN` rows share."""


def singular_values(column: pa.ChunkedArray) -> Singular:
    """Return how many values of a column stand out; what a CSV holds as text counts as the numbers it is."""
    values = pc.drop_null(column)
    counts = pc.value_counts(values).field("counts").to_numpy(zero_copy_only=False)
    rare = int(counts[counts < FEWER_THAN].sum())
    values = pc.drop_null(as_numbers(values))
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        return Singular(NOT_NUMBERS, NOT_NUMBERS, rare)
    numbers = values.to_numpy().astype(np.float64)
    return Singular(_by_sigma(numbers), _by_median(numbers), rare)


def _by_sigma(numbers: NDArray[np.float64]) -> int | NotComputed:
    if len(numbers) < SMALLEST_FOR_SIGMA:
        return TOO_FEW
    spread = numbers.std()
    return int((np.abs(numbers - numbers.mean()) > SIGMAS * spread).sum()) if spread else 0


def _by_median(numbers: NDArray[np.float64]) -> int | NotComputed:
    if not len(numbers):
        return 0
    distance = np.abs(numbers - np.median(numbers))
    deviation = np.median(distance)
    if not deviation:
        return NO_SPREAD if (distance > 0).any() else 0
    return int((_MAD_SCALE * distance / deviation > MAD_LIMIT).sum())
