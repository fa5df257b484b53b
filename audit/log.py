"""The log: appends events to the tree in the caller's transaction, signs its head, and hands out receipts.

- An event is in the log exactly if the change it records is in the database: both are one transaction.
- An event that cannot be recorded takes its transaction with it, also when the caller ignores the error.
- Nothing is signed that contradicts what was signed before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from audit import body as bodies
from audit import store
from audit.body import SEALED_NAME, Body
from audit.canonical import dump
from audit.catalogue import CATALOGUE
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.db import Database
from audit.errors import AuditError, EventRefused, LogInconsistent, MalformedBody, NotDurable
from audit.event import Event
from audit.head import Head
from audit.keys import LogKeys
from audit.merkle import leaf_hash, verify_inclusion
from audit.note import sign_note
from audit.proof import format_proof
from audit.schema import text
from audit.sealing import Opening, seal
from audit.sidecar import Sidecar
from audit.tree import Tree

__all__ = ["AuditLog", "LogKeys"]

SOURCE_IP = "source.ip"
ZONE_SUBJECT = "zone"
_SEALED_NAME = text(SEALED_NAME)
_INSERT_CHECKPOINT = """
INSERT INTO audit_checkpoint (size, note, tail, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (size) DO NOTHING
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
    ) -> None:
        self.db = db
        self.origin = origin
        self.component = component
        self.directory = keys.directory.parent / "log" if log_dir is None else log_dir
        self._keys = keys
        self._clock = clock
        self._sidecar = Sidecar(keys.sidecar)
        self._head = Head(self.directory)
        keys.publish(origin)

    def append(self, tx: Connection, event: Event, *, component: str | None = None) -> int:
        """Record an event in the caller's transaction and return its index; it is durable when that commits.

        An event whose id is recorded already is not recorded again: its index is returned. `component` names
        the writer where one process writes for another.

        Raises: EventRefused — if the event is not of the permitted form. NotDurable — if the database refused
        it. In both cases the caller's transaction is rolled back: nothing may happen that is not recorded.
        """
        try:
            return self._append(tx, event, component or self.component)
        except BaseException as error:
            if (transaction := tx.get_transaction()) is not None:
                transaction.rollback()
            if isinstance(error, SQLAlchemyError):
                raise NotDurable(f"the database refused the entry: {type(error).__name__}") from error
            raise

    def record(self, event: Event) -> int:
        """Record an event in a transaction of its own and return its index; it is durable on return.

        Raises: as `append`.
        """
        return self.record_all([(event, self.component)])[0]

    def record_all(self, events: Sequence[tuple[Event, str]]) -> list[int]:
        """Record events, each with its component, in one transaction: all are durable on return, or none.

        Raises: as `append`.
        """
        try:
            with self.db.begin() as tx:
                return [self.append(tx, event, component=component) for event, component in events]
        except SQLAlchemyError as error:
            raise NotDurable(f"the database could not commit: {type(error).__name__}") from error

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

    def check_head(self) -> None:
        """Refuse a log that was rolled back, cut off or rewritten since its last checkpoint.

        Raises: LogInconsistent — with what does not fit.
        """
        known = self._head.read()
        with self.db.read() as tx:
            self._check_head(tx, Tree(tx), known)

    def receipt(self, index: int) -> str:
        """Return the C2SP tlog-proof of one entry, under a checkpoint that is signed now if none covers it.

        Raises: NotInLog — if there is no such entry. LogInconsistent — as `checkpoint`, and if the entry is not
        the one that was signed.
        """
        with self.db.read() as tx:
            data = store.body_bytes(tx, index)
        note = self._head.read()
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
            commitments = bodies.parse(store.body_bytes(tx, index)).get("c", {})
            values = {name: self._sidecar.open(tx, bytes.fromhex(c)) for name, c in commitments.items()}
        return {name: value for name, value in values.items() if value is not None}

    def _append(self, tx: Connection, event: Event, component: str) -> int:
        store.lock(tx)
        # The time is taken under the lock, so that times rise with indexes across processes.
        body, data, openings = self._compose(event, component, self._clock())
        index = store.insert_entry(tx, body, data, leaf_hash(data))
        if index is None:
            return _recorded_before(tx, body)
        for subject, group in _by_subject(event, openings).items():
            self._sidecar.write(tx, subject, group, ts=body["ts"])
        return index

    def _compose(self, event: Event, component: str, at: datetime) -> tuple[Body, bytes, Mapping[str, Opening]]:
        if event.action not in CATALOGUE:
            raise EventRefused(f"no action of the catalogue: {event.action[:64]}")
        try:
            openings = _seal_all(event)
            commitments = {name: opening.commitment() for name, opening in openings.items()}
            body = bodies.check(bodies.build(event, at=at, component=component, commitments=commitments))
            data = dump(body)
        except MalformedBody as error:
            raise EventRefused(f"{event.action}: {error}") from None
        if len(data) > bodies.MAX_BODY_BYTES:
            raise EventRefused(f"{event.action}: a body of {len(data)} bytes is longer than an entry may be")
        return body, data, openings

    def _sign_head(self) -> str:
        known = self._head.read()
        with self.db.read() as tx:
            tree = Tree(tx)
            size, last = self._check_head(tx, tree, known)
            if known is not None and last is not None and last.size == size:
                return known
            head = Checkpoint(self.origin, size, tree.root(size))
            tail = tree.tail(size)
        note = sign_note(head.text(), self.origin, self._keys.signing)
        with self.db.begin() as tx:
            row = (size, note, tail, bodies.timestamp(self._clock()))
            tx.exec_driver_sql(store.sql(tx, _INSERT_CHECKPOINT), row)
        self._head.write(size, note)
        return note

    def _check_head(self, tx: Connection, tree: Tree, known: str | None) -> tuple[int, Checkpoint | None]:
        """Hold the log against its last checkpoints; return its size and the one in files."""
        size = tree.size()
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
            return open_checkpoint(note, self._keys.verifier(self.origin))
        except AuditError as error:
            raise LogInconsistent(f"the last checkpoint is not of this log: {error}") from error


def _seal_all(event: Event) -> dict[str, Opening]:
    """Return an opening for every value of an event that a leaf must not show."""
    for name in event.sealed:
        _SEALED_NAME(name)
    values = dict(event.sealed)
    if event.source.ip is not None:
        if SOURCE_IP in values:
            raise MalformedBody(f"sealed: {SOURCE_IP} is the log's own field")
        values[SOURCE_IP] = event.source.ip
    return {name: seal(value) for name, value in values.items()}


def _by_subject(event: Event, openings: Mapping[str, Opening]) -> dict[str, list[Opening]]:
    """Return the openings by the subject under whose key they are kept."""
    actor = event.actor.ref if event.actor.kind == "person" else ZONE_SUBJECT
    groups: dict[str, list[Opening]] = {}
    for name, opening in openings.items():
        # An address is the actor's; other sealed values of an event about a person are that person's.
        about_person = event.object.kind == "person" and name != SOURCE_IP
        groups.setdefault(event.object.ref if about_person else actor, []).append(opening)
    return groups


def _recorded_before(tx: Connection, body: Body) -> int:
    """Return the index of the entry that records the same event.

    Raises: EventRefused — if that entry says something else: an event id is used once.
    """
    index, data = store.entry_of_event(tx, body["id"])
    if _claim(bodies.parse(data)) != _claim(body):
        raise EventRefused(f"the id of the event is that of another event, entry {index}")
    return index


def _claim(body: Body) -> Body:
    """Return what the caller said: all but the time and the randomness that the log added."""
    return {**body, "ts": None, "c": sorted(body.get("c", ()))}
