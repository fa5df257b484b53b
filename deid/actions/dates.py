"""Dates: shifted by an amount of their own for each person, or cut to a longer unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from audit.text import Text
from deid.action import Action, Rows, at_least
from deid.errors import DataError
from deid.pseudonyms import identifiers, one_way

_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True, slots=True)
class DateShift(Action):
    """Shift all dates of one person by the same secret number of weeks or days.

    The time between two dates of one person stays. Whole weeks are the default: a shift by days can be worked out
    from what only happens on some weekdays.
    """

    subject: str
    most: int = 26
    unit: Literal["weeks", "days"] = "weeks"
    techniques: ClassVar = ("noise",)
    summary: ClassVar = Text(
        "같은 사람의 날짜를 같은 만큼 옮깁니다. 기간은 그대로입니다.",
        "Shifts the dates of one person by the same amount; lengths of time stay.",
    )

    def mistake(self) -> Text | None:
        """Refuse numbers that mean nothing."""
        return at_least(1, most=self.most)

    def caution(self) -> Text | None:
        """Say what a shift by days tells."""
        if self.unit == "weeks":
            return None
        return Text(
            "요일이 달라지므로, 평일에만 있는 일이나 공휴일로 옮긴 날수를 알아낼 수 있습니다. weeks를 쓰십시오.",
            "The weekday changes: what only happens on workdays, or holidays, tell the shift. Use weeks.",
        )

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the column that says whose date it is."""
        return (self.subject,)

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the shifted dates; a date without a person is left out, since nothing says how far to shift it."""
        dates, timed = as_moments(column, rows)
        subjects = identifiers(rows.columns[self.subject], self.subject)
        days = shift_of(subjects, rows.key.derive("date_shift"), self.most) * (7 if self.unit == "weeks" else 1)
        per_day = 86_400_000_000 if timed else 1
        values = pc.cast(dates, pa.int64()) if timed else pc.cast(pc.cast(dates, pa.int32()), pa.int64())
        moved = pc.add(values, pa.array(days * per_day, mask=~subjects.is_valid().to_numpy(zero_copy_only=False)))
        return pc.cast(moved, pa.timestamp("us")) if timed else pc.cast(pc.cast(moved, pa.int32()), pa.date32())


@dataclass(frozen=True, slots=True)
class DateFloor(Action):
    """Cut dates to the beginning of a longer unit."""

    unit: Literal["week", "month", "quarter", "year"]
    techniques: ClassVar = ("range", "round")
    summary: ClassVar = Text("날짜를 월·분기·연도 단위로 줄입니다.", "Cuts dates to a month, quarter or year.")

    def apply(self, column: pa.Array, rows: Rows) -> pa.Array:
        """Return the first day of the unit."""
        moments, _ = as_moments(column, rows)
        days = pc.cast(pc.cast(moments, pa.date32(), safe=False), pa.int32())
        first, last = pc.min_max(days).values()
        if not first.is_valid or last.as_py() - first.as_py() >= len(days):
            return self._floor(days)
        # There are fewer days than rows: each day is cut once.
        table = self._floor(pa.array(np.arange(first.as_py(), last.as_py() + 1, dtype=np.int32)))
        return table.take(pc.subtract(days, first))

    def _floor(self, days: pa.Array) -> pa.Array:
        moments = pc.cast(pc.cast(days, pa.date32()), pa.timestamp("us"))
        return pc.cast(pc.floor_temporal(moments, unit=self.unit), pa.date32())


def shift_of(subjects: pa.Array, key: bytes, most: int) -> NDArray[np.int64]:
    """Return the shift of each subject: -most to most without 0, which would shift nothing."""
    tokens = one_way(subjects, key)
    encoded = pc.dictionary_encode(tokens)
    shifts = [_shift(token, most) for token in encoded.dictionary.to_pylist()]
    indices = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    table = np.array(shifts or [0], dtype=np.int64)
    return np.asarray(table[indices], dtype=np.int64)


def as_moments(column: pa.Array, rows: Rows) -> tuple[pa.Array, bool]:
    """Return a column as dates or times, and whether it has times of day.

    Raises: DataError — naming the first row that is neither.
    """
    if pa.types.is_timestamp(column.type):
        return pc.cast(column, pa.timestamp("us")), True
    if pa.types.is_date(column.type):
        return pc.cast(column, pa.date32()), False
    if pa.types.is_integer(column.type):
        column = pc.cast(column, pa.string())
    if pa.types.is_string(column.type):
        texts = pc.utf8_trim_whitespace(column)
        texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
        for pattern in _FORMATS:
            parsed = pc.strptime(texts, format=pattern, unit="us", error_is_null=True)
            if parsed.null_count == texts.null_count:
                timed = "%H" in pattern
                return (parsed if timed else pc.cast(parsed, pa.date32())), timed
    raise DataError(
        Text(
            f"{rows.name} 열: 날짜로 읽을 수 없는 값이 {rows.start + 1}행 이후에 있습니다.",
            f"column {rows.name}: a value from row {rows.start + 1} on is no date.",
        )
    )


def _shift(token: Any, most: int) -> int:
    number = int(token[:15], 16) % (2 * most)
    return number - most if number < most else number - most + 1
