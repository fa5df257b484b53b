"""What the last load test measured, read once: costs of one more of everything, by the line of least squares."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub_config.processes import REPOSITORY

FIGURES = REPOSITORY / "docs" / "reference" / "load.json"
"""Written by `python -m tests.benchmarks.load --keep`."""

Point = Mapping[str, float]


def load_figures() -> Mapping[str, Any]:
    """Return what was kept; empty before the first run that was told to keep its figures."""
    if not FIGURES.exists():
        return {}
    found: Mapping[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Costs:
    """What one more costs."""

    base_mb: float
    """All processes of the zone with nobody signed in."""
    person_mb: float
    workspace_mb: float
    """With a kernel that has loaded pandas, what the zone itself holds for it included."""
    start_seconds: float
    """Of one sign-in, start and first cell, one after another."""
    event_bytes: float
    """On disk: database, cell and tiles."""
    event_ms: float
    """Of one core."""
    released_disk: float
    """Bytes on disk for each byte released."""
    released_seconds: float
    """Of one core, for each MB released."""


def slope(points: Sequence[Point], by: str, of: str) -> float:
    """Return how much `of` grows for one more of `by`; never negative: noise of a quiet zone is no gain."""
    line = statistics.linear_regression([p[by] for p in points], [p[of] for p in points])
    return max(0.0, line.slope)


def costs(growth: Mapping[str, Sequence[Point]]) -> Costs:
    """Return the costs that the points of a growth say."""
    people, spaces = growth["people"], growth["workspaces"]
    events, released = growth["events"], growth["released"]
    return Costs(
        base_mb=people[0]["mb"],
        person_mb=slope(people, "n", "mb"),
        workspace_mb=slope(spaces, "n", "mb") + slope(spaces, "n", "containers_mb"),
        start_seconds=statistics.median(p["seconds"] for p in spaces[1:]),
        event_bytes=slope(events, "n", "disk_mb") * 1e6,
        event_ms=slope(events, "n", "cpu") * 1e3,
        released_disk=slope(released, "mb", "disk_mb"),
        released_seconds=slope(released, "mb", "cpu"),
    )
