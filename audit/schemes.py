"""The kinds of signature a note may carry, as a table: what each signs and how it is verified.

0x01 signs the text of the note. 0x04 and 0x06 (c2sp.org/tlog-cosignature) also sign the second at which they were
made; 0x06 signs the tree head rather than the text, so extension lines are outside it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from audit.errors import MalformedCheckpoint
from audit.tree_head import parse_text

ED25519 = b"\x01"
COSIGNATURE = b"\x04"
ML_DSA_44 = b"\x06"
TIMESTAMP_BYTES = 8
MAX_TIMESTAMP = 2**63 - 1
_LABEL = b"subtree/v1\n\0"
_MAX_NAME_BYTES = 255

Message = Callable[[str, int, str], bytes | None]
"""Takes the key's name, the second, and the text; None where this kind cannot sign such a text."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of signature."""

    title: str
    key_bytes: int
    signature_bytes: int
    timestamped: bool
    message: Message
    check: Callable[[bytes, bytes, bytes], None]
    """Takes key, signature and message; raises where they do not belong together."""


def tree_message(name: str, second: int, origin: str, start: int, end: int, root: bytes) -> bytes | None:
    """Return the `cosigned_message` over the leaves [start, end); None where a name does not fit."""
    cosigner, log = name.encode("utf-8"), origin.encode("utf-8")
    if not 0 < len(cosigner) <= _MAX_NAME_BYTES or not 0 < len(log) <= _MAX_NAME_BYTES:
        return None
    time, first, last = (number.to_bytes(8, "big") for number in (second, start, end))
    return b"".join((_LABEL, bytes([len(cosigner)]), cosigner, time, bytes([len(log)]), log, first, last, root))


def _whole_tree(name: str, second: int, text: str) -> bytes | None:
    try:
        head = parse_text(text)
    except MalformedCheckpoint:
        return None
    return tree_message(name, second, head.origin, 0, head.size, head.root)


def _plain(_name: str, _second: int, text: str) -> bytes:
    return text.encode("utf-8")


def _cosignature_v1(_name: str, second: int, text: str) -> bytes | None:
    try:
        parse_text(text)
    except MalformedCheckpoint:
        return None
    return f"cosignature/v1\ntime {second}\n{text}".encode()


def _check_ed25519(key: bytes, signature: bytes, message: bytes) -> None:
    Ed25519PublicKey.from_public_bytes(key).verify(signature, message)


def _check_ml_dsa_44(key: bytes, signature: bytes, message: bytes) -> None:
    MLDSA44PublicKey.from_public_bytes(key).verify(signature, message)


SCHEMES: Mapping[bytes, Scheme] = MappingProxyType(
    {
        ED25519: Scheme("Ed25519", 32, 64, False, _plain, _check_ed25519),
        COSIGNATURE: Scheme("Ed25519 cosignature/v1", 32, 64, True, _cosignature_v1, _check_ed25519),
        ML_DSA_44: Scheme("ML-DSA-44 subtree/v1", 1312, 2420, True, _whole_tree, _check_ml_dsa_44),
    }
)


def verifies(kind: bytes, key: bytes, name: str, text: str, signature: bytes) -> bool:
    """Return whether `signature`, as it stands behind the key id of a signature line, is this key's over `text`."""
    scheme = SCHEMES[kind]
    second = 0
    if scheme.timestamped:
        second, signature = int.from_bytes(signature[:TIMESTAMP_BYTES], "big"), signature[TIMESTAMP_BYTES:]
    if len(signature) != scheme.signature_bytes or second > MAX_TIMESTAMP:
        return False
    message = scheme.message(name, second, text)
    if message is None:
        return False
    try:
        scheme.check(key, signature, message)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


@functools.cache
def ml_dsa_available() -> bool:
    """Return whether the cryptographic library of this machine can make ML-DSA-44 signatures."""
    try:
        MLDSA44PrivateKey.generate()
    except UnsupportedAlgorithm:
        return False
    return True
