"""The last reports of the probe as they lie in the zone's home: what was attacked, and which walls held."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from portal.i18n import N_
from portal.marks import Mark
from portal.probe_words import in_words
from portal.zone import ZoneLike
from registry.text import Text

#: In the order in which they matter to a reader.
VERDICTS: Mapping[str, Mark] = {
    "broken": Mark(N_("Broken"), "alert", "stop"),
    "lacking": Mark(N_("Advised, missing"), "bell", "warn"),
    "not_computed": Mark(N_("Not computed"), "bell", "warn"),
    "not_applicable": Mark(N_("Not applicable"), "clock"),
    "held": Mark(N_("Held"), "passed", "ok"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One probe of the report."""

    id: str
    tried: Text
    held: Text
    covers: tuple[str, ...]
    verdict: str
    seen: Text

    @property
    def mark(self) -> Mark:
        """How the verdict is shown."""
        return VERDICTS[self.verdict]


@dataclass(frozen=True, slots=True)
class WallRows:
    """One wall with its probes in the order of the table."""

    id: str
    title: Text
    rows: tuple[Row, ...]

    @property
    def verdict(self) -> str:
        """The gravest verdict on the wall."""
        found = {row.verdict for row in self.rows}
        return next(verdict for verdict in VERDICTS if verdict in found)

    @property
    def counts(self) -> Counter[str]:
        """How many probes ended with each verdict."""
        return Counter(row.verdict for row in self.rows)


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """One run of the probe."""

    began: datetime
    ended: datetime
    runtime: str
    engine: str
    image: str
    sha256: str
    walls: tuple[WallRows, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every probe."""
        return tuple(row for wall in self.walls for row in wall.rows)

    def having(self, verdict: str) -> tuple[Row, ...]:
        """Return the probes with a verdict."""
        return tuple(row for row in self.rows if row.verdict == verdict)


def read_reports(zone: ZoneLike) -> tuple[tuple[ProbeReport, ...], tuple[str, ...]]:
    """Return the last report about each of the runtimes that workspaces start under, and those without one."""
    found = {runtime: read_report(zone.probe_report(runtime)) for runtime in zone.settings.runtimes()}
    reports = tuple(report for report in found.values() if report is not None)
    return reports, tuple(runtime for runtime, report in found.items() if report is None)


def read_report(path: Path) -> ProbeReport | None:
    """Return the report that lies there, or None if there is none that can be read."""
    try:
        return _report(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return None


def _report(document: Mapping[str, Any]) -> ProbeReport:
    found = {one["probe"]: one for one in document["findings"]}
    walls = tuple(
        WallRows(
            wall["id"], _text(wall["title"]), tuple(_row(p, found[p["id"]]) for p in wall["probes"] if p["id"] in found)
        )
        for wall in document["walls"]
    )
    return ProbeReport(
        began=datetime.fromisoformat(document["began"]),
        ended=datetime.fromisoformat(document["ended"]),
        runtime=str(document["runtime"]),
        engine=str(document["engine"]),
        image=str(document["image"]),
        sha256=str(document["sha256"]),
        walls=tuple(wall for wall in walls if wall.rows),
    )


def _row(probe: Mapping[str, Any], finding: Mapping[str, Any]) -> Row:
    verdict = finding["verdict"]
    if verdict not in VERDICTS:
        raise ValueError(f"no verdict: {verdict}")
    covers = tuple(str(item) for item in probe["covers"])
    return Row(
        probe["id"], _text(probe["tried"]), _text(probe["held"]), covers, verdict, in_words(str(finding["seen"]))
    )


def _text(pair: Mapping[str, str]) -> Text:
    return Text(ko=pair["ko"], en=pair["en"])
