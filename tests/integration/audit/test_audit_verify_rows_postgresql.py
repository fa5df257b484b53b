"""The rows in PostgreSQL, changed one by one as a database administrator could: each change is found where it is."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from audit.columns import Columns
from audit.verifying.chunk import Chunk
from audit.verifying.places import DatabasePlace
from tests.integration.audit.audit_world import World, an_event

SIZE, RUN, AT = 128, 64, 100
COLUMNS = {
    **dict.fromkeys(Columns._fields, "'x'"),
    "ts": "'2026-01-01T00:00:00.000000Z'",
    "event_id": "'00000000-0000-7000-8000-000000000000'",
    "project": "NULL",
}
OF_A_ROW = {
    **{
        f"UPDATE audit_entry SET {name} = {value} WHERE idx = :at": {"entry.columns"} for name, value in COLUMNS.items()
    },
    "UPDATE audit_entry SET project = object_kind, object_kind = project WHERE idx = :at": {"entry.columns"},
    "UPDATE audit_entry SET object_ref = object_ref || ' ' WHERE idx = :at": {"entry.columns"},
    "UPDATE audit_entry SET outcome = 'ök' WHERE idx = :at": {"entry.columns"},
    "UPDATE audit_entry SET leaf_hash = sha256(leaf_hash) WHERE idx = :at": {"entry.leaf_hash"},
    "UPDATE audit_entry SET leaf_hash = '' WHERE idx = :at": {"entry.leaf_hash"},
    "UPDATE audit_entry SET body = body || ' '::bytea WHERE idx = :at": {"entry.form", "entry.leaf_hash"},
    "UPDATE audit_entry SET body = '' WHERE idx = :at": {"entry.form", "entry.leaf_hash"},
    "DELETE FROM audit_entry WHERE idx = :at": {"entry.missing"},
}
OF_ITS_LINKS = {
    "DELETE FROM audit_link WHERE idx = :at AND kind = 'project'": {"entry.links"},
    "INSERT INTO audit_link VALUES ('person', 'p_bbbbbbbbbbbbbbbb', :at)": {"entry.links"},
    "UPDATE audit_link SET ref = ref || 'x' WHERE idx = :at AND kind = 'person'": {"entry.links"},
    "UPDATE audit_link SET kind = 'intent' WHERE idx = :at AND kind = 'dataset'": {"entry.links"},
    "UPDATE audit_link SET kind = ref, ref = kind WHERE idx = :at AND kind = 'dataset'": {"entry.links"},
}
SEALED = "DELETE FROM audit_sidecar WHERE commitment = decode(:commitment, 'hex')"
SWAP = [
    f"UPDATE audit_entry SET idx = {after} WHERE idx = {before}"
    for before, after in ((AT, -1), (AT + 1, AT), (-1, AT + 1))
]
KEEP = [f"CREATE TABLE kept_{name} AS SELECT * FROM audit_{name}" for name in ("entry", "link", "sidecar")]
RESTORE = [
    statement
    for name in ("entry", "link", "sidecar")
    for statement in (f"DELETE FROM audit_{name}", f"INSERT INTO audit_{name} SELECT * FROM kept_{name}")
]


@pytest.fixture
def filled(postgresql_world: World) -> World:
    """Return a log of two runs, every third entry of another kind."""
    world, of_three = postgresql_world, ("cell.sent", "session.signed_in", "cell.sent")
    world.log.record_all([(an_event(of_three[n % 3], detail={"n": n}), "portal") for n in range(SIZE)])
    world.log.settle()
    world.tamper(*KEEP)
    return world


def runs(world: World) -> list[Chunk]:
    address = world.db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    opened = DatabasePlace(False, address, {}, 0).open()
    try:
        return [opened.chunk(start, start + RUN) for start in range(0, SIZE, RUN)]
    finally:
        opened.close()


def found(chunks: list[Chunk]) -> set[tuple[str, int]]:
    return {(code, index) for chunk in chunks for code, index, _ in (*chunk.suspects, *chunk.problems)}


def test_what_is_changed_in_a_row_or_its_links_is_found_where_it_is(filled: World) -> None:
    whole = runs(filled)
    assert found(whole) == set()
    assert all(chunk.tiles for chunk in whole), "a run in which nothing is wrong is checked at once"
    # A text of the body that is 64 hexadecimal digits long, which is its only commitment.
    with filled.db.read() as tx:
        commitment = tx.execute(
            text("SELECT substring(convert_from(body, 'UTF8') FROM '[0-9a-f]{64}') FROM audit_entry WHERE idx = :at"),
            {"at": AT},
        ).scalar_one()
    changes = {**OF_A_ROW, **OF_ITS_LINKS, SEALED: {"sidecar.missing"}}
    for change, codes in changes.items():
        filled.tamper(change, at=AT, commitment=commitment)
        chunks = runs(filled)
        assert found(chunks) >= {(code, AT) for code in codes}, change
        assert {index for _, index in found(chunks)} == {AT}, change
        assert chunks[0].tiles, "what is wrong in one run is no matter of another"
        filled.tamper(*RESTORE)
    # The rows say what their bodies say, in any order: that is a matter of the time, and of the tree.
    filled.tamper(*SWAP)
    assert found(runs(filled)) == {("time.backwards", AT + 1)}
