"""Watches the room on the disk: records each change of its level once, and keeps or gives up the reserve."""

from __future__ import annotations

from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.search import Query, search
from audit.space import MEBIBYTE, Level, Room, Space

_ACTIONS: dict[Level, str] = {
    "ample": "log.space_recovered",
    "low": "log.space_low",
    "exhausted": "log.space_exhausted",
}
_SAYS: dict[str, Level] = {action: level for level, action in _ACTIONS.items()}


class SpaceWatch:
    """The watch of one process; what was told last is read from the log, so that a restart tells nothing twice."""

    def __init__(self, log: AuditLog, space: Space) -> None:
        self._log = log
        self._space = space
        self._told: Level | None = None

    def look(self) -> Room:
        """Look at the disk, and do and record what is due.

        Raises: NotDurable — if it could not be recorded.
        """
        room = self._space.look()
        if room.level == "exhausted":
            self._space.give_up_reserve()
        else:
            self._space.keep_reserve()
        told = self._told or self._last_told()
        if room.level != told:
            self._log.record(_event(room), wait="durable")
        self._told = room.level
        return room

    def _last_told(self) -> Level:
        """Return the level that the log says; at first everything is ample."""
        self._log.settle()  # what was told a moment ago, by a process that then ended
        with self._log.db.read() as tx:
            found = [entry for action in _SAYS for entry in search(tx, Query(action=action, limit=1))]
        last = max(found, key=lambda entry: entry.index, default=None)
        return "ample" if last is None else _SAYS[last.body["action"]]


def _event(room: Room) -> Event:
    return Event(
        _ACTIONS[room.level],
        Actor.system(),
        Object("log", "audit"),
        Subjects.none(),
        Source(ip=None),
        detail={"free_mib": room.free // MEBIBYTE, "total_mib": room.total // MEBIBYTE},
    )
