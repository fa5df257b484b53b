"""An upgrade from what an earlier version kept: nothing is lost, the log still verifies, and a failure changes nothing.

The dumps are demo zones, with invented people and data, as earlier versions kept them.
"""

from __future__ import annotations

import gzip
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from audit.db import Database
from audit.note import parse_vkey
from audit.verify import verify
from hub_config.migrate import configuration, head_of, migrate, revision_of
from hub_config.processes import REPOSITORY

pytestmark = pytest.mark.long  # 16 databases, each upgraded once for every migration at which it is killed
DUMPS = Path(__file__).parent / "upgrades"
EARLIER = sorted(one.name.removesuffix(".sql.gz") for one in DUMPS.glob("*.sql.gz"))
CHAIN = [one.revision for one in ScriptDirectory.from_config(configuration("")).walk_revisions()][::-1]
#: Of this one the public key of its log was not kept; there is no second such dump.
WITHOUT_KEY = frozenset({"0007"})
MOVED: frozenset[str] = frozenset({"alembic_version"})
KILLED = """
import os, signal, sys
from alembic.script.base import Script
from hub_config.migrate import migrate
load = Script._from_path
for line in sys.stdin:
    url, at = line.split()
    def from_path(*given):
        found = load(*given)
        if found is not None and found.revision == at:
            true = found.module.upgrade
            found.module.upgrade = lambda: (true(), os.kill(os.getpid(), signal.SIGKILL))
        return found
    child = os.fork()
    if child == 0:
        Script._from_path = from_path
        migrate(url)
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


def dump_of(revision: str) -> str:
    return gzip.decompress((DUMPS / f"{revision}.sql.gz").read_bytes()).decode()


@pytest.fixture(params=EARLIER)
def earlier(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> tuple[str, str]:
    """A database at an earlier revision with the data of a zone, and that revision."""
    revision = str(request.param)
    fill(database_url, revision, tmp_path / "kept.db")
    return database_url, revision


def fill(url: str, revision: str, kept: Path) -> None:
    command.upgrade(configuration(url), revision)
    source = sqlite3.connect(kept)
    source.executescript(dump_of(revision))
    source.row_factory = sqlite3.Row
    db = Database.open(url)
    tables = sa.MetaData()
    tables.reflect(db.engine)
    with db.begin() as tx:
        for table in tables.sorted_tables:
            if table.name in MOVED:
                continue
            rows = source.execute(f'SELECT * FROM "{table.name}"').fetchall()
            given = [{c.name: as_kept(row[c.name], c.type) for c in table.columns} for row in rows]
            if given:
                tx.execute(table.insert(), given)
    db.close()
    source.close()


def as_kept(value: Any, kind: sa.types.TypeEngine[Any]) -> Any:
    """Return a value of a dump as a column of the database takes it."""
    if value is None:
        return None
    if isinstance(kind, sa.Boolean):
        return bool(value)
    if isinstance(kind, sa.DateTime) and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


def counted(url: str) -> dict[str, int]:
    db = Database.open(url)
    tables = sa.MetaData()
    tables.reflect(db.engine)
    with db.read() as tx:
        found = {t.name: tx.scalar(sa.select(sa.func.count()).select_from(t)) or 0 for t in tables.sorted_tables}
    db.close()
    return {name: number for name, number in found.items() if name not in MOVED}


def test_there_is_a_zone_from_before_every_migration_but_the_first() -> None:
    assert CHAIN[1:] == CHAIN[CHAIN.index(EARLIER[0]) + 1 :], "so that each of them is killed below"


def test_every_row_is_there_after_the_upgrade_and_the_log_verifies(earlier: tuple[str, str], tmp_path: Path) -> None:
    url, revision = earlier
    before = counted(url)
    migrate(url)
    after = counted(url)
    assert before["audit_entry"] > 100
    # A migration may add what is derived, as more ways to find an entry; nothing of what was kept goes.
    fewer = {name: (number, after.get(name)) for name, number in before.items() if number > after.get(name, 0)}
    assert fewer == {}
    same = {name for name in before if name.startswith(("registry_", "egress_", "audit_entry", "audit_checkpoint"))}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    second = dump_of(revision).splitlines()[1]
    assert second.startswith("-- vkey ") is (revision not in WITHOUT_KEY), "without it the log is not verified"
    if revision in WITHOUT_KEY:
        return
    (tmp_path / "log").mkdir()
    db = Database.open(url)
    result = verify(db, parse_vkey(second.removeprefix("-- vkey ")), tmp_path / "log")
    db.close()
    # Every body, place and signature of the tree; the files beside the database are not in the dump.
    assert {problem.code for problem in result.problems} <= {"checkpoint.files"}
    assert (result.size, result.checkpoints_checked) == (before["audit_entry"], before["audit_checkpoint"])


@pytest.fixture
def upgrading() -> Iterator[subprocess.Popen[str]]:
    """A process that upgrades databases, each in a child that is killed after the migration that was named."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def test_an_upgrade_that_is_killed_after_any_migration_leaves_the_earlier_version_as_it_was(
    earlier: tuple[str, str], upgrading: subprocess.Popen[str]
) -> None:
    url, revision = earlier
    before = counted(url)
    assert upgrading.stdin is not None
    assert upgrading.stdout is not None
    for at in CHAIN[CHAIN.index(revision) + 1 :]:
        print(url, at, file=upgrading.stdin, flush=True)
        assert upgrading.stdout.readline() == f"{int(signal.SIGKILL)}\n", at
        assert revision_of(url) == revision
        assert counted(url) == before
    migrate(url)
    assert revision_of(url) == head_of()
