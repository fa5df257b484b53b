"""The additional information: keys that turn identifiers into pseudonyms, kept apart from everything else.

A directory and a database of their own (PIPA art. 28-4: separate storage). A key is derived with HKDF-SHA256 from
the zone's master key, a random salt of that key alone, and its name (domain and version): two domains share nothing,
and destroying the salt destroys the key although the master key lives on. A destroyed key leaves its row: when, by
whom and why; `deid.key_destruction` destroys it and keeps the record.
"""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from audit.durable import create_file
from audit.text import Text
from deid.errors import KeyStoreError, NotLinked
from deid.key_database import DATABASE_FILE, connected, create_tables

__all__ = ["DATABASE_FILE", "MASTER_FILE", "DomainKey", "KeyRecord", "KeyStore"]

MASTER_FILE = "master.key"
LOCK_FILE = "lock"
_KEY_BYTES = 32
_LABEL = "ansim-deid-key/v1"
_DOMAIN = re.compile("[a-z][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is known of one key without opening it."""

    domain: str
    version: int
    created_at: str
    destroyed_at: str | None
    destroyed_by: str | None
    destroyed_why: str | None


@dataclass(frozen=True, slots=True)
class DomainKey:
    """The key of one linkage domain and version; what is derived from it never meets another domain."""

    domain: str
    version: int
    _secret: bytes

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose, such as the column that is pseudonymised with them."""
        info = f"{_LABEL}|{self.domain}|{self.version}|{purpose}".encode()
        return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(self._secret)

    def __repr__(self) -> str:
        """Return its name: a key must not appear in a traceback."""
        return f"DomainKey({self.domain!r}, version={self.version})"


class KeyStore:
    """The keys in one directory, which nobody but its owner may read."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if directory.stat().st_mode & 0o077:
            raise KeyStoreError(
                Text(
                    f"{directory} 폴더를 다른 사용자가 읽을 수 있습니다. 소유자만 읽게 하십시오 (chmod 700).",
                    f"{directory} is readable by others than its owner (chmod 700).",
                )
            )
        self._directory = directory
        self._master = _master_key(directory / MASTER_FILE)
        create_tables(directory)

    @classmethod
    def kept_in(cls, directory: Path) -> KeyStore | None:
        """Return the store of a directory if there is one: who only looks must not make it."""
        return cls(directory) if (directory / DATABASE_FILE).exists() else None

    @property
    def directory(self) -> Path:
        """Return where it is kept."""
        return self._directory

    def database(self) -> AbstractContextManager[sqlite3.Connection]:
        """Give its database; what is done in the block is committed at its end."""
        return connected(self._directory)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Run the block while no other process runs one."""
        descriptor = os.open(self._directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def key(self, domain: str, version: int) -> DomainKey:
        """Return the key of a domain and version, made on first use; who needs it is for `deid.key_users` to note.

        Raises: KeyStoreError — if it was destroyed, or the name is none.
        """
        self.refuse_name(domain, version)
        with self.database() as database:
            self.make(database, domain, version)
            return self.living(database, domain, version)

    def existing(self, domain: str, version: int) -> DomainKey:
        """Return a key that was made before.

        Raises: KeyStoreError — if there never was one, or it was destroyed; then with the destruction record.
        """
        self.record_of(domain, version)
        with self.database() as database:
            return self.living(database, domain, version)

    def make(self, database: sqlite3.Connection, domain: str, version: int) -> bool:
        """Make a key in a transaction of the caller, unless there is or was one; return whether it was made."""
        return (
            database.execute(
                "INSERT INTO pseudonym_key (domain, version, salt, created_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (domain, version, os.urandom(_KEY_BYTES), now_text()),
            ).rowcount
            == 1
        )

    def living(self, database: sqlite3.Connection, domain: str, version: int) -> DomainKey:
        """Return a key as a transaction of the caller sees it.

        Raises: KeyStoreError — if it was destroyed.
        """
        salt, destroyed_at, event_id = database.execute(
            "SELECT salt, destroyed_at, (SELECT event_id FROM destruction d WHERE d.domain = k.domain"
            " AND d.version = k.version) FROM pseudonym_key k WHERE domain = ? AND version = ?",
            (domain, version),
        ).fetchone()
        if salt is None:
            raise _destroyed(domain, version, destroyed_at, event_id)
        info = f"{_LABEL}|{domain}|{version}".encode()
        secret = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=salt, info=info).derive(self._master)
        return DomainKey(domain, version, secret)

    def refuse_name(self, domain: str, version: int) -> None:
        """Refuse what is no name of a key.

        Raises: KeyStoreError — if it is none.
        """
        if not _DOMAIN.fullmatch(domain) or version < 1:
            raise KeyStoreError(Text("연계 영역의 이름이 올바르지 않습니다.", "not the name of a linkage domain."))

    def refuse_destroyed(self, domain: str, version: int) -> None:
        """Refuse a key that was destroyed; one that nobody made yet is none of those.

        Raises: KeyStoreError — if it was.
        """
        if any((one.domain, one.version) == (domain, version) for one in self.records()):
            self.existing(domain, version)

    def linkages(self) -> list[tuple[str, str]]:
        """Return the domains that projects may use beside their own, each with the project."""
        with self.database() as database:
            return list(database.execute("SELECT domain, project FROM linkage ORDER BY domain, project"))

    def end_linkage(self, domain: str, project: str) -> None:
        """Let a project make no more pseudonyms in a shared domain; those it made stay as they are."""
        with self.database() as database:
            database.execute("DELETE FROM linkage WHERE domain = ? AND project = ?", (domain, project))

    def approve_linkage(self, domain: str, project: str, *, requested_by: str, approved_by: str) -> None:
        """Let a project's pseudonyms be made in a domain that others share; two people decide it.

        Raises: KeyStoreError — if they are one person, or the name is none.
        """
        self.refuse_one_person(requested_by, approved_by)
        if not _DOMAIN.fullmatch(domain):
            raise KeyStoreError(Text("연계 영역의 이름이 올바르지 않습니다.", "not the name of a linkage domain."))
        with self.database() as database:
            database.execute(
                "INSERT INTO linkage VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (domain, project, requested_by, approved_by, now_text()),
            )

    def refuse_one_person(self, requested_by: str, approved_by: str) -> None:
        """Refuse that one person asks and approves.

        Raises: KeyStoreError — if they are one.
        """
        if requested_by == approved_by:
            raise KeyStoreError(
                Text("요청한 사람이 스스로 승인할 수 없습니다.", "whoever asks for a linkage may not approve it.")
            )

    def refuse_linkage(self, domain: str, project: str) -> None:
        """Refuse a domain that a project may not use; its own it always may.

        Raises: KeyStoreError — if nobody approved it.
        """
        if domain == project:
            return
        with self.database() as database:
            found = database.execute("SELECT 1 FROM linkage WHERE domain = ? AND project = ?", (domain, project))
            approved = found.fetchone() is not None
        if not approved:
            raise NotLinked(
                Text(
                    f"{project} 과제는 연계 영역 {domain}의 사용을 승인받지 않았습니다.",
                    f"project {project} was not approved for the linkage domain {domain}.",
                )
            )

    def records(self) -> list[KeyRecord]:
        """Return every key that was ever made, with the record of its destruction."""
        with self.database() as database:
            rows = database.execute(
                "SELECT domain, version, created_at, destroyed_at, destroyed_by, destroyed_why"
                " FROM pseudonym_key ORDER BY domain, version"
            ).fetchall()
        return [KeyRecord(*row) for row in rows]

    def record_of(self, domain: str, version: int) -> KeyRecord:
        """Return what is known of one key.

        Raises: KeyStoreError — if there never was such a key.
        """
        for record in self.records():
            if (record.domain, record.version) == (domain, version):
                return record
        raise KeyStoreError(Text(f"{domain} 영역의 {version}번 키는 없습니다.", f"no key {version} of {domain}."))


def _destroyed(domain: str, version: int, destroyed_at: str, event_id: str | None) -> KeyStoreError:
    where = "" if not event_id else f" [{event_id}]"
    day = destroyed_at[:10]
    return KeyStoreError(
        Text(
            f"{domain} 영역의 {version}번 키는 {day}에 파기되었습니다{where}. 정책에서 key_version을 올리십시오.",
            f"key {version} of {domain} was destroyed on {day}{where}; raise key_version in the policy.",
        )
    )


def _master_key(path: Path) -> bytes:
    if not path.exists():
        create_file(path, os.urandom(_KEY_BYTES), mode=0o600)
    secret = path.read_bytes()
    if len(secret) != _KEY_BYTES or path.stat().st_mode & 0o077:
        raise KeyStoreError(
            Text(
                f"{path.name} 파일이 손상되었거나 다른 사용자가 읽을 수 있습니다.",
                f"{path.name} is damaged or readable by others than its owner.",
            )
        )
    return secret


def now_text() -> str:
    """Return the time as the key store writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
