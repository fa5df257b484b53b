"""How long a key lives: as long as somebody needs it (`deid.key_users`), and not a day longer.

Whoever makes an extract is noted with its end, or the extract's own metadata says it; what is due is destroyed without
anybody asking (추가정보는 목적을 달성하면 파기).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audit.body import moment, timestamp
from deid.errors import KeyStoreError
from deid.key_users import KeyUser, new_user_ref, note, users
from deid.keys import KeyStore
from deid.targets import METADATA_KEY


@dataclass(frozen=True, slots=True)
class Use:
    """What a file says of itself: the key it needs, and until when."""

    domain: str
    version: int
    extract_sha256: str
    dataset: str
    project: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Life:
    """A key that lives, with the number of files made with it and its end."""

    domain: str
    version: int
    extracts: int
    until: datetime | None
    """When its last user ends; None for one that was made without a user and that the worker has not looked at yet."""

    def due(self, now: datetime) -> bool:
        """Return whether no extract needs it any more."""
        return self.until is not None and self.until <= now

    def nearing(self, now: datetime, within: timedelta) -> bool:
        """Return whether its end is that near."""
        return self.until is not None and self.until <= now + within


_NEVER = datetime.max.replace(tzinfo=UTC)


def note_use(store: KeyStore, use: Use) -> None:
    """Note that a file needs a key until a moment; a later note about the same file replaces the moment.

    Raises: KeyStoreError — if there is no such key.
    """
    for known in users(store, use.domain, use.version):
        if known.extract_sha256 == use.extract_sha256:
            with store.database() as database:
                database.execute("UPDATE key_user SET until = ? WHERE ref = ?", (timestamp(use.until), known.ref))
            return
    found = KeyUser(
        ref=new_user_ref(),
        domain=use.domain,
        version=use.version,
        kind="found",
        owner=use.extract_sha256,
        dataset=use.dataset,
        project=use.project,
        by_ref="worker",
        extract_sha256=use.extract_sha256,
        noted_at=datetime.now(UTC),
        until=use.until,
    )
    note(store, found)


def lives(store: KeyStore) -> list[Life]:
    """Return every key that was not destroyed, the first to end first, those without an end last."""
    with store.database() as database:
        rows = database.execute(
            "SELECT k.domain, k.version, count(u.until),"
            " max(CASE WHEN u.ended_at < u.until THEN u.ended_at ELSE u.until END) FROM pseudonym_key k"
            " LEFT JOIN key_user u ON u.domain = k.domain AND u.version = k.version"
            " WHERE k.salt IS NOT NULL GROUP BY k.domain, k.version"
        ).fetchall()
    found = [Life(domain, version, count, None if end is None else moment(end)) for domain, version, count, end in rows]
    return sorted(found, key=lambda life: (life.until is None, life.until or _NEVER, life.domain, life.version))


def sweep(store: KeyStore, directories: Iterable[Path]) -> int:
    """Note the end that extracts below some directories say of themselves; return how many said one.

    What is no extract, cannot be read, or names a key that this zone does not have is passed over.
    """
    noted = 0
    for path in _parquet_files(directories):
        use = extract_use(path)
        if use is None:
            continue
        try:
            note_use(store, use)
        except KeyStoreError:
            continue
        noted += 1
    return noted


def extract_use(path: Path) -> Use | None:
    """Return what an extract says of the key it needs and of its end, in the key `until`; None if it says none."""
    try:
        metadata: Any = pq.read_schema(path).metadata or {}
        said = json.loads(metadata.get(METADATA_KEY, b"null"))
        if not isinstance(said, dict) or not said.get("until"):
            return None
        end = moment(str(said["until"]))
        if end.tzinfo is None:
            return None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        domain, version = str(said["linkage_domain"]), int(said["key_version"])
        return Use(domain, version, digest, str(said["dataset"]), str(said["project"]), end)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError):
        return None


def _parquet_files(directories: Iterable[Path]) -> Iterator[Path]:
    for directory in directories:
        if directory.is_dir():
            yield from sorted(p for p in directory.rglob("*.parquet") if p.is_file() and not p.is_symlink())
