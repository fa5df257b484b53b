"""Destroying a key: its salt is overwritten, and then looked for in every file where it could have stayed.

The record says what the law asks of a record of destruction: what, when, by whom, why, how, and how it was verified
(안전성 확보조치 기준 제13조: 파기는 복구할 수 없는 방법으로 하고 그 결과를 확인한다).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.body import timestamp
from audit.text import Text
from deid.errors import KeyInUse, KeyStoreError
from deid.key_database import rewrite
from deid.key_users import KeyUser, users
from deid.keys import KeyRecord, KeyStore, now_text

METHOD = "salt-overwritten,database-rewritten,journal-zeroed"
_CHUNK = 4 * 1_048_576
_NAMED = 5
"""How many users a refusal names."""


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
    """SHA-256 of the files whose tokens now lead nowhere, or the reference where no file is known."""
    datasets: tuple[str, ...]
    projects: tuple[str, ...]
    searched: tuple[str, ...]
    """Directories in which the key was looked for afterwards; none where it was cut off and finished later."""
    files: int
    remains: tuple[str, ...]
    """Files in which it was still found: copies that somebody has to destroy. Empty means none was."""
    owners: tuple[str, ...] = ()
    """The extracts (`x_…`) and the files made by hand (`ku_…`) that it served."""


def destroy_key(
    store: KeyStore,
    domain: str,
    version: int,
    *,
    by: str,
    why: str,
    event_id: str,
    also: Iterable[Path] = (),
    decided: bool = False,
) -> Destruction:
    """Destroy a key for ever and return the record; `also` are directories of backups to look through.

    `decided`: it ends also for those who need it, whose use then ends with it. A second time changes nothing, and
    returns the record of the first; what was cut off is finished.
    Raises: KeyInUse — if somebody needs it. KeyStoreError — if there never was such a key, or a directory cannot be
    read.
    """
    store.record_of(domain, version)
    places = [store.directory, *also]
    for place in places:
        if not place.is_dir():
            raise KeyStoreError(Text(f"{place} 폴더가 없습니다.", f"there is no directory {place}."))
    with store.alone():
        salt = _overwritten(store, domain, version, by=by, why=why, decided=decided)
        if salt is not None or not _has_record(store, domain, version):
            rewrite(store.directory)
            known, served = store.record_of(domain, version), users(store, domain, version)
            # Cut off before: its bytes are gone from the database, so nothing else can be searched for them.
            looked = [] if salt is None else list(files_with(salt, places))
            _keep(store, _document(known, event_id, served, [] if salt is None else places, looked))
    return record_of(store, domain, version)


def unfinished(store: KeyStore) -> list[tuple[str, int]]:
    """Return the keys whose destruction was cut off: their salt is gone, and nothing says how."""
    return [
        (one.domain, one.version)
        for one in store.records()
        if one.destroyed_at is not None and not _has_record(store, one.domain, one.version)
    ]


def refuse_needed(needing: Sequence[KeyUser]) -> None:
    """Refuse to destroy a key that somebody needs.

    Raises: KeyInUse — naming them.
    """
    if needing:
        names = ", ".join(one.ref if one.kind == "by_hand" else one.owner for one in needing[:_NAMED])
        more = "" if len(needing) <= _NAMED else f" (+{len(needing) - _NAMED})"
        raise KeyInUse(
            Text(
                f"이 키를 아직 쓰고 있어 파기하지 않았습니다: {names}{more}",
                f"the key was kept, because it is still in use: {names}{more}.",
            )
        )


def _overwritten(store: KeyStore, domain: str, version: int, *, by: str, why: str, decided: bool) -> bytes | None:
    """Overwrite the salt and return it; None if it was before. Whoever begins to use the key meanwhile waits."""
    now = datetime.now(UTC)
    with store.database() as database:
        database.execute("BEGIN IMMEDIATE")
        key = (domain, version)
        row = database.execute("SELECT salt FROM pseudonym_key WHERE domain = ? AND version = ?", key).fetchone()
        if row[0] is None:
            return None
        needing = [one for one in users(store, domain, version) if one.living(now)]
        if not decided:
            refuse_needed(needing)
        database.executemany(
            "UPDATE key_user SET ended_at = ?, ended_by = ?, ended_why = ? WHERE ref = ?",
            [(timestamp(now), by, why, one.ref) for one in needing],
        )
        database.execute(
            "UPDATE pseudonym_key SET salt = NULL, destroyed_at = ?, destroyed_by = ?, destroyed_why = ?"
            " WHERE domain = ? AND version = ?",
            (now_text(), by, why, *key),
        )
    return bytes(row[0])


def _has_record(store: KeyStore, domain: str, version: int) -> bool:
    with store.database() as database:
        found = database.execute("SELECT 1 FROM destruction WHERE domain = ? AND version = ?", (domain, version))
        return found.fetchone() is not None


def _keep(store: KeyStore, record: Destruction) -> None:
    with store.database() as database:
        database.execute(
            "INSERT INTO destruction VALUES (?, ?, ?, ?) ON CONFLICT (domain, version) DO UPDATE"
            " SET event_id = excluded.event_id, document = excluded.document",
            (record.domain, record.version, record.event_id, json.dumps(asdict(record), ensure_ascii=False)),
        )


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


def _document(
    known: KeyRecord,
    event_id: str,
    served: Sequence[KeyUser],
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
        extracts=tuple(sorted({one.served for one in served})),
        datasets=tuple(sorted({one.dataset for one in served})),
        projects=tuple(sorted({one.project for one in served})),
        owners=tuple(sorted({one.ref if one.kind == "by_hand" else one.owner for one in served})),
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
