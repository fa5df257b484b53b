"""The keys that sign releases: the one in force, and those before it that a release under way still names.

The event of a release says which key signs it, so a release that was decided before a rotation is packed with the key
of then. Keys in a directory are read whenever something is signed, so that a rotation reaches every running process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.durable import replace_file, sync_directory
from audit.errors import AuditError
from audit.note import Verifier, parse_note
from audit.secret_file import NEXT, overwrite, overwritten, read_secret, secret
from audit.trusted import TrustedKeys
from egress_review.errors import ReleaseFailed
from registry.text import Text

KEY_FILE = "release.ed25519"
KEYS_FILE = "release-keys"
"""The public keys with the entries of the log for which each counts: the format of `audit.trusted`."""


@dataclass(frozen=True, slots=True)
class ReleaseKeys:
    """The keys of one zone, the one in force first."""

    read: Callable[[], tuple[Ed25519PrivateKey, ...]]
    forget: Callable[[], object] = lambda: None
    """Destroys the keys that were replaced, when nothing is left that they have to sign."""

    @classmethod
    def of(cls, key: Ed25519PrivateKey) -> ReleaseKeys:
        """Return the keys of a zone that has one, kept elsewhere."""
        return cls(lambda: (key,))

    @classmethod
    def in_directory(cls, directory: Path) -> ReleaseKeys:
        """Return the keys in files of a directory; the first is made where there is none."""
        secret(directory / KEY_FILE)
        return cls(lambda: _read(directory), lambda: forget_former(directory))

    def now(self) -> Ed25519PrivateKey:
        """Return the key that signs what is decided now."""
        return self.read()[0]

    def verifier(self, origin: str) -> Verifier:
        """Return the public half of the key in force, under its name for the log of this origin."""
        return verifier_of(self.now(), origin)

    def that_signed(self, note: str, origin: str) -> Ed25519PrivateKey:
        """Return the key that made the signature of a note.

        Raises: ReleaseFailed — if this zone no longer has it.
        """
        wanted = parse_note(note).signatures[0].key_id
        for key in self.read():
            if verifier_of(key, origin).key_id == wanted:
                return key
        raise ReleaseFailed(
            "release_key_gone",
            Text(ko="반출에 서명할 키가 없습니다.", en="The key that has to sign this release is gone."),
        )


def key_at(path: Path) -> Ed25519PrivateKey:
    """Return the key in a file.

    Raises: KeyFileUnusable — if it is damaged, missing or readable by others.
    """
    return Ed25519PrivateKey.from_private_bytes(read_secret(path))


def verifier_of(key: Ed25519PrivateKey, origin: str) -> Verifier:
    """Return the public half of a release key, under its name for the log of this origin."""
    return Verifier(f"{origin}/release", key.public_key().public_bytes_raw())


def publish(directory: Path, keys: ReleaseKeys, origin: str) -> None:
    """Write the list of public keys where there is none for this log; a replacement of the key continues it."""
    path, verifier = directory / KEYS_FILE, keys.verifier(origin)
    if not path.exists() or TrustedKeys.load(path).origin != verifier.name:
        replace_file(path, TrustedKeys.of(verifier).format().encode("utf-8"), mode=0o644)


def exchange(directory: Path, old: Verifier) -> None:
    """Put the next key in force and keep the old one under its id; a call after a crash goes on."""
    path, coming = directory / KEY_FILE, directory / (KEY_FILE + NEXT)
    if not coming.exists():
        return
    kept = path.with_name(f"{KEY_FILE}.{old.key_id.hex()}")
    if not kept.exists():
        # A second name, not a copy: a crash leaves the old key in force, or the new one and the old one kept.
        os.link(path, kept)
        sync_directory(directory)
    coming.replace(path)
    sync_directory(directory)


def forget_former(directory: Path) -> int:
    """Destroy the keys that were replaced, and return how many there were; the caller knows that none is needed."""
    former = _former(directory)
    for path in former:
        with path.open("r+b") as file:
            overwrite(file)
        path.unlink()
    if former:
        sync_directory(directory)
    return len(former)


def _former(directory: Path) -> list[Path]:
    """Return the files of replaced keys; a second name of the key in force is none (a rotation that was cut off)."""
    inside = (directory / KEY_FILE).stat().st_ino
    found = sorted(directory.glob(f"{KEY_FILE}.*"))
    return [path for path in found if path.suffix != NEXT and len(path.suffix) == 9 and path.stat().st_ino != inside]


def _read(directory: Path) -> tuple[Ed25519PrivateKey, ...]:
    # A key that is overwritten and still has its name was being destroyed when the process was killed.
    former = [path for path in _former(directory) if not overwritten(path)]
    try:
        return tuple(key_at(path) for path in (directory / KEY_FILE, *former))
    except AuditError as error:
        raise ReleaseFailed(
            "release_key_unusable",
            Text(ko=f"반출 서명 키를 읽을 수 없습니다: {error}", en=f"The release key cannot be read: {error}"),
        ) from None
