"""Open sessions on disk, so that a restart of the portal loses nobody's form.

Each file is sealed with a key that only the browser's cookie yields, and named by the cookie's hash: whoever copies the
disk or a backup holds no session. The time of the file is when the session was last used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"ansim portal session 1"
NONCE_BYTES = 12  # NIST SP 800-38D section 8.2; each key seals one file, and a nonce is drawn for each time
NOTED_EVERY = timedelta(seconds=30)  # how much of the idle time a restart may forget


@dataclass(frozen=True, slots=True)
class SessionFiles:
    """The files of one directory, which only the portal's own user may enter."""

    directory: Path

    def keep(self, name: str, cookie: str, document: Mapping[str, str], at: datetime) -> None:
        """Write a session; a disk that takes nothing costs only the comfort after the next restart."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + AESGCM(_key(cookie)).encrypt(nonce, json.dumps(dict(document)).encode(), name.encode())
        fresh = self.directory / f"{name}.new"
        with contextlib.suppress(OSError):
            self.directory.mkdir(mode=0o700, exist_ok=True)
            fresh.touch(mode=0o600)
            fresh.write_bytes(sealed)
            fresh.replace(self.directory / name)
            self.used(name, at)

    def find(self, name: str, cookie: str) -> tuple[Mapping[str, str], datetime] | None:
        """Return a session and when it was last used, or nothing if there is none that this cookie opens."""
        path = self.directory / name
        try:
            sealed = path.read_bytes()
            seen = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            text = AESGCM(_key(cookie)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
        except (OSError, InvalidTag, ValueError):
            return None
        return json.loads(text), seen

    def used(self, name: str, at: datetime) -> None:
        """Note that a session was used."""
        with contextlib.suppress(OSError):
            os.utime(self.directory / name, (at.timestamp(), at.timestamp()))

    def forget(self, name: str) -> None:
        """Remove a session."""
        with contextlib.suppress(OSError):
            (self.directory / name).unlink()

    def leave(self, handle: str, signed_in_at: datetime, until: datetime) -> None:
        """Note that a sign-in was left by signing out; it is forgotten after `until`, as a session is."""
        name = _left(handle, signed_in_at)
        with contextlib.suppress(OSError):
            self.directory.mkdir(mode=0o700, exist_ok=True)
            (self.directory / name).touch(mode=0o600)
            self.used(name, until)

    def was_left(self, handle: str, signed_in_at: datetime) -> bool:
        """Say whether a sign-in was left by signing out."""
        return (self.directory / _left(handle, signed_in_at)).exists()

    def forget_before(self, moment: datetime) -> None:
        """Remove every session that was last used before a moment."""
        with contextlib.suppress(OSError):
            for path in self.directory.iterdir():
                if path.stat().st_mtime < moment.timestamp():
                    path.unlink(missing_ok=True)


def _left(handle: str, signed_in_at: datetime) -> str:
    """Return a name that no cookie hashes to."""
    return f"left-{hashlib.sha256(f'{handle} {signed_in_at.timestamp()}'.encode()).hexdigest()}"


def _key(cookie: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=PURPOSE).derive(cookie.encode())
