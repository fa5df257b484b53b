"""What a witness answers, decided from what it knows: no clock, no files, no signing.

A witness says one thing only: the tree of this origin that I saw before is a part of this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audit.checkpoint import unverified_checkpoint
from audit.errors import AuditError
from audit.merkle import EMPTY_ROOT, verify_consistency
from audit.tree_head import Checkpoint
from audit.trusted import TrustedKeys
from audit.witness.protocol import (
    BAD_REQUEST,
    CONFLICT,
    FORBIDDEN,
    NOT_FOUND,
    UNPROCESSABLE,
    AddCheckpoint,
)

MAX_SIZE = 2**63 - 1  # what the database of a witness holds in one number


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is cosigned: the HTTP status, a sentence, and the head that the log signed where it did."""

    status: int
    reason: str
    known_size: int | None = None
    """The size of the checkpoint that the witness has, where the log asked from another."""
    signed: Checkpoint | None = None
    """A head with a valid signature of the log that contradicts what it signed before: proof of misbehaviour."""


def check_origin(request: AddCheckpoint, logs: Mapping[str, TrustedKeys]) -> Checkpoint | Refusal:
    """Return the checkpoint of a request if a log that this witness knows signed it."""
    claimed = unverified_checkpoint(request.note)
    trusted = logs.get(claimed.origin)
    if trusted is None:
        return Refusal(NOT_FOUND, "no log of this origin is known here")
    try:
        head = trusted.open(request.note)
    except AuditError as error:
        return Refusal(FORBIDDEN, str(error))
    if request.old > head.size or head.size > MAX_SIZE:
        return Refusal(BAD_REQUEST, "the old size is larger than the checkpoint, or no tree is that large")
    return head


def check_growth(request: AddCheckpoint, head: Checkpoint, known: Checkpoint | None) -> Refusal | None:
    """Return why a signed head does not extend the one that this witness cosigned last, or None if it does."""
    size, root = (0, EMPTY_ROOT) if known is None else (known.size, known.root)
    if request.old != size:
        return Refusal(CONFLICT, f"the checkpoint cosigned last has size {size}", known_size=size)
    if head.size == 0 and head.root != EMPTY_ROOT:
        return Refusal(UNPROCESSABLE, "an empty tree has another root", signed=head)
    if head.size == size and head.root != root:
        return Refusal(UNPROCESSABLE, "two roots of one size", signed=head)
    if not verify_consistency(size, head.size, root, head.root, request.path):
        # An honest log with a damaged proof looks the same, so this is kept but is no proof by itself.
        return Refusal(UNPROCESSABLE, "the consistency proof does not hold", signed=head)
    return None
