"""C2SP checkpoints (c2sp.org/tlog-checkpoint): origin, size and root of the tree in a signed note."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

from audit.errors import MalformedCheckpoint, MalformedNote, NotTrusted
from audit.merkle import HASH_BYTES
from audit.note import Verifier, open_note, parse_note

_DECIMAL = re.compile("0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log at one size."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"


def parse_text(text: str) -> Checkpoint:
    """Return the checkpoint in the text of a note; extension lines are accepted and ignored.

    Raises: MalformedCheckpoint — for any text that is not exactly one checkpoint.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines):
        raise MalformedCheckpoint("a checkpoint has three lines or more, none of them empty")
    origin, size, root = lines[:3]
    return Checkpoint(origin, parse_decimal(size), parse_hash(root))


def parse_decimal(text: str) -> int:
    """Return a number written in ASCII digits without leading zeroes.

    Raises: MalformedCheckpoint — for any other text, and beyond 64 bits.
    """
    if not _DECIMAL.fullmatch(text):
        raise MalformedCheckpoint("not a decimal number without leading zeroes")
    return int(text)


def parse_hash(text: str) -> bytes:
    """Return a SHA-256 hash in base64.

    Raises: MalformedCheckpoint — for any other text, and for a second spelling of the same hash.
    """
    try:
        value = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise MalformedCheckpoint("not base64") from None
    if len(value) != HASH_BYTES or base64.b64encode(value).decode("ascii") != text:
        raise MalformedCheckpoint("not a SHA-256 hash in base64")
    return value


def unverified_checkpoint(note: str) -> Checkpoint:
    """Return what a signed checkpoint claims, to say what is wrong with it, never to rely on it.

    Raises: MalformedCheckpoint — for any text that is not exactly one signed checkpoint.
    """
    try:
        return parse_text(parse_note(note).text)
    except MalformedNote as error:
        raise MalformedCheckpoint(str(error)) from None


def open_checkpoint(note: str, verifier: Verifier, others: Iterable[Verifier] = ()) -> Checkpoint:
    """Return a checkpoint that the log's key signed; the key's name is the log's origin.

    Raises: MalformedCheckpoint — for any text that is not exactly one signed checkpoint. NotTrusted — if the
    key did not sign it, or if it is of another log.
    """
    claimed = unverified_checkpoint(note)
    open_note(note, [verifier, *others])
    if claimed.origin != verifier.name:
        raise NotTrusted(f"a checkpoint of {claimed.origin}, not of {verifier.name}")
    return claimed
