"""One column of a table as others are held to it: its whole numbers and its gaps by the labels of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from egress_review.findings import Where

FEWEST_SHOWN = 2
"""Rows in which a sum must hold; one may be chance."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One column of whole numbers by the labels of its rows."""

    file: str
    name: str
    table: object
    """A mark of the table it is of: columns of one table have the same."""
    values: Mapping[str, int]
    hidden: Mapping[str, Where]
    spans: Mapping[str, tuple[int, int | None]]
    places: Mapping[str, Where]
    """Where its numbers stand."""
    parts: Sequence[Mapping[str, tuple[float, float]]] = ()
    """What the percentages of its table are of it, from least to most, one for each column of them."""


def shared(one: Shown, other: Shown) -> list[str]:
    """The labels of which both show a number; nothing where these are too few or most are not the same."""
    both = [label for label in one.values if label in other.values]
    return both if len(both) >= FEWEST_SHOWN and 2 * len(both) >= len(one.values) else []
