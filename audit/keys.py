"""The keys of a log: one that signs checkpoints, one that wraps the keys of sealed values, one for cells."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.durable import create_file, replace_file
from audit.errors import KeyFileUnusable
from audit.note import Verifier

_KEY_BYTES = 32
VKEY_FILE = "log.vkey"


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The keys of one log and the directory they are kept in."""

    directory: Path
    signing: Ed25519PrivateKey = field(repr=False)
    sidecar: bytes = field(repr=False)
    cells: bytes = field(repr=False)

    @classmethod
    def load_or_create(cls, directory: Path) -> LogKeys:
        """Read the keys in a directory; make those that do not exist: 32 random bytes each, mode 0600.

        Raises: KeyFileUnusable — if a file is damaged or readable by others.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        signing = Ed25519PrivateKey.from_private_bytes(_secret(directory / "log.ed25519"))
        return cls(directory, signing, _secret(directory / "sidecar.key"), _secret(directory / "cells.key"))

    def verifier(self, origin: str) -> Verifier:
        """Return the public key that verifies the log of this origin."""
        return Verifier(origin, self.signing.public_key().public_bytes_raw())

    def publish(self, origin: str) -> None:
        """Write the verifier key to `log.vkey`, which anyone may read.

        Raises: KeyFileUnusable — if the file names another key: a changed key must not pass unnoticed.
        """
        path, vkey = self.directory / VKEY_FILE, self.verifier(origin).vkey() + "\n"
        if not path.exists():
            replace_file(path, vkey.encode("utf-8"), mode=0o644)
        elif path.read_text(encoding="utf-8") != vkey:
            raise KeyFileUnusable(f"{VKEY_FILE} is of another key or origin than this log")


def _secret(path: Path) -> bytes:
    if not path.exists():
        # Of two processes that start together one file wins, and both read it.
        create_file(path, os.urandom(_KEY_BYTES).hex().encode("ascii") + b"\n", mode=0o600)
    if path.stat().st_mode & 0o077:
        raise KeyFileUnusable(f"{path.name} is readable by others than its owner")
    try:
        value = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        value = b""
    if len(value) != _KEY_BYTES:
        raise KeyFileUnusable(f"{path.name} does not hold 32 bytes in hexadecimal")
    return value
