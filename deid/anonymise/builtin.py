"""Hierarchies that nobody has to write: ages, dates and Korean region codes, made from the values of a column.

Ages widen to 5, 10 and 20 years; dates to month, quarter and year; a region code (법정동코드, 행정구역코드) loses its
neighbourhood and its district; anything else is shown or not (flat). The last level shows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal, get_args

from audit.text import Text
from deid.anonymise.hierarchy import MISSING, Hierarchy
from deid.errors import DataError, UsageError

Kind = Literal["age", "date", "region", "flat"]
NOTHING = "*"
_OLDEST = 150
_DATE = re.compile(r"((?:18|19|20)[0-9]{2})[-./]?([01][0-9])[-./]?([0-3][0-9])(?:[ T].*)?")
_REGION_DIGITS = (8, 5, 2)


def builtin_hierarchy(column: str, kind: str, values: Iterable[str]) -> Hierarchy:
    """Return the hierarchy of a kind for the values of a column.

    Raises: UsageError — if there is no such kind. DataError — if a value is not of the kind; it is not shown.
    """
    if kind not in get_args(Kind):
        raise UsageError(
            Text(
                f"내장 계층은 {', '.join(_LEVELS)}입니다: {kind}",
                f"{kind} is no built-in hierarchy: {', '.join(_LEVELS)}.",
            )
        )
    given = [value for value in values if value != MISSING]
    rows = {value: _LEVELS[kind](value) for value in given}
    wrong = sum(row is None for row in rows.values())
    heights = {len(row) for row in rows.values() if row is not None}
    if wrong or len(heights) > 1:
        raise DataError(
            Text(
                f"{column} 열의 값 {wrong or len(rows)}개를 {kind} 계층으로 읽을 수 없습니다.",
                f"{wrong or len(rows)} values of column {column} are no {kind}, or of several kinds.",
            )
        )
    height = max(heights, default=1)
    levels = [dict.fromkeys(given, NOTHING) for _ in range(height)]
    for value, row in rows.items():
        for level, shown in enumerate(row or ()):
            levels[level][value] = shown
    return Hierarchy(column, tuple(levels))


def _age(value: str) -> Sequence[str] | None:
    if not re.fullmatch(r"[0-9]{1,3}(\.0)?", value) or float(value) > _OLDEST:
        return None
    age = int(float(value))
    return (value, *(f"{age // width * width}~{age // width * width + width - 1}" for width in (5, 10, 20)), NOTHING)


def _date(value: str) -> Sequence[str] | None:
    found = _DATE.fullmatch(value)
    if not found:
        return None
    try:
        day = date(*map(int, found.groups()))
    except ValueError:
        return None
    quarter = f"{day.year}Q{(day.month + 2) // 3}"
    return (value, f"{day.year}-{day.month:02d}", quarter, str(day.year), f"{day.year // 10}0s", NOTHING)


def _region(value: str) -> Sequence[str] | None:
    if not re.fullmatch(r"[0-9]{2}|[0-9]{5}|[0-9]{8}|[0-9]{10}", value):
        return None
    return (value, *(value[:digits] for digits in _REGION_DIGITS if digits < len(value)), NOTHING)


def _flat(value: str) -> Sequence[str]:
    return (value, NOTHING)


_LEVELS: Mapping[str, Callable[[str], Sequence[str] | None]] = MappingProxyType(
    {"age": _age, "date": _date, "region": _region, "flat": _flat}
)


def as_texts(values: Sequence[object]) -> list[str]:
    """Return values as a hierarchy names them; dates without a time of day, missing as an empty text."""
    return [_text(value) for value in values]


def _text(value: object) -> str:
    if value is None:
        return MISSING
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != value.time().min else value.date().isoformat()
    return str(value)
