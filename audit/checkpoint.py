"""C2SP checkpoints (c2sp.org/tlog-checkpoint): origin, size and root of the tree in a signed note."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from audit.errors import MalformedCheckpoint, MalformedNote, NotTrusted
from audit.note import Verifier, open_note, parse_note, signatures_by
from audit.tree_head import Checkpoint, parse_decimal, parse_hash, parse_text

__all__ = [
    "Checkpoint",
    "Opens",
    "open_checkpoint",
    "parse_decimal",
    "parse_hash",
    "parse_text",
    "unverified_checkpoint",
]


class Opens(Protocol):
    """What decides which keys may sign a checkpoint: `audit.trusted.TrustedKeys`."""

    def open(self, note: str) -> Checkpoint:
        """Return a checkpoint that a trusted key signed."""


def unverified_checkpoint(note: str) -> Checkpoint:
    """Return what a signed checkpoint claims, to say what is wrong with it, never to rely on it.

    Raises: MalformedCheckpoint — for any text that is not exactly one signed checkpoint.
    """
    try:
        return parse_text(parse_note(note).text)
    except MalformedNote as error:
        raise MalformedCheckpoint(str(error)) from None


def open_checkpoint(note: str, trusted: Verifier | Opens, others: Iterable[Verifier] = ()) -> Checkpoint:
    """Return a checkpoint that a key of the log signed; the key's name is the log's origin.

    Of `others` a signature must hold where there is one; it is not enough.

    Raises: MalformedCheckpoint — for any text that is not exactly one signed checkpoint. NotTrusted — if no
    trusted key signed it, or if it is of another log.
    """
    claimed = unverified_checkpoint(note)
    if isinstance(trusted, Verifier):
        open_note(note, [trusted])
        if claimed.origin != trusted.name:
            raise NotTrusted(f"a checkpoint of {claimed.origin}, not of {trusted.name}")
    else:
        claimed = trusted.open(note)
    signatures_by(parse_note(note), others)
    return claimed
