"""Objects that map categories to how many there are of each, told from settings and codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.counts import whole

_SETTING = re.compile(
    r"depth|\btrees\b|n_?estimators|iter|epoch|batch|layer|seed|random_state|folds?|\bk\b|n_?jobs|workers|version|width|height|"
    r"hidden|units|heads|dim|leaf|leaves|bins?|knots|degree|lags?|horizon|window|patience|steps?|neighbo|components|dpi"
)
"""Keys of the settings of a model or a figure, whose whole numbers count nobody."""


def is_tally(value: Mapping[str, Any]) -> bool:
    """Whether an object maps two or more categories to whole numbers only; settings and codes are no counts."""
    numbers = [whole_number(inner) for inner in value.values()]
    plain = len(numbers) > 1 and None not in numbers and all(kind_of(key) is Kind.UNKNOWN for key in value)
    coded = sorted(n or 0 for n in numbers) in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))
    return plain and not coded and not any(_SETTING.search(key.lower()) for key in value)


def whole_number(value: Any) -> int | None:
    """A whole number, written as one or as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return whole(value) if isinstance(value, str) else None
