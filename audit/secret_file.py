"""Secrets in files: 32 random bytes each, which only their owner can read, and the one that is to follow it.

While a secret is replaced, a second file with the suffix `.next` lies beside it. From then on everything new is made
with that one, and everything that was made with the old one still opens: processes read the files anew instead of
trusting what they read when they started.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from audit.durable import create_file, sync_directory
from audit.errors import KeyFileUnusable

NEXT = ".next"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class SecretFile:
    """The file of one secret."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> SecretFile:
        """Return the secret at a place, made with random bytes if there is none.

        Raises: KeyFileUnusable — if it is damaged or readable by others.
        """
        secret(path)
        return cls(path)

    @property
    def coming(self) -> Path:
        """The file of the secret that is to follow, while there is one."""
        return self.path.with_name(self.path.name + NEXT)

    def every(self) -> tuple[bytes, ...]:
        """Return the secrets that may have been used, the one for new things first.

        Raises: KeyFileUnusable — if a file is damaged, missing or readable by others.
        """
        # The coming one first: where it takes its place in between, it is read there.
        return (*([read_secret(self.coming)] if self.coming.exists() else []), read_secret(self.path))

    def now(self) -> bytes:
        """Return the secret for new things.

        Raises: KeyFileUnusable — as `every`.
        """
        return self.every()[0]

    def prepare(self) -> None:
        """Make the secret that is to follow, if there is none yet."""
        secret(self.coming)

    def exchange(self, keep: Path | None) -> None:
        """Put the coming secret in the place of the old one, which is moved to a directory or destroyed."""
        if not self.coming.exists():
            return
        old = read_secret(self.path)
        if keep is not None and old != read_secret(self.coming):
            create_file(keep / f"{self.path.name}.{fingerprint(old)}", old.hex().encode("ascii") + b"\n", mode=0o600)
        # Overwritten through the open file after its name has gone to the new one: a crash leaves one of both.
        with self.path.open("r+b") as file:
            self.coming.replace(self.path)
            sync_directory(self.path.parent)
            overwrite(file)


def remove_leftovers(directory: Path, name: str) -> None:
    """Remove what a killed process was still writing for the files of this name: secrets that nothing reads."""
    for path in directory.glob(f".{name}.*"):
        path.unlink(missing_ok=True)


def fingerprint(value: bytes) -> str:
    """Return 16 hexadecimal digits that name a secret of random bytes without telling it."""
    return hashlib.sha256(b"ansim-secret-id/v1\0" + value).hexdigest()[:16]


def overwrite(file: BinaryIO) -> None:
    """Overwrite the bytes of a secret in an open file, durably."""
    file.write(b"0" * os.fstat(file.fileno()).st_size)
    file.flush()
    os.fsync(file.fileno())


def overwritten(path: Path) -> bool:
    """Whether the bytes of a secret are gone and only the file is left."""
    return not path.read_bytes().strip(b"0")


def secret(path: Path) -> bytes:
    """Return the 32 bytes in a key file, which is made with random ones if it is not there.

    Raises: KeyFileUnusable — if it is damaged or readable by others.
    """
    if not path.exists():
        # Of two processes that start together one file wins, and both read it.
        create_file(path, os.urandom(_KEY_BYTES).hex().encode("ascii") + b"\n", mode=0o600)
    return read_secret(path)


def read_secret(path: Path) -> bytes:
    """Return the 32 bytes in a key file.

    Raises: KeyFileUnusable — if it is damaged, missing or readable by others.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileUnusable(f"{path.name} is readable by others than its owner")
        value = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        value = b""
    except OSError as error:
        raise KeyFileUnusable(f"{path.name}: {error.strerror}") from None
    if len(value) != _KEY_BYTES:
        raise KeyFileUnusable(f"{path.name} does not hold 32 bytes in hexadecimal")
    return value
