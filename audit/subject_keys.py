"""The keys of subjects: one random key per person (and one for the zone), from which all else of a subject hangs.

A key is wrapped by the master key of the zone and stored in `audit_key`. It seals the subject's values, and keys
for the subject's cells and for the index of the subject's addresses are derived from it. Setting `wrapped` to NULL
therefore destroys all of it at once.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from audit.body import timestamp
from audit.db import Database
from audit.errors import NotDurable
from audit.refs import new_ref
from audit.secret_file import SecretFile
from audit.store import direct

NONCE_BYTES = 12  # NIST SP 800-38D section 8.2: 96 bits

_KEY_LABEL = b"ansim-audit-key/v1"
_DIGESTS_LABEL = b"ansim-audit-subject/v1 digests"
_CELLS_LABEL = b"ansim-audit-subject/v1 cells"
_MAX_REMEMBERED = 10_000
# A key that another process destroyed must not stay in the memory of this one.
_REMEMBERED_SECONDS = 600.0

_LIVE_KEY = "SELECT key_id, wrapped FROM audit_key WHERE subject = ? AND wrapped IS NOT NULL"
_LIVE_KEYS = "SELECT key_id, wrapped FROM audit_key WHERE wrapped IS NOT NULL ORDER BY key_id"
_WRAPPED = "SELECT wrapped FROM audit_key WHERE key_id = ? AND wrapped IS NOT NULL"
# Of two who make a subject's first key at once, the second waits for the first and then uses that key.
_INSERT_KEY = "INSERT INTO audit_key (key_id, subject, wrapped, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """The key of one subject, unwrapped."""

    key_id: str
    sealing: AESGCM
    digests: bytes = field(repr=False)
    """The key of the index of the subject's values."""
    cells: bytes = field(repr=False)
    """The key of the subject's cells."""


class SubjectKeys:
    """The keys of all subjects, as one process knows them."""

    def __init__(self, master: bytes | SecretFile) -> None:
        """Take the master key, or the file that it is read from whenever a key is made or does not open."""
        self._source = master
        self._masters: tuple[AESGCM, ...] = ()
        self._opened: dict[str, SubjectKey] = {}
        self._live: dict[str, SubjectKey] = {}
        self._since = time.monotonic()

    def live(self, tx: Connection, subject: str, ts: str) -> SubjectKey:
        """Return the key of a subject, made if there is none; it may have been destroyed since it was met.

        Whoever writes under it makes sure that it lives, or calls `forget` and asks again.

        Raises: NotDurable — if the database refuses a new key.
        """
        self._age()
        known = self._live.get(subject)
        if known is not None:
            return known
        for _attempt in range(2):
            if (found := self.find(tx, subject)) is not None:
                self._live[subject] = found
                return found
            key_id, master = new_ref("k"), self._secrets()[0]
            direct(tx, _INSERT_KEY, (key_id, subject, wrap(master, key_id, os.urandom(32)), ts))
            # Whoever replaces the master key makes the next one known before the rows are wrapped anew, and waits
            # for this transaction: so a row of the old one is either seen there or refused here.
            if self._secrets()[0] != master:
                raise NotDurable("the master key was replaced meanwhile; try again")
        raise NotDurable("a subject's key was destroyed while it was made")

    def knows(self, subject: str) -> bool:
        """Return whether this process has met the key of a subject."""
        self._age()
        return subject in self._live

    def find(self, tx: Connection, subject: str) -> SubjectKey | None:
        """Return the key of a subject as the database has it now; None if it has none that lives."""
        found = direct(tx, _LIVE_KEY, (subject,))
        return self.open(*found[0]) if found else None

    def named(self, tx: Connection, key_id: str) -> SubjectKey | None:
        """Return a key by its id; None if it was destroyed."""
        found = direct(tx, _WRAPPED, (key_id,))
        return self.open(key_id, found[0][0]) if found else None

    def every(self, tx: Connection) -> Iterator[SubjectKey]:
        """Yield every key that lives."""
        for key_id, wrapped in direct(tx, _LIVE_KEYS, ()):
            yield self.open(key_id, wrapped)

    def open(self, key_id: str, wrapped: bytes) -> SubjectKey:
        """Return a key from its wrapped form."""
        self._age()
        known = self._opened.get(key_id)
        if known is None:
            key = self._unwrap(key_id, bytes(wrapped))
            digests, cells = (hmac.digest(key, label, "sha256") for label in (_DIGESTS_LABEL, _CELLS_LABEL))
            known = self._opened[key_id] = SubjectKey(key_id, AESGCM(key), digests, cells)
        return known

    def _unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        """Return a key; one that does not open may be under a master key that came into force meanwhile.

        Raises: InvalidTag — if it is under none of them.
        """
        for masters in (self._masters, None):
            if masters is None:
                masters = self._masters = tuple(AESGCM(value) for value in self._secrets())
            for master in masters:
                try:
                    return unwrap(master, key_id, wrapped)
                except InvalidTag:
                    continue
        raise InvalidTag

    def _secrets(self) -> tuple[bytes, ...]:
        return (self._source,) if isinstance(self._source, bytes) else self._source.every()

    def forget(self, subject: str) -> None:
        """Drop what this process knows of a subject's key."""
        known = self._live.pop(subject, None)
        if known is not None:
            self._opened.pop(known.key_id, None)

    def _age(self) -> None:
        now = time.monotonic()
        if now - self._since > _REMEMBERED_SECONDS or len(self._opened) >= _MAX_REMEMBERED:
            self._opened.clear()
            self._live.clear()
            self._since = now


def wrap(master: bytes, key_id: str, key: bytes) -> bytes:
    """Return a subject's key as its row keeps it."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(master).encrypt(nonce, key, _KEY_LABEL + key_id.encode("ascii"))


def unwrap(master: AESGCM, key_id: str, wrapped: bytes) -> bytes:
    """Return a subject's key from its row.

    Raises: InvalidTag — if it was wrapped by another master key.
    """
    return master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _KEY_LABEL + key_id.encode("ascii"))


class CellKeys:
    """The keys of cells, looked up in the database each time: a destroyed key must never seal another cell."""

    def __init__(self, db: Database, keys: SubjectKeys, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._keys = keys
        self._clock = clock

    def of_subject(self, subject: str) -> tuple[str, bytes]:
        """Return the id and the key under which a subject's cells are kept; durably made if there is none.

        Raises: NotDurable — if the database refuses.
        """
        try:
            with self._db.read() as tx:
                found = self._keys.find(tx, subject)
            if found is None:
                with self._db.begin() as tx:
                    self._keys.forget(subject)
                    found = self._keys.live(tx, subject, timestamp(self._clock()))
        except SQLAlchemyError as error:
            raise NotDurable(f"the key of a cell cannot be kept: {type(error).__name__}") from error
        return found.key_id, found.cells

    def by_id(self, key_id: str) -> bytes | None:
        """Return the key of this id; None if it was destroyed."""
        with self._db.read() as tx:
            found = self._keys.named(tx, key_id)
        return None if found is None else found.cells
