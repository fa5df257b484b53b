"""The sequencer: gives events of the outbox their indexes, one batch per transaction. PostgreSQL only.

- One at a time: whoever holds the advisory lock leads, for the length of one transaction. Any process may try, so a
  sequencer that dies is replaced by whoever tries next, and somebody who waits for the tree can help.
- Rows are taken by deleting them in the transaction that enters them, never by "all after the last one I saw": outbox
  numbers are given out before transactions commit, so a smaller number may become visible after a larger one.
- What was appended after another event had been acknowledged has the larger index: a batch is taken in the order of
  outbox numbers from everything that is visible. For the same reason times rise with indexes: of events whose
  transactions overlapped, the one with the larger index is not told as the earlier one.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from audit.body import parse
from audit.columns import Columns
from audit.composing import same_claim
from audit.db import Database
from audit.errors import AuditError
from audit.store import SEQUENCER_LOCK, TILE_WIDTH, close_tiles, direct, entry_of_event

log_messages = logging.getLogger("ansim.audit")

MAX_BATCH = 1000
# Between two batches; long enough that a batch is worth its commit, short enough that nobody notices.
PAUSE_SECONDS = 0.01
IDLE_SECONDS = 0.05
FAILED_SECONDS = 1.0
# Writers that overlap take their time in another order than their numbers; it is told in the order of the log. What is
# later than this took no number late: a clock was set back, and that must be seen.
LATE_SECONDS = 10

# A role that may only append waits for another process to do it (`audit.retention.database_roles`).
_LEAD = """
SELECT CASE WHEN has_table_privilege('audit_entry', 'INSERT') THEN pg_try_advisory_xact_lock(?) ELSE false END
"""
_OTHERS = [name for name in Columns._fields if name != "ts"]
_TAKE = f"""
WITH taken AS (
    DELETE FROM audit_pending WHERE id = ANY (ARRAY(
        SELECT id FROM audit_pending WHERE id <> ALL (?::bigint[]) ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED))
    RETURNING *
), head AS (
    SELECT coalesce(max(idx), -1) AS idx, coalesce(max(ts), '') AS ts
    FROM (SELECT idx, ts FROM audit_entry ORDER BY idx DESC LIMIT 1) AS last
), fresh AS (
    SELECT t.*, head.idx + row_number() OVER by_number AS idx,
           greatest(head.ts COLLATE "C", max(t.ts COLLATE "C") OVER by_number) AS latest
    FROM taken t, head WHERE NOT EXISTS (SELECT FROM audit_entry e WHERE e.event_id = t.event_id)
    WINDOW by_number AS (ORDER BY t.id)
), placed AS (
    SELECT f.*, CASE WHEN f.latest::timestamptz - f.ts::timestamptz < interval '{LATE_SECONDS} s'
                     THEN f.latest ELSE f.ts END AS told
    FROM fresh f
), final AS MATERIALIZED (
    SELECT p.*, overlay(p.body placing convert_to(p.told, 'UTF8') from p.ts_at + 1) AS entry FROM placed p
), entered AS (
    INSERT INTO audit_entry (idx, leaf_hash, body, ts, {", ".join(_OTHERS)})
    SELECT f.idx, sha256('\\x00'::bytea || f.entry), f.entry, f.told, {", ".join(f"c.{name}" for name in _OTHERS)}
    FROM final f, json_to_record(f.columns::json) AS c ({", ".join(f"{name} text" for name in _OTHERS)})
), linked AS (
    INSERT INTO audit_link (kind, ref, idx)
    SELECT l ->> 0, l ->> 1, f.idx FROM final f, json_array_elements(f.links::json) l
)
SELECT count(*), min(idx), ARRAY(SELECT t.id FROM taken t WHERE t.id NOT IN (SELECT id FROM final) ORDER BY t.id),
       ARRAY(SELECT t.body FROM taken t WHERE t.id NOT IN (SELECT id FROM final) ORDER BY t.id)
FROM final
"""  # noqa: S608 - the names are those of our own columns


def longer(seconds: float) -> float:
    """Return the next pause of somebody who asks again and again: never more than 50 ms."""
    return min(seconds * 1.5, IDLE_SECONDS)


class Sequencer:
    """Moves events from the outbox into the tree, for one process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._conflicting: list[int] = []

    def step(self) -> int | None:
        """Enter one batch and return how many events it took from the outbox; None if another process leads.

        On SQLite there is never anything to do.

        Raises: NotDurable — if the database refuses. SQLAlchemyError — if it cannot be reached.
        """
        if self._db.engine.dialect.name != "postgresql":
            return 0
        with self._db.begin() as tx:
            if not direct(tx, _LEAD, (SEQUENCER_LOCK,))[0][0]:
                return None
            taken, conflicting = _enter_batch(tx, self._conflicting)
            if not conflicting:
                return taken
            tx.rollback()
        # What was acknowledged is never dropped: these stay where they are, for a person to look at.
        log_messages.error("events in the outbox use the id of another event: numbers %s", conflicting)
        self._conflicting += conflicting
        return self.step()

    def drain(self) -> None:
        """Enter everything that waits, unless another process is at it.

        Raises: as `step`.
        """
        while self.step():
            pass

    def run(self, stop: threading.Event) -> None:
        """Enter whatever comes until told to stop; what goes wrong is logged and tried again."""
        pause = PAUSE_SECONDS
        while not stop.wait(pause):
            try:
                taken = self.step()
            except (SQLAlchemyError, AuditError) as error:
                log_messages.warning("no events could be sequenced (%s); tried again", error)
                pause = FAILED_SECONDS
            else:
                pause = PAUSE_SECONDS if taken else longer(pause)


def _enter_batch(tx: Connection, leaving: list[int]) -> tuple[int, list[int]]:
    """Enter a batch, leaving some rows; return how many were taken, and those that say something else than their entry.

    An event that was sent twice while its first copy was being entered is in the outbox once more, and is let go.
    """
    [(entered, first, numbers, texts)] = direct(tx, _TAKE, (leaving, MAX_BATCH))
    if entered:
        for size in range(first // TILE_WIDTH * TILE_WIDTH + TILE_WIDTH, first + entered + 1, TILE_WIDTH):
            close_tiles(tx, size)
    again = zip(numbers, map(bytes, texts), strict=True)
    return entered + len(numbers), [number for number, data in again if not _entered_as_such(tx, data)]


def _entered_as_such(tx: Connection, data: bytes) -> bool:
    body = parse(data)
    entry = entry_of_event(tx, body["id"])
    return entry is not None and same_claim(body, entry[1])
