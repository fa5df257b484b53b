"""PostgreSQL's disk is full, under its tables or under its write-ahead log: refused, said, nothing is lost.

Alone: `pytest -m long tests/integration/hub_config/test_postgresql_full_disk.py`.
"""

from __future__ import annotations

import os
import pwd
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from audit.errors import AuditError, NotDurable
from audit.event import Event, Object, Subjects
from audit.search import Query, search
from audit.verify import verify
from hub_config.story.play import trusted_key
from hub_config.zone import Zone, open_zone
from portal.errors import DatabaseFull, answer_for, away
from tests.functional.conftest import run_ansim
from tests.integration.audit.test_audit_chaos import Server, servers
from tests.integration.house.house_people import join, make_zone
from tests.integration.hub_config.test_backup import CLI, HERE
from tests.postgresql_server import ACCOUNT
from tests.rights import as_root
from tests.small_disk import fill, small_disk

pytestmark = [pytest.mark.long, as_root]

MOST = 20_000
ADD = ("registry", "person", "add", "sora", "--name", "Sora", "--email", "sora@x.org")


@dataclass(frozen=True, slots=True)
class Full:
    """A zone whose database has a small disk of its own under one of its parts."""

    server: Server
    disk: Path
    home: Path

    def record_until_refused(self) -> list[str]:
        """Record what takes much room, then what takes little, until nothing is taken; return what was acknowledged."""
        acknowledged: list[str] = []
        zone = open_zone(self.home, "cli")
        try:
            for lines in (200, 1):
                while (taken := an_event(zone, lines)) is not None:
                    acknowledged.append(taken)
                    assert len(acknowledged) < MOST, "the disk did not fill"
        finally:
            zone.db.close()
        return acknowledged

    def start_again(self) -> None:
        """Do what the hint says, if the server stopped."""
        assert self.server.process is not None
        if self.server.process.poll() is None:
            self.server.crash()
        self.server.start()


def an_event(zone: Zone, lines: int) -> str | None:
    """Record an event of so many lines that cannot be compressed; None if it was refused."""
    detail = {"x": [secrets.token_hex(120) for _ in range(lines)]}
    event = Event("zone.started", CLI, Object("zone", zone.zone_id), Subjects.none(), HERE, detail=detail)
    try:
        zone.log.record(event, wait="durable")
    except NotDurable:
        return None
    return event.id


@pytest.fixture(params=["tables", "write-ahead log"])
def full(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Full]:
    of_tables = request.param == "tables"
    account = pwd.getpwnam(ACCOUNT)
    with servers(1) as [server]:
        data, log = server.directory / "data", server.directory / "wal"
        with small_disk(data if of_tables else log, 128) as disk:
            os.chown(disk, account.pw_uid, account.pw_gid)
            disk.chmod(0o700)
            server.make("-X", str(log))
            server.start()
            home = tmp_path / "zone"
            home.mkdir()
            make_zone(home, server.url)
            zone = open_zone(home, "cli")
            join(zone, "minji")
            zone.log.checkpoint()
            zone.db.close()
            yield Full(server, disk, home)
            if server.process is not None and server.process.poll() is None:
                server.crash()


def people(home: Path) -> list[str]:
    zone = open_zone(home, "cli")
    try:
        return [person.handle for person in zone.registry.people()]
    finally:
        zone.db.close()


def nothing_is_lost(full: Full, acknowledged: list[str]) -> None:
    zone = open_zone(full.home, "cli")
    try:
        zone.log.settle()
        zone.log.checkpoint()
        with zone.db.read() as tx:
            found = {one.body["id"] for one in search(tx, Query(action="zone.started", limit=MOST * 2))}
        assert set(acknowledged) <= found
        assert verify(zone.db, trusted_key(zone), full.home / "log").ok
    finally:
        zone.db.close()


@pytest.mark.parametrize("full", ["tables"], indirect=True)
def test_a_full_disk_under_the_tables_refuses_says_which_disk_and_loses_nothing(
    full: Full, monkeypatch: pytest.MonkeyPatch
) -> None:
    filler = fill(full.disk, but=4_000_000)
    acknowledged = full.record_until_refused()
    assert acknowledged
    for language, said, then in (
        ("ko_KR.UTF-8", "데이터베이스 서버의 디스크가 가득 차서", "공간을 비우고"),
        ("C", "The disk of the database server is full; nothing was changed.", "Make room on the disk"),
    ):
        monkeypatch.setenv("LC_ALL", language)
        ended = run_ansim(full.home, *ADD, check=False)
        assert ended.returncode == 3, ended.stderr
        first, second = ended.stderr.strip().splitlines()
        assert said in first
        assert then in second
    zone = open_zone(full.home, "portal")
    with pytest.raises(OperationalError) as refused, zone.db.begin() as tx:
        tx.exec_driver_sql("CREATE TABLE t AS SELECT md5(i::text) FROM generate_series(1, 1000000) i")
    shown = away(refused.value)
    assert isinstance(shown, DatabaseFull)
    assert answer_for(shown).status == 507
    with pytest.raises((OperationalError, AuditError)):
        join(zone, "hana")
    zone.db.close()
    assert people(full.home) == ["minji"], "nobody is there by half"
    filler.unlink()
    nothing_is_lost(full, acknowledged)
    assert run_ansim(full.home, *ADD).returncode == 0
    assert sorted(people(full.home)) == ["minji", "sora"]


@pytest.mark.parametrize("full", ["write-ahead log"], indirect=True)
def test_a_full_disk_under_the_write_ahead_log_stops_the_server_and_loses_nothing(
    full: Full, monkeypatch: pytest.MonkeyPatch
) -> None:
    filler = fill(full.disk)
    acknowledged = full.record_until_refused()
    assert acknowledged
    for language, said, then in (
        ("ko_KR.UTF-8", "데이터베이스에 연결할 수 없습니다", "systemctl status postgresql"),
        ("C", "The database cannot be reached", "systemctl status postgresql"),
    ):
        monkeypatch.setenv("LC_ALL", language)
        ended = run_ansim(full.home, *ADD, check=False)
        assert ended.returncode == 3, ended.stderr
        assert said in ended.stderr
        assert then in ended.stderr
    filler.unlink()
    full.start_again()
    nothing_is_lost(full, acknowledged)
    assert people(full.home) == ["minji"]
    assert run_ansim(full.home, *ADD).returncode == 0
    assert sorted(people(full.home)) == ["minji", "sora"]
