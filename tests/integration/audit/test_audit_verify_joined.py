"""A run of entries is read as a few long values: nothing can be hidden where one of them ends and the next begins."""

from __future__ import annotations

import shutil
import sqlite3
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from audit.verifying import rows
from audit.verifying.places import DatabasePlace
from tests.benchmarks.audit_bulk import fill

SIZE, RUN = 512, 256
ANY_BODY = (
    "PRAGMA writable_schema=ON",
    "UPDATE sqlite_master SET sql = replace(sql, 'body BLOB NOT NULL', 'body BLOB') WHERE name = 'audit_entry'",
    "PRAGMA writable_schema=RESET",
)
COMPUTED = (
    "ALTER TABLE audit_entry RENAME TO kept_entry",
    "CREATE VIEW audit_entry AS SELECT idx, leaf_hash, body, CASE idx WHEN 300 THEN json('\"' || ts || '\"')"
    " ELSE ts END"
    " AS ts, component, action, outcome, actor_ref, object_kind, object_ref, project, event_id FROM kept_entry",
)

# As many rows as there should be, each like its body and its links, but one of them twice.
UNNUMBERED = (
    "ALTER TABLE audit_entry RENAME TO kept_entry",
    "CREATE TABLE audit_entry (idx, leaf_hash, body, ts, component, action, outcome, actor_ref, object_kind,"
    " object_ref, project, event_id)",
    "INSERT INTO audit_entry (rowid, idx, leaf_hash, body, ts, component, action, outcome, actor_ref, object_kind,"
    " object_ref, project, event_id) SELECT kept.idx, said.* FROM kept_entry kept"
    " JOIN kept_entry said ON said.idx = kept.idx - (kept.idx = 301)",
    "DELETE FROM audit_link WHERE idx = 301",
    "INSERT INTO audit_link SELECT kind, ref, 301 FROM audit_link WHERE idx = 300",
)
# The right bodies in the right order, under each other's numbers, and a column that says so too.
RENUMBERED = (
    "ALTER TABLE audit_entry RENAME TO kept_entry",
    "CREATE TABLE audit_entry (idx, leaf_hash, body, ts, component, action, outcome, actor_ref, object_kind,"
    " object_ref, project, event_id, RowId)",
    "INSERT INTO audit_entry SELECT *, idx FROM kept_entry ORDER BY idx",
    "UPDATE audit_entry SET idx = 601 - idx, RowId = 601 - idx WHERE idx IN (300, 301)",
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the database of a log that holds."""
    home = tmp_path_factory.mktemp("joined")
    fill(home, SIZE).db.close()
    with sqlite3.connect(home / "ansim.db", isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
    return home / "ansim.db"


def found(database: Path) -> set[tuple[str, int]]:
    opened = DatabasePlace(True, str(database), {}, 0).open()
    try:
        chunks = [opened.chunk(start, start + RUN) for start in range(0, SIZE, RUN)]
    finally:
        opened.close()
    return {(code, index) for chunk in chunks for code, index, _ in (*chunk.suspects, *chunk.problems)}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param((), set(), id="nothing"),
        pytest.param(
            ("UPDATE audit_entry SET ts = CAST(ts AS blob) WHERE idx = 300",), {("entry.columns", 300)}, id="a blob"
        ),
        pytest.param(
            ("UPDATE audit_entry SET component = x'4767617465' WHERE idx = 300",),
            {("entry.columns", 300)},
            id="a blob that later versions of SQLite take for a text of JSON",
        ),
        pytest.param(
            ("UPDATE audit_entry SET object_ref = object_ref || char(0) || 'x' WHERE idx = 300",),
            {("entry.columns", 300)},
            id="a text that goes on behind a zero",
        ),
        pytest.param(
            (
                "UPDATE audit_entry SET component = component || char(10) WHERE idx = 300",
                "UPDATE audit_entry SET object_ref = replace(object_ref, '_', '_' || char(10)) WHERE idx = 301",
            ),
            {("entry.columns", 300), ("entry.columns", 301)},
            id="rows with a line feed in them",
        ),
        pytest.param(
            ("UPDATE audit_entry SET project = 'null' WHERE idx = 300",), {("entry.columns", 300)}, id="the word null"
        ),
        pytest.param(
            ("""UPDATE audit_entry SET object_ref = object_ref || '","x' WHERE idx = 300""",),
            {("entry.columns", 300)},
            id="a text that looks like two",
        ),
        pytest.param(
            (
                "UPDATE audit_entry SET leaf_hash = CAST(leaf_hash || (SELECT substr(leaf_hash, 1, 1) FROM audit_entry"
                " WHERE idx = 301) AS blob) WHERE idx = 300",
                "UPDATE audit_entry SET leaf_hash = substr(leaf_hash, 2) WHERE idx = 301",
            ),
            {("entry.leaf_hash", 300), ("entry.leaf_hash", 301)},
            id="a byte of a hash moved into the one before",
        ),
        pytest.param(
            (
                "UPDATE audit_sidecar SET commitment = CAST(commitment || (SELECT substr(b.commitment, 1, 1)"
                " FROM audit_sidecar b WHERE b.rowid = 302) AS blob) WHERE rowid = 301",
                "UPDATE audit_sidecar SET commitment = substr(commitment, 2) WHERE rowid = 302",
            ),
            {("sidecar.missing", 300), ("sidecar.missing", 301)},
            id="a byte of a commitment moved into the one before",
        ),
        pytest.param(
            (
                *ANY_BODY,
                "UPDATE audit_entry SET body = CAST(body || x'0a00' || (SELECT body FROM audit_entry WHERE idx = 301)"
                " AS blob) WHERE idx = 300",
                "UPDATE audit_entry SET body = NULL WHERE idx = 301",
            ),
            {(code, index) for code in ("entry.form", "entry.leaf_hash") for index in (300, 301)},
            id="two bodies in one row",
        ),
        pytest.param(
            (
                "UPDATE audit_entry SET body = CAST((SELECT body FROM audit_entry WHERE idx = 256) || x'0a00' || body"
                " AS blob) WHERE idx = 257",
                "UPDATE audit_entry SET body = x'' WHERE idx = 256",
            ),
            {(code, index) for code in ("entry.form", "entry.leaf_hash") for index in (256, 257)},
            id="two bodies behind an empty one",
        ),
        pytest.param(
            ("UPDATE audit_link SET ref = CAST(ref AS blob) WHERE idx = 300 AND kind = 'person'",),
            {("entry.links", 300)},
            id="a link by a blob",
        ),
        pytest.param(
            ("INSERT INTO audit_link VALUES ('person', 'p_aaaaaaaaaaaaaaaa', 300.5)",),
            {("entry.links", 300)},
            id="a link of half an entry",
        ),
        pytest.param(
            ("DROP INDEX ix_audit_link_idx", "DELETE FROM audit_link WHERE idx = 300 AND kind = 'person'"),
            {("entry.links", 300)},
            id="a link gone with its index",
        ),
        pytest.param(COMPUTED, {("entry.columns", 300)}, id="a table that computes its values"),
        pytest.param(UNNUMBERED, {("entry.missing", 301), ("entry.links", 301)}, id="a table with one number twice"),
        pytest.param(
            RENUMBERED,
            {("time.backwards", 301), ("entry.links", 300), ("entry.links", 301)},
            id="a table with a number of its own",
        ),
        pytest.param(
            ("UPDATE audit_entry SET body = zeroblob(20000000) WHERE idx = 300",),
            {("entry.form", 300), ("entry.leaf_hash", 300)},
            id="more bytes than a run may have",
        ),
    ],
)
def test_what_is_wrong_at_the_seams_is_found_where_it_is(
    small: Path, tmp_path: Path, statements: tuple[str, ...], expected: set[tuple[str, int]]
) -> None:
    database = Path(shutil.copy(small, tmp_path / "ansim.db"))
    with sqlite3.connect(database, isolation_level=None) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    assert found(database) == expected


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 45, 0)])
@pytest.mark.parametrize("ref", ["CAST('p_aaaaaaaaaaaaaaaa' AS blob)", "x'1761'"])  # the second is the text "a" to 3.45
def test_an_extra_link_of_blobs_is_found_whatever_sqlite_makes_of_blobs(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], ref: str
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    database = Path(shutil.copy(small, tmp_path / "ansim.db"))
    with sqlite3.connect(database, isolation_level=None) as connection:
        connection.execute(f"INSERT INTO audit_link VALUES (CAST('person' AS blob), {ref}, 300)")
    connection.close()
    opened = loaded_anew().SqliteRows(str(database), erased={}, minimum=0)
    try:
        chunk = opened.chunk(RUN, 2 * RUN)
    finally:
        opened.close()
    assert {(code, index) for code, index, _ in (*chunk.suspects, *chunk.problems)} == {("entry.links", 300)}


def loaded_anew() -> ModuleType:
    """Return the readers of rows as they are where SQLite is of another version."""
    spec = spec_from_file_location("rows_anew", rows.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
