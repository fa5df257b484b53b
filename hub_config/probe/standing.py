"""The last report as it lies on the disk; small, because every start of a workspace may ask."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hub_config.settings import Settings
from registry.text import Text

WALL_BROKEN = Text(
    ko="자체 점검에서 뚫린 벽이 나와 새 분석환경을 시작하지 않습니다. 운영자에게 알려 주십시오.",
    en="The zone's own probe found a broken wall, so no workspace is started. Please tell an operator.",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """When the last probe ended, which of its probes showed a broken wall, and what it advised in vain."""

    ended: datetime
    broken: tuple[str, ...]
    lacking: tuple[str, ...]


def report_path(home: Path) -> Path:
    """Return where the last report lies."""
    return home / "probe" / "last.json"


def read_standing(home: Path) -> Standing | None:
    """Return the last report's result, or None if there is none that can be read."""
    try:
        document = json.loads(report_path(home).read_text(encoding="utf-8"))
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
    last = read_standing(settings.home)
    return last is not None and bool(last.broken)
