"""Destroying a key: its salt is overwritten, and then looked for in every file where it could have stayed.

The record says what the law asks of a record of destruction: what, when, by whom, why, how, and how it was verified
(안전성 확보조치 기준 제13조: 파기는 복구할 수 없는 방법으로 하고 그 결과를 확인한다).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from audit.text import Text
from deid.errors import KeyStoreError
from deid.key_database import rewrite
from deid.keys import KeyRecord, KeyStore, now_text

METHOD = "salt-overwritten,database-rewritten,journal-zeroed"
_CHUNK = 4 * 1_048_576


@dataclass(frozen=True, slots=True)
class Destruction:
    """The record of one destruction."""

    domain: str
    version: int
    created_at: str
    destroyed_at: str
    destroyed_by: str
    destroyed_why: str
    method: str
    event_id: str
    """The entry of the audit log."""
    extracts: tuple[str, ...]
    """SHA-256 of the extracts whose tokens now lead nowhere, as far as they were noted."""
    datasets: tuple[str, ...]
    projects: tuple[str, ...]
    searched: tuple[str, ...]
    """Directories in which the key was looked for afterwards."""
    files: int
    remains: tuple[str, ...]
    """Files in which it was still found: copies that somebody has to destroy. Empty means none was."""


def destroy_key(
    store: KeyStore, domain: str, version: int, *, by: str, why: str, event_id: str, also: Iterable[Path] = ()
) -> Destruction:
    """Destroy a key for ever and return the record; `also` are directories of backups to look through.

    A second time changes nothing, and returns the record of the first.
    Raises: KeyStoreError — if there never was such a key, or a directory cannot be read.
    """
    store.record_of(domain, version)
    places = [store.directory, *also]
    for place in places:
        if not place.is_dir():
            raise KeyStoreError(Text(f"{place} 폴더가 없습니다.", f"there is no directory {place}."))
    with store.alone():
        with store.database() as database:
            key = (domain, version)
            row = database.execute("SELECT salt FROM pseudonym_key WHERE domain = ? AND version = ?", key).fetchone()
            salt = row[0]
            if salt is not None:
                database.execute(
                    "UPDATE pseudonym_key SET salt = NULL, destroyed_at = ?, destroyed_by = ?, destroyed_why = ?"
                    " WHERE domain = ? AND version = ?",
                    (now_text(), by, why, *key),
                )
        if salt is not None:
            rewrite(store.directory)
            record = _record(store, store.record_of(domain, version), event_id, places, salt)
            with store.database() as database:
                database.execute(
                    "INSERT INTO destruction VALUES (?, ?, ?, ?) ON CONFLICT (domain, version) DO UPDATE"
                    " SET event_id = excluded.event_id, document = excluded.document",
                    (domain, version, event_id, json.dumps(asdict(record), ensure_ascii=False)),
                )
    return record_of(store, domain, version)


def record_of(store: KeyStore, domain: str, version: int) -> Destruction:
    """Return the record of a destruction.

    Raises: KeyStoreError — if the key was not destroyed, or there never was one.
    """
    known = store.record_of(domain, version)
    with store.database() as database:
        row = database.execute(
            "SELECT document FROM destruction WHERE domain = ? AND version = ?", (domain, version)
        ).fetchone()
    if row is not None:
        kept: dict[str, Any] = json.loads(row[0])
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in kept.items()}
        return Destruction(**values)
    if known.destroyed_at is None:
        raise KeyStoreError(
            Text(
                f"{domain} 영역의 {version}번 키는 파기되지 않았습니다.",
                f"key {version} of {domain} was not destroyed.",
            )
        )
    # Destroyed by an earlier version, or cut off between the two steps: the row says what is known.
    return _document(known, "", (), (), ())


def files_with(needle: bytes, directories: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Yield every regular file below some directories, and whether it holds some bytes."""
    for directory in directories:
        for path in sorted(directory.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path, _holds(path, needle)


def _record(store: KeyStore, known: KeyRecord, event_id: str, places: list[Path], salt: bytes) -> Destruction:
    with store.database() as database:
        uses = database.execute(
            "SELECT extract_sha256, dataset, project FROM key_use WHERE domain = ? AND version = ? ORDER BY 1",
            (known.domain, known.version),
        ).fetchall()
    return _document(known, event_id, uses, places, list(files_with(salt, places)))


def _document(
    known: KeyRecord,
    event_id: str,
    uses: Sequence[tuple[str, str, str]],
    places: Sequence[Path],
    looked: Sequence[tuple[Path, bool]],
) -> Destruction:
    return Destruction(
        domain=known.domain,
        version=known.version,
        created_at=known.created_at,
        destroyed_at=known.destroyed_at or "",
        destroyed_by=known.destroyed_by or "",
        destroyed_why=known.destroyed_why or "",
        method=METHOD,
        event_id=event_id,
        extracts=tuple(use[0] for use in uses),
        datasets=tuple(sorted({use[1] for use in uses})),
        projects=tuple(sorted({use[2] for use in uses})),
        searched=tuple(map(str, places)),
        files=len(looked),
        remains=tuple(str(path) for path, found in looked if found),
    )


def _holds(path: Path, needle: bytes) -> bool:
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if needle in tail + chunk:
                return True
            tail = chunk[-len(needle) :]
    return False
