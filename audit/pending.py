"""The outbox: on PostgreSQL an event is durable as a row of `audit_pending`, written with the change it records.

Nothing is locked and nothing is counted here, so writers do not wait for each other; the sequencer gives each event
its index afterwards (`audit.sequencer`). The sealed values are written here, so that they are durable with the event.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from audit.canonical import dump
from audit.composing import Composed
from audit.sidecar import DigestRow, SidecarRow
from audit.store import direct

# One statement, so that an append costs one round trip. An event that has an entry already is not taken again, and a
# sealed value is written exactly if its event is, and if the key that seals it still lives.
_PUT = """
WITH taken AS (
    INSERT INTO audit_pending (event_id, body, ts, ts_at, columns, links)
    SELECT v.event_id, v.body, v.ts, v.ts_at, v.columns, v.links
    FROM (VALUES (?::text, ?::bytea, ?::text, ?::int, ?::text, ?::text)) AS v
        (event_id, body, ts, ts_at, columns, links)
    WHERE NOT EXISTS (SELECT FROM audit_entry e WHERE e.event_id = v.event_id)
    ON CONFLICT (event_id) DO NOTHING RETURNING id, event_id
), sealed AS (
    INSERT INTO audit_sidecar (commitment, key_id, nonce, ciphertext)
    SELECT s.commitment, s.key_id, s.nonce, s.ciphertext
    FROM unnest(?::bytea[], ?::text[], ?::bytea[], ?::bytea[]) AS s (commitment, key_id, nonce, ciphertext)
    JOIN audit_key k ON k.key_id = s.key_id AND k.wrapped IS NOT NULL
    WHERE EXISTS (SELECT FROM taken) RETURNING commitment
), indexed AS (
    INSERT INTO audit_digest (key_id, kind, digest, event_id)
    SELECT d.key_id, d.kind, d.digest, t.event_id
    FROM taken t, unnest(?::text[], ?::text[], ?::bytea[]) AS d (key_id, kind, digest)
    JOIN audit_key k ON k.key_id = d.key_id AND k.wrapped IS NOT NULL
    -- An event that is sent again while its first copy is being entered is here once more until the sequencer sees it.
    ON CONFLICT DO NOTHING
)
SELECT (SELECT count(*) FROM taken), ARRAY(SELECT commitment FROM sealed)
"""
# Where nothing is sealed there is less to plan.
_PUT_PLAIN = """
INSERT INTO audit_pending (event_id, body, ts, ts_at, columns, links)
SELECT v.event_id, v.body, v.ts, v.ts_at, v.columns, v.links
FROM (VALUES (?::text, ?::bytea, ?::text, ?::int, ?::text, ?::text)) AS v (event_id, body, ts, ts_at, columns, links)
WHERE NOT EXISTS (SELECT FROM audit_entry e WHERE e.event_id = v.event_id)
ON CONFLICT (event_id) DO NOTHING RETURNING id
"""
# Where the time stands in the canonical bytes: keys are sorted, and behind it comes the version alone.
_TS = b'"ts":"'
_PENDING_BODY = "SELECT body FROM audit_pending WHERE event_id = ?"
_LAST = "SELECT max(id) FROM audit_pending"
_UP_TO = "SELECT count(*) FROM audit_pending WHERE id <= ?"
_WAITING = "SELECT count(*) FROM audit_pending"


def put(
    tx: Connection, composed: Composed, sealed: Sequence[SidecarRow], digests: Sequence[DigestRow] = ()
) -> set[bytes] | None:
    """Write an event to the outbox and return which of its commitments have their sealed value.

    None means that the event was not taken, because its id is known already. A commitment that is missing means
    that the key which sealed its value was destroyed.

    Raises: NotDurable — if the database refuses it.
    """
    data, columns = composed.data, composed.columns
    row = (
        columns.event_id,
        data,
        columns.ts,
        data.rindex(_TS) + len(_TS),
        dump(columns._asdict()).decode(),
        dump([list(link) for link in sorted(composed.links)]).decode(),
    )
    if not sealed:
        return set() if direct(tx, _PUT_PLAIN, row) else None
    columns_of = [list(values) for values in zip(*sealed, strict=True)]
    columns_of += [list(values) for values in zip(*digests, strict=True)] or [[], [], []]
    [(taken, written)] = direct(tx, _PUT, (*row, *columns_of))
    return set(map(bytes, written)) if taken else None


def pending_body(tx: Connection, event_id: str) -> bytes | None:
    """Return the body of an event that waits for its index; None if it does not wait."""
    found = direct(tx, _PENDING_BODY, (event_id,))
    return bytes(found[0][0]) if found else None


def last_pending(tx: Connection) -> int | None:
    """Return the outbox number of the newest event that waits; None if none does."""
    [(number,)] = direct(tx, _LAST, ())
    return None if number is None else int(number)


def waiting_up_to(tx: Connection, number: int) -> int:
    """Return how many events up to an outbox number still wait."""
    return int(direct(tx, _UP_TO, (number,))[0][0])


def waiting(tx: Connection) -> int:
    """Return how many events wait for their index; on SQLite none ever does."""
    return int(direct(tx, _WAITING, ())[0][0])
