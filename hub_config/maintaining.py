"""Keeps the gate saying what is announced about maintenance: it reads no database, and it may have started anew."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.text import Text
from hub_config.gate_control import GateControl
from hub_config.glance import glance
from registry.maintenance import Maintenance, announced

if TYPE_CHECKING:
    from hub_config.settings import Settings
    from hub_config.zone import Zone

SECONDS = 1.0
REMIND_SECONDS = 10.0  # a gate that started anew knows nothing
OVERDUE = Text("예상 종료 시각이 지났습니다.", "The expected end has passed.")
HINT = Text(
    "끝났으면 `ansim maintenance off`, 더 걸리면 `ansim maintenance on`으로 새 시각을 알리십시오.",
    "`ansim maintenance off` if it is over; announce a new end with `ansim maintenance on` if it takes longer.",
)


@dataclass(slots=True)
class Announcer:
    """Tells the gate; one per worker."""

    zone: Zone
    gate: GateControl
    _told: Text | None = None
    _reminded: float = 0.0

    def look(self) -> None:
        """Tell the gate what changed, and from time to time what did not.

        Raises: httpx.HTTPError — if the gate does not answer; the next look tries again.
        """
        said = self.zone.registry.announcement()
        if said != self._told or time.monotonic() - self._reminded > REMIND_SECONDS:
            self.gate.announce(said)
            self._told, self._reminded = said, time.monotonic()


def maintenance_of(settings: Settings) -> Maintenance | None:
    """Return what is announced, without opening the zone; None also where its database cannot be asked."""
    return glance(settings, announced)
