"""Sessions that ended because their time was over: nobody signed out, and the record says so."""

from __future__ import annotations

from audit.event import Actor, Event, Source
from registry import queries
from registry.desk import Desk
from registry.people import about, concerning

#: Why a session is over: nobody did anything for too long, or it lasted as long as one may.
LIMITS = frozenset({"idle", "longest"})


class SessionEnds(Desk):
    """Use cases around the end of sessions."""

    def end_by_time(self, handle: str, session: str, limit: str, *, source: Source) -> None:
        """Records that a session of a person ended by a limit of time; `session` is its name in the log.

        Raises: NotFound — for somebody unknown.
        """
        if limit not in LIMITS:
            raise ValueError(f"no limit of time: {limit}")
        with self._db.begin() as tx:
            person = queries.person_by_handle(tx, handle)
            event = Event(
                action="session.ended_by_time",
                actor=Actor.service("registry"),
                object=about(person),
                subjects=concerning(person),
                source=source,
                reason=limit,
                detail={"session": session},
            )
            self._log.append(tx, event)
