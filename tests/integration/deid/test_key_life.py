"""A key lives as long as an extract needs it; when it is destroyed, its bytes are nowhere."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.body import timestamp
from deid.errors import KeyStoreError
from deid.key_destruction import destroy_key, files_with, record_of
from deid.key_life import Use, extract_use, lives, note_use, sweep
from deid.keys import DATABASE_FILE, KeyStore
from deid.targets import METADATA_KEY

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "additional")


def salt_of(store: KeyStore, domain: str, version: int = 1) -> bytes:
    with store.database() as database:
        key = (domain, version)
        row = database.execute("SELECT salt FROM pseudonym_key WHERE domain = ? AND version = ?", key).fetchone()
    return bytes(row[0])


def destroyed(store: KeyStore, domain: str = "cardio", **options: object) -> None:
    destroy_key(store, domain, 1, by="p_a", why="끝", event_id="e", **options)  # type: ignore[arg-type]


def test_after_destruction_the_bytes_of_a_key_are_in_no_file_not_even_in_a_free_page_or_a_journal(
    store: KeyStore,
) -> None:
    for number in range(200):  # so many that they fill pages, which empty again
        store.key(f"d{number}", 1)
    store.key("cardio", 1)
    needle = salt_of(store, "cardio")
    assert any(found for _path, found in files_with(needle, [store.directory]))
    destroyed(store)
    others = [salt_of(store, f"d{number}") for number in range(200)]
    held = b"".join(path.read_bytes() for path in store.directory.rglob("*") if path.is_file())
    assert needle not in held
    assert all(other in held for other in others)
    for number in range(200):
        destroyed(store, f"d{number}") if number % 20 == 0 else None
    held = b"".join(path.read_bytes() for path in store.directory.rglob("*") if path.is_file())
    assert [n for n in range(200) if others[n] not in held] == list(range(0, 200, 20))


def test_a_process_that_died_while_writing_leaves_no_key_behind_after_destruction(store: KeyStore) -> None:
    store.key("cardio", 1)
    needle = salt_of(store, "cardio")
    with closing(sqlite3.connect(store.directory / DATABASE_FILE)) as other:
        other.execute("PRAGMA journal_mode=PERSIST")
        with other:
            other.execute("UPDATE pseudonym_key SET created_at = created_at || ' '")
    assert needle in (store.directory / f"{DATABASE_FILE}-journal").read_bytes()
    destroyed(store)
    assert not any(found for _path, found in files_with(needle, [store.directory]))


def test_the_record_says_what_when_by_whom_why_how_and_what_was_looked_through(store: KeyStore) -> None:
    store.key("cardio", 1)
    note_use(store, Use("cardio", 1, "a" * 64, "hospital", "cardio", NOW))
    destroyed(store)
    record = record_of(store, "cardio", 1)
    assert (record.domain, record.version, record.destroyed_by, record.destroyed_why) == ("cardio", 1, "p_a", "끝")
    assert (record.extracts, record.datasets, record.projects) == (("a" * 64,), ("hospital",), ("cardio",))
    assert record.method
    assert record.event_id == "e"
    assert record.searched == (str(store.directory),)
    assert record.files >= 2
    assert record.remains == ()
    again = destroy_key(store, "cardio", 1, by="p_b", why="다시", event_id="f")
    assert again == record


def test_a_backup_that_still_holds_the_key_is_named(store: KeyStore, tmp_path: Path) -> None:
    store.key("cardio", 1)
    backup = tmp_path / "backup" / "monday"
    shutil.copytree(store.directory, backup)
    destroyed(store, also=(tmp_path / "backup",))
    assert record_of(store, "cardio", 1).remains == (str(backup / DATABASE_FILE),)
    with pytest.raises(KeyStoreError, match="no directory"):
        destroyed(store, also=(tmp_path / "nowhere",))


def test_a_destroyed_key_is_never_made_again_under_its_name(store: KeyStore) -> None:
    token = store.key("cardio", 1).derive("x")
    destroyed(store)
    for act in (store.key, store.existing):
        with pytest.raises(KeyStoreError, match=r"destroyed on .*\[e\]"):
            act("cardio", 1)
    assert store.key("cardio", 2).derive("x") != token
    with pytest.raises(KeyStoreError, match="was not destroyed"):
        record_of(store, "cardio", 2)


def test_a_key_lives_as_long_as_its_last_extract(store: KeyStore) -> None:
    for domain in ("cardio", "neuro", "old"):
        store.key(domain, 1)
    for number, days in enumerate((10, 40)):
        note_use(store, Use("cardio", 1, str(number) * 64, "hospital", "cardio", NOW + timedelta(days=days)))
    note_use(store, Use("neuro", 1, "c" * 64, "hospital", "neuro", NOW - timedelta(days=1)))
    found = lives(store)
    assert [(life.domain, life.extracts) for life in found] == [("neuro", 1), ("cardio", 2), ("old", 0)]
    assert [life.domain for life in found if life.due(NOW)] == ["neuro"]
    assert [life.domain for life in found if life.nearing(NOW, timedelta(days=40))] == ["neuro", "cardio"]
    note_use(store, Use("neuro", 1, "c" * 64, "hospital", "neuro", NOW + timedelta(days=1)))
    assert not any(life.due(NOW) for life in lives(store))
    with pytest.raises(KeyStoreError, match="no key"):
        note_use(store, Use("nobody", 1, "c" * 64, "hospital", "neuro", NOW))


def extract(path: Path, **said: object) -> Path:
    described = {"linkage_domain": "cardio", "key_version": 1, "dataset": "hospital", "project": "cardio", **said}
    schema = pa.schema([("a", pa.int64())], metadata={METADATA_KEY: json.dumps(described)})
    pq.write_table(pa.table({"a": [1]}, schema=schema), path)
    return path


def test_a_sweep_notes_the_ends_that_extracts_say_and_passes_over_everything_else(
    store: KeyStore, tmp_path: Path
) -> None:
    store.key("cardio", 1)
    folder = tmp_path / "datasets"
    folder.mkdir()
    good = extract(folder / "good.parquet", until=timestamp(NOW))
    for name, until in (("none", None), ("words", "tomorrow"), ("naive", "2026-01-01T00:00:00"), ("number", 7)):
        assert extract_use(extract(folder / f"{name}.parquet", until=until)) is None
    extract(folder / "stranger.parquet", until=timestamp(NOW), linkage_domain="stranger")
    (folder / "cut.parquet").write_bytes(good.read_bytes()[:40])
    pq.write_table(pa.table({"a": [1]}), folder / "plain.parquet")
    assert sweep(store, [folder, tmp_path / "nowhere"]) == 1
    assert [(life.domain, life.until) for life in lives(store)] == [("cardio", NOW)]
