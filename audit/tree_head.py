"""The text of a C2SP checkpoint (c2sp.org/tlog-checkpoint): origin, size and root of a tree."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from audit.errors import MalformedCheckpoint
from audit.merkle import HASH_BYTES

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
