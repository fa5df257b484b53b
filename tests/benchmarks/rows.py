"""One line of the table of measures, and the little statistics that it needs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure beside a peer or a limit of the same run; `passed` is None where no bar is promised."""

    benchmark: str
    what: str
    value: float
    unit: str
    beside: str
    reference: float
    bar: str
    passed: bool | None
    samples: tuple[float, ...] = ()

    @property
    def ratio(self) -> float:
        """Return the figure divided by what stands beside it."""
        return self.value / self.reference if self.reference else math.nan

    def document(self) -> dict[str, Any]:
        """Return the row as JSON values; a figure that does not exist is null."""
        ratio = None if math.isnan(self.ratio) else round(self.ratio, 3)
        return {**asdict(self), "samples": [round(s, 3) for s in self.samples], "ratio": ratio}


def p95(values: Iterable[float]) -> float:
    """Return the 95th percentile by nearest rank: of fewer than twenty values the largest, never less than seen."""
    ordered = sorted(values)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]


def table(rows: Sequence[Row]) -> Table:
    """Return all rows as a table for a terminal."""
    shown = Table(title="Ansim, measured")
    for heading in ("measure", "figure", "beside", "ratio", "bar", ""):
        shown.add_column(heading, justify="right" if heading in ("figure", "ratio") else "left")
    marks = {True: "[green]met[/]", False: "[bold red]not met[/]", None: "–"}
    for row in rows:
        shown.add_row(
            row.what,
            f"{row.value:.4g} {row.unit}",
            f"{row.beside}: {row.reference:.4g} {row.unit}",
            f"{row.ratio:.2f}",
            row.bar,
            marks[row.passed],
        )
    return shown
