"""When the last backup was made that came back on trial, and how old it may be, for `ansim doctor`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from audit.body import moment
from audit.event import Outcome
from audit.search import Query, search
from audit.text import Text
from hub_config.glance import glance

if TYPE_CHECKING:
    from hub_config.settings import Settings

LATE = 2
"""So many times what lies between two backups may pass before one is missed: with a day, what the alert rule says."""
_NEVER = Text("시험 복원까지 마친 백업이 아직 없습니다.", "none has come back on trial yet")
_OLD = Text("마지막으로 확인된 백업: {at} UTC", "the last that came back is of {at} UTC")
_HINT = Text(
    "`ansim backup now`로 지금 백업하십시오. 실패하면 까닭을 알려 줍니다."
    " docs/how-to/back-up-and-restore.ko.md를 보십시오.",
    "`ansim backup now` makes one, or says why it fails; see docs/how-to/back-up-and-restore.md.",
)


def last_good(tx: Connection) -> datetime | None:
    """Return when the last backup was made that came back on trial; None if there is none."""
    return last(tx, "zone.backed_up", "ok")


def last(tx: Connection, action: str, outcome: Outcome) -> datetime | None:
    """Return when the log last said of backups what an action is, with this outcome; None if it never did."""
    found = search(tx, Query(action=action, outcome=outcome, limit=1))
    return moment(found[0].body["ts"]) if found else None


def fault_of(settings: Settings, now: datetime | None = None) -> tuple[Text, Text] | None:
    """Return what is wrong and what to do about it, or None; also where the database cannot be asked."""
    asked = glance(settings, lambda tx: (last_good(tx),))
    if asked is None:
        return None
    (made,) = asked
    if made is None:
        return _NEVER, _HINT
    late = (now or datetime.now(UTC)) - made > LATE * timedelta(hours=settings.backup.every_hours)
    return (_OLD.format(at=f"{made:%Y-%m-%d %H:%M}"), _HINT) if late else None
