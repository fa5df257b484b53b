"""The encrypted sidecar: openings of commitments, under one key per subject.

A subject's key is random, wrapped by the master key of the zone and stored in `audit_key`. Setting `wrapped`
to NULL destroys every value of that subject, also in backups of the sidecar that are kept apart from the
keys.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from audit.errors import SealedValueLost
from audit.refs import new_ref
from audit.sealing import Opening
from audit.store import direct, direct_many, sql

_NONCE_BYTES = 12  # NIST SP 800-38D section 8.2: 96 bits
_KEY_LABEL = b"ansim-audit-key/v1"
_VALUE_LABEL = b"ansim-audit-sidecar/v1"

_LIVE_KEY = "SELECT key_id, wrapped FROM audit_key WHERE subject = ? AND wrapped IS NOT NULL"
_INSERT_KEY = "INSERT INTO audit_key (key_id, subject, wrapped, created_at) VALUES (?, ?, ?, ?)"
_INSERT = "INSERT INTO audit_sidecar (commitment, key_id, nonce, ciphertext) VALUES (?, ?, ?, ?)"
_SELECT = """
SELECT s.key_id, s.nonce, s.ciphertext, k.wrapped
FROM audit_sidecar s JOIN audit_key k ON k.key_id = s.key_id WHERE s.commitment = ?
"""


class Sidecar:
    """Writes and opens sealed values under one master key."""

    def __init__(self, master: bytes) -> None:
        self._master = AESGCM(master)
        self._unwrapped: dict[str, AESGCM] = {}

    def write(self, tx: Connection, subject: str, openings: Iterable[Opening], *, ts: str) -> None:
        """Store openings under the key of a subject, which is made on first use."""
        key_id, key = self._live_key(tx, subject, ts)
        rows = []
        for opening in openings:
            commitment, nonce = opening.commitment(), os.urandom(_NONCE_BYTES)
            ciphertext = key.encrypt(nonce, opening.to_bytes(), _VALUE_LABEL + commitment)
            rows.append((commitment, key_id, nonce, ciphertext))
        direct_many(tx, _INSERT, rows)

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
            data = self._unwrap(key_id, wrapped).decrypt(nonce, ciphertext, _VALUE_LABEL + commitment)
        except InvalidTag:
            raise SealedValueLost(f"the value of commitment {commitment.hex()[:16]}… is damaged") from None
        opening = Opening.from_bytes(data)
        if opening.commitment() != commitment:
            raise SealedValueLost(f"the sidecar has another value for commitment {commitment.hex()[:16]}…")
        return opening.value()

    def _live_key(self, tx: Connection, subject: str, ts: str) -> tuple[str, AESGCM]:
        # Asked each time: another process may have destroyed the key since.
        for key_id, wrapped in direct(tx, _LIVE_KEY, (subject,)):
            return key_id, self._unwrap(key_id, wrapped)
        key_id, fresh, nonce = new_ref("k"), os.urandom(32), os.urandom(_NONCE_BYTES)
        wrapped = nonce + self._master.encrypt(nonce, fresh, _KEY_LABEL + key_id.encode("ascii"))
        direct(tx, _INSERT_KEY, (key_id, subject, wrapped, ts))
        return key_id, AESGCM(fresh)

    def _unwrap(self, key_id: str, wrapped: bytes) -> AESGCM:
        key = self._unwrapped.get(key_id)
        if key is None:
            nonce, ciphertext = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
            aad = _KEY_LABEL + key_id.encode("ascii")
            key = self._unwrapped[key_id] = AESGCM(self._master.decrypt(nonce, ciphertext, aad))
        return key
