"""The additional information: keys that turn identifiers into pseudonyms, kept apart from everything else.

A directory and a database of their own (PIPA art. 28-4: separate storage). A key is derived with HKDF-SHA256 from
the zone's master key, a random salt of that key alone, and its name (domain and version): two domains share nothing,
and destroying the salt destroys the key although the master key lives on. A destroyed key leaves its row: when, by
whom and why are the destruction record.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from audit.durable import create_file
from audit.text import Text
from deid.errors import KeyStoreError

MASTER_FILE = "master.key"
DATABASE_FILE = "additional.db"
_KEY_BYTES = 32
_LABEL = "ansim-deid-key/v1"
_DOMAIN = re.compile("[a-z][a-z0-9-]{0,62}")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS pseudonym_key (
    domain TEXT NOT NULL,
    version INTEGER NOT NULL,
    salt BLOB,
    created_at TEXT NOT NULL,
    destroyed_at TEXT,
    destroyed_by TEXT,
    destroyed_why TEXT,
    PRIMARY KEY (domain, version),
    CHECK ((salt IS NULL) = (destroyed_at IS NOT NULL))
)
"""

_LINKAGE = """
CREATE TABLE IF NOT EXISTS linkage (
    domain TEXT NOT NULL,
    project TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    approved_at TEXT NOT NULL,
    PRIMARY KEY (domain, project),
    CHECK (requested_by <> approved_by)
)
"""


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
        with self._database() as database:
            database.execute(_SCHEMA)
            database.execute(_LINKAGE)

    def key(self, domain: str, version: int) -> DomainKey:
        """Return the key of a domain and version, made on first use.

        Raises: KeyStoreError — if it was destroyed, or the name is none.
        """
        if not _DOMAIN.fullmatch(domain) or version < 1:
            raise KeyStoreError(Text("연계 영역의 이름이 올바르지 않습니다.", "not the name of a linkage domain."))
        with self._database() as database:
            database.execute(
                "INSERT INTO pseudonym_key (domain, version, salt, created_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (domain, version, os.urandom(_KEY_BYTES), _now()),
            )
            (salt,) = database.execute(
                "SELECT salt FROM pseudonym_key WHERE domain = ? AND version = ?", (domain, version)
            ).fetchone()
        if salt is None:
            raise KeyStoreError(
                Text(
                    f"{domain} 영역의 {version}번 키는 파기되었습니다. 정책에서 key_version을 올리십시오.",
                    f"key {version} of {domain} was destroyed; raise key_version in the policy.",
                )
            )
        info = f"{_LABEL}|{domain}|{version}".encode()
        secret = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=salt, info=info).derive(self._master)
        return DomainKey(domain, version, secret)

    def approve_linkage(self, domain: str, project: str, *, requested_by: str, approved_by: str) -> None:
        """Let a project's pseudonyms be made in a domain that others share; two people decide it.

        Raises: KeyStoreError — if they are one person, or the name is none.
        """
        self.refuse_one_person(requested_by, approved_by)
        if not _DOMAIN.fullmatch(domain):
            raise KeyStoreError(Text("연계 영역의 이름이 올바르지 않습니다.", "not the name of a linkage domain."))
        with self._database() as database:
            database.execute(
                "INSERT INTO linkage VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (domain, project, requested_by, approved_by, _now()),
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
        with self._database() as database:
            found = database.execute("SELECT 1 FROM linkage WHERE domain = ? AND project = ?", (domain, project))
            approved = found.fetchone() is not None
        if not approved:
            raise KeyStoreError(
                Text(
                    f"{project} 과제는 연계 영역 {domain}의 사용을 승인받지 않았습니다.",
                    f"project {project} was not approved for the linkage domain {domain}.",
                )
            )

    def records(self) -> list[KeyRecord]:
        """Return every key that was ever made, with the record of its destruction."""
        with self._database() as database:
            rows = database.execute(
                "SELECT domain, version, created_at, destroyed_at, destroyed_by, destroyed_why"
                " FROM pseudonym_key ORDER BY domain, version"
            ).fetchall()
        return [KeyRecord(*row) for row in rows]

    def destroy(self, domain: str, version: int, *, by: str, why: str) -> KeyRecord:
        """Destroy a key for ever and return its destruction record; a second time changes nothing.

        Raises: KeyStoreError — if there never was such a key.
        """
        with self._database() as database:
            database.execute(
                "UPDATE pseudonym_key SET salt = NULL, destroyed_at = ?, destroyed_by = ?, destroyed_why = ?"
                " WHERE domain = ? AND version = ? AND salt IS NOT NULL",
                (_now(), by, why, domain, version),
            )
        return self.record_of(domain, version)

    def record_of(self, domain: str, version: int) -> KeyRecord:
        """Return what is known of one key.

        Raises: KeyStoreError — if there never was such a key.
        """
        for record in self.records():
            if (record.domain, record.version) == (domain, version):
                return record
        raise KeyStoreError(Text(f"{domain} 영역의 {version}번 키는 없습니다.", f"no key {version} of {domain}."))

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._directory / DATABASE_FILE, timeout=30)) as database:
            # No write-ahead log and secure_delete: a destroyed salt must not stay in a page or beside the file.
            database.execute("PRAGMA journal_mode=DELETE")
            database.execute("PRAGMA synchronous=EXTRA")
            database.execute("PRAGMA secure_delete=ON")
            with database:
                yield database


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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
