"""Signs the texts of notes with named keys of any kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.errors import MalformedNote
from audit.note import Verifier, check_text, signature_line
from audit.schemes import MAX_TIMESTAMP, SCHEMES, TIMESTAMP_BYTES
from audit.signing_keys import SigningKey


@dataclass(frozen=True, slots=True)
class Signer:
    """A named key of one kind, which signs the texts of notes."""

    name: str
    kind: bytes
    key: SigningKey

    @property
    def verifier(self) -> Verifier:
        """Return the public half."""
        return Verifier(self.name, self.key.public, self.kind)

    def line(self, text: str, second: int) -> str:
        """Return the signature line over `text`, made at this second of POSIX time.

        Raises: MalformedNote — if this kind cannot sign such a text.
        """
        if not 0 < second <= MAX_TIMESTAMP:
            raise MalformedNote("a signature without a time")
        scheme = SCHEMES[self.kind]
        message = scheme.message(self.name, second, text)
        if message is None:
            raise MalformedNote(f"{scheme.title} signs checkpoints only")
        stamp = second.to_bytes(TIMESTAMP_BYTES, "big") if scheme.timestamped else b""
        return signature_line(self.verifier, stamp + self.key.sign(message))


def sign_by_all(text: str, signers: Sequence[Signer], second: int) -> str:
    """Return `text`, which ends in a newline, as a note with one signature by each key.

    Raises: MalformedNote — if the text cannot stand in a note.
    """
    check_text(text)
    return f"{text}\n" + "".join(signer.line(text, second) for signer in signers)
