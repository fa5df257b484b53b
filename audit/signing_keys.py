"""The port through which a private key signs, and its implementation for keys in files.

A key that cannot be copied (a PKCS#11 token, a TPM) implements `SigningKey` too: its public bytes and raw signatures.
What is signed, and how a signature line looks, is decided elsewhere.
"""

from __future__ import annotations

import functools
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey


class SigningKey(Protocol):
    """A private key that signs bytes, wherever it is kept."""

    @property
    def public(self) -> bytes:
        """Return the public key as the C2SP formats hold it."""

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature over a message."""


class Ed25519Key:
    """An Ed25519 key in memory, from its 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)

    @functools.cached_property
    def public(self) -> bytes:
        """Return the 32 bytes of the public key."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the signature of RFC 8032."""
        return self._key.sign(message)


class MlDsa44Key:
    """An ML-DSA-44 key in memory, from its seed of 32 bytes.

    Raises: UnsupportedAlgorithm — where the cryptographic library has none.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = MLDSA44PrivateKey.from_seed_bytes(secret)

    @functools.cached_property
    def public(self) -> bytes:
        """Return the 1312 bytes of the public key."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the signature of FIPS 204, with an empty context."""
        return self._key.sign(message)
