"""Counts and largest contributions behind a table, for the check that no published number can pass without.

A sum may be almost wholly that of one firm, and a rounded count may hide three people: the table does not show it.
This file does, beside the table, and never leaves the zone. The format is that of `egress_review.checks.evidence`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

SUFFIX = ".evidence.json"
VERSION = 1
MOST_DIMENSIONS = 4
MOST_CELLS = 50_000
MOST_PARTS = 20
LARGEST = 5

Key = tuple["str | None", ...]


class Unsuitable(ValueError):
    """A frame of which no evidence can be made; the reason in Korean and in English."""


def write(
    frame: Any, table: Path, *, by: Sequence[str], value: str | None = None, unit: str | None = None
) -> tuple[Path, int]:
    """Write the evidence on `table` beside it; give its path and the number of its cells.

    A second breakdown of the same table is added to the first; the same breakdown again replaces itself.
    Raises: Unsuitable, OSError.
    """
    names = (by,) if isinstance(by, str) else tuple(by)
    part = _part(frame, names, value, unit)
    path = table.with_name(table.name + SUFFIX)
    kept = [one for one in _parts_in(path) if (one["by"], one["value"]) != (part["by"], part["value"])]
    if len(kept) >= MOST_PARTS:
        raise Unsuitable("이 표의 근거가 너무 많습니다.", "There is too much evidence on this table.")
    content = {"ansim_evidence": VERSION, "table": table.name, "parts": [*kept, part]}
    half = path.with_name(f".{path.name}.part")
    half.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    half.replace(path)
    return path, len(part["cells"])


def _parts_in(path: Path) -> list[dict[str, Any]]:
    """The breakdowns that were written before; none where the file is not one of these."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return list(content["parts"]) if content["ansim_evidence"] == VERSION else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _part(frame: Any, by: tuple[str, ...], value: str | None, unit: str | None) -> dict[str, Any]:
    if not 1 <= len(by) <= MOST_DIMENSIONS:
        raise Unsuitable(
            f"by에는 열 이름을 1개에서 {MOST_DIMENSIONS}개까지 적습니다.", f"Name 1 to {MOST_DIMENSIONS} columns in by."
        )
    finest, missing = _finest(frame, by, value, unit)
    cells = [
        cell
        for size in range(len(by), -1, -1)
        for kept in combinations(range(len(by)), size)
        for cell in _cells(_merged(finest, kept), amounts=value is not None)
    ]
    if len(cells) > MOST_CELLS:
        raise Unsuitable(
            f"칸이 {MOST_CELLS}개를 넘습니다. 범주를 줄이십시오.",
            f"There are more than {MOST_CELLS} cells; merge some.",
        )
    if not finest:
        raise Unsuitable("값이 있는 행이 없습니다.", "No row has a value.")
    return {"by": list(by), "value": value, "unit": unit, "missing": missing, "cells": cells}


Sums = dict[Key, dict[object, list[float]]]
"""Of each cell and contributor: rows, the sum of the value, and whether any of it was below zero."""


def _finest(frame: Any, by: tuple[str, ...], value: str | None, unit: str | None) -> tuple[Sums, int]:
    """Every contributor of every finest cell, and the rows that were left out for want of a label or value."""
    labels = [_column(frame, name) for name in by]
    values: Iterable[Any] = _column(frame, value) if value is not None else [0.0] * len(labels[0])
    units: Iterable[Any] = _column(frame, unit) if unit is not None else range(len(labels[0]))
    found: Sums = {}
    missing = 0
    for who, amount, *row in zip(units, values, *labels, strict=True):
        number = _number(amount, value)
        if number is None or _absent(who) or any(map(_absent, row)):
            missing += 1
            continue
        sums = found.setdefault(tuple(map(str, row)), {}).setdefault(who, [0, 0.0, 0])
        sums[0] += 1
        sums[1] += number
        sums[2] = max(sums[2], number < 0)
    return found, missing


def _column(frame: Any, name: str) -> list[Any]:
    try:
        return list(frame[name])
    except (KeyError, TypeError, ValueError, IndexError):
        raise Unsuitable(f"자료에 열이 없습니다: {name}", f"The frame has no column {name!r}") from None


def _absent(value: Any) -> bool:
    """Whether a value is missing: None, NaN and pandas' NA and NaT, none of which equals itself."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True


def _number(value: Any, name: str | None) -> float | None:
    if _absent(value):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise Unsuitable(
            f"수가 아닌 값이 있는 열입니다: {name}", f"The column {name!r} holds what is no number"
        ) from None
    return number if math.isfinite(number) else None


def _merged(finest: Sums, kept: tuple[int, ...]) -> Sums:
    """The cells over the dimensions that are kept, all others taken together; a contributor counts once."""
    merged: Sums = {}
    for key, contributors in finest.items():
        cell = merged.setdefault(tuple(label if i in kept else None for i, label in enumerate(key)), {})
        for who, (rows, amount, negative) in contributors.items():
            sums = cell.setdefault(who, [0, 0.0, 0])
            sums[0] += rows
            sums[1] += amount
            sums[2] = max(sums[2], negative)
    return merged


def _cells(sums: Mapping[Key, Mapping[object, list[float]]], *, amounts: bool) -> Iterable[dict[str, Any]]:
    for key, contributors in sums.items():
        of = contributors.values()
        cell: dict[str, Any] = {"of": list(key), "rows": int(sum(one[0] for one in of)), "units": len(contributors)}
        if amounts:
            cell["total"] = math.fsum(one[1] for one in of)
            cell["largest"] = sorted((one[1] for one in of), reverse=True)[:LARGEST]
            cell["negative"] = any(one[2] for one in of)
        yield cell
