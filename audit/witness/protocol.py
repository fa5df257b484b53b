"""The texts of C2SP tlog-witness: what a log asks a witness, over HTTP or in a file, and what it answers."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from audit.checkpoint import parse_decimal, parse_hash, unverified_checkpoint
from audit.errors import MalformedCheckpoint, MalformedNote, MalformedRequest, NotTrusted
from audit.note import Verifier, parse_note, parse_signature_line, signature_line, signatures_by

MAX_PATH = 63
MAX_REQUEST_BYTES = 120_000
SIZE_TYPE = "text/x.tlog.size"
OK, BAD_REQUEST, FORBIDDEN, NOT_FOUND, CONFLICT, UNPROCESSABLE = 200, 400, 403, 404, 409, 422


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A checkpoint to be cosigned, with the proof that it extends the one of size `old`."""

    old: int
    path: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        """Return the body of the request, which is also the content of a request file."""
        lines = [f"old {self.old}", *(base64.b64encode(sibling).decode("ascii") for sibling in self.path)]
        return "\n".join(lines) + "\n\n" + self.note


def parse_request(data: bytes) -> AddCheckpoint:
    """Return the request in a body or a file, with nothing verified.

    Raises: MalformedRequest — for any bytes that are not exactly one.
    """
    if len(data) > MAX_REQUEST_BYTES:
        raise MalformedRequest("longer than a request may be")
    try:
        head, blank, note = data.decode("utf-8").partition("\n\n")
        first, *lines = head.split("\n")
        if not blank or not first.startswith("old "):
            raise MalformedRequest("not a text that begins with the old size")
        if len(lines) > MAX_PATH:
            raise MalformedRequest("a proof longer than any tree is high")
        old = parse_decimal(first.removeprefix("old "))
        path = tuple(parse_hash(line) for line in lines)
        unverified_checkpoint(note)
    except (UnicodeDecodeError, MalformedCheckpoint) as error:
        raise MalformedRequest(str(error)) from None
    return AddCheckpoint(old, path, note)


def parse_known_size(data: bytes) -> int:
    """Return the size in the answer to a request that began at another size than the witness knows.

    Raises: MalformedRequest — for any bytes that are not exactly one number and a newline.
    """
    try:
        text = data.decode("ascii")
        if not text.endswith("\n"):
            raise MalformedRequest("a size ends in a newline")
        return parse_decimal(text[:-1])
    except (UnicodeDecodeError, MalformedCheckpoint) as error:
        raise MalformedRequest(str(error)) from None


def cosignature_lines(note: str, answer: str, verifiers: Sequence[Verifier]) -> list[tuple[Verifier, str]]:
    """Return the cosignatures of these keys in the answer of a witness to `note`, each verified, as lines.

    `answer` is the signature lines alone, or a whole note over the same text. Unknown keys are ignored.

    Raises: MalformedRequest — if it is neither. SignatureInvalid — if a signature of a known key does not verify.
    NotTrusted — if the note is over another text.
    """
    try:
        if "\n\n" in answer:
            parsed = parse_note(answer)
        else:
            if not answer.endswith("\n"):
                raise MalformedRequest("the answer does not end in a newline")
            for line in answer[:-1].split("\n"):
                parse_signature_line(line)
            parsed = parse_note(parse_note(note).text + "\n" + answer)
    except MalformedNote as error:
        raise MalformedRequest(str(error)) from None
    if parsed.text != parse_note(note).text:
        raise NotTrusted("the answer is about another checkpoint")
    # Without the second the witness would say nothing about when: the protocol forbids that.
    return [
        (verifier, signature_line(verifier, made.value))
        for verifier, made in signatures_by(parsed, verifiers)
        if made.second > 0
    ]
