"""Counts made publishable in a copy of a table: rounded to a base, small ones shown as less than the threshold.

    mended = mend(rows, Wish(round_to=10, hide_below=10))

It does what the finding on a small cell suggests and no more: whether the copy may leave, the check decides anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.counts import Why, read_counts
from egress_review.checks.tables import Table, table_of
from egress_review.claims import FileClaims, spelling

LARGEST_BASE = 1000
_HIDDEN_SHARE = "…"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done to the counts of a table; 0 leaves them as they are."""

    round_to: int = 0
    hide_below: int = 0
    counts: tuple[str, ...] = ()
    """Columns that count people, beside those whose names say so."""

    def __post_init__(self) -> None:
        """Refuse what is no base or threshold.

        Raises: ValueError — for one below 0 or above `LARGEST_BASE`.
        """
        if not (0 <= self.round_to <= LARGEST_BASE and 0 <= self.hide_below <= LARGEST_BASE):
            raise ValueError

    def __bool__(self) -> bool:
        """Whether anything is wished for."""
        return self.round_to > 1 or self.hide_below > 1


NO_WISH = Wish()


@dataclass(frozen=True, slots=True)
class Mended:
    """The rows of a table after that, and how many cells were changed in which way."""

    rows: list[list[str]]
    rounded: int = 0
    hidden: int = 0
    shares: int = 0
    """Percentages that were masked beside a hidden count, which they would give away."""


def mend(rows: Sequence[Sequence[str]], wish: Wish) -> Mended:
    """The rows of one table with its counts as wished for; a count with its percentage in one cell loses the latter."""
    changed = [list(row) for row in rows]
    numbered = [(number, row) for number, row in enumerate(changed) if any(map(str.strip, row))]
    if not wish or not numbered:
        return Mended(changed)
    table = table_of(numbered)
    rounded = hidden = shares = 0
    for count in read_counts(table, _claims(wish)).counts:
        row, column = changed[count.row], count.column - 1
        text = _as_wished(count.value, wish)
        if text == str(count.value) and count.why is not Why.PAIRED:
            continue
        row[column] = text
        if text.startswith("<"):
            hidden += 1
            shares += _mask_shares(row, table)
        else:
            rounded += 1
    return Mended(changed, rounded, hidden, shares)


def _claims(wish: Wish) -> FileClaims:
    return FileClaims({spelling(name): "counts" for name in wish.counts})


def _as_wished(value: int, wish: Wish) -> str:
    if 0 < value < wish.hide_below:
        return f"<{wish.hide_below}"
    base = wish.round_to
    if base < 2 or value == 0:
        return str(value)
    # Half of a base goes up; nobody becomes a zero, which would say that there is nobody.
    return str(max(base, (value + base // 2) // base * base))


def _mask_shares(row: list[str], table: Table) -> int:
    masked = 0
    for index, name in enumerate(table.names[: len(row)]):
        if kind_of(name) is Kind.PERCENT and row[index].strip() not in ("", _HIDDEN_SHARE):
            row[index] = _HIDDEN_SHARE
            masked += 1
    return masked
