"""C2SP signed notes (c2sp.org/signed-note) with Ed25519 keys: text that anyone can check."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.errors import MalformedNote, NotTrusted, SignatureInvalid

ED25519 = b"\x01"
MAX_NOTE_CHARACTERS = 100_000
MAX_SIGNATURES = 64  # the specification asks for at least 16
_SIGNATURE_BYTES = 64
_KEY_ID_BYTES = 4
_DASH = "\u2014 "
_HEX_KEY_ID = re.compile("[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A trusted key and its name."""

    name: str
    key: bytes
    """The 32 bytes of an Ed25519 public key."""

    @property
    def key_id(self) -> bytes:
        """Return the first four bytes of SHA-256(name || newline || type || key)."""
        return hashlib.sha256(self.name.encode("utf-8") + b"\n" + ED25519 + self.key).digest()[:_KEY_ID_BYTES]

    def vkey(self) -> str:
        """Return the key in C2SP form: name+id+base64(type || key)."""
        return f"{self.name}+{self.key_id.hex()}+{_to_base64(ED25519 + self.key)}"

    def verify(self, text: str, signature: bytes) -> bool:
        """Return whether `signature` is this key's over `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text.encode("utf-8"))
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, not verified."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note, not verified: `text` must be ignored until `open_note` returned it."""

    text: str
    signatures: tuple[Signature, ...]


def parse_vkey(text: str) -> Verifier:
    """Return the verifier in a C2SP verifier key.

    Raises: MalformedNote — for any text that is not exactly one Ed25519 verifier key.
    """
    parts = text.strip("\n").split("+", 2)
    if len(parts) != 3 or not _HEX_KEY_ID.fullmatch(parts[1]):
        raise MalformedNote("not a verifier key: name+id+key expected")
    name, key_id, encoded = parts
    material = _from_base64(encoded)
    if material[:1] != ED25519 or len(material) != 33:
        raise MalformedNote("not an Ed25519 verifier key")
    verifier = Verifier(_checked_name(name), material[1:])
    if verifier.key_id.hex() != key_id:
        raise MalformedNote("the id of the verifier key does not belong to it")
    return verifier


def sign_note(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """Return `text`, which ends in a newline, as a note with one signature.

    Raises: MalformedNote — if text or name cannot stand in a note.
    """
    _check_text(text)
    verifier = Verifier(_checked_name(name), key.public_key().public_bytes_raw())
    value = verifier.key_id + key.sign(text.encode("utf-8"))
    return f"{text}\n{_DASH}{name} {_to_base64(value)}\n"


def parse_note(note: str) -> Note:
    """Return the parts of a note, with nothing verified.

    Raises: MalformedNote — for any text that is not exactly one signed note.
    """
    if len(note) > MAX_NOTE_CHARACTERS:
        raise MalformedNote("longer than a note may be")
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise MalformedNote("no text, blank line and signatures")
    _check_text(text + "\n")
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
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    verified = False
    for signature in parsed.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            continue
        if not verifier.verify(parsed.text, signature.value):
            raise SignatureInvalid(f"the signature of {signature.name} does not verify")
        verified = True
    if not verified:
        raise NotTrusted("no trusted key signed this")
    return parsed.text


def _parse_signature(line: str) -> Signature:
    if not line.startswith(_DASH):
        raise MalformedNote("a signature line does not begin with an em dash")
    name, _, encoded = line[len(_DASH) :].partition(" ")
    value = _from_base64(encoded)
    if len(value) <= _KEY_ID_BYTES:
        raise MalformedNote("a signature is too short")
    return Signature(_checked_name(name), value[:_KEY_ID_BYTES], value[_KEY_ID_BYTES:])


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise MalformedNote("the text of a note ends in a newline")
    if any(character < " " and character != "\n" for character in text):
        raise MalformedNote("a control character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedNote("not valid Unicode") from None


def _checked_name(name: str) -> str:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise MalformedNote("the name of a key is empty or has a space or a plus")
    _check_text(name + "\n")
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
