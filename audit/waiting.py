"""How far an event has come: durable, in the tree, or under a checkpoint that the witnesses have signed.

On SQLite an event is in the tree as soon as it is durable. On PostgreSQL it is durable when the change it records
commits, and the sequencer gives it its place in the tree a moment later (`audit.pending`, `audit.sequencer`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from audit import pending, store
from audit.db import Database
from audit.errors import NotIntegrated, NotWitnessed
from audit.sequencer import Sequencer, longer
from audit.witness.cosignatures import witnessed_note
from audit.witness.policy import WitnessPolicy

Stage: TypeAlias = Literal["durable", "integrated", "witnessed"]

# How long somebody waits for the tree: a sequencer that died is replaced well within it.
INTEGRATION_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append gives back: the event, and its index where it has one already."""

    event_id: str
    index: int | None = None


class Waits:
    """Waits of one process, which help the sequencer instead of only asking it."""

    def __init__(self, db: Database, sequencer: Sequencer, policy: WitnessPolicy, sign: Callable[[], str]) -> None:
        self._db = db
        self._sequencer = sequencer
        self._policy = policy
        self._sign = sign

    def until(self, event_id: str, stage: Stage, timeout: float) -> int | None:
        """Return the index of an event at a stage; None for a durable one that has none yet.

        Raises: NotIntegrated — if it does not come in time. NotWitnessed — if only the witnesses do not.
        """
        began = time.monotonic()
        index = self._index(event_id, stage, timeout)
        if stage == "witnessed" and index is not None:
            self._until_witnessed(index, timeout - (time.monotonic() - began))
        return index

    def _until_witnessed(self, index: int, timeout: float) -> None:
        self._sign()
        if not self._policy.asks:
            return
        for _turn in self._turns(timeout):
            with self._db.read() as tx:
                if witnessed_note(tx, self._policy, index) is not None:
                    return
        raise NotWitnessed(f"the witnesses have signed no checkpoint over entry {index} in time")

    def _index(self, event_id: str, stage: Stage, timeout: float) -> int | None:
        for _turn in self._turns(timeout):
            with self._db.read() as tx:
                index = store.index_of(tx, event_id)
                if index is not None:
                    return index
                if stage == "durable" and pending.pending_body(tx, event_id) is not None:
                    return None
        raise NotIntegrated(f"event {event_id} has no place in the tree after {timeout:g} s")

    def settle(self, timeout: float) -> None:
        """Return when everything that waits now is in the tree.

        Raises: NotIntegrated — if it is not in time.
        """
        with self._db.read() as tx:
            last = pending.last_pending(tx)
        if last is None:
            return
        for _turn in self._turns(timeout):
            with self._db.read() as tx:
                if not pending.waiting_up_to(tx, last):
                    return
        raise NotIntegrated(f"events wait for the tree for longer than {timeout:g} s")

    def _turns(self, timeout: float) -> Iterator[None]:
        """Yield at once and then again and again until the time is up, sequencing or pausing in between."""
        deadline, pause = time.monotonic() + timeout, 0.002
        yield
        while time.monotonic() < deadline:
            if not self._sequencer.step():
                time.sleep(pause)
                pause = longer(pause)
            yield
