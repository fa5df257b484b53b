"""The encrypted sidecar: openings of commitments, under one key per subject.

Destroying a subject's key (`audit.subject_keys`) destroys every value of that subject, also in backups of the
sidecar that are kept apart from the keys.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection

from audit.digests import Indexed, digest
from audit.errors import NotDurable, SealedValueLost
from audit.sealing import Opening
from audit.store import changed, direct_many, sql
from audit.subject_keys import NONCE_BYTES, SubjectKeys

SidecarRow: TypeAlias = tuple[bytes, str, bytes, bytes]
"""Commitment, key id, nonce and ciphertext."""
DigestRow: TypeAlias = tuple[str, str, bytes]
"""Key id, kind of value and digest."""

_VALUE_LABEL = b"ansim-audit-sidecar/v1"

# Nothing is sealed under a key that was destroyed: the row is written exactly if the key still lives.
_INSERT = """
INSERT INTO audit_sidecar (commitment, key_id, nonce, ciphertext)
SELECT ?, key_id, ?, ? FROM audit_key WHERE key_id = ? AND wrapped IS NOT NULL
"""
_INSERT_DIGEST = "INSERT INTO audit_digest (key_id, kind, digest, event_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_SELECT = """
SELECT s.key_id, s.nonce, s.ciphertext, k.wrapped
FROM audit_sidecar s JOIN audit_key k ON k.key_id = s.key_id WHERE s.commitment = ?
"""


class Sidecar:
    """Writes and opens sealed values."""

    def __init__(self, keys: SubjectKeys) -> None:
        self._keys = keys

    def write(self, tx: Connection, subject: str, openings: Iterable[Opening], *, ts: str) -> None:
        """Store openings under the key of a subject, which is made on first use.

        Raises: NotDurable — if the database refuses them.
        """
        openings = list(openings)
        rows = self.encrypt(tx, subject, openings, ts=ts)
        if not self._insert(tx, rows):
            # The key was destroyed since this process met it, or the transaction that made it was rolled back.
            self.forget(subject)
            if not self._insert(tx, self.encrypt(tx, subject, openings, ts=ts)):
                raise NotDurable("a sealed value has no key that lives")

    def index(self, tx: Connection, values: Iterable[Indexed], *, event_id: str, ts: str) -> None:
        """Make the values of an event findable; they are sealed already, under a key that lives."""
        rows = [(*row, event_id) for row in self.digests(tx, values, ts=ts)]
        if rows:
            direct_many(tx, _INSERT_DIGEST, rows)

    def encrypt(self, tx: Connection, subject: str, openings: Iterable[Opening], *, ts: str) -> list[SidecarRow]:
        """Return the rows of openings under the key that this process knows of the subject.

        Whoever writes them makes sure that the key still lives, as `write` does; else `forget` and ask again.
        """
        key = self._keys.live(tx, subject, ts)
        rows = []
        for opening in openings:
            commitment, nonce = opening.commitment(), os.urandom(NONCE_BYTES)
            ciphertext = key.sealing.encrypt(nonce, opening.to_bytes(), _VALUE_LABEL + commitment)
            rows.append((commitment, key.key_id, nonce, ciphertext))
        return rows

    def digests(self, tx: Connection, values: Iterable[Indexed], *, ts: str) -> list[DigestRow]:
        """Return the index rows of values under the keys that this process knows of their subjects."""
        rows = []
        for value in values:
            key = self._keys.live(tx, value.subject, ts)
            rows.append((key.key_id, value.kind, digest(key, value.kind, value.value)))
        return rows

    def forget(self, subject: str) -> None:
        """Drop what this process knows of a subject's key."""
        self._keys.forget(subject)

    def _insert(self, tx: Connection, rows: Sequence[SidecarRow]) -> bool:
        """Write rows of one key; return False, with nothing written, if the key does not live."""
        return all(changed(tx, _INSERT, (c, nonce, text, key_id)) for c, key_id, nonce, text in rows)

    def open(self, tx: Connection, commitment: bytes) -> str | None:
        """Return the value behind a commitment; None if its key was destroyed on purpose.

        Raises: SealedValueLost — if the sidecar has no such value, or another one.
        """
        found: Sequence[tuple[str, bytes, bytes, bytes | None]]
        found = [tuple(row) for row in tx.exec_driver_sql(sql(tx, _SELECT), (commitment,))]
        if not found:
            raise SealedValueLost(f"the sidecar has nothing for commitment {commitment.hex()[:16]}…")
        key_id, nonce, ciphertext, wrapped = found[0]
        if wrapped is None:
            return None
        try:
            data = self._keys.open(key_id, wrapped).sealing.decrypt(nonce, ciphertext, _VALUE_LABEL + commitment)
        except InvalidTag:
            raise SealedValueLost(f"the value of commitment {commitment.hex()[:16]}… is damaged") from None
        opening = Opening.from_bytes(data)
        if opening.commitment() != commitment:
            raise SealedValueLost(f"the sidecar has another value for commitment {commitment.hex()[:16]}…")
        return opening.value()
