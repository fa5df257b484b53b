"""A log that was written before files had timelines has them after the migration, and verifies before and after."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from audit.columns import links
from audit.db import Database
from audit.search import Query, search
from audit.verify import verify
from hub_config.migrate import configuration
from tests.integration.audit.audit_world import ORIGIN, World, a_request_event, an_event, open_world

FILE = "ab" * 32


def earlier_log(tmp_path: Path) -> World:
    """A database as the version before left it: without the links that its code did not derive."""
    url = f"sqlite:///{tmp_path / 'ansim.db'}"
    command.upgrade(configuration(url), "head")
    world = open_world(Database.open(url), tmp_path, url)
    world.log.record(a_request_event("egress.submitted", detail={"files": [{"sha256": FILE, "size": 1}]}))
    world.log.record(a_request_event("egress.released", detail={"files": [FILE, "cd" * 32]}))
    world.log.record(an_event(detail={"sha256": FILE}))
    world.log.checkpoint()
    command.downgrade(configuration(url), "0004")
    return world


def kinds(world: World) -> set[str]:
    with world.db.read() as tx:
        return set(tx.scalars(text("SELECT DISTINCT kind FROM audit_link")))


def test_the_migration_writes_the_links_that_the_verifier_expects(tmp_path: Path) -> None:
    world = earlier_log(tmp_path)
    assert "file" not in kinds(world)
    command.upgrade(configuration(world.url), "head")
    with world.db.read() as tx:
        assert [one.index for one in search(tx, Query(file=FILE))] == [1, 0]
        stored = {tuple(row) for row in tx.execute(text("SELECT kind, ref, idx FROM audit_link"))}
        derived = {(kind, ref, one.index) for one in search(tx, Query()) for kind, ref in links(dict(one.body))}
    assert stored == derived
    assert verify(world.db, world.keys.trusted(ORIGIN), world.home / "log").ok
    world.db.close()


def test_a_link_that_somebody_removed_is_found_also_if_it_is_of_the_new_kind(tmp_path: Path) -> None:
    world = earlier_log(tmp_path)
    command.upgrade(configuration(world.url), "head")
    world.tamper("DELETE FROM audit_link WHERE kind = 'file' AND idx = 1")
    result = verify(world.db, world.keys.trusted(ORIGIN), world.home / "log")
    assert [(problem.code, problem.index) for problem in result.problems] == [("entry.links", 1)]
    world.db.close()


def test_the_guards_stand_after_going_back_and_forth(tmp_path: Path) -> None:
    world = earlier_log(tmp_path)
    command.upgrade(configuration(world.url), "head")
    with world.db.read() as tx:
        guards = set(tx.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    assert {"audit_link_no_delete", "audit_link_no_update"} <= guards
    world.db.close()
