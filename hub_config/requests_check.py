"""Requests held against the audit log: the worker's duty, and how it stands for `status` and `doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.text import Text
from egress_review.looking import open_alarms
from hub_config.glance import glance
from hub_config.settings import Settings

if TYPE_CHECKING:
    from hub_config.zone import Zone

SECONDS = 24 * 3600.0
"""Between two runs over all requests; the first is made when the worker starts."""
HINT = Text(
    "`ansim egress verify`를 실행하십시오. 두 사람이 포털의 기록과 다른 신청에서 조사합니다.",
    "Run `ansim egress verify`; two people look into it in the portal (Not as recorded).",
)
_FOUND = Text("감사 기록과 다릅니다: {refs}", "not as the audit log has them: {refs}")


def compare(zone: Zone) -> None:
    """Hold every request against the log, and raise an alarm about each that is not as recorded."""
    zone.desk.watch_requests()


def fault_of(settings: Settings) -> tuple[Text, Text] | None:
    """Return what is wrong and what to do about it, or None: what was found and nobody has settled, by the log."""
    waiting = glance(settings, open_alarms)
    if not waiting:
        return None
    return _FOUND.format(refs=", ".join(waiting)), HINT
