"""The zone's side: hands each new checkpoint to every witness of the policy and keeps what they sign.

A witness that fails, lags or refuses is never passed over in silence: its row says so, and what lasts is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from audit.attesters import Attester, attester, note_answer, note_failure
from audit.checkpoint import unverified_checkpoint
from audit.errors import LogInconsistent, MalformedRequest, NotTrusted, WitnessRefused
from audit.log import AuditLog, utc_now
from audit.tree import Tree
from audit.witness.client import GRAVE, OtherSize, ask
from audit.witness.cosignatures import keep_line, last_cosigned, newest
from audit.witness.policy import Witness, WitnessPolicy
from audit.witness.protocol import AddCheckpoint, cosignature_lines

Ask = Callable[[str, AddCheckpoint], str | OtherSize]

# A witness that saw nothing new is asked again, so that it can tell a quiet log from a frozen one.
RESEND = timedelta(hours=1)
RETRY = timedelta(seconds=60)


def compose_request(tx: Connection, old: int) -> tuple[int, AddCheckpoint]:
    """Return the newest checkpoint's size and the request that proves it to extend the tree of `old`.

    Raises: WitnessRefused — if nothing is signed yet (`nothing_signed`), or if `old` is larger (`witness_ahead`).
    LogInconsistent — if the tree lacks what the proof needs.
    """
    head = newest(tx)
    if head is None:
        raise WitnessRefused("nothing_signed")
    size, note = head
    if old > size:
        raise WitnessRefused("witness_ahead")
    path = Tree(tx).consistency(old, size) if old else []
    return size, AddCheckpoint(old, tuple(path), note)


def accept(log: AuditLog, policy: WitnessPolicy, note: str, answer: str, at: datetime) -> list[Witness]:
    """Verify the answer of a witness to a checkpoint of this log, keep its cosignatures, and return whose they are.

    `note` is the checkpoint as this log keeps it.

    Raises: MalformedRequest — if it is no answer. NotTrusted — if it is about another checkpoint or holds nothing by a
    witness of the policy. SignatureInvalid — if such a signature does not verify.
    """
    size = unverified_checkpoint(note).size
    lines = cosignature_lines(note, answer, [witness.verifier for witness in policy.witnesses])
    if not lines:
        raise NotTrusted("no witness of the policy signed this")
    with log.db.begin() as tx:
        for verifier, line in lines:
            keep_line(tx, size, verifier, line, at)
    signed = {verifier for verifier, _ in lines}
    return [witness for witness in policy.witnesses if witness.verifier in signed]


@dataclass(frozen=True, slots=True)
class WitnessRounds:
    """The duty of a worker: one round asks every witness that is due."""

    log: AuditLog
    policy: WitnessPolicy
    patience: timedelta = timedelta(minutes=60)
    """How long a witness may fail before that is recorded; a refusal on grounds of the log is recorded at once."""
    clock: Callable[[], datetime] = utc_now
    ask: Ask = field(default=ask)

    def run(self) -> None:
        """Ask every witness that has an address and has not seen the newest checkpoint."""
        for witness in self.policy.witnesses:
            if witness.url is not None:
                self._round(witness, witness.url)

    def _round(self, witness: Witness, url: str) -> None:
        now = self.clock()
        with self.log.db.read() as tx:
            head, old = newest(tx), last_cosigned(tx, witness.verifier)
            state = attester(tx, "witness", witness.verifier.key_id.hex())
        if head is None or not _due(state, head[0], old, now):
            return
        try:
            size = self._ask(witness, url, old)
        except WitnessRefused as error:
            reason = str(error)
        except MalformedRequest:
            reason = "answer_malformed"
        except LogInconsistent:
            reason = "log_inconsistent"
        except NotTrusted:
            reason = "signature_invalid"
        else:
            note_answer(self.log, state, size, self.clock())
            return
        grave = reason in GRAVE
        note_failure(self.log, state, reason, self.clock(), patience=self.patience, at_once=grave)

    def _ask(self, witness: Witness, url: str, old: int) -> int:
        """Return the size that a witness has cosigned now."""
        for _ in range(2):
            with self.log.db.read() as tx:
                size, request = compose_request(tx, old)
            answer = self.ask(url, request)
            if isinstance(answer, OtherSize):
                old = answer.size
                continue
            only = WitnessPolicy(witnesses=(witness,))
            accept(self.log, only, request.note, answer, self.clock())
            return size
        raise WitnessRefused("size_unsettled")


def _due(state: Attester, size: int, cosigned: int, now: datetime) -> bool:
    if state.failing_since is not None:
        return state.tried_at is None or now - state.tried_at >= RETRY or now < state.tried_at
    if cosigned < size or state.answered_at is None:
        return True
    return now - state.answered_at >= RESEND
