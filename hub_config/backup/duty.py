"""The worker's part: a backup when the last good one is old or holds keys that were destroyed since, and once a week
every byte of the repository read.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from audit.event import Outcome
from hub_config.backup.age import last
from hub_config.backup.destroyed import left_of
from hub_config.backup.errors import BackupError
from hub_config.backup.making import back_up, check
from hub_config.zone import Zone
from hub_config.zone_events import WORKER

SECONDS = 300
CHECK_EVERY = timedelta(days=7)
#: After one that failed the next try waits, so that a full disk is not tried every five minutes.
AFTER_FAILURE = timedelta(hours=1)
#: Between two for keys that were destroyed: each is a backup of everything, and keys end one after the other.
FOR_DESTROYED = timedelta(hours=1)

log = logging.getLogger("ansim.backup")


def keep(zone: Zone, now: datetime | None = None) -> None:
    """Back up and check what is due; a zone whose settings name no repository has nothing to do."""
    if not zone.settings.backup.repository:
        return
    at = now or datetime.now(UTC)
    # A key that was destroyed lies in the kept keys until newer ones take their place.
    every = timedelta(hours=zone.settings.backup.every_hours)
    every = min(every, FOR_DESTROYED) if _holds_destroyed(zone) else every
    try:
        if _due(zone, "zone.backed_up", every, at):
            made = back_up(zone, WORKER)
            log.info("backed up as %s", made.snapshot[:8])
        elif _last(zone, "zone.backed_up", "ok") is not None and _due(zone, "zone.backup_checked", CHECK_EVERY, at):
            check(zone, WORKER)
    except BackupError as error:
        log.warning("%s", error)


def _holds_destroyed(zone: Zone) -> bool:
    with zone.db.read() as tx:
        return left_of(tx) > 0


def _due(zone: Zone, action: str, every: timedelta, at: datetime) -> bool:
    good, bad = _last(zone, action, "ok"), _last(zone, action, "failed")
    if bad is not None and at - bad < AFTER_FAILURE:
        return False
    return good is None or at - good >= every


def _last(zone: Zone, action: str, outcome: Outcome) -> datetime | None:
    zone.log.settle()
    with zone.db.read() as tx:
        return last(tx, action, outcome)
