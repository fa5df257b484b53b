"""The end of the record itself: its rows go when the period after the destruction of the extract is over.

Until then the law wants it (PIPA art. 28-4(3)); afterwards keeping it would need a reason of its own. What the audit
log says of the extract stays as long as the log's own retention says.
"""

from __future__ import annotations

from sqlalchemy import Connection

from audit.body import timestamp
from audit.event import Actor, Source
from audit.refs import new_event_id
from audit.retention.deadlines import years_later
from audit.retention.facts import holds
from deid.records import store
from deid.records.desk import Acting, Desk, Writing
from deid.records.model import Extract
from deid.records.workflow import State

LEAST_YEARS = 3
"""PIPA art. 28-4(3); a policy may keep the record longer, never shorter."""
_WORKER = Actor.service("worker")
_EVENT = "extract.record_removed"


class Forgetting(Desk):
    """What removes records."""

    def forget(self, years: int) -> list[str]:
        """Remove every record whose extract was destroyed so many years ago and that nobody holds; return which.

        Each goes in a transaction of its own, with its event or not at all.
        """
        due = [extract for extract in self.every() if self._over(extract, years)]
        if not due:
            return []
        self._log.settle()  # a hold that was just set counts
        gone = []
        by = Acting(_WORKER, _WORKER.ref, Source(None))
        for known in due:
            with self._db.begin() as tx:
                extract = store.load(tx, known.ref, lock=True)
                if not self._over(extract, years) or _held(tx, extract):
                    continue
                writing = Writing(tx, extract, self._clock(), new_event_id())
                assert extract.destruction is not None
                writing.detail.update(
                    years=max(years, LEAST_YEARS),
                    destroyed_at=timestamp(extract.destruction.at),
                    runs=len(extract.runs),
                    reviews=len(extract.reviews),
                )
                self._append(writing, _EVENT, by)
                store.remove(tx, extract, writing.now, writing.event_id)
            gone.append(known.ref)
        return gone

    def _over(self, extract: Extract, years: int) -> bool:
        if extract.state is not State.DESTROYED or extract.destruction is None:
            return False
        return self._clock() >= years_later(extract.destruction.at, max(years, LEAST_YEARS))


def _held(tx: Connection, extract: Extract) -> bool:
    """Return whether a legal hold is on the extract's dataset, its project, somebody who dealt with it, or all."""
    people = {extract.by_ref, *(step.by_ref for step in extract.steps), *(one.by_ref for one in extract.reviews)}
    on = {
        ("dataset", extract.draft.dataset),
        ("project", extract.draft.project),
        *(("person", ref) for ref in people),
    }
    return any(hold.kind == "log" or (hold.kind, hold.ref) in on for hold in holds(tx))
