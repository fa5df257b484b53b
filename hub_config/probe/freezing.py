"""What follows from a broken wall where the settings say `freeze`: every project stands still until people lift it.

The worker cuts and ends what runs, as after the button in the portal (`hub_config.freezing`).
"""

from __future__ import annotations

import contextlib

from audit.event import Actor, Source
from hub_config.probe.model import Report
from hub_config.zone import Zone
from registry.errors import Conflict
from registry.model import ProjectStatus
from registry.text import Text

LONGEST_LIST = 1000  # of names; the report has them all
WHY = Text(
    ko="구역의 자체 점검에서 벽이 뚫렸습니다: {names}. 보고서 {digest}",
    en="The zone's own probe found broken walls: {names}. Report {digest}",
)


def freeze_all(zone: Zone, actor: Actor, report: Report) -> None:
    """Freeze every project that is not frozen yet, each with its own entry in the log."""
    said = WHY.fill(names=", ".join(report.broken)[:LONGEST_LIST], digest=report.digest()[:16])
    for project in zone.registry.projects():
        if project.status is ProjectStatus.ACTIVE:
            # Somebody may have frozen or closed it this moment, which is as good.
            with contextlib.suppress(Conflict):
                zone.registry.freeze_project(project.id, f"{said.ko}\n{said.en}", by=actor, source=Source(ip=None))
