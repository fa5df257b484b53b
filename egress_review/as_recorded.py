"""The wall: nobody votes on, releases or collects what is not, in the database, what the log tells of it.

A difference is an alarm of its own, and stays one when the rows are put right again: a request goes on when it is as
recorded and two people have looked into what was found. Nothing here changes a request.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from audit.canonical import JSON
from audit.errors import AuditError, LogInconsistent, SealedValueLost
from audit.event import Actor, Event, Object, Source, Subjects
from audit.note import Verifier
from audit.proven import Proven, Recorded
from audit.retention.facts import erased_subjects
from audit.tables import audit_entry
from audit.trusted import TrustedKeys
from egress_review import mail, store, tables
from egress_review.against_log import LOST, Keys, differences, digest_of
from egress_review.desk import HERE, Desk, Record, subjects_of
from egress_review.differences import Difference, differs
from egress_review.errors import NotAsRecorded, ReleaseFailed
from egress_review.model import Request
from egress_review.release_keys import KEYS_FILE, verifier_of
from egress_review.stored_rows import Stored, stored
from egress_review.telling import officers_of, tell_officers
from egress_review.told import ALARM, Told, alarms_of, is_looked_into, tell
from egress_review.workflow import FINAL, State
from registry.text import Text

ZONE = Actor.system()
LATER = timedelta(minutes=1)
"""How long the machine leaves a request alone that it refused."""
Progress = Callable[[int, int], None]

_REFUSED = Text(
    ko="이 신청은 감사 기록과 다릅니다. 두 사람이 살펴볼 때까지 아무것도 결정되지 않습니다.",
    en="This request is not as the audit log has it. Nothing is decided on it until two people have looked into it.",
)
_TOLD = Text(
    ko="신청 {ref}: 데이터베이스의 내용이 감사 기록과 다릅니다. 살펴보십시오.",
    en="Request {ref}: the database says otherwise than the audit log. Look into it.",
)
_REF = re.compile("er_[a-z2-7]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One request held against the log."""

    ref: str
    request: Request | None
    differences: tuple[Difference, ...]
    told: Told
    pruned: bool = False
    """Whether the entries that began it are no longer kept, so that there is nothing to hold it against."""

    @property
    def digest(self) -> str:
        """Names what differs; the same differences have the same name."""
        return digest_of(self.differences)

    @property
    def looked_into(self) -> bool:
        """Whether two people, one of them a compliance officer, have looked into what was found last."""
        return is_looked_into(self.told)

    @property
    def holds(self) -> bool:
        """Whether something may be decided on it."""
        return not self.differences and not self.pruned and (self.told.alarm is None or self.looked_into)


