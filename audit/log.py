"""The log: appends events to the tree in the caller's transaction, signs its head, and hands out receipts.

- An event is in the log exactly if the change it records is in the database: both are one transaction. On SQLite
  it has its index there; on PostgreSQL it is durable in the outbox, and the sequencer enters it a moment later.
- An event that cannot be recorded takes its transaction with it, also when the caller ignores the error.
- Nothing is signed that contradicts what was signed before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, overload

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from audit import body as bodies
from audit import pending, store
from audit.body import Body
from audit.break_glass import OUTSIDE, READINGS, BreakGlass
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.clock.reading import UNREAD
from audit.clock.sources import TimeSource
from audit.composing import Composed, compose, same_claim
from audit.db import Database
from audit.entering import Prepared, enter, enter_all
from audit.errors import AuditError, EventRefused, LogInconsistent, NotDurable, SealedValueLost
from audit.event import Event
from audit.head import Head
from audit.keys import LogKeys
from audit.merkle import leaf_hash, verify_inclusion
from audit.proof import format_proof
from audit.retention.facts import erased_subjects, is_erased
from audit.sequencer import MAX_BATCH, Sequencer
from audit.sidecar import Sidecar
from audit.space import Space
from audit.subject_keys import CellKeys, SubjectKeys
from audit.tree import Tree
from audit.waiting import INTEGRATION_SECONDS, Appended, Stage, Waits
from audit.witness.cosignatures import witnessed_note
from audit.witness.policy import WitnessPolicy

__all__ = ["Appended", "AuditLog", "LogKeys"]

_INSERT_CHECKPOINT = """
INSERT INTO audit_checkpoint (size, note, tail, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (size) DO NOTHING
"""
_INSERT_CLOCK = """
INSERT INTO audit_clock (size, source, synchronised, offset_us, error_us, read_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (size) DO NOTHING
"""
_LAST_CHECKPOINT = "SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1"


def utc_now() -> datetime:
    """Return the time of this machine."""
    return datetime.now(UTC)


class AuditLog:
    """The log of one zone, as one of its processes writes it."""

    def __init__(
        self,
        db: Database,
        keys: LogKeys,
        *,
        component: str,
        origin: str,
        log_dir: Path | None = None,
        clock: Callable[[], datetime] = utc_now,
        space: Space | None = None,
        witnesses: WitnessPolicy | None = None,
        time_source: TimeSource | None = None,
    ) -> None:
        """Open the log.

        `space` refuses what must not begin on a full disk, `witnesses` says whom `wait` waits for, and what
        `time_source` says of the clock is kept beside each checkpoint.
        """
        self.db = db
        self.origin = origin
        self.component = component
        self.directory = keys.directory.parent / "log" if log_dir is None else log_dir
        self._keys = keys
        self._clock = clock
        self._time_source = time_source
        self.subject_keys = SubjectKeys(keys.sidecar)
        self._sidecar = Sidecar(self.subject_keys)
        self._head = Head(self.directory)
        self.sequencer = Sequencer(db)
        self.space = space
        self.glass = BreakGlass(self.directory, clock)
        self.witnesses = witnesses or WitnessPolicy.none()
        self._waits = Waits(db, self.sequencer, self.witnesses, self.checkpoint)
        keys.publish(origin)

    def append(self, tx: Connection, event: Event, *, component: str | None = None) -> Appended:
        """Record an event in the caller's transaction; it is durable when that commits (`wait` tells the index).

        An event whose id is recorded already is not recorded again. `component` names the writer where one
        process writes for another.

        Raises: EventRefused — if the event is not of the permitted form. NotDurable — if the database refused it, or
        if the disk is too full for anything new (LogFull). In all cases the caller's transaction is rolled back:
        nothing may happen that is not recorded.
        """
        return self.append_all(tx, [(event, component or self.component)])[0]

    def append_all(
        self, tx: Connection, events: Sequence[tuple[Event, str]], *, from_glass: bool = False
    ) -> list[Appended]:
        """Record events, each with its component, in the caller's transaction; their indexes rise in their order.

        What was read through broken glass (`from_glass`) has happened, and is little: a full disk does not refuse it.

        Raises: as `append`. None of them is recorded then.
        """
        try:
            if self.space is not None and not from_glass:
                for event, _component in events:
                    self.space.admit(event)
            return self._append_all(tx, events)
        except BaseException as error:
            if (transaction := tx.get_transaction()) is not None:
                transaction.rollback()
            if isinstance(error, SQLAlchemyError):
                raise NotDurable(f"the database refused the entry: {type(error).__name__}") from error
            raise

    @overload
    def record(self, event: Event) -> int: ...
    @overload
    def record(self, event: Event, *, wait: Literal["integrated", "witnessed"]) -> int: ...
    @overload
    def record(self, event: Event, *, wait: Literal["durable"]) -> int | None: ...

    def record(self, event: Event, *, wait: Stage = "integrated") -> int | None:
        """Record an event in a transaction of its own, wait as long as asked, and return its index.

        With `wait="durable"` it returns as soon as nothing can undo the event, and says no index that it would
        have to wait for: that is enough for whoever goes on to act.

        Raises: as `append`. NotIntegrated — if it is durable and `wait` was for more, which did not come.
        """
        [appended] = self.record_all([(event, self.component)])
        if wait == "durable" or appended.index == OUTSIDE:
            return appended.index
        return self.wait(appended.event_id, wait)

    def record_all(self, events: Sequence[tuple[Event, str]], *, from_glass: bool = False) -> list[Appended]:
        """Record events, each with its component, in one transaction: all are durable on return, or none.

        While the glass is broken, what the command line reads is recorded beside the log (`audit.break_glass`), but
        for what comes from there.

        Raises: as `append`.
        """
        if not from_glass and self._reads_through_glass(events):
            self.glass.keep([event for event, _component in events])
            return [Appended(event.id, OUTSIDE) for event, _component in events]
        try:
            with self.db.begin() as tx:
                return self.append_all(tx, events, from_glass=from_glass)
        except SQLAlchemyError as error:
            raise NotDurable(f"the database could not commit: {type(error).__name__}") from error

    @overload
    def wait(self, event_id: str, stage: Literal["integrated", "witnessed"] = ..., timeout: float = ...) -> int: ...
    @overload
    def wait(self, event_id: str, stage: Stage, timeout: float = ...) -> int | None: ...

    def wait(self, event_id: str, stage: Stage = "integrated", timeout: float = INTEGRATION_SECONDS) -> int | None:
        """Return the index of an event once it has come as far as asked; None where durable is not yet in the tree.

        Whoever waits for the tree enters what is due if no sequencer is at it.

        Raises: NotIntegrated — if it has no place in the tree in time, or is not recorded at all. NotWitnessed —
        if no checkpoint over it has the cosignatures of the policy in time.
        """
        return self._waits.until(event_id, stage, timeout)

    def settle(self, timeout: float = INTEGRATION_SECONDS) -> None:
        """Return when everything that is durable now is in the tree, so that a search finds it.

        Raises: NotIntegrated — if it is not in time.
        """
        self._waits.settle(timeout)

    def _reads_through_glass(self, events: Sequence[tuple[Event, str]]) -> bool:
        readings = all(event.action in READINGS and component == "cli" for event, component in events)
        return bool(events) and readings and self.glass.grant() is not None

    def size(self, tx: Connection) -> int:
        """Return the number of entries."""
        return store.log_size(tx)

    def root(self, tx: Connection, size: int | None = None) -> bytes:
        """Return the root of the first `size` entries, of all without it."""
        tree = Tree(tx)
        return tree.root(tree.size() if size is None else size)

    def checkpoint(self) -> str:
        """Sign the head of the log if it grew, keep it in the database and in files, and return the note.

        Raises: LogInconsistent — if the log contradicts its last checkpoint; nothing is signed then. NotDurable —
        if the checkpoint cannot be kept.
        """
        try:
            with self._head.locked():
                return self._sign_head()
        except (SQLAlchemyError, OSError) as error:
            raise NotDurable(f"a checkpoint could not be kept: {type(error).__name__}") from error

    def check_head(self, known: str | None = None) -> None:
        """Refuse a log that was rolled back, cut off or rewritten since its last checkpoint, that in files without one.

        Raises: LogInconsistent — with what does not fit.
        """
        try:
            known = known or self._head.read()
        except OSError as error:
            raise LogInconsistent(f"the last checkpoint cannot be read: {error.strerror}") from error
        with self.db.read() as tx:
            self._check_head(tx, Tree(tx), known)

    def head(self) -> Checkpoint | None:
        """Return what was signed last; None before the first checkpoint.

        Raises: LogInconsistent — if no key of this log signed it.
        """
        note = self.note()
        return None if note is None else self._open(note)

    def note(self) -> str | None:
        """Return the last signed checkpoint as it was written; None before the first."""
        return self._head.read()

    def now(self) -> datetime:
        """Return the time by the clock of this log."""
        return self._clock()

    def receipt(self, index: int) -> str:
        """Return the C2SP tlog-proof of one entry, under a checkpoint that is signed now if none covers it.

        Where the policy asks for witnesses and they have signed one that covers it, it is under that one.

        Raises: NotInLog — if there is no such entry. LogInconsistent — as `checkpoint`, and if the entry is not
        the one that was signed.
        """
        with self.db.read() as tx:
            data = store.body_bytes(tx, index)
            note = witnessed_note(tx, self.witnesses, index)
        note = note or self._head.read()
        if note is None or self._open(note).size <= index:
            note = self.checkpoint()
        head = self._open(note)
        with self.db.read() as tx:
            path = Tree(tx).inclusion(index, head.size)
        if not verify_inclusion(index, head.size, leaf_hash(data), path, head.root):
            raise LogInconsistent(f"entry {index} is not the one that the last checkpoint covers")
        return format_proof(index, path, note, data)

    def unseal(self, index: int) -> dict[str, str]:
        """Return the sealed values of one entry, for screens that may show them; destroyed ones are left out.

        Raises: NotInLog — if there is no such entry. SealedValueLost — if a value is missing without having
        been destroyed on purpose.
        """
        with self.db.read() as tx:
            body = bodies.parse(store.body_bytes(tx, index))
            values = {name: self._value(tx, index, body, name) for name in body.get("c", {})}
        return {name: value for name, value in values.items() if value is not None}

    def _value(self, tx: Connection, index: int, body: Body, name: str) -> str | None:
        try:
            return self._sidecar.open(tx, bytes.fromhex(body["c"][name]))
        except SealedValueLost:
            if is_erased(body, name, index, erased_subjects(tx)):
                return None
            raise

    def cell_keys(self) -> CellKeys:
        """Return the keys under which a cell store keeps the code of each person."""
        return CellKeys(self.db, self.subject_keys, self._clock)

    def prepare(self, tx: Connection, event: Event, component: str) -> Prepared:
        """Return everything that an append of this event would write now, without writing more than a first key.

        Raises: as `append`.
        """
        composed = compose(event, component=component, at=self._clock())
        ts = composed.body["ts"]
        sealed = composed.sealed.items()
        if tx.dialect.name == "postgresql":
            for subject in composed.sealed:
                self._make_key(tx, subject, ts)
        rows = [row for subject, part in sealed for row in self._sidecar.encrypt(tx, subject, part, ts=ts)]
        return Prepared(composed, rows, self._sidecar.digests(tx, composed.indexed, ts=ts))

    def _make_key(self, tx: Connection, subject: str, ts: str) -> None:
        """Make a subject's first key in a transaction of its own: nobody waits until the caller's has ended."""
        if not self.subject_keys.knows(subject) and self.subject_keys.find(tx, subject) is None:
            with self.db.begin() as own:
                self.subject_keys.live(own, subject, ts)

    def _append_all(self, tx: Connection, events: Sequence[tuple[Event, str]]) -> list[Appended]:
        store.require_transaction(tx)
        # On SQLite this is under the lock of BEGIN IMMEDIATE, so that times rise with indexes across processes.
        done: list[Appended] = []
        for start in range(0, len(events), MAX_BATCH):
            batch = [self.prepare(tx, event, component) for event, component in events[start : start + MAX_BATCH]]
            if len(batch) > 1 and tx.dialect.name == "sqlite" and (first := enter_all(tx, batch)) is not None:
                done += [Appended(one.composed.columns.event_id, index) for index, one in enumerate(batch, first)]
            else:
                done += [self._append(tx, one) for one in batch]
        return done

    def _append(self, tx: Connection, one: Prepared) -> Appended:
        composed, rows, digests = one
        if tx.dialect.name == "postgresql":
            written, index = pending.put(tx, composed, rows, digests), None
        else:
            index, written = enter(tx, one) or (None, None)
        if written is None:
            return _recorded_before(tx, composed.body)
        if len(written) < len(rows):
            self._seal_again(tx, composed, written)
        return Appended(composed.columns.event_id, index)

    def _seal_again(self, tx: Connection, composed: Composed, written: set[bytes]) -> None:
        """Seal what was sealed under a key that was destroyed since this process met it."""
        event_id, ts = composed.body["id"], composed.body["ts"]
        for subject, part in composed.sealed.items():
            if lost := [opening for opening in part if opening.commitment() not in written]:
                self._sidecar.forget(subject)
                self._sidecar.write(tx, subject, lost, ts=ts)
        self._sidecar.index(tx, composed.indexed, event_id=event_id, ts=ts)

    def _sign_head(self) -> str:
        known = self._head.read()
        with self.db.read() as tx:
            tree = Tree(tx)
            size, last = self._check_head(tx, tree, known)
            if known is not None and last is not None and last.size == size:
                return known
            head = Checkpoint(self.origin, size, tree.root(size))
            tail = tree.tail(size)
        note = self._keys.sign(head.text(), self.origin, self._clock())
        source, kept_at = self._time_source, bodies.timestamp(self._clock())
        clock = None if source is None else source.read() or UNREAD
        self._head.prepare()
        with self.db.begin() as tx:
            tx.exec_driver_sql(store.sql(tx, _INSERT_CHECKPOINT), (size, note, tail, kept_at))
            if clock is not None:
                said = (clock.source, clock.synchronised, clock.offset_us, clock.error_us)
                tx.exec_driver_sql(store.sql(tx, _INSERT_CLOCK), (size, *said, kept_at))
        self._head.write(size, note)
        return note

    def _check_head(self, tx: Connection, tree: Tree, known: str | None) -> tuple[int, Checkpoint | None]:
        """Hold the log against its last checkpoints; return its size and the one in files."""
        size = tree.size()
        if known is None:
            self._head.refuse_lost(tx)
        kept = tx.exec_driver_sql(_LAST_CHECKPOINT).scalar()
        signed = [None if note is None else self._open(note) for note in (known, kept)]
        for last in signed:
            if last is not None and last.size > size:
                raise LogInconsistent(f"the log has {size} entries, its last checkpoint covers {last.size}")
            if last is not None and tree.root(last.size) != last.root:
                raise LogInconsistent(f"the first {last.size} entries are not those of the last checkpoint")
        return size, signed[0]

    def _open(self, note: str) -> Checkpoint:
        try:
            return open_checkpoint(note, self._keys.trusted(self.origin))
        except AuditError as error:
            raise LogInconsistent(f"the last checkpoint is not of this log: {error}") from error


def _recorded_before(tx: Connection, body: Body) -> Appended:
    """Return where the same event is recorded.

    Raises: EventRefused — if the event of this id says something else: an event id is used once.
    """
    found = store.entry_of_event(tx, body["id"])
    data = pending.pending_body(tx, body["id"]) if found is None else found[1]
    if data is None:
        # It was entered between the two questions.
        found = store.entry_of_event(tx, body["id"])
    index, data = found or (None, data)
    if data is None:
        raise NotDurable("an event of the same id is under way")
    if not same_claim(body, data):
        raise EventRefused(f"the id of the event is that of another event, entry {index}")
    return Appended(body["id"], index)
