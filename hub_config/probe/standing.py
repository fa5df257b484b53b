"""The last report of each runtime as it lies on the disk; small, because every start of a workspace may ask."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hub_config.runtimes import RUNC
from hub_config.settings import Settings
from registry.text import Text

WALL_BROKEN = Text(
    ko="자체 점검에서 뚫린 벽이 나와 새 분석환경을 시작하지 않습니다. 운영자에게 알려 주십시오.",
    en="The zone's own probe found a broken wall, so no workspace is started. Please tell an operator.",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """When walls were last probed, which probes showed a broken one, and what was advised in vain.

    Of several runtimes the older end counts, and what is broken under any: one report says nothing for another's walls.
    """

    ended: datetime
    broken: tuple[str, ...]
    lacking: tuple[str, ...]
    missing: tuple[str, ...] = ()
    """Runtimes that workspaces start under and of which no report can be read."""


def report_path(home: Path, runtime: str = RUNC) -> Path:
    """Return where the last report about a runtime lies."""
    return home / "probe" / ("last.json" if runtime == RUNC else f"last-{runtime}.json")


def read_standing(settings: Settings) -> Standing | None:
    """Return what is known of the walls under the runtimes that workspaces start under, or None if nothing is."""
    found = {runtime: standing_under(settings.home, runtime) for runtime in settings.runtimes()}
    known = [one for one in found.values() if one is not None]
    if not known:
        return None
    return Standing(
        min(one.ended for one in known),
        tuple(dict.fromkeys(name for one in known for name in one.broken)),
        tuple(dict.fromkeys(name for one in known for name in one.lacking)),
        tuple(runtime for runtime, one in found.items() if one is None),
    )


def standing_under(home: Path, runtime: str) -> Standing | None:
    """Return the result of the last report about one runtime, or None if there is none that can be read."""
    try:
        document = json.loads(report_path(home, runtime).read_text(encoding="utf-8"))
        named = {
            verdict: tuple(f["probe"] for f in document["findings"] if f["verdict"] == verdict)
            for verdict in ("broken", "lacking")
        }
        return Standing(datetime.fromisoformat(document["ended"]), named["broken"], named["lacking"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def stops_starts(settings: Settings) -> bool:
    """Say whether the last report, and the settings, keep new workspaces from starting."""
    if settings.probe.on_broken == "report":
        return False
    last = read_standing(settings)
    return last is not None and bool(last.broken)
