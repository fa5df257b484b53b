"""Keys that were destroyed in the zone and still lie in the last set of keys that was kept.

The worker makes a new set as soon as there is one; until it has come back on trial, `ansim doctor` says so.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from audit.body import moment
from audit.search import Query, search
from audit.text import Text
from hub_config.backup.age import last_good
from hub_config.glance import glance

if TYPE_CHECKING:
    from hub_config.settings import Settings

ENDS: Final = (
    "workspace.home_destroyed",
    "workspace.shared_destroyed",
    "deid.key_destroyed",
    "privacy.erased",
)
"""What the log says of a key that was destroyed."""
MOST_TRIES = 200
_LEFT = Text(
    "파기한 키 {count}개가 마지막으로 보관한 키 묶음에 아직 들어 있습니다.",
    "destroyed keys that the last kept set still holds: {count}",
)
_HINT = Text(
    "작업자가 곧 새로 백업합니다. 서두르려면 `ansim backup now`를 실행하고, 다른 곳에 보관한"
    " ansim-keys.age도 새것으로 바꾸십시오.",
    "The worker makes a backup soon; `ansim backup now` makes one at once. Replace the copies of ansim-keys.age that"
    " are kept elsewhere, too.",
)


def left_of(tx: Connection) -> int:
    """Return how many ends of keys are younger than the last kept set; of a zone that never kept one, none."""
    since = _begun(tx)
    if since is None:
        return 0
    found = (one for action in ENDS for one in search(tx, Query(action=action, outcome="ok", limit=MOST_TRIES)))
    return sum(moment(one.body["ts"]) >= since for one in found)


def fault_of(settings: Settings) -> tuple[Text, Text] | None:
    """Return what is wrong and what to do about it, or None; also where the database cannot be asked."""
    count = glance(settings, left_of)
    return (_LEFT.format(count=count), _HINT) if count else None


def _begun(tx: Connection) -> datetime | None:
    """Return when the last backup began that came back on trial: its keys were read after that."""
    ended = last_good(tx)
    if ended is None:
        return None
    begun = (moment(one.body["ts"]) for one in search(tx, Query(action="zone.backup_begun", limit=MOST_TRIES)))
    return next((at for at in begun if at <= ended), ended)
