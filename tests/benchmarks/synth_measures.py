"""What is measured of each engine on one data set, held to what the zone's own promises, and shown side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from tests.benchmarks.rows import Row

BESIDE = "gaussian_copula"
OWN, PRIVATE = "own", "own, epsilon 1"


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine on one data set."""

    seconds: float
    """Of the processor: to learn and draw for the zone's own, to learn alone for the others."""
    quality: float
    """By SDMetrics."""
    area: float
    """Below the ROC curve, of a model that learnt from its rows and is judged on held-out real ones."""
    area_real: float
    query_error: float
    single: float
    """Upper end of the interval of singling out."""
    above: int
    """Risks that fail the gate."""
    risks: int


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the comparison: the field, its unit, and what the zone's own engine must reach."""

    key: str
    what: str
    unit: str = ""
    least: float | None = None
    most: float | None = None
    under_budget: float | None = None
    """What it must reach at least with epsilon 1."""
    below_peer: bool = False

    def bar(self, engine: str) -> str:
        """Return what an engine must reach in words; nothing where nothing is promised."""
        if engine == PRIVATE:
            return "" if self.under_budget is None else f">= {self.under_budget:g}"
        if engine != OWN:
            return ""
        ends = [f">= {self.least:g}" if self.least else "", f"< {self.most:g}{self.unit}" if self.most else ""]
        return "".join((*ends, "<= copula" if self.below_peer else ""))

    def passed(self, engine: str, value: float, peer: float) -> bool | None:
        """Return whether it was reached; None where nothing is promised."""
        if not self.bar(engine):
            return None
        if engine == PRIVATE:
            return value >= (self.under_budget or 0.0)
        if self.below_peer:
            return value <= peer
        return (self.least is None or value >= self.least) and (self.most is None or value < self.most)


GENERAL = (
    Measure("seconds", "learn (own: and draw)", "s", most=5.0),
    Measure("quality", "SDMetrics quality", least=0.90),
    Measure("area", "AUC of a model trained on it"),
    Measure("query_error", "error of counts, median"),
    Measure("single", "singling out, upper end", below_peer=True),
    Measure("above", "risks that fail the gate"),
)
_ADULT = {
    "area": Measure("area", "AUC of a model trained on it", least=0.85, under_budget=0.80),
    "single": Measure("single", "singling out, upper end, one split"),
}
ADULT = tuple(_ADULT.get(one.key, one) for one in GENERAL)
"""The areas are promised of the Adult data; elsewhere real rows themselves set what can be had. Singling out is held to
its bar there over several splits (`synth_singling`): one alone decides nothing between engines that are so near."""


def rows_of(data: str, measures: Sequence[Measure], found: Mapping[str, Measured]) -> list[Row]:
    """Return every figure beside that of the Gaussian copula, an area beside that of real rows."""
    return [_row(data, one, engine, found) for one in measures for engine in found]


def side_by_side(data: str, measures: Sequence[Measure], found: Mapping[str, Measured]) -> Table:
    """Return one line for each measure and one column for each engine, with what was promised and whether it stands."""
    shown = Table(title=f"{data}: every engine, the same rows, the same attacks")
    for heading in ("measure", *found, "real rows", "promised of own", ""):
        shown.add_column(heading, justify="left" if heading in ("measure", "promised of own", "") else "right")
    for one in measures:
        rows = [_row(data, one, engine, found) for engine in found]
        bars = [f"{engine}: {one.bar(engine)}" for engine in found if one.bar(engine)]
        verdicts = [row.passed for row in rows if row.passed is not None]
        mark = "–" if not verdicts else "[green]met[/]" if all(verdicts) else "[bold red]not met[/]"
        real = f"{found[BESIDE].area_real:.3f}" if one.key == "area" else ""
        shown.add_row(one.what, *(f"{row.value:.3g}{one.unit}" for row in rows), real, "; ".join(bars), mark)
    return shown


def _row(data: str, one: Measure, engine: str, found: Mapping[str, Measured]) -> Row:
    value, peer = (float(getattr(found[name], one.key)) for name in (engine, BESIDE))
    beside, reference = ("real rows", found[engine].area_real) if one.key == "area" else (BESIDE, peer)
    if one.key == "above":
        beside, reference = "risks", float(found[engine].risks)
    return Row(
        benchmark="synth",
        what=f"{one.what}: {engine}, {data}",
        value=value,
        unit=one.unit,
        beside=beside,
        reference=reference,
        bar=one.bar(engine),
        passed=one.passed(engine, value, peer),
    )
