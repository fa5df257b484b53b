"""An index of sealed values worth searching: keyed digests that nobody can guess without the key of their subject.

A digest is keyed BLAKE2b (RFC 7693) of 16 bytes under a key derived from the subject's; the library takes ten times as
long for an HMAC, and there is one for each event. To find a value, it is digested under the key of every subject that
lives; of an erased one nothing can be found any more, whoever has the table.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select, text

from audit.store import direct
from audit.subject_keys import SubjectKey, SubjectKeys
from audit.tables import audit_digest, audit_entry

ADDRESS = "address"
DIGEST_BYTES = 16
# The one spelling of an IPv4 address; asking the library would take longer than the digest.
_PART = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PLAIN_IPV4 = re.compile(rf"{_PART}(?:\.{_PART}){{3}}", re.ASCII)

_HAVING = """
SELECT v.key_id FROM unnest(CAST(:keys AS text[]), CAST(:digests AS bytea[])) v(key_id, digest)
WHERE EXISTS (SELECT 1 FROM audit_digest g WHERE g.key_id = v.key_id AND g.kind = :kind AND g.digest = v.digest)
"""
_HAS = "SELECT 1 FROM audit_digest WHERE key_id = ? AND kind = ? AND digest = ? LIMIT 1"


@dataclass(frozen=True, slots=True)
class Indexed:
    """A sealed value that can be searched for."""

    subject: str
    """Whose key it is digested under, and dies with."""
    kind: str
    value: str


def digest(key: SubjectKey, kind: str, value: str) -> bytes:
    """Return the digest of a value under the key of its subject."""
    data = f"{kind}\0{_normal(kind, value)}".encode("utf-8", "replace")
    return hashlib.blake2b(data, key=key.digests, digest_size=DIGEST_BYTES).digest()


def find(tx: Connection, keys: SubjectKeys, kind: str, value: str) -> list[int]:
    """Return the indexes of the entries with a value, rising; those of erased people are not found."""
    found = tx.scalars(select(audit_entry.c.idx).where(having(tx, keys, kind, value)).order_by(audit_entry.c.idx))
    return list(found)


def having(tx: Connection, keys: SubjectKeys, kind: str, value: str) -> ColumnElement[bool]:
    """Return the condition that an entry has a value, for a query over `audit_entry`."""
    table = audit_digest.c
    known = [
        and_(table.key_id == key_id, table.kind == kind, table.digest == data)
        for key_id, data in under_every_key(tx, keys, kind, value)
    ]
    if not known:
        return false()
    return audit_entry.c.event_id.in_(select(table.event_id).where(or_(*known)))


def under_every_key(tx: Connection, keys: SubjectKeys, kind: str, value: str) -> list[tuple[str, bytes]]:
    """Return key id and digest of the value for each subject who has it; erased ones have none any more."""
    digests = [(key.key_id, digest(key, kind, value)) for key in keys.every(tx)]
    if tx.dialect.name != "postgresql":
        return [(key_id, data) for key_id, data in digests if direct(tx, _HAS, (key_id, kind, data))]
    # A question for each of many people is as many ways to the server and back.
    values = {"keys": [key_id for key_id, _ in digests], "digests": [data for _, data in digests], "kind": kind}
    having_it = set(tx.scalars(text(_HAVING), values))
    return [(key_id, data) for key_id, data in digests if key_id in having_it]


def _normal(kind: str, value: str) -> str:
    """Return the one spelling of a value that all its spellings are found by."""
    if kind != ADDRESS or _PLAIN_IPV4.fullmatch(value):
        return value
    try:
        return ipaddress.ip_address(value.strip()).compressed
    except ValueError:
        return value.strip()