class AsRecorded(Desk):
    """What holds requests against the log."""

    def compare_with_log(
        self, refs: Sequence[str] | None = None, progress: Progress = lambda done, total: None
    ) -> Iterator[Compared]:
        """Hold requests against the log, all that the database or the log knows without `refs`; changes nothing.

        Raises: LogInconsistent — if the head of the log is not signed by a key of the log.
        """
        every = self._every() if refs is None else list(refs)
        progress(0, len(every))
        for number, some in enumerate(store.batched(every)):
            with self._db.read() as tx:
                found = self._compared(tx, some)
            for place, one in enumerate(found, number * store.MOST_VALUES + 1):
                progress(place, len(every))
                yield one

    def watch_requests(self) -> None:
        """Hold every request against the log, and raise an alarm about each that is not as recorded, once."""
        for one in self.compare_with_log():
            if one.differences:
                self._announce(one.ref, "nothing")

    @contextmanager
    def _refusing(self, ref: str, what: str) -> Iterator[None]:
        """Record the refusal of what the block did, which was undone with it."""
        try:
            yield
        except NotAsRecorded:
            self._refused[ref] = self._clock()
            self._announce(ref, what)
            raise

    def _check_as_recorded(self, tx: Connection, ref: str) -> Told:
        """What the log tells of a request, in the transaction that decides on it, if the database tells the same.

        Raises: NotAsRecorded
        """
        [one] = self._compared(tx, [ref])
        if not one.holds:
            raise NotAsRecorded("not_as_recorded", _REFUSED)
        return one.told

    def _was_refused(self, ref: str) -> bool:
        """Whether the machine met that request just now and left it alone."""
        at: datetime | None = self._refused.get(ref)
        return at is not None and at <= self._clock() < at + LATER

    def _announce(self, ref: str, refused: str) -> None:
        with self._db.begin() as tx:
            [one] = self._compared(tx, [ref], lock=True)
            if not one.differences or (one.digest, refused) in one.told.alarms:
                return
            detail: dict[str, JSON] = {
                "found": one.digest,
                "differences": sorted({difference.code for difference in one.differences}),
                "refused": refused,
            }
            self._put_down(tx, one, ALARM, ZONE, HERE, detail)
            if any(one.digest == found for found, _ in one.told.alarms):
                return
            tell_officers(tx, self._registry, "egress_not_as_recorded", _TOLD.fill(ref=ref[:24]))
            if one.request is not None:
                mail.put(tx, "alarm", one.request, officers_of(tx), self._clock())

    def _put_down(
        self,
        tx: Connection,
        one: Compared,
        action: str,
        actor: Actor,
        source: Source,
        detail: dict[str, JSON],
        sealed: dict[str, str] | None = None,
    ) -> None:
        if one.request is not None and _REF.fullmatch(one.ref):
            outcome = "denied" if detail.get("refused") not in (None, "nothing") else "ok"
            record = Record(actor=actor, source=source, detail=detail, sealed=sealed, outcome=outcome)  # type: ignore[arg-type]
            self._record(tx, one.request, action, record)
            return
        # Nothing of such a request can be believed, not even whose data it was made from.
        known = bool(_REF.fullmatch(one.ref))
        thing = Object("request", one.ref, _project(one.told)) if known else Object("zone", "egress")
        about = subjects_of(one.request.datasets) if one.request is not None and known else Subjects.none()
        self._log.append(tx, Event(action, actor, thing, about, source, detail=detail, sealed=sealed or {}))

    def _every(self) -> list[str]:
        """References of all requests that the database or the log knows."""
        began = select(audit_entry.c.object_ref).where(audit_entry.c.action == "egress.drafted").distinct()
        with self._db.read() as tx:
            return sorted({*tx.execute(select(tables.request.c.ref)).scalars(), *tx.execute(began).scalars()})

    def _compared(self, tx: Connection, refs: Sequence[str], *, lock: bool = False) -> list[Compared]:
        if lock:
            tx.execute(select(tables.request.c.ref).where(tables.request.c.ref.in_(refs)).with_for_update())
        proven = Proven.by(tx, self._log)
        keys = Keys(
            self._trusted, self._release_key_of, lambda commitment, person: self._unsealed(tx, commitment, person)
        )
        rows = stored(tx, refs)
        return [_compare(rows[ref], proven.about("request", ref), proven, keys) for ref in refs]

    def _unsealed(self, tx: Connection, commitment: bytes, person: str) -> object:
        try:
            value = self._log._sidecar.open(tx, commitment)
        except SealedValueLost:
            return LOST
        # A key that was destroyed without an erasure was destroyed by hand.
        return LOST if value is None and person not in erased_subjects(tx) else value

    def _trusted(self) -> TrustedKeys:
        return self._log._keys.trusted(self._log.origin)

    def _release_key_of(self, digest: str) -> Verifier | None:
        path = self._log._keys.directory / KEYS_FILE
        known: list[Verifier] = []
        try:
            known += [key.verifier for key in TrustedKeys.load(path).keys] if path.is_file() else []
            known += [verifier_of(key, self._log.origin) for key in self._release_keys.read()]
        except (AuditError, ReleaseFailed, OSError):
            # Not every process may read them; what was published suffices.
            pass
        return next((one for one in known if hashlib.sha256(one.vkey().encode()).hexdigest() == digest), None)


def _compare(kept: Stored, events: Sequence[Recorded], proven: Proven, keys: Keys) -> Compared:
    try:
        told = tell(events)
        if told.begun is None and _is_pruned(kept, proven):
            return Compared(ref=kept.ref, request=kept.request, differences=(), told=told, pruned=True)
        found = differences(kept, told, keys)
    except (KeyError, TypeError, ValueError, AttributeError, LogInconsistent):
        # An entry that no part of the zone could have written.
        told, found = alarms_of(events), (differs("entry.changed"),)
    return Compared(ref=kept.ref, request=kept.request, differences=found, told=told)


def _is_pruned(kept: Stored, proven: Proven) -> bool:
    """Whether a request that has ended is older than what the log still keeps."""
    over = kept.request is None or kept.request.state in FINAL | {State.RELEASED}
    began = proven.first_kept()
    return over and began is not None and (kept.request is None or kept.request.changed_at < began)


def _project(told: Told) -> str | None:
    return None if told.begun is None else told.begun.body["object"].get("project")
