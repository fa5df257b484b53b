"""An erasure on a server of the playbook, where the zone's processes are a role that owns no table.

Alone: `pytest -m long tests/integration/hub_config/test_audit_erasure_without_ownership.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from audit.event import Actor, Source
from audit.retention import cleaning
from hub_config import retention
from hub_config.systemd.database_rights import GROWS
from hub_config.zone import Zone, open_zone
from tests.integration.hub_config.test_backup_to_a_new_server import Server, make_home
from tests.postgresql_server import ACCOUNT, postgresql_server

pytestmark = pytest.mark.long  # a server of its own, all of whose files are read

HERE = Source(None)
CLI, WORKER = Actor.service("cli"), Actor.service("worker")
NAME, EMAIL = "김민수", "minsu.kim@hospital.example"


@dataclass(frozen=True, slots=True)
class Installed:
    """A zone as the playbook leaves it."""

    server: Server
    zone: Zone

    def left(self, needles: list[bytes]) -> set[str]:
        """Return the files of the whole server in which something still stands."""
        files = [path for path in (Path(self.server.socket) / "data").rglob("*") if path.is_file()]
        return {str(path) for path in files for needle in needles if needle in path.read_bytes()}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    home = tmp_path_factory.mktemp("installed") / "zone"
    with postgresql_server() as socket:
        server = Server(socket)
        server.prepare()
        with server.connect(ACCOUNT) as connection:
            for setting in ("wal_recycle = off", "autovacuum = off"):
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
        make_home(home, server)
        zone = open_zone(home, "worker")
        yield Installed(server, zone)
        zone.db.close()


def test_no_file_of_the_server_holds_what_the_worker_erased(installed: Installed) -> None:
    zone, server = installed.zone, installed.server
    for number in range(40):
        name, email = (NAME, EMAIL) if number == 20 else (f"사람 {number}", f"{number}@hospital.example")
        zone.registry.invite(f"user{number}", name, email, [], "ko", by=CLI, source=HERE)
    person = zone.registry.person("user20").ref
    zone.log.settle()
    with server.connect(ACCOUNT) as connection:
        connection.execute("ANALYZE")
        connection.execute("CHECKPOINT")
        keys = connection.execute("SELECT wrapped FROM audit_key WHERE subject = %s", (person,)).fetchall()
    needles = [NAME.encode(), EMAIL.encode(), *(bytes(wrapped) for (wrapped,) in keys)]
    assert len(needles) == 3
    assert installed.left(needles), "the test must be able to find what it looks for"
    zone.registry.repeat_erasure(person, source=HERE)
    retention.keep(zone, WORKER)
    assert cleaning.due(zone.db, zone.log.directory) == []
    with server.connect(ACCOUNT) as connection:  # as time does: archive_timeout and checkpoint_timeout
        connection.execute("SELECT pg_switch_wal()")
        connection.execute("CHECKPOINT")
    assert installed.left(needles) == set()
    assert zone.registry.person("user21").name == "사람 21"
    zone.log.check_head()


@pytest.mark.parametrize("table", [*GROWS, "audit_sidecar", "audit_key; DROP TABLE audit_key"])
def test_the_zones_role_has_nothing_else_rewritten(installed: Installed, table: str) -> None:
    refused = pytest.raises(psycopg.errors.RaiseException, match="not a table")
    with installed.server.connect("ansim") as connection, refused:
        connection.execute("SELECT audit_rewrite(%s)", (table,))


def test_no_other_role_may_have_tables_rewritten(installed: Installed) -> None:
    with installed.server.connect(ACCOUNT) as connection:
        connection.execute("SET ROLE audit_append")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT audit_rewrite('audit_key')")
