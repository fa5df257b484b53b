"""C2SP signed notes (c2sp.org/signed-note): text that anyone can check, with signatures of several kinds."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.errors import MalformedNote, NotTrusted, SignatureInvalid
from audit.schemes import ED25519, SCHEMES, TIMESTAMP_BYTES, verifies
from audit.signing_keys import SigningKey

MAX_NOTE_CHARACTERS = 100_000
MAX_SIGNATURES = 64  # the specification asks for at least 16
_KEY_ID_BYTES = 4
_DASH = "\u2014 "
_HEX_KEY_ID = re.compile("[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key, its name, and the kind of signature it verifies."""

    name: str
    key: bytes
    """32 bytes of an Ed25519 public key, or 1312 of an ML-DSA-44 one."""
    kind: bytes = ED25519
    """A key of `audit.schemes.SCHEMES`."""

    @property
    def key_id(self) -> bytes:
        """Return the first four bytes of SHA-256(name || newline || kind || key)."""
        return hashlib.sha256(self.name.encode("utf-8") + b"\n" + self.kind + self.key).digest()[:_KEY_ID_BYTES]

    def vkey(self) -> str:
        """Return the key in C2SP form: name+id+base64(kind || key)."""
        return f"{self.name}+{self.key_id.hex()}+{_to_base64(self.kind + self.key)}"

    def verify(self, text: str, signature: bytes) -> bool:
        """Return whether `signature`, without its key id, is this key's over `text`."""
        return verifies(self.kind, self.key, self.name, text, signature)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, not verified."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """Return the line, with its newline, that this was parsed from."""
        return f"{_DASH}{self.name} {_to_base64(self.key_id + self.value)}\n"

    @property
    def second(self) -> int:
        """Return the POSIX time that a timestamped signature begins with; meaningless for any other."""
        return int.from_bytes(self.value[:TIMESTAMP_BYTES], "big")


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note, not verified: `text` must be ignored until `open_note` returned it."""

    text: str
    signatures: tuple[Signature, ...]


def parse_vkey(text: str) -> Verifier:
    """Return the verifier in a C2SP verifier key.

    Raises: MalformedNote — for any text that is not exactly one verifier key of a kind in `SCHEMES`.
    """
    parts = text.strip("\n").split("+", 2)
    if len(parts) != 3 or not _HEX_KEY_ID.fullmatch(parts[1]):
        raise MalformedNote("not a verifier key: name+id+key expected")
    name, key_id, encoded = parts
    material = _from_base64(encoded)
    kind, key = material[:1], material[1:]
    if kind not in SCHEMES or len(key) != SCHEMES[kind].key_bytes:
        raise MalformedNote("not a verifier key of a known kind")
    verifier = Verifier(checked_name(name), key, kind)
    if verifier.key_id.hex() != key_id:
        raise MalformedNote("the id of the verifier key does not belong to it")
    return verifier


def sign_note(text: str, name: str, key: Ed25519PrivateKey | SigningKey) -> str:
    """Return `text`, which ends in a newline, as a note with one Ed25519 signature.

    Raises: MalformedNote — if text or name cannot stand in a note.
    """
    check_text(text)
    public = key.public_key().public_bytes_raw() if isinstance(key, Ed25519PrivateKey) else key.public
    verifier = Verifier(checked_name(name), public)
    return f"{text}\n{signature_line(verifier, key.sign(text.encode('utf-8')))}"


def signature_line(verifier: Verifier, signature: bytes) -> str:
    """Return the line, with its newline, that says that a key made this signature."""
    return Signature(verifier.name, verifier.key_id, signature).line()


def parse_signature_line(line: str) -> Signature:
    """Return the signature in one line, which may end in its newline.

    Raises: MalformedNote — for any text that is not exactly one signature line.
    """
    return _parse_signature(line.removesuffix("\n"))


def parse_note(note: str) -> Note:
    """Return the parts of a note, with nothing verified.

    Raises: MalformedNote — for any text that is not exactly one signed note.
    """
    if len(note) > MAX_NOTE_CHARACTERS:
        raise MalformedNote("longer than a note may be")
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise MalformedNote("no text, blank line and signatures")
    check_text(text + "\n")
    lines = signatures[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise MalformedNote("more signatures than a note may have")
    return Note(text + "\n", tuple(_parse_signature(line) for line in lines))


def open_note(note: str, verifiers: Iterable[Verifier]) -> str:
    """Return the text of a note that at least one trusted key signed.

    Signatures of unknown keys are ignored, which is how keys are rotated and witnesses added.

    Raises: MalformedNote — for any text that is not a note. NotTrusted — if no trusted key signed it.
    SignatureInvalid — if the signature of a trusted key does not verify.
    """
    parsed = parse_note(note)
    if not signatures_by(parsed, verifiers):
        raise NotTrusted("no trusted key signed this")
    return parsed.text


def signatures_by(note: Note, verifiers: Iterable[Verifier]) -> list[tuple[Verifier, Signature]]:
    """Return the signatures that these keys made, each verified, with the key.

    Raises: SignatureInvalid — if a signature that names one of these keys does not verify.
    """
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    found: list[tuple[Verifier, Signature]] = []
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            continue
        if not verifier.verify(note.text, signature.value):
            raise SignatureInvalid(f"the signature of {signature.name} does not verify")
        found.append((verifier, signature))
    return found


def _parse_signature(line: str) -> Signature:
    if not line.startswith(_DASH):
        raise MalformedNote("a signature line does not begin with an em dash")
    name, _, encoded = line[len(_DASH) :].partition(" ")
    value = _from_base64(encoded)
    if len(value) <= _KEY_ID_BYTES:
        raise MalformedNote("a signature is too short")
    return Signature(checked_name(name), value[:_KEY_ID_BYTES], value[_KEY_ID_BYTES:])


def check_text(text: str) -> None:
    """Refuse what cannot be the text of a note.

    Raises: MalformedNote — without a newline at its end, with control characters, or with invalid Unicode.
    """
    if not text.endswith("\n"):
        raise MalformedNote("the text of a note ends in a newline")
    if any(character < " " and character != "\n" for character in text):
        raise MalformedNote("a control character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedNote("not valid Unicode") from None


def checked_name(name: str) -> str:
    """Return a name that may stand in a note.

    Raises: MalformedNote — for any other.
    """
    if not name or "+" in name or any(character.isspace() for character in name):
        raise MalformedNote("the name of a key is empty or has a space or a plus")
    check_text(name + "\n")
    return name


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise MalformedNote("not base64") from None
    if _to_base64(data) != text:
        # Two spellings of one signature would make two notes of one.
        raise MalformedNote("not base64 in its one spelling")
    return data
