"""Commitments: what a leaf says of a value that it must not show.

A commitment is SHA-256(label || 32 random bytes || canonical text). Without the random part a name or an
address could be found by trying all of them. The opening (random part and text) lies encrypted in the
sidecar; who destroys the key destroys the opening, and every proof of the log still holds.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass

from audit.canonical import encode_text
from audit.errors import SealedValueLost

LABEL = b"ansim-audit-commit/v1"
SOURCE_IP = "source.ip"
"""The sealed field of every event that came over a network: the address it came from."""
ZONE_SUBJECT = "zone"
"""Whose key seals what no person of the zone is the subject of."""
SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment: the salt and the canonical text."""

    salt: bytes
    text: bytes

    def commitment(self) -> bytes:
        """Return the commitment that this opens."""
        return hashlib.sha256(LABEL + self.salt + self.text).digest()

    def to_bytes(self) -> bytes:
        """Return salt and text as one piece, for encryption."""
        return self.salt + self.text

    @classmethod
    def from_bytes(cls, data: bytes) -> Opening:
        """Return the opening in decrypted bytes."""
        return cls(data[:SALT_BYTES], data[SALT_BYTES:])

    def value(self) -> str:
        """Return the text that was sealed.

        Raises: SealedValueLost — if the bytes are no canonical text.
        """
        try:
            value = json.loads(self.text)
        except ValueError:
            raise SealedValueLost("an opening does not hold a text") from None
        if not isinstance(value, str):
            raise SealedValueLost("an opening does not hold a text")
        return value


def seal(value: str) -> Opening:
    """Return a fresh opening for a value.

    Raises: MalformedBody — if the value is not valid Unicode.
    """
    return Opening(os.urandom(SALT_BYTES), encode_text(value))


def subject_of(actor: tuple[str, str], thing: tuple[str, str], field: str) -> str:
    """Return the subject under whose key a sealed field is kept; `actor` and `thing` are pairs of kind and reference.

    An address is the actor's; other values of an event about a person are that person's, else the actor's. What no
    person did is the zone's. The rule is final: a verifier derives from it which values an erasure took along.
    """
    if thing[0] == "person" and field != SOURCE_IP:
        return thing[1]
    return actor[1] if actor[0] == "person" else ZONE_SUBJECT
