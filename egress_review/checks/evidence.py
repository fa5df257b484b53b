"""What stands behind a table, unrounded: the supporting file that `ansim_client.evidence` writes beside it.

    {"ansim_evidence": 1, "table": "table.csv", "parts": [
      {"by": ["region", "sex"], "value": "income", "unit": "person_id", "missing": 0, "cells": [
        {"of": ["Seoul", null], "rows": 812, "units": 640, "total": 1234.5, "largest": [90.0, 71.5], "negative": false},
        …]}]}

`of` names one category per entry of `by`, null where all are taken together. `units` are distinct contributors,
`largest` the greatest sums of single contributors in falling order. Without `value` a cell ends at `units`; without
`unit` every row is a contributor. Whatever differs from this is refused: evidence that is half read proves nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from egress_review.claims import spelling

KEY = "ansim_evidence"
VERSION = 1
MOST_CELLS = 50_000
MOST_PARTS = 20
MOST_DIMENSIONS = 4
MOST_LARGEST = 5
LONGEST_LABEL = 300

Categories: TypeAlias = tuple[str | None, ...]
"""One category per dimension in the spelling in which labels are compared; None for all of them."""


class EvidenceError(ValueError):
    """A supporting file that calls itself evidence and is none."""


@dataclass(frozen=True, slots=True)
class Contributors:
    """Who stands behind one number."""

    rows: int
    units: int
    total: float | None = None
    """Sum of the value over all contributors; None for evidence on counts alone."""
    largest: tuple[float, ...] = ()
    """The greatest sums of single contributors, falling."""
    negative: bool = False
    """Whether any contribution is below zero, where shares of a total say nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One breakdown of one table."""

    table: str
    by: tuple[str, ...]
    value: str | None
    cells: Mapping[Categories, Contributors]

    def values_of(self, dimension: int) -> frozenset[str]:
        """The categories that a dimension has."""
        return frozenset(one for of in self.cells if (one := of[dimension]) is not None)


def claims_to_be_evidence(content: Any) -> bool:
    """Whether a JSON document says that it is such a file."""
    return isinstance(content, dict) and KEY in content


def label(text: str) -> str:
    """A category in the spelling in which categories are compared: `2020.0` and `2020` are one year."""
    plain = spelling(text)
    return plain[:-2] if plain.endswith(".0") and plain[:-2].isdigit() else plain


def read_evidence(data: bytes) -> tuple[Evidence, ...]:
    """The breakdowns in a supporting file.

    Raises: EvidenceError — for anything but the format above.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise EvidenceError("no JSON") from None
    document = _object(content, (KEY, "table", "parts"))
    if document[KEY] != VERSION or isinstance(document[KEY], bool):
        raise EvidenceError("version")
    table, parts = _word(document["table"]), document["parts"]
    if not isinstance(parts, list) or not 1 <= len(parts) <= MOST_PARTS:
        raise EvidenceError("parts")
    return tuple(_part(table, part) for part in parts)


def _part(table: str, content: Any) -> Evidence:
    part = _object(content, ("by", "value", "unit", "missing", "cells"))
    by = part["by"]
    if not isinstance(by, list) or not 1 <= len(by) <= MOST_DIMENSIONS:
        raise EvidenceError("by")
    names = tuple(_word(name) for name in by)
    value = None if part["value"] is None else _word(part["value"])
    if part["unit"] is not None:
        _word(part["unit"])
    _whole(part["missing"])
    cells = part["cells"]
    if not isinstance(cells, list) or not 1 <= len(cells) <= MOST_CELLS:
        raise EvidenceError("cells")
    read: dict[Categories, Contributors] = {}
    for cell in cells:
        of, contributors = _cell(cell, len(names), amounts=value is not None)
        if of in read:
            raise EvidenceError("doubled cell")
        read[of] = contributors
    _add_up(read)
    return Evidence(table, names, value, read)


def _cell(content: Any, dimensions: int, *, amounts: bool) -> tuple[Categories, Contributors]:
    keys = ("of", "rows", "units", *(("total", "largest", "negative") if amounts else ()))
    cell = _object(content, keys)
    of = cell["of"]
    if not isinstance(of, list) or len(of) != dimensions:
        raise EvidenceError("of")
    categories = tuple(None if one is None else label(_word(one)) for one in of)
    rows, units = _whole(cell["rows"]), _whole(cell["units"])
    if not min(rows, 1) <= units <= rows:
        raise EvidenceError("units")
    if not amounts:
        return categories, Contributors(rows, units)
    largest = cell["largest"]
    if not isinstance(largest, list) or not min(units, 1) <= len(largest) <= min(units, MOST_LARGEST):
        raise EvidenceError("largest")
    total, falling, negative = _number(cell["total"]), tuple(map(_number, largest)), cell["negative"]
    if not isinstance(negative, bool) or list(falling) != sorted(falling, reverse=True):
        raise EvidenceError("largest")
    if not negative and (sum(falling) > total * (1 + 1e-9) + 1e-9 or min(falling, default=0.0) < 0):
        raise EvidenceError("total")
    return categories, Contributors(rows, units, total, falling, negative)


def _add_up(cells: Mapping[Categories, Contributors]) -> None:
    """Hold the whole to its finest cells: rows are rows of one frame, so they must add up."""
    finest = sum(one.rows for of, one in cells.items() if None not in of)
    whole = next((one.rows for of, one in cells.items() if set(of) == {None}), finest)
    if finest != whole:
        raise EvidenceError("does not add up")


def _object(content: Any, keys: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(content, dict) or set(content) != set(keys):
        raise EvidenceError("keys")
    return content


def _word(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_LABEL:
        raise EvidenceError("text")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise EvidenceError("count")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise EvidenceError("number")
    return float(value)
