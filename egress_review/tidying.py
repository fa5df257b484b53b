"""What lies about: requests that nobody takes further are given up, and files of what has ended are removed.

Hashes, findings, votes, remarks and the audit log stay; a legal hold keeps the files too. What left the zone is what
later outputs are compared with, so released outputs stay until their project is closed.

Each removal is decided and recorded first, and done afterwards by a sweep of everything that no request holds. So a
crash between the two is repaired by the next sweep, which also takes copies of a hand-in that was refused.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Exists, func, insert, select

from audit.retention.facts import holds
from egress_review import mail, package, store, tables
from egress_review.desk import HERE, WORKER, Record, at_that_time
from egress_review.holding import not_frozen
from egress_review.model import Request
from egress_review.releasing import Releasing
from egress_review.telling import called
from egress_review.workflow import CAN_LIE_IDLE, Party, State
from registry import queries
from registry.model import ProjectStatus
from registry.text import Text

WARNING = timedelta(days=7)
"""How long before the end an author is warned; half the time where the policy allows less than two weeks."""

ENDED = (State.WITHDRAWN, State.REJECTED, State.BLOCKED, State.ABANDONED, State.EXPIRED, State.REVOKED)
"""States after which nobody needs the files."""

_WARNED = Text(
    ko="반출신청 “{title}”: 진행이 없어 {days}일 뒤 종료되고 파일이 지워집니다. 신청 화면에서 이어 가십시오.",
    en="Egress request “{title}” is idle: in {days} days it ends and its files are removed. Go on with it there.",
)


class Tidying(Releasing):
    """What the machine does about requests that nobody touches."""

    sweep_seconds = 3600.0
    """Age of a stored file that belongs to nothing from which it is removed."""

    def tidy(self) -> None:
        """Warn, give up, remove: everything that is due now. It can be called at any time, as often as one likes."""
        for ref in self._idle():
            self._look_at_idle(ref)
        for ref in self._ended():
            self._purge(ref)
        self._sweep()

    def _idle(self) -> list[str]:
        row = tables.request.c
        since = func.coalesce(row.idle_since, row.changed_at)
        with self._db.read() as tx:
            waiting = row.state.in_([state.value for state in CAN_LIE_IDLE]) & not_frozen(row.project)
            query = select(row.ref).where(waiting, since <= self._clock() - timedelta(days=1)).order_by(since)
            return list(tx.execute(query).scalars())

    def _look_at_idle(self, ref: str) -> Request:
        """Warn the author, or give the request up, whichever is due."""
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            days = self._policy_of(tx, request).idle_days
            if request.state not in CAN_LIE_IDLE or not days:
                return request
            now, warning = self._clock(), min(WARNING, timedelta(days=days) / 2)
            end = (request.idle_since or request.changed_at) + timedelta(days=days)
            if request.warned_at is None:
                return self._warn(tx, request, now, warning) if now >= end - warning else request
            # After an outage the warning comes late, and so does the end.
            if now < end or now < request.warned_at + warning:
                return request
            record = Record(actor=WORKER, source=HERE, detail={"idle_days": days})
            moved, _ = self._move(tx, request, "egress.abandoned", Party.SYSTEM, record)
            return moved

    def _warn(self, tx: Connection, request: Request, now: datetime, warning: timedelta) -> Request:
        record = at_that_time(Record(actor=WORKER, source=HERE), now)
        self._record(tx, request, "egress.idle_warned", record)
        store.change(tx, request, warned_at=now)
        text = called(request, _WARNED).fill(title=request.title, days=str(max(1, warning.days)))
        self._registry.tell(tx, request.author_ref, "egress_idle_warned", text)
        mail.put(tx, "egress.idle", request, [request.author_ref], now)
        return store.load(tx, request.ref)

    def _ended(self) -> list[str]:
        row, file = tables.request.c, tables.file.c
        over = row.state.in_([state.value for state in ENDED]) & not_frozen(row.project)
        with self._db.read() as tx:
            query = (
                select(row.ref)
                .join(tables.file, file.request_ref == row.ref)
                .where(over, row.changed_at <= self._clock() - timedelta(days=1), ~_is_purged())
                .distinct()
            )
            return list(tx.execute(query).scalars())

    def _purge(self, ref: str) -> None:
        """Record that the files of an ended request go, if their time is over; the sweep removes them."""
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            days = self._policy_of(tx, request).purge_days
            if request.state not in ENDED or not days or request.changed_at + timedelta(days=days) > self._clock():
                return
            going = _going(tx, request)
            if not going or _is_held(tx, request):
                return
            record = Record(actor=WORKER, source=HERE, detail={"files": sorted(going), "days": days})
            event_id = self._record(tx, request, "egress.purged", record)
            values = {"request_ref": ref, "event_id": event_id, "at": self._clock()}
            tx.execute(insert(tables.purged), [{**values, "sha256": sha256} for sha256 in sorted(going)])

    def _sweep(self) -> None:
        row, purged = tables.release.c, tables.purged.c
        with self._db.read() as tx:
            held = frozenset(tx.execute(select(tables.file.c.sha256).where(~_is_purged()).distinct()).scalars())
            gone = select(row.request_ref).join(
                tables.purged, (purged.request_ref == row.request_ref) & (purged.sha256 == row.sha256)
            )
            packages = [ref for ref in tx.execute(gone).scalars() if self._has_package(ref)]
        if packages:
            with package.only_one(self._releases):
                for ref in packages:
                    self.zip_of(ref).unlink(missing_ok=True)
                    shutil.rmtree(self.package_of(ref), ignore_errors=True)
        self._vault.sweep(held, self.sweep_seconds)

    def _has_package(self, ref: str) -> bool:
        return self.package_of(ref).exists() or self.zip_of(ref).exists()


def _is_purged() -> Exists:
    file, gone = tables.file.c, tables.purged.c
    mine = (gone.request_ref == file.request_ref) & (gone.sha256 == file.sha256)
    return select(gone.sha256).where(mine).correlate(tables.file).exists()


def _going(tx: Connection, request: Request) -> set[str]:
    """Hashes of the files, and of the release, that are still there and are to go."""
    file, release, gone = tables.file.c, tables.release.c, tables.purged.c
    mine: set[str] = set(tx.execute(select(file.sha256).where(file.request_ref == request.ref)).scalars())
    mine |= set(tx.execute(select(release.sha256).where(release.request_ref == request.ref)).scalars())
    if request.released_at is not None and queries.project(tx, request.project).status is ProjectStatus.ACTIVE:
        mine -= {one.sha256 for one in request.outputs}
    return mine - set(tx.execute(select(gone.sha256).where(gone.request_ref == request.ref)).scalars())


def _is_held(tx: Connection, request: Request) -> bool:
    """Whether a legal hold keeps the files: on the request, its author, project or data, or on everything."""
    about: Iterable[tuple[str, str]] = (
        ("request", request.ref),
        ("person", request.author_ref),
        ("project", request.project),
        *(("dataset", use.dataset) for use in request.datasets),
    )
    kept = set(about)
    return any(hold.kind == "log" or (hold.kind, hold.ref) in kept for hold in holds(tx))
